"""Whatever comes in whatever order, with crashes and a wrong clock: incidents stand as a plain model says.

Nobody is rung twice for one thing, nothing that matters rings nobody, and neither a warning nor old
news ever rings. What a clock that was set wrong makes unavoidable is let pass, and nothing else:
within half an hour of the step a phone may have rung more often than it ought to.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import Phase, given, note, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from connectors.connector import Page
from connectors.mention import Mention
from listener.domain.action import Action, Reason, Request, Way
from listener.domain.rule import Level
from tests import databases
from tests.listener.house import figures, page
from tests.listener.machine_audit import Audit
from tests.listener.machine_model import Model
from tests.listener.machine_world import Crash, World, post

MINUTE = timedelta(minutes=1)
LONGEST = timedelta(days=6)  # a matter is remembered for seven
OLD = timedelta(hours=7)  # more than max_lateness

STORY = st.sampled_from([0, 0, 0, 1, 1, 2, 3])
SOON = [0, 10, 30, 60, 60, 120, 180, 180, 300]  # seconds
PAUSE = st.sampled_from([*SOON, *SOON, *SOON, 600, 1800, 7200, 13 * 3600])
HEARD = st.tuples(
    st.just("hear"),
    STORY,
    st.sampled_from([10, 40, 60, 85, 85, 85, 97]),
    st.integers(1, 3),
    st.sampled_from([True, True, True, False]),
)
ACTED = st.tuples(
    st.just("act"),
    STORY,
    st.sampled_from([*Action, Action.ACKNOWLEDGE, Action.ESCALATE, Action.REOPEN]),
    st.sampled_from(["lea", "lea", "marc", "dir", "dir", "lea", "stranger", None]),
    st.sampled_from([True, True, False]),
)
WATCHED = st.tuples(st.just("watch"), st.sampled_from([3, 5, 12]), st.sampled_from([30, 60]))
RARE = st.one_of(
    st.tuples(st.just("takes_off"), STORY),
    st.tuples(st.just("again")),
    st.tuples(st.just("deliver")),
    st.tuples(st.just("clock"), st.sampled_from([-60, 60])),
)
KINDS = [HEARD] * 4 + [ACTED] * 4 + [WATCHED] * 3 + [RARE] * 2
STEPS = st.tuples(
    st.sampled_from(range(len(KINDS))).flatmap(KINDS.__getitem__),
    PAUSE,
    st.sampled_from(["one", "two", "both"]),
    st.sampled_from([None, None, None, *range(3, 43, 3)]),  # statements until it is killed
)


@dataclass(frozen=True, kw_only=True)
class Posted:
    story: int
    severity: int
    said_at: datetime
    mention: Mention


@dataclass
class Machine:
    world: World
    model: Model = field(default_factory=Model)
    posts: list[Posted] = field(default_factory=list)
    liked: set[int] = field(default_factory=set)
    last: Page | None = None

    def __post_init__(self) -> None:
        self.audit = Audit(self.world, self.model)

    async def run(self, steps: Sequence[Any]) -> None:
        await self.world.begin()
        begun = self.world.now
        for op, pause, who, fuse in steps:
            wait = timedelta(seconds=pause)
            if self.world.now + wait - begun < LONGEST:
                self.world.now += wait
            note(f"{self.world.now:%d %H:%M:%S} (clock {self.world.clock:%H:%M}) {who} {fuse} {op}")
            await getattr(self, f"_{op[0]}")(who, fuse, *op[1:])
            await self.audit.look(ticked=op[0] == "watch")

    async def _hear(
        self, who: str, fuse: int | None, story: int, severity: int, many: int, fresh: bool
    ) -> None:
        said_at = self.world.clock - (MINUTE if fresh else OLD)
        first = len(self.posts)
        heard = range(first, first + many)
        for number in heard:
            said = post(number, story, severity, said_at)
            self.posts.append(Posted(story=story, severity=severity, said_at=said_at, mention=said))
        self.last = page(*(posted.mention for posted in self.posts[first:]))
        await self._read(self.last, who, fuse)
        self.model.hears(self._place(story), severity, set(heard), fresh=fresh, at=said_at)

    def _place(self, story: int) -> int:
        """Stories are numbered as they come."""
        return list(dict.fromkeys(posted.story for posted in self.posts)).index(story)

    async def _takes_off(self, who: str, fuse: int | None, story: int) -> None:
        """What is liked a thousand times is grave from now on, however old it is."""
        mild = [
            number
            for number, posted in enumerate(self.posts)
            if posted.story == story and posted.severity < 90 and number not in self.liked
        ]
        if not mild:
            return
        number, at = mild[0], self.world.clock
        self.liked.add(number)
        posted = self.posts[number]
        self.last = page(engagements=[figures(posted.mention, at, reactions=5000)])
        await self._read(self.last, who, fuse)
        news_at = max(at, posted.said_at)
        self.model.hears(self._place(story), 90, {number}, fresh=True, at=news_at)

    async def _again(self, who: str, fuse: int | None) -> None:
        """A page that was read before its cursor was kept: it changes nothing."""
        if self.last is not None:
            await self._read(self.last, who, fuse)

    async def _read(self, brought: Page, who: str, fuse: int | None) -> None:
        await self._by(who, fuse, lambda daemon: self.world.hear(daemon, brought))

    async def _act(
        self,
        who: str,
        fuse: int | None,
        story: int,
        action: Action,
        person: str | None,
        reasoned: bool,
    ) -> None:
        told = list(dict.fromkeys(posted.story for posted in self.posts))
        place, at = story % (len(told) or 1), self.world.clock
        row = self.audit.incidents.get(place)
        request = Request(
            incident=row.id if row else 999,
            action=action,
            person=person,
            way=Way.COMMAND,
            reason=Reason.HARMLESS if reasoned else None,
        )
        replies = await self._by(who, fuse, lambda daemon: self.world.act(daemon, request))
        if row is None:
            assert all(reply.refused is not None for reply in replies)
            return
        was_critical = row.level == Level.CRITICAL
        wanted = [self.model.answers(place, request, row, at)]
        if len(replies) == 2:  # whoever is second is answered as the incident stands by then
            step = row.step + 1 if row.paged_at and was_critical else 0
            raised = SimpleNamespace(step=step, paged_at=at)
            is_raised = action is Action.ESCALATE and wanted == [None]
            wanted.append(self.model.answers(place, request, raised if is_raised else row, at))
        assert Counter(reply.refused for reply in replies) == Counter(wanted)

    async def _watch(self, who: str, fuse: int | None, minutes: int, every: int) -> None:
        """A while passes in which the daemons do what is due."""
        until = self.world.now + minutes * MINUTE
        while self.world.now < until:
            await self._by(who, fuse, lambda daemon: daemon.tick(self.world.clock))
            await self.audit.reread()
            self.model.ticks(self.audit.incidents, self.world.clock)
            await self.audit.look(ticked=True)
            self.world.now += timedelta(seconds=every)
            fuse = None
        await self._by(who, fuse, lambda daemon: daemon.tick(self.world.clock))
        await self.audit.reread()
        self.model.ticks(self.audit.incidents, self.world.clock)

    async def _deliver(self, who: str, fuse: int | None) -> None:
        await self.world.deliver()

    async def _clock(self, who: str, fuse: int | None, minutes: int) -> None:
        if abs(self.world.wrong + minutes * MINUTE) <= 60 * MINUTE:
            self.world.step_clock(minutes * MINUTE)

    async def _by(self, who: str, fuse: int | None, work: Any) -> list[Any]:
        """Let one daemon do it, or both at once; after a crash, what was begun is done anew."""
        numbers = {"one": [0], "two": [1], "both": [0, 1]}[who]
        return list(await asyncio.gather(*(self._survive(n, fuse, work) for n in numbers)))

    async def _survive(self, number: int, fuse: int | None, work: Any) -> Any:
        daemon = self.world.daemons[number]
        daemon.fuse.left = fuse
        try:
            return await work(daemon)
        except Crash:
            return await work(await self.world.restart(number))
        finally:
            daemon.fuse.left = None


def played(url: URL, steps: Sequence[Any]) -> None:
    async def play() -> None:
        world = World(url)
        try:
            if not world.daemons[0].database.is_sqlite:
                await databases.emptied(world.daemons[0].database)
            await Machine(world).run(steps)
        finally:
            await world.close()

    asyncio.run(play())


def profile(examples: int) -> settings:
    """The same steps each time. A failure is told as it came: to shrink it takes minutes."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
    )


@profile(14)
@given(steps=st.lists(STEPS, min_size=8, max_size=20))
def test_incidents_stand_as_the_model_says_sqlite(
    sqlite_template: Path, steps: Sequence[Any]
) -> None:
    with TemporaryDirectory() as folder:
        played(databases.copied(sqlite_template, Path(folder)), steps)


@profile(4)
@given(steps=st.lists(STEPS, min_size=8, max_size=20))
def test_incidents_stand_as_the_model_says_postgresql(
    postgresql_url: URL, steps: Sequence[Any]
) -> None:
    played(postgresql_url, steps)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@settings(parent=profile(150), derandomize=False)
@given(steps=st.lists(STEPS, min_size=20, max_size=80))
def test_incidents_stand_as_the_model_says_for_long(
    sqlite_template: Path, steps: Sequence[Any]
) -> None:
    with TemporaryDirectory() as folder:
        played(databases.copied(sqlite_template, Path(folder)), steps)
