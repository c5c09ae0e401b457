"""Bluesky: search and notifications through an account's server, and the open stream of all posts."""

from __future__ import annotations

from connectors.bluesky.connector import BlueskyConnector
from connectors.bluesky.settings import BlueskySettings

__all__ = ["BlueskyConnector", "BlueskySettings"]
