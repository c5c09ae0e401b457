"""SlideShare: presentations by search and of named accounts, within the key's daily calls."""

from __future__ import annotations

from connectors.slideshare.connector import SlideshareConnector
from connectors.slideshare.settings import SlideshareSettings

__all__ = ["SlideshareConnector", "SlideshareSettings"]
