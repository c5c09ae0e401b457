"""XING, for whoever still holds a key: a company's updates and the comments under them."""

from __future__ import annotations

from connectors.xing.connector import XingConnector
from connectors.xing.settings import XingSettings

__all__ = ["XingConnector", "XingSettings"]
