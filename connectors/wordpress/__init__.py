"""WordPress sites: posts and comments by the REST API, by feeds where it is closed."""

from __future__ import annotations

from connectors.wordpress.connector import WordpressConnector
from connectors.wordpress.settings import WordpressSettings

__all__ = ["WordpressConnector", "WordpressSettings"]
