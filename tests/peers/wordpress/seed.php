<?php
// Installs the invented hospital's blog, then does what its argument says. Dates are local (Paris).
define('WP_INSTALLING', $argv[1] === 'install');
$_SERVER['HTTP_HOST'] = '127.0.0.1:' . getenv('PEER_HTTP_PORT');
$_SERVER['REQUEST_METHOD'] = 'GET';
require getenv('PEER_ROOT') . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

function say_post(string $title, string $text, string $when): int
{
    // A draft first, as the editor does: the feeds' guid is then ?p=ID.
    $id = wp_insert_post(['post_title' => $title, 'post_content' => $text, 'post_author' => 1,
        'post_status' => 'draft', 'tags_input' => ['urgences']]);
    wp_update_post(['ID' => $id, 'post_status' => 'publish', 'post_date' => $when,
        'post_date_gmt' => get_gmt_from_date($when), 'edit_date' => true]);
    return $id;
}

function say_comment(int $post, int $number, int $parent, string $when): int
{
    return wp_insert_comment(['comment_post_ID' => $post, 'comment_parent' => $parent,
        'comment_author' => "Visiteuse $number", 'comment_author_email' => "v$number@valmont.example",
        'comment_content' => "Témoignage n°$number : on m’a laissée attendre <b>huit heures</b> & sans nouvelles 😡",
        'comment_date' => $when, 'comment_date_gmt' => get_gmt_from_date($when), 'comment_approved' => 1]);
}

switch ($argv[1]) {
    case 'install':
        wp_install('Le blog du CHU de Valmont', 'redaction', 'redaction@valmont.example', true, '', 'test-only', 'fr_FR');
        foreach (['permalink_structure' => '/%year%/%monthnum%/%postname%/', 'timezone_string' => 'Europe/Paris',
            'WPLANG' => 'fr_FR', 'posts_per_rss' => 10] as $option => $value) {
            update_option($option, $value);
        }
        wp_delete_post(1, true);
        $GLOBALS['wp_rewrite']->init();
        flush_rewrite_rules(false);
        break;
    case 'stories': // two posts; fifty comments under the first, every tenth answering the one before
        $post = say_post('Urgences : huit heures d’attente au CHU de Valmont',
            "<p>Samedi soir, l'attente a dépassé <strong>huit heures</strong>.</p><p>La direction s'explique.</p>",
            '2026-11-20 10:00:00');
        say_post('La maternité fait peau neuve', '<p>Visite guidée &amp; café.</p>', '2026-11-20 11:00:00');
        for ($i = 1, $last = 0; $i <= 50; $i++) {
            $last = say_comment($post, $i, $i % 10 ? 0 : $last, sprintf('2026-11-20 %02d:%02d:00', 12 + intdiv($i, 10), $i % 60));
        }
        break;
    case 'more': // PEER_COUNT comments within one second, as an import leaves them
        $post = get_posts(['order' => 'ASC', 'numberposts' => 1])[0]->ID;
        for ($i = 0; $i < (int) getenv('PEER_COUNT'); $i++) {
            say_comment($post, 1000 + $i, 0, '2026-11-21 09:00:00');
        }
        break;
    case 'edit':
        $post = get_posts(['order' => 'ASC', 'numberposts' => 1])[0]->ID;
        wp_update_post(['ID' => $post, 'post_content' => '<p>Mise à jour : la direction présente ses excuses.</p>']);
        break;
    case 'trash':
        wp_trash_comment((int) getenv('PEER_COMMENT'));
        break;
    case 'close':
        update_option('permalink_structure', '');
        break;
}
