"""A source's poll: leases, cursors, health by the error's name, and a stop between two pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from connectors.connector import (
    Closed,
    Cursors,
    Gap,
    Malformed,
    Page,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
)
from listener.workflows.collect import Collector, Source
from tests.listener.house import NIGHT, collector_of, count, house, mention, rows


@dataclass
class Network:
    """A connector that yields its mentions in pages of two, from its cursor on."""

    total: int = 10
    fail_after: int | None = None  # pages of one poll
    error: Exception | None = None
    gap: Gap | None = None
    held: asyncio.Event | None = None  # answers only once this is set
    asked: list[Cursors] = field(default_factory=list)

    def hosts(self) -> Sequence[str]:
        return ()

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        self.asked.append(dict(cursors))
        if self.held is not None:
            await self.held.wait()
        start = cursors.get("", {}).get("mark", 0)
        for given, number in enumerate(range(start, self.total, 2)):
            if self.fail_after is not None and given >= self.fail_after:
                break
            mark = min(number + 2, self.total)
            yield Page(
                mentions=[mention(n) for n in range(number, mark)],
                cursor={"v": 1, "mark": mark},
                complete=mark >= self.total,
                gaps=[self.gap] if self.gap and mark >= self.total else [],
            )
        if self.error is not None:
            raise self.error

    async def stream(self, cursors: Cursors) -> AsyncIterator[Page]:
        async for page in self.poll(cursors):
            yield page
        raise Unavailable("the stream was cut")


@dataclass
class Desk:
    database: Any
    network: Network = field(default_factory=Network)
    at: Any = NIGHT

    def collector(self, owner: str = "one") -> Collector:
        return collector_of(house(self.database), lambda: self.at, owner=owner)

    def source(self, **values: Any) -> Source:
        known: dict[str, Any] = {"every": timedelta(minutes=5), "fingerprint": "a"}
        return Source(id="mastodon", connector=self.network, **{**known, **values})

    async def state(self) -> Any:
        (row,) = await rows(self.database, "sources")
        return row


@pytest.fixture
def desk(database) -> Desk:
    return Desk(database)


async def test_a_poll_goes_on_from_the_last_committed_page(desk) -> None:
    desk.network.fail_after, desk.network.error = 2, Unavailable("cut")
    await desk.collector().poll(desk.source())
    desk.network.fail_after = desk.network.error = None
    desk.at += timedelta(hours=1)
    await desk.collector().poll(desk.source())
    assert [asked.get("", {}).get("mark") for asked in desk.network.asked] == [None, 4]
    assert await count(desk.database, "mentions") == 10


async def test_a_source_that_somebody_polls_is_left_to_them(desk) -> None:
    first, second = desk.collector("one"), desk.collector("two")
    desk.network.held = asyncio.Event()
    polling = asyncio.create_task(first.poll(desk.source()))
    async with asyncio.timeout(20):
        while not desk.network.asked:
            await asyncio.sleep(0.005)
    done = [await second.poll(desk.source())]
    desk.network.held.set()
    done.append(await polling)
    assert sorted(poll.skipped or "" for poll in done) == ["", "busy"]
    assert len(desk.network.asked) == 1


async def test_a_lease_whose_owner_died_is_taken_over(desk) -> None:
    desk.network.error = Unavailable("x")
    dead = desk.collector("dead")
    await dead._begin(desk.source(), "mastodon", force=False)
    assert (await desk.collector("two").poll(desk.source())).skipped == "busy"
    desk.at += timedelta(minutes=6)
    assert (await desk.collector("two").poll(desk.source())).skipped is None


@pytest.mark.parametrize(
    ("error", "stopped"),
    [
        (Unauthorized("token expired"), "unauthorized"),
        (Closed("gone"), "closed"),
    ],
)
async def test_what_waiting_cannot_mend_stops_the_source_until_it_is_told_otherwise(
    desk, error, stopped
) -> None:
    desk.network.error = error
    await desk.collector().poll(desk.source())
    assert (await desk.state()).stopped == stopped
    desk.at += timedelta(days=1)
    assert (await desk.collector().poll(desk.source())).skipped == "stopped"
    desk.network.error = None
    assert (await desk.collector().poll(desk.source(fingerprint="b"))).skipped is None
    assert (await desk.state()).failures == 0


async def test_what_the_guard_refuses_today_is_tried_again_and_told_when_it_lasts(desk) -> None:
    # A site in maintenance redirects in circles, a captive resolver calls everything 10.0.0.1.
    desk.network.error = Refused("private address")
    for _ in range(4):
        await desk.collector().poll(desk.source())
        desk.at += timedelta(hours=1)
    (notice,) = await rows(desk.database, "outbox")
    assert notice.payload["notice"] == "source_failing"
    desk.network.error = None
    assert (await desk.collector().poll(desk.source())).skipped is None
    assert (await desk.state()).failures == 0


async def test_a_new_configuration_does_not_wait_for_what_the_old_one_met(desk) -> None:
    desk.network.error = Refused("private address")
    await desk.collector().poll(desk.source())
    assert (await desk.collector().poll(desk.source())).skipped == "waiting"
    assert (await desk.collector().poll(desk.source(fingerprint="b"))).skipped is None


async def test_a_fault_of_ours_is_its_sources_failure_and_told_when_it_lasts(desk, caplog) -> None:
    desk.network.error = KeyError("Mme X")
    for _ in range(4):
        await desk.collector().poll(desk.source())
        desk.at += timedelta(hours=1)
    assert (await desk.state()).last_error == "Unavailable: a fault of ours: KeyError"
    (notice,) = await rows(desk.database, "outbox")
    assert notice.payload["notice"] == "source_failing"
    assert sum("source.fault" in message for message in caplog.messages) == 4


async def test_a_refused_credential_is_told_once_to_the_team(desk) -> None:
    desk.network.error = Unauthorized("token expired")
    await desk.collector().poll(desk.source())
    await desk.collector().poll(desk.source(), force=True)
    (notice,) = await rows(desk.database, "outbox")
    assert (notice.kind, notice.payload["notice"]) == ("notice", "source_refused")


async def test_a_source_that_our_own_guard_stops_is_told_to_the_team(desk) -> None:
    desk.network.error = Refused("a private address")
    await desk.collector().poll(desk.source())
    await desk.collector().poll(desk.source())
    (letter,) = await rows(desk.database, "outbox")
    assert (letter.payload["notice"], letter.payload["cause"]) == ("source_failing", "Refused")


async def test_a_network_that_asks_to_wait_is_waited_for(desk) -> None:
    desk.network.error = RateLimited("quota", retry_after=timedelta(minutes=30))
    await desk.collector().poll(desk.source())
    desk.at += timedelta(minutes=29)
    assert (await desk.collector().poll(desk.source())).skipped == "waiting"
    desk.at += timedelta(minutes=2)
    assert (await desk.collector().poll(desk.source())).skipped is None


async def test_an_outage_backs_off_longer_each_time_but_never_over_an_hour(desk) -> None:
    desk.network.error = Unavailable("down")
    pauses = []
    for _ in range(10):
        await desk.collector().poll(desk.source(), force=True)
        pauses.append((await desk.state()).next_at - desk.at)
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=1)


async def test_a_lasting_failure_and_its_end_are_told_once_each(desk) -> None:
    desk.network.error = Unavailable("down")
    for _ in range(8):
        await desk.collector().poll(desk.source(), force=True)
        desk.at += timedelta(minutes=20)
    desk.network.error = None
    await desk.collector().poll(desk.source(), force=True)
    kinds = [row.payload["notice"] for row in await rows(desk.database, "outbox")]
    assert sorted(k for k in kinds if k) == ["source_failing", "source_recovered"]


async def test_what_a_network_can_no_longer_give_is_told_to_the_team_once_a_day(desk) -> None:
    for hours in (2, 4, 6, 30):
        desk.network.gap = Gap(since=desk.at, until=desk.at + timedelta(hours=1), reason="short")
        desk.network.total += 2
        desk.at = NIGHT + timedelta(hours=hours)
        await desk.collector().poll(desk.source())
    assert await count(desk.database, "gaps") == 4
    told, again = [r for r in await rows(desk.database, "outbox") if r.kind == "notice"]
    assert told.payload["notice"] == again.payload["notice"] == "gap"
    assert told.payload["since"] == NIGHT.isoformat()
    assert again.created_at - told.created_at == timedelta(hours=28)


async def test_an_answer_that_cannot_be_read_is_kept_aside(desk) -> None:
    desk.network.error = Malformed("HTML instead of JSON", payload=b"<html>")
    await desk.collector().poll(desk.source())
    assert await count(desk.database, "quarantine") == 1
    assert "Malformed" in (await desk.state()).last_error


async def test_a_stop_finishes_the_page_in_hand_and_loses_nothing(desk) -> None:
    collector = desk.collector()
    collector.on_page = lambda _source, _outcome: collector.stopping.set()
    await collector.poll(desk.source())
    assert await count(desk.database, "mentions") == 2
    await desk.collector().poll(desk.source())
    assert await count(desk.database, "mentions") == 10


async def test_what_a_stream_pushes_is_live_from_its_first_page(desk) -> None:
    await desk.collector().follow(desk.source())
    assert await count(desk.database, "mentions", live=True) == 10
    health = {row.id: row.last_error for row in await rows(desk.database, "sources")}
    assert "cut" in health["mastodon/stream"]


async def test_a_cut_stream_never_holds_back_the_polls_of_its_source(desk) -> None:
    await desk.collector().follow(desk.source())
    desk.network.total = 14
    assert (await desk.collector().poll(desk.source())).skipped is None
    assert await count(desk.database, "mentions") == 14


async def test_the_first_look_back_is_backfill_and_the_next_poll_is_live(desk) -> None:
    await desk.collector().poll(desk.source())
    desk.network.total = 14
    await desk.collector().poll(desk.source())
    assert await count(desk.database, "mentions", live=False) == 10
    assert await count(desk.database, "mentions", live=True) == 4
