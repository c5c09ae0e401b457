"""Reddit: searches, chosen subreddits, conversations, by the Data API or by a member's own feeds."""

from __future__ import annotations

from connectors.reddit.connector import RedditConnector
from connectors.reddit.settings import RedditSettings

__all__ = ["RedditConnector", "RedditSettings"]
