"""Tells a monitor outside that the listener lives, or what is wrong: its silence pages by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from connectors.connector import ConnectorError
from connectors.http import HttpClient
from listener.config.heartbeat import HeartbeatSettings
from listener.storage import channels
from listener.storage.database import Database

log = logging.getLogger(__name__)

PATIENCE = 20.0  # s for the database, and for the monitor
UNDELIVERED = timedelta(minutes=5)  # after which the channels are no longer given time


@dataclass(slots=True, kw_only=True)
class Heartbeat:
    """One a process. `channels` are those that page; `ticking`: does the tick go round?"""

    settings: HeartbeatSettings
    database: Database
    http: HttpClient
    ticking: Callable[[], bool]
    channels: Collection[str] = ()
    _told: str = field(default="", init=False)  # what the log said last

    async def beat(self, at: datetime) -> str:
        """Say how things are; what is wrong, or nothing. Raises nothing."""
        wrong = await self._wrong(at)
        address = self.settings.url.get_secret_value().rstrip("/")
        trouble = ""
        try:
            async with asyncio.timeout(PATIENCE):
                if wrong:
                    answer = await self.http.post(f"{address}/fail", data=wrong.encode())
                else:
                    answer = await self.http.get(address)
            if answer.status >= 300:
                trouble = f"status {answer.status}"
        # An error's words may quote the address, which is the secret: its name must do.
        except (ConnectorError, TimeoutError, OSError, ValueError) as error:
            trouble = type(error).__name__
        self._tell(wrong, trouble)
        return wrong

    async def _wrong(self, at: datetime) -> str:
        if not self.ticking():
            return "the tick does not go round"
        try:
            async with asyncio.timeout(PATIENCE), self.database.read() as connection:
                await connection.execute(text("SELECT 1"))
                stuck = await channels.stuck(connection, at)
        except (SQLAlchemyError, TimeoutError, OSError) as error:
            return f"the database does not answer: {type(error).__name__}"
        silent = {one.channel for one in stuck if at - one.since >= UNDELIVERED}
        if self.channels and silent >= set(self.channels):
            return "no channel delivers"
        return ""

    def _tell(self, wrong: str, trouble: str) -> None:
        """Once while it lasts."""
        words = f"{wrong}/{trouble}"
        if words == self._told or (words == "/" and not self._told):
            return
        self._told = "" if words == "/" else words
        if words == "/":
            log.info("heartbeat.recovered")
            return
        log.warning("heartbeat.failing wrong=%r monitor=%s", wrong, trouble or "told")
