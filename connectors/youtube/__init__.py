"""YouTube: searches, channels' uploads, comments and replies, by the Data API; channel feeds without a key."""

from __future__ import annotations

from connectors.youtube.connector import YoutubeConnector
from connectors.youtube.settings import YoutubeSettings

__all__ = ["YoutubeConnector", "YoutubeSettings"]
