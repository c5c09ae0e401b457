"""GDELT: press articles of the last three months whose text holds a watched name, by its DOC 2.0 API."""

from __future__ import annotations

from connectors.gdelt.connector import GdeltConnector
from connectors.gdelt.settings import GdeltSettings

__all__ = ["GdeltConnector", "GdeltSettings"]
