"""Every network the listener can read, by the name that configuration gives it."""

from __future__ import annotations

from connectors.connector import Connector
from connectors.file import FileConnector
from connectors.rss import RssConnector

CONNECTORS: dict[str, type[Connector]] = {
    "file": FileConnector,
    "rss": RssConnector,
}
