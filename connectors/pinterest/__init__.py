"""Pinterest: the connected account's own pins with their figures, its audience; partner search."""

from __future__ import annotations

from connectors.pinterest.connector import PinterestConnector
from connectors.pinterest.settings import PinterestSettings

__all__ = ["PinterestConnector", "PinterestSettings"]
