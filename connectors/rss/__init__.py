"""RSS 0.9 to 2.0, Atom and JSON Feed; Google Alerts and Google News among them."""

from __future__ import annotations

from connectors.rss.connector import RssConnector
from connectors.rss.settings import RssSettings

__all__ = ["RssConnector", "RssSettings"]
