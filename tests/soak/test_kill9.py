"""kill -9 again and again through a live evening: nothing lost, nothing twice, nobody woken in vain."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL

from listener.app.build import application
from listener.app.clock import SimulatedClock
from listener.config import load
from tests import databases
from tests.networks.slack import SlackApi
from tests.networks.smtp import SmtpStandIn
from tests.soak import town
from tests.soak.audit import Audit, State, read_state, refs_of, repeated
from tests.soak.channels import Pace, SlowSlack, SlowSmtp
from tests.soak.siege import Siege

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

MENTIONS = 5000
KILLS = 50
SECONDS = 180.0  # that the evening lasts
SEED = int(os.environ.get("LISTENER_SOAK_SEED", "20260314"))


@dataclass(frozen=True, kw_only=True)
class Evening:
    """What is said, and what an undisturbed run makes of it, under one set of keys."""

    items: list[dict[str, Any]]
    state_dir: Path
    control: State

    @property
    def last(self) -> dict[str, str]:
        """The instant of each source's last line."""
        found = {}
        for item in self.items:
            found[town.SHARDS.get(item["network"], "ailleurs")] = item["published_at"]
        return found


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    folder = tmp_path_factory.mktemp("control")
    items = town.evening(MENTIONS, seconds=SECONDS, seed=SEED)
    control = asyncio.run(undisturbed(folder, items))
    return Evening(items=items, state_dir=folder / "state", control=control)


async def undisturbed(folder: Path, items: list[dict[str, Any]]) -> State:
    """The same evening in one process that nobody kills, on a clock that does not wait."""
    async with SlackApi(burst=100_000).serving() as slack, SmtpStandIn().serving() as smtp:
        path = settle(folder, items, database="sqlite", slack=slack.api_url, port=smtp.port)
        clock = SimulatedClock(datetime.now(UTC))
        os.environ["SLACK_TOKEN"] = slack.token
        async with application(load(path), clock=clock) as app:
            await app.scorer.start()
            for passed in (0.0, SECONDS + 1):
                clock.set(clock() + timedelta(seconds=passed))
                for source in app.sources.values():
                    await app.collector.poll(source, force=True)
            await app.ticker.tick(clock())
            await app.postman.deliver()
            url = app.database.url
    return await read_state(url)


def settle(
    folder: Path, items: list[dict[str, Any]], *, database: str, slack: str, port: int
) -> Path:
    """The recordings and the configuration of one run."""
    town.write_shards(folder, items)
    path = folder / "config.toml"
    path.write_text(town.config(folder, database=database, slack=slack, smtp_port=port))
    return path


@asynccontextmanager
async def channels(rng: random.Random) -> AsyncIterator[tuple[SlowSlack, SlowSmtp]]:
    slack = SlowSlack(Pace(rng, 1.0), rate=2.0, burst=2)
    smtp = SlowSmtp(Pace(rng, 1.0), rng, busy=0.1)
    async with slack.serving(), smtp.serving():
        yield slack, smtp


@pytest.fixture
def seeded() -> random.Random:
    print(f"\nseed {SEED} (LISTENER_SOAK_SEED)")
    return random.Random(SEED)


@pytest.fixture
def scratch() -> Iterator[URL]:
    if not databases.postgresql_listens():
        pytest.skip(f"no PostgreSQL listens at {databases.SERVER}")
    with databases.scratch_postgresql(f"listener_soak_{os.getpid()}") as url:
        yield url


async def test_fifty_kills_lose_and_repeat_nothing_on_sqlite(evening, seeded, tmp_path) -> None:
    url = databases.sqlite_url(tmp_path / "state" / "listener.db")
    await besiege(evening, seeded, tmp_path, url=url, database="sqlite", daemons=1)


async def test_fifty_kills_lose_and_repeat_nothing_on_postgresql(
    evening, seeded, tmp_path, scratch
) -> None:
    database = scratch.set(drivername="postgresql").render_as_string()
    await besiege(evening, seeded, tmp_path, url=scratch, database=database, daemons=1)


async def test_two_daemons_on_one_postgresql_killed_in_turn_do_nothing_twice(
    evening, seeded, tmp_path, scratch
) -> None:
    database = scratch.set(drivername="postgresql").render_as_string()
    await besiege(evening, seeded, tmp_path, url=scratch, database=database, daemons=2)


async def besiege(
    evening: Evening,
    rng: random.Random,
    folder: Path,
    *,
    url: URL,
    database: str,
    daemons: int,
) -> None:
    began = time.monotonic()
    shutil.copytree(evening.state_dir / "keys", folder / "state" / "keys")
    (folder / "state").chmod(0o700)
    async with channels(rng) as (slack, smtp):
        config = settle(
            folder, evening.items, database=database, slack=slack.api_url, port=smtp.port
        )
        sieges = [
            Siege(
                name=f"daemon-{number}",
                config=config,
                rng=random.Random(rng.random()),
                paces={"slack": slack.pace, "email": smtp.pace},
            )
            for number in range(daemons)
        ]
        await asyncio.gather(*(siege.endure(KILLS) for siege in sieges))
        besieged = time.monotonic() - began
        for siege in sieges:
            print(f"{siege.name}: {' '.join(siege.moments)}")
        codes = await asyncio.gather(*(siege.finish(url, evening.last) for siege in sieges))
    state = await read_state(url)
    report(state, slack, smtp, sieges, besieged=besieged, whole=time.monotonic() - began)
    audit = Audit()
    audit.mentions(
        state,
        refs_of(evening.items, folder / "state"),
        refs_of(town.must_be_stored(evening.items), folder / "state"),
    )
    audit.same(state, evening.control)
    audit.deliveries(state)
    audit.slack(state, slack.messages)
    audit.mail(state, smtp.mails)
    audit.expect(set(codes) == {0}, f"the last lives ended with {codes}")
    audit.expect(sum(s.orphans for s in sieges) == 0, "scorers outlived their daemons")
    assert audit.faults == []


def report(
    state: State,
    slack: SlowSlack,
    smtp: SlowSmtp,
    sieges: list[Siege],
    *,
    besieged: float,
    whole: float,
) -> None:
    """The run in figures."""
    lives = [life for siege in sieges for life in siege.lives]
    kills = sum((siege.kills for siege in sieges), start=Counter())
    found = sum(siege.log.read_text().count("delivery.found") for siege in sieges)
    rows = {
        "kills": f"{len(lives)} {dict(kills)}",
        "lives": f"{min(lives):.2f} to {max(lives):.2f} s, mean {sum(lives) / len(lives):.2f} s",
        "mentions stored": len(state.refs),
        "incidents": len(state.incidents),
        "outbox": state.by_state,
        "on Slack": f"{len(slack.messages)}, {slack.refused} refused, {found} found again",
        "e-mails": f"{len(smtp.mails)}, {smtp.refused} refused, {repeated(smtp.mails)} repeated",
        "repeats counted": sum(letter.repeats for letter in state.letters),
        "time": f"{besieged:.0f} s besieged, {whole:.0f} s in all",
    }
    print("\n".join(f"  {name:<16} {value}" for name, value in rows.items()))
