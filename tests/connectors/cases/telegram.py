"""Telegram under contract: a channel's preview, and the updates of a bot that administers it.

The contract goes back to earlier cursors after the whole was read. Telegram has then forgotten what
a later offset confirmed: that is shown in tests/connectors/telegram/, here it does not forget.
"""

from __future__ import annotations

from connectors.connector import Connector
from connectors.telegram import TelegramConnector, TelegramSettings
from tests.connectors.case import WATCHED, Case, Means
from tests.networks.telegram import CHANNEL, TOKEN, Telegram, TelegramBot


def _preview(network: Telegram, means: Means) -> Connector:
    settings = TelegramSettings(channels=(CHANNEL,), base_url=network.base_url)
    return TelegramConnector(settings, http=means.http, watched=WATCHED, clock=means.clock)


def _bot(network: Telegram, means: Means) -> Connector:
    settings = TelegramSettings.model_validate(
        {"base_url": network.base_url, "bot_token": TOKEN, "audience": False}
    )
    return TelegramConnector(settings, http=means.http, watched=WATCHED, clock=means.clock)


CASES = (
    Case("telegram", Telegram, _preview),
    Case("telegram-bot", lambda: TelegramBot(forgets=False), _bot),
)
