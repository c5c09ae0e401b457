"""Instagram: a professional account's own media, comments, tags and mentions, hashtags, peers."""

from __future__ import annotations

from connectors.instagram.connector import InstagramConnector
from connectors.instagram.settings import InstagramSettings

__all__ = ["InstagramConnector", "InstagramSettings"]
