"""Public Telegram channels by their web preview, and what a bot of ours is told."""

from __future__ import annotations

from connectors.telegram.connector import TelegramConnector
from connectors.telegram.settings import TelegramSettings

__all__ = ["TelegramConnector", "TelegramSettings"]
