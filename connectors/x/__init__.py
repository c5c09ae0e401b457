"""X (formerly Twitter): search, mentions, own posts, quotes and the filtered stream, on a hard budget."""

from __future__ import annotations

from connectors.x.connector import XConnector
from connectors.x.settings import XSettings

__all__ = ["XConnector", "XSettings"]
