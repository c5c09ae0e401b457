"""Facebook Pages by the Graph API: the hospital's own Page, what is said on it and to it."""

from __future__ import annotations

from connectors.facebook.connector import FacebookConnector
from connectors.facebook.settings import FacebookSettings

__all__ = ["FacebookConnector", "FacebookSettings"]
