"""What must hold after each thing that happens: told from the rows, whatever led to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from listener.domain.incident import State
from listener.domain.rule import Level
from listener.storage.tables import (
    incident_events,
    incident_mentions,
    incidents,
    mentions,
    outbox,
    pages,
)
from tests.listener.machine_model import Model
from tests.listener.machine_world import PAGING, World

EVERY, APART, WITHIN = PAGING.repeat_every, PAGING.apart, PAGING.within
# After these, a phone may ring again at once: somebody spoke, or it is another step or graver.
BETWEEN = {"acknowledged", "escalated", "snoozed", "resolved", "dismissed", "reopened", "raised"}
KEPT_STATE = {"raised", "breached", "held", "alerted", "snoozed", "clock_set_back", "known_event"}


@dataclass
class Audit:
    """Remembers when, in the time that really passed, each row was first seen."""

    world: World
    model: Model
    events: list[Any] = field(default_factory=list)
    pages: list[Any] = field(default_factory=list)
    seen: dict[tuple[str, int], datetime] = field(default_factory=dict)
    incidents: dict[int, Any] = field(default_factory=dict)
    letters: dict[str, Any] = field(default_factory=dict)

    async def look(self, *, ticked: bool) -> None:
        await self._read()
        self._states()
        self._timeline()
        self._letters()
        self._rings()
        self._ration()
        if ticked:
            self._covered()

    async def reread(self) -> None:
        """The incidents by story, in the order in which stories were first heard of."""
        async with self.world.daemons[0].database.read() as connection:
            first = select(mentions.c.story_id).group_by(mentions.c.story_id)
            told = (await connection.execute(first.order_by(func.min(mentions.c.id)))).scalars()
            place = {f"story/{story}": n for n, story in enumerate(told)}
            rows = list(await connection.execute(incidents.select()))
        self.incidents = {place[row.matter]: row for row in rows}
        assert len(rows) == len(self.incidents), "a matter has two incidents"

    async def _read(self) -> None:
        await self.reread()
        async with self.world.daemons[0].database.read() as connection:
            held = select(incident_mentions.c.incident_id)
            self.held = Counter((await connection.execute(held)).scalars())
            events = list(await connection.execute(_in_order(incident_events)))
            new_pages = list(await connection.execute(_in_order(pages)))
            letters = list(await connection.execute(_in_order(outbox)))
        assert events[: len(self.events)] == self.events, "the timeline was rewritten"
        assert new_pages[: len(self.pages)] == self.pages
        self.new_events, self.new_pages = events[len(self.events) :], new_pages[len(self.pages) :]
        self.new_letters = [row for row in letters if row.key not in self.letters]
        self.events, self.pages = events, new_pages
        self.letters |= {row.key: row for row in letters}
        for name, found in (("event", self.new_events), ("page", self.new_pages)):
            self.seen |= {(name, row.id): self.world.now for row in found}

    def _states(self) -> None:
        known = {s: m for s, m in self.model.matters.items() if m.state is not None}
        assert self.incidents.keys() == known.keys()
        for story, matter in known.items():
            row = self.incidents[story]
            found = (row.state, row.level, self.held[row.id])
            assert found == (matter.state, matter.level, len(matter.mentions)), f"story {story}"
            assert (row.open_key is not None) is matter.unfinished
            assert matter.acknowledged_at == row.acknowledged_at
            if not matter.unfinished:
                assert row.closing["mentions"] == matter.closing

    def _timeline(self) -> None:
        """What the timeline tells ends in the state that stands."""
        for row in self.incidents.values():
            state = None
            for event in self._events_of(row.id):
                state = _told(state, event)
            assert state == row.state, f"incident {row.id}"

    def _events_of(self, incident: int) -> Iterable[Any]:
        return (event for event in self.events if event.incident_id == incident)

    def _letters(self) -> None:
        """Every letter has its event, and every ring its letters; a warning calls nobody."""
        called = Counter(
            (event.incident_id, person)
            for event in self.new_events
            if event.kind == "alerted"
            for person in event.data["called"]
        )
        rung = Counter(
            (page.incident_id, page.person) for page in self.new_pages if not page.folded
        )
        alerts = [row for row in self.new_letters if row.kind == "alert" and row.person]
        for channel in ("slack", "email"):
            sent = Counter((r.incident_id, r.person) for r in alerts if r.channel == channel)
            assert sent == called == rung
        told = {event.id for event in self.events}
        told_of = {event.incident_id for event in self.new_events if event.kind == "alerted"}
        for row in self.new_letters:
            if row.kind == "note":
                assert row.payload["event"] in told
            if row.kind == "alert":
                assert row.incident_id in told_of

    def _rings(self) -> None:
        """No page off-level, none for old news, none twice."""
        stories = {row.id: story for story, row in self.incidents.items()}
        for page in self.new_pages:
            matter = self.model.matters[stories[page.incident_id]]
            assert matter.level is Level.CRITICAL and matter.called, f"page {page.id}"
            assert matter.state is State.OPEN or matter.closed_at == self.world.clock
            if page.folded:
                continue
            before = self._before(page)
            if before is None or self._at("page", page) - self._at("page", before) >= EVERY:
                continue
            assert self._is_news(before, page), f"page {page.id} repeats {before.id}"

    def _before(self, page: Any) -> Any:
        """The last ring of the same phone about the same incident."""
        mine = (page.incident_id, page.person)
        rings = [p for p in self.pages if p.id < page.id and not p.folded]
        same = [p for p in rings if (p.incident_id, p.person) == mine]
        return same[-1] if same else None

    def _is_news(self, before: Any, page: Any) -> bool:
        """Whether something between two rings of one phone makes the second another call."""
        if page.step > before.step or self._stepped_since(self._at("page", before)):
            return True
        since = self._at("page", before)
        return any(
            event.kind in BETWEEN or event.data.get("alert") == "raised"
            for event in self._events_of(page.incident_id)
            if self._at("event", event) >= since
        )

    def _ration(self) -> None:
        for page in self.new_pages:
            if page.folded or page.exempt:
                continue
            at = self._at("page", page)
            if self._stepped_since(at - WITHIN):
                continue  # how long ago a phone rang cannot be told by a clock that was wrong
            rung = [
                self._at("page", p)
                for p in self.pages
                if p.person == page.person and not p.folded and p.id <= page.id
            ]
            assert sum(at - when < WITHIN for when in rung) <= PAGING.max_pages
            assert sum(at - when < APART for when in rung) == 1, f"page {page.id}"

    def _covered(self) -> None:
        """Whatever is open and critical has rung, or waits to be told with the next ring."""
        for story, row in self.incidents.items():
            if row.state != State.OPEN or row.level != Level.CRITICAL:
                continue
            if row.snoozed_until is not None and row.snoozed_until > self.world.clock:
                continue
            assert self._is_covered(row), f"story {story} is open and rings nobody"

    def _is_covered(self, row: Any) -> bool:
        mine = [page for page in self.pages if page.incident_id == row.id]
        calls = [self._at("page", page) for page in mine]
        calls += [
            self._at("event", event)
            for event in self._events_of(row.id)
            if event.kind == "clock_set_back"
        ]
        folded = [(page, self._next_ring(page)) for page in mine if page.folded]
        if any(ring is None for _, ring in folded):
            return True  # it waits for its person's next ring
        calls += [self._at("page", ring) for _, ring in folded]  # which told it
        tired = row.step == 2 and row.paged_at - row.step_at >= WITHIN
        pause = PAGING.later if tired else EVERY
        return bool(calls) and (
            self.world.now - max(calls) < pause or self._seems_recent(row, max(calls), pause)
        )

    def _seems_recent(self, row: Any, call: datetime, pause: timedelta) -> bool:
        """Whether a clock was set back to just after its last ring: nobody can tell that by then."""
        since = self.world.clock - row.paged_at
        return self._stepped_since(call) and timedelta(0) <= since < pause

    def _next_ring(self, folded: Any) -> Any:
        after = (p for p in self.pages if p.id > folded.id and not p.folded)
        return next((p for p in after if p.person == folded.person), None)

    def _at(self, name: str, row: Any) -> datetime:
        return self.seen[name, row.id]

    def _stepped_since(self, at: datetime) -> bool:
        stepped = self.world.stepped_at
        return stepped is not None and stepped > at - timedelta(seconds=1)


def _in_order(table: Any) -> Any:
    return table.select().order_by(table.c.id)


def _told(state: str | None, event: Any) -> str | None:
    match event.kind:
        case "opened" | "escalated":
            return "open"
        case "reopened":
            return "acknowledged" if event.data.get("by") else "open"
        case "alerted" | "held":
            return "open"  # what is in somebody's hand calls nobody
        case "acknowledged" | "resolved" | "dismissed":
            return str(event.kind)
        case other:
            assert other in KEPT_STATE, other
            return state
