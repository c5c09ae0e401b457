"""TikTok: public videos and comments by the Research API, the account's own videos by the Display API."""

from __future__ import annotations

from connectors.tiktok.connector import TiktokConnector
from connectors.tiktok.settings import TiktokSettings

__all__ = ["TiktokConnector", "TiktokSettings"]
