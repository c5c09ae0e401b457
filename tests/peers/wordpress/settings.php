<?php
// Takes the place of wp-config.php: everything that differs from run to run comes by environment.
$home = 'http://127.0.0.1:' . getenv('PEER_HTTP_PORT');
define('DB_NAME', 'valmont');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:' . getenv('PEER_SOCKET'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
    define($name . '_KEY', 'test-only');
    define($name . '_SALT', 'test-only');
}
define('WP_HOME', $home);
define('WP_SITEURL', $home);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_ENVIRONMENT_TYPE', 'local'); // lets application passwords work without TLS
define('WP_DEBUG', false);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
