"""Threads: keyword and topic search, mentions, replies under the account's own threads."""

from __future__ import annotations

from connectors.threads.connector import ThreadsConnector
from connectors.threads.settings import ThreadsSettings

__all__ = ["ThreadsConnector", "ThreadsSettings"]
