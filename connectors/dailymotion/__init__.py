"""Dailymotion: videos by search and of named profiles, their figures, deletions, followers."""

from __future__ import annotations

from connectors.dailymotion.connector import DailymotionConnector
from connectors.dailymotion.settings import DailymotionSettings

__all__ = ["DailymotionConnector", "DailymotionSettings"]
