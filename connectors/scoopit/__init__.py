"""Scoop.it: what named topics curate and what searches find, with comments."""

from __future__ import annotations

from connectors.scoopit.connector import ScoopitConnector
from connectors.scoopit.settings import ScoopitSettings

__all__ = ["ScoopitConnector", "ScoopitSettings"]
