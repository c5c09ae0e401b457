"""Reads a week: the figures, the posts that went furthest, the incidents, what could not be seen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.confidentiality import find_patients
from connectors.connector import Unseen
from listener.domain.alert import PostView
from listener.domain.calendar import WorkCalendar
from listener.domain.digest import (
    Call,
    Coverage,
    Digest,
    Figures,
    GapLine,
    IncidentLine,
    Network,
    Part,
    Peer,
    Period,
    SilentSource,
)
from listener.domain.incident import State
from listener.domain.rule import Level
from listener.storage import figures, review, sources
from listener.storage.figures import Filters
from listener.workflows.view import Viewer

CANDIDATES = 8  # of each network: some of them may reveal a patient
POSTS = 3
IDENTIFYING = frozenset(
    {"name", "carer", "role", "handle", "room", "care", "file", "nir", "birth_date"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyor:
    """`subjects` are what the figures are about, `sources` those that should answer."""

    viewer: Viewer
    calendar: WorkCalendar
    subjects: Collection[str]
    sources: Collection[str]
    peers: Collection[str] = ()
    blind: Callable[[], Mapping[str, Sequence[Unseen]]] = dict  # by source, as configured now
    mediation: str = ""
    exercise_id: str = ""

    async def digest(
        self, connection: AsyncConnection, period: Period, at: datetime, *, service: str = ""
    ) -> Digest:
        """Everything that the period's digest may say, read now."""
        if service:
            alone = replace(self, subjects=[service], peers=())
            read = await alone.digest(connection, period, at)
            return replace(read, service=self.viewer.subject(service))
        return Digest(
            period=period,
            hospital=self.viewer.hospital,
            at=at,
            networks=await self._networks(connection, period),
            furthest=await self._furthest(connection, period),
            peers=[await self._peer(connection, peer, period) for peer in self.peers],
            incidents=await self._incidents(connection, period),
            unseen=await self._unseen(connection, period),
            known_since=await figures.earliest(connection, Filters(exercise_id=self.exercise_id)),
            listening_since=await figures.listening_since(connection, self.exercise_id),
            mediation=self.mediation,
            exercise=bool(self.exercise_id),
        )

    def filters(self, period: Period, subjects: Collection[str] = ()) -> Filters:
        """The mentions that a week counts."""
        return Filters(
            since=period.since,
            until=period.until,
            subjects=tuple(sorted(subjects or self.subjects)),
            exercise_id=self.exercise_id,
        )

    async def _networks(self, connection: AsyncConnection, period: Period) -> Sequence[Part]:
        now = await self._figures(connection, period)
        before = await self._figures(connection, period.previous())
        found = [
            Part(name=name, now=now.get(name, Figures()), before=before.get(name, Figures()))
            for name in now.keys() | before.keys()
        ]
        return sorted(found, key=lambda n: (-n.now.mentions, -n.before.mentions, n.name))

    async def _furthest(self, connection: AsyncConnection, period: Period) -> Sequence[Network]:
        listed = await figures.notable(connection, self.filters(period), per_network=CANDIDATES)
        posts: dict[str, list[PostView]] = {}
        for item in listed:
            post = self.viewer.post(item.row, item.figures)
            posts.setdefault(post.network, []).append(post)
        return [_network(name, found) for name, found in posts.items()]

    async def _figures(
        self, connection: AsyncConnection, period: Period, subjects: Collection[str] = ()
    ) -> dict[str, Figures]:
        tally = await figures.tally(connection, self.filters(period, subjects))
        found: dict[str, Figures] = {}
        for (network, sentiment), number in tally.items():
            one = Figures(**{sentiment: number})
            found[network] = found.get(network, Figures()) + one
        return found

    async def _peer(self, connection: AsyncConnection, subject: str, period: Period) -> Peer:
        now, before = [
            await self._figures(connection, week, (subject,))
            for week in (period, period.previous())
        ]
        return Peer(
            name=self.viewer.subject(subject),
            now=sum(now.values(), Figures()),
            before=sum(before.values(), Figures()),
        )

    async def _incidents(
        self, connection: AsyncConnection, period: Period
    ) -> Sequence[IncidentLine]:
        alerts = await review.alerts_between(
            connection, period.since, period.until, exercise_id=self.exercise_id
        )
        rows = await review.incidents_between(
            connection,
            period.since,
            period.until,
            also=frozenset(alerts),
            exercise_id=self.exercise_id,
        )
        sizes = await review.sizes(connection, [row.id for row in rows])
        return [self._incident(row, sizes.get(row.id, 0), alerts.get(row.id, ())) for row in rows]

    def _incident(self, row: Row[Any], size: int, alerts: Sequence[Row[Any]]) -> IncidentLine:
        return IncidentLine(
            number=row.id,
            subject=self.viewer.subject(row.subject),
            level=Level(row.level),
            state=State(row.state),
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            mentions=size,
            calls=[self._call(alert) for alert in alerts if alert.data.get("called")],
        )

    def _call(self, alert: Row[Any]) -> Call:
        return Call(
            at=alert.at,
            level=Level(alert.data["level"]),
            at_night=not self.calendar.is_working(alert.at),
            observed=alert.kind != "alerted",
        )

    async def _unseen(self, connection: AsyncConnection, period: Period) -> Coverage:
        gaps = await sources.gaps_between(connection, period.since, period.until)
        states = {row.id: row for row in await sources.all_states(connection)}
        return Coverage(
            gaps=[
                GapLine(source=row.source_id, since=row.since, until=row.until, reason=row.reason)
                for row in gaps
            ],
            sources=[
                found
                for source in self.sources
                if (found := _silent(source, states.get(source), period)) is not None
            ],
            quarantined=await review.quarantined_between(connection, period.since, period.until),
            blind=self.blind(),
        )


def _silent(source: str, row: Row[Any] | None, period: Period) -> SilentSource | None:
    """Failing since before the week's end, as far as is known: a mended failure leaves no trace."""
    if row is None:
        return SilentSource(source=source)
    if row.stopped is None and row.failing_since is None:
        return None if row.last_success_at else SilentSource(source=source)
    if row.failing_since is not None and row.failing_since >= period.until:
        return None
    return SilentSource(source=source, since=row.failing_since, stopped=row.stopped)


def _network(name: str, posts: Sequence[PostView]) -> Network:
    quotable = [post for post in posts if not _reveals(post)]
    return Network(network=name, posts=quotable[:POSTS], withheld=len(posts) - len(quotable))


def _reveals(post: PostView) -> bool:
    """A post that names somebody near a word of care is never quoted, not even masked."""
    text = post.excerpt or ""
    return any(span.kind in IDENTIFYING for span in find_patients(text))
