"""Mastodon and the servers that speak its API."""

from __future__ import annotations

from connectors.mastodon.connector import MastodonConnector
from connectors.mastodon.settings import MastodonSettings

__all__ = ["MastodonConnector", "MastodonSettings"]
