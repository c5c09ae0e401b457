"""An incident as an alert shows it: figures from the database, excerpts masked where they must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.classifier import Score
from classifiers.confidentiality import find_patients
from classifiers.themes import unpack
from listener.domain.alert import AlertView, Analysis, PostView, ReasonView
from listener.domain.incident import AlertKind, Incident
from listener.domain.oncall import Person
from listener.domain.rule import BLIND, Level, Rule
from listener.domain.watch import Watch
from listener.storage import outbox, verdicts, views
from listener.storage.outbox import Letter
from listener.storage.seal import Sealer, SealError
from listener.workflows.draft import LINK

SLICE = timedelta(minutes=10)
SLICES = 12  # two hours of growth


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """What views need beside the database."""

    hospital: str
    timezone: str
    watches: Mapping[str, Watch]
    rules: Mapping[str, Rule]
    people: Mapping[str, Person]
    sealer: Sealer
    answerable: frozenset[str] = frozenset()  # channels whose buttons are heard
    reads_deeply: Callable[[], bool] = lambda: False  # whether what waits for it will be

    async def alert(
        self, connection: AsyncConnection, incident: Incident, letter: Letter, at: datetime
    ) -> AlertView:
        """Everything one alert may say, read now."""
        tally = await views.tally(connection, incident.id)
        payload = letter.payload
        called = [self._name(person) for person in payload.get("called", ())]
        held = payload.get("held_since")
        return AlertView(
            incident=incident.id,
            kind=AlertKind(payload["alert"]),
            level=Level(payload["level"]),
            state=incident.state,
            subject=self.subject(incident.subject),
            hospital=self.hospital,
            opened_at=incident.opened_at,
            first_at=min((said.occurred_at for said in tally), default=incident.opened_at),
            at=at,
            timezone=self.timezone,
            mentions=len(tally),
            negative=sum(said.sentiment == "negative" for said in tally),
            networks=dict(Counter(said.network for said in tally).most_common()),
            recent=growth([said.occurred_at for said in tally]),
            reasons=self.reasons(incident.evidence),
            posts=list((await self.worst(connection, incident.id)).values()),
            told=await self._told(connection, incident.id),
            observed=bool(payload.get("observed")),
            called=", ".join(called) or None,
            held_since=datetime.fromisoformat(held) if held else None,
            exercise=bool(incident.exercise_id),
            analysis=self._analysis(tally),
            others=payload.get("others", ()),
            taken_by=self._name(incident.acknowledged_by) or None,
            taken_at=incident.acknowledged_at,
            closed_by=self._name(incident.closed_by) or None,
            closed_at=incident.closed_at,
            merged_into=incident.merged_into,
            absorbed=await views.absorbed(connection, incident.id),
            answerable=letter.channel in self.answerable and not payload.get("observed"),
        )

    def _analysis(self, tally: Sequence[views.Said]) -> Analysis | None:
        """How far what the alert rests on was read: what is certain and harmless stays unread."""
        if self.reads_deeply() and any(said.waits for said in tally):
            return Analysis.UNDER_WAY
        if any(said.tier == "deep" for said in tally):
            return Analysis.DEEP
        return Analysis.FAST if any(said.tier for said in tally) else None

    def subject(self, subject: str) -> str:
        if subject == BLIND:
            return self.hospital
        watch = self.watches.get(subject)
        return next(iter(watch.terms), subject) if watch else subject

    def _name(self, person: str | None) -> str:
        known = self.people.get(person or "")
        return known.name if known else person or ""

    def reasons(self, evidence: Sequence[Mapping[str, Any]]) -> list[ReasonView]:
        """Every breach of an incident's evidence, in figures."""
        return [self._reason(item) for item in evidence]

    def _reason(self, item: Mapping[str, Any]) -> ReasonView:
        rule = self.rules.get(item["rule"])
        since = item.get("since")
        return ReasonView(
            rule=item["rule"],
            kind=item["kind"],
            level=Level(item["level"]),
            at=datetime.fromisoformat(item["at"]),
            since=datetime.fromisoformat(since) if since else None,
            seen=item["seen"],
            expected=item["expected"],
            description=rule.description if rule else "",
        )

    async def worst(self, connection: AsyncConnection, incident_id: int) -> dict[int, PostView]:
        """The incident's gravest posts by their numbers, the gravest first."""
        rows = await views.worst_posts(connection, incident_id)
        ids = [row.id for row in rows]
        figures = await views.latest_figures(connection, ids)
        scores = await verdicts.explained(connection, ids)
        return {row.id: self.post(row, figures.get(row.id), scores.get(row.id, ())) for row in rows}

    def post(
        self, row: Row[Any], figures: Row[Any] | None, scores: Sequence[Score] = ()
    ) -> PostView:
        """A stored mention as people may see it; its handles are pseudonyms already."""
        excerpt = _excerpt(row)
        spans = find_patients(excerpt) if excerpt else ()
        return PostView(
            network=row.network,
            kind=row.kind,
            occurred_at=row.occurred_at,
            excerpt=excerpt,
            link=self.link(row.sealed),
            severity=row.severity,
            sentiment=row.sentiment,
            followers=row.followers,
            reactions=figures.reactions if figures else None,
            replies=figures.replies if figures else None,
            shares=figures.shares if figures else None,
            unread=bool(row.media) and not excerpt,
            spans=tuple((span.start, span.end) for span in spans),
            themes=unpack(row.themes or 0),
            restricted=row.restricted,
            scores=scores,
        )

    def link(self, sealed: bytes | None) -> str | None:
        if sealed is None:
            return None
        try:
            url: str = self.sealer.open_json(sealed, LINK)["url"]
        except SealError:
            return None  # restored under another key: the figures are still worth showing
        return url or None

    async def _told(self, connection: AsyncConnection, incident_id: int) -> list[str]:
        told = await outbox.told(connection, incident_id)
        return list(dict.fromkeys(self._name(p) if p else channel for channel, p in told))


def _excerpt(row: Row[Any]) -> str | None:
    if row.text is None or not row.republish:
        return None
    return f"{row.title} — {row.text}" if row.title and row.text else row.title or row.text


def growth(instants: Sequence[datetime]) -> list[tuple[datetime, int]]:
    """Mentions by ten minutes up to the last one, oldest first; at most two hours of them."""
    if not instants:
        return []
    last = max(instants)
    counts = Counter(int((last - when) / SLICE) for when in instants)
    slices = min(SLICES, max(counts) + 1)
    return [(last - SLICE * (n + 1), counts[n]) for n in reversed(range(slices))]
