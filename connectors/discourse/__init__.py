"""Discourse: a forum's newest posts, its search, its topics' figures, and its webhooks."""

from __future__ import annotations

from connectors.discourse.connector import DiscourseConnector
from connectors.discourse.settings import DiscourseSettings

__all__ = ["DiscourseConnector", "DiscourseSettings"]
