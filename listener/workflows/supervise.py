"""Watches the watcher: a source that fails, recovers or loses posts is told to the team, once each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.connector import ConnectorError, Gap, RateLimited, Refused, Unauthorized
from listener.domain.calendar import WorkCalendar
from listener.domain.coverage import Blindness
from listener.domain.notice import NoticeKind
from listener.domain.rule import Level
from listener.storage import outbox

FAILING_AFTER = timedelta(hours=1)  # shorter failures mend themselves and need nobody
LASTING_FAILURES = 3


_INCIDENTS = {
    NoticeKind.SOURCE_FAILING: (Blindness.SOURCE_FAILING,),
    NoticeKind.SOURCE_REFUSED: (Blindness.SOURCE_REFUSED,),
    NoticeKind.SOURCE_RECOVERED: (Blindness.SOURCE_FAILING, Blindness.SOURCE_REFUSED),
    NoticeKind.CHANNEL_FAILING: (Blindness.CHANNEL_FAILING,),
    NoticeKind.SCORER_FAILING: (Blindness.SCORER_AWAY,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervisor:
    """Puts notices in the outbox: to the team, in working hours.

    What a coverage rule looks for (`spoken_for`) becomes an incident, and is not told here again.
    """

    calendar: WorkCalendar
    channels: Sequence[str]
    spoken_for: frozenset[Blindness] = frozenset()
    exercise_id: str = ""

    async def failing(
        self,
        connection: AsyncConnection,
        source_id: str,
        error: ConnectorError,
        failures: int,
        since: datetime,
        at: datetime,
    ) -> None:
        """Tell at once of what only somebody can mend, of other failures when they last."""
        stops = isinstance(error, Unauthorized | Refused)
        lasting = failures >= LASTING_FAILURES and at - since >= FAILING_AFTER
        if not stops and (isinstance(error, RateLimited) or not lasting):
            return
        unauthorized = isinstance(error, Unauthorized)
        kind = NoticeKind.SOURCE_REFUSED if unauthorized else NoticeKind.SOURCE_FAILING
        await self.notice(
            connection, kind, source_id, since=since, at=at, cause=type(error).__name__
        )

    async def recovered(
        self, connection: AsyncConnection, source_id: str, before: Any, at: datetime
    ) -> None:
        """Tell that a source is back, where its failure was told."""
        since = before.failing_since
        if since is None or at - since < FAILING_AFTER:
            return
        await self.notice(
            connection, NoticeKind.SOURCE_RECOVERED, source_id, since=since, at=at, until=at
        )

    async def lost(
        self, connection: AsyncConnection, source_id: str, gaps: Sequence[Gap], at: datetime
    ) -> None:
        """Tell of what a network can no longer give: once a day, however short its window is."""
        await self.notice(
            connection,
            NoticeKind.GAP,
            source_id,
            since=min(gap.since or gap.until for gap in gaps),
            until=max(gap.until for gap in gaps),
            at=at,
            once=f"{at.astimezone(self.calendar.zone):%Y-%m-%d}",
        )

    async def channel_failing(
        self, connection: AsyncConnection, channel: str, *, via: str, cause: str, at: datetime
    ) -> None:
        """Tell, by the channel that stands in for it and once a day, that a channel is away."""
        day = f"{at.astimezone(self.calendar.zone):%Y-%m-%d}"
        kind = NoticeKind.CHANNEL_FAILING
        await self.notice(
            connection, kind, channel, since=at, at=at, cause=cause, once=day, channels=(via,)
        )

    async def notice(
        self,
        connection: AsyncConnection,
        kind: NoticeKind,
        name: str,
        *,
        since: datetime,
        at: datetime,
        until: datetime | None = None,
        cause: str = "",
        once: str | None = None,
        channels: Sequence[str] = (),
    ) -> None:
        """One notice a kind, name and beginning (or `once`), however often it is seen."""
        if self.spoken_for.intersection(_INCIDENTS.get(kind, ())):
            return
        occasion = f"{kind}/{name}/{once or int(since.timestamp())}"
        for channel in channels or self.channels:
            await outbox.enqueue(
                connection,
                key=f"{self.exercise_id}notice/{occasion}/{channel}/team",
                kind="notice",
                channel=channel,
                person=None,
                payload={
                    "notice": kind.value,
                    "level": Level.WARNING.value,
                    "name": name,
                    "since": since.isoformat(),
                    "until": until.isoformat() if until else None,
                    "cause": cause,
                },
                created_at=at,
                due_at=self.calendar.next_opening(at),
                thread=f"notice-{kind}-{name}",
                exercise_id=self.exercise_id,
            )
