"""Accesses that end: told while somebody can still log in again."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.connector import ConnectorError
from listener.domain.notice import NoticeKind
from listener.storage.database import Database
from listener.workflows.collect import Source
from listener.workflows.overview import access_ends
from listener.workflows.supervise import Supervisor

log = logging.getLogger(__name__)

AHEAD = (timedelta(days=14), timedelta(days=3), timedelta(0))
"""Told once at each: two weeks leave time for a signature, three days press, and then it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiries:
    database: Database
    supervisor: Supervisor

    async def tell(self, sources: Iterable[Source], at: datetime) -> None:
        for source in sources:
            try:
                ends = await access_ends(source)
            except ConnectorError as error:
                log.info("expiry.unknown source=%s error=%s", source.id, type(error).__name__)
                continue
            reached = [ahead for ahead in AHEAD if ends is not None and ends - at <= ahead]
            if ends is not None and reached:
                await self._tell(source, ends, min(reached), at)

    async def _tell(self, source: Source, ends: datetime, ahead: timedelta, at: datetime) -> None:
        async with self.database.write() as connection:
            await self.supervisor.notice(
                connection,
                NoticeKind.ACCESS_ENDING,
                source.id,
                since=ends,
                at=at,
                # A new login moves the end: its own warnings follow in their time.
                once=f"{ends:%Y-%m-%d}/{ahead.days}",
            )
