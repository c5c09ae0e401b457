"""What networks push: checked, kept before it is answered, read once, whatever happens in between."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from sqlalchemy import text

from connectors.connector import Cursors, Malformed, Page, RateLimited, Unauthorized, Unavailable
from connectors.webhook import Answer, Call, require_signature, require_token
from listener.storage import inbox
from listener.storage.database import Database
from listener.storage.seal import Sealer
from listener.web import hooks
from listener.web.hooks import MAX_BODY, Hooks
from listener.web.server import WebServer
from listener.workflows.collect import Source
from listener.workflows.receive import GIVE_UP_AFTER, REMEMBER, Receiver
from tests.listener.house import NIGHT, collector_of, count, house, mention, rows

SECRET = "tres-secret"


class Network:
    """A network whose calls each bring one mention."""

    name = "facebook"
    error: Exception | None = None
    then: Callable[[], None] | None = None  # called while a call is read
    held: asyncio.Event | None = None  # set where a reading stays for ever

    def __init__(self) -> None:
        self.read: list[Call] = []

    def hosts(self) -> tuple[str, ...]:
        return ()

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        yield Page(complete=True)

    def answer(self, call: Call) -> Answer:
        if call.method == "GET":
            require_token(call.query.get("hub.verify_token"), SECRET)
            return Answer(body=call.query["hub.challenge"].encode())
        require_signature(call, SECRET, "X-Hub-Signature-256", prefix="sha256=")
        return Answer(keep=True)

    async def receive(self, call: Call) -> AsyncIterator[Page]:
        self.read.append(call)
        if self.error is not None:
            raise self.error
        if self.then is not None:
            self.then()
        if self.held is not None:
            self.held.set()
            await asyncio.sleep(3600)
        yield Page(mentions=[mention(json.loads(call.body)["number"])])


@dataclass
class Site:
    database: Database
    network: Network = field(default_factory=Network)
    at: Any = NIGHT
    url: str = ""
    woken: int = 0
    vitals: Any = field(default_factory=lambda: SimpleNamespace(hooks=Counter()))

    def __post_init__(self) -> None:
        processor = house(self.database)
        collector = collector_of(processor, lambda: self.at)
        self.sources = {
            "page": Source(id="page", connector=self.network, every=timedelta(minutes=5))
        }
        self.receiver = Receiver(
            database=self.database,
            sealer=processor.sealer,
            collector=collector,
            standing=collector.standing,
            owner="one",
        )

    @property
    def app(self) -> Any:
        return SimpleNamespace(sources=self.sources, receiver=self.receiver, clock=lambda: self.at)

    def wake(self) -> None:
        self.woken += 1

    async def read(self) -> int:
        return await self.receiver.read(self.sources, self.at)


@pytest.fixture
async def site(database: Database) -> AsyncIterator[Site]:
    made = Site(database)
    hooks = Hooks(lambda: made.app, made.vitals, made.wake)
    server = WebServer(SimpleNamespace(routes=lambda: ()), hooks)  # type: ignore[arg-type]
    await server.start("127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.port}/hooks"
    yield made
    await server.stop()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}", "Authorization": "Basic c2VjcmV0"}


async def push(site: Site, number: int = 1, source: str = "page", **values: Any) -> int:
    body = values.pop("body", json.dumps({"number": number}).encode())
    headers = values.pop("headers", signed(body))
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{site.url}/{source}", data=io.BytesIO(body), headers=headers) as answer,
    ):
        return answer.status


async def test_a_call_is_kept_answered_and_read_afterwards(site: Site) -> None:
    assert await push(site) == 200
    assert site.woken == 1
    assert await count(site.database, "mentions") == 0
    assert await site.read() == 1
    assert await count(site.database, "mentions") == 1
    (stored,) = await rows(site.database, "mentions")
    assert stored.live
    assert await site.read() == 0


async def test_the_same_call_again_is_answered_and_read_once(site: Site) -> None:
    assert [await push(site), await push(site)] == [200, 200]
    await site.read()
    assert await push(site) == 200
    assert await site.read() == 0
    assert len(site.network.read) == 1
    assert site.vitals.hooks == {("page", "kept"): 1, ("page", "repeated"): 2}


async def test_a_call_without_the_right_signature_is_refused_and_leaves_nothing(site: Site) -> None:
    assert await push(site, headers={}) == 403
    assert await push(site, headers=signed(b"another body")) == 403
    assert await push(site, headers=signed(json.dumps({"number": 1}).encode(), "wrong")) == 403
    assert await push(site, headers={"X-Hub-Signature-256": "sha256=\u00e9"}) == 403
    assert await count(site.database, "inbox") == 0
    assert site.vitals.hooks == {("page", "forged"): 4}


async def test_a_challenge_is_answered_for_whoever_knows_the_token(site: Site) -> None:
    async with aiohttp.ClientSession() as session:
        asked = {"hub.challenge": "1158201444", "hub.verify_token": SECRET}
        async with session.get(f"{site.url}/page", params=asked) as answer:
            assert (answer.status, await answer.text()) == (200, "1158201444")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        wrong = {**asked, "hub.verify_token": "x"}
        async with session.get(f"{site.url}/page", params=wrong) as answer:
            assert answer.status == 403


async def test_a_stranger_learns_nothing_of_the_sources(site: Site) -> None:
    assert await push(site, source="nobody") == 404
    assert await push(site, source="..%2fpage") == 404


async def test_a_body_that_swells_is_refused(site: Site) -> None:
    assert await push(site, body=b"x" * (MAX_BODY + 1), headers={}) == 413
    assert await count(site.database, "inbox") == 0


async def test_what_is_kept_cannot_be_read_in_the_database_and_goes_once_it_was_read(
    site: Site,
) -> None:
    await push(site)
    (kept,) = await rows(site.database, "inbox")
    assert b"number" not in kept.sealed
    await site.read()
    (kept,) = await rows(site.database, "inbox")
    assert kept.sealed is None
    assert "authorization" not in site.network.read[0].headers


async def test_a_database_that_is_away_is_said_so_that_the_network_calls_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> bool:
        raise OSError("no room")

    monkeypatch.setattr(inbox, "keep", away)
    assert await push(site) == 503
    assert site.woken == 0


async def test_a_database_that_is_slow_is_not_waited_for_longer_than_networks_wait(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "ANSWER_WITHIN", 0.3)
    busy = Database(site.database.url)
    async with busy.write() as connection:
        if not busy.is_sqlite:
            await connection.execute(text("LOCK TABLE inbox"))
        began = time.monotonic()
        assert [await push(site, number) for number in range(6)] == [503] * 6
        assert time.monotonic() - began < 20
    await busy.close()
    assert await push(site, 1) == 200
    assert await site.read() >= 1
    assert len({call.body for call in site.network.read}) == len(site.network.read)


async def test_a_call_stands_on_the_disk_before_it_is_answered(site: Site) -> None:
    """A power cut takes SQLite's last commits back; nobody would read this one again."""
    if not site.database.is_sqlite:
        pytest.skip("PostgreSQL waits for the disk at every commit")
    levels: list[int] = []
    kept = inbox.keep

    async def watched(connection: Any, *given: Any, **more: Any) -> bool:
        levels.append((await connection.execute(text("PRAGMA synchronous"))).scalar_one())
        return await kept(connection, *given, **more)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(inbox, "keep", watched)
        assert await push(site) == 200
    async with site.database.write() as connection:
        levels.append((await connection.execute(text("PRAGMA synchronous"))).scalar_one())
    assert levels == [2, 1]  # FULL, then NORMAL again


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (Unavailable("cut"), timedelta(seconds=30)),
        (RateLimited("slow", retry_after=timedelta(minutes=7)), timedelta(minutes=7)),
        (Unauthorized("token"), timedelta(hours=1)),
    ],
)
async def test_a_call_that_cannot_be_read_yet_is_read_later(
    site: Site, error: Exception, wait: timedelta
) -> None:
    await push(site)
    site.network.error = error
    await site.read()
    assert await site.read() == 0
    site.at += wait
    site.network.error = None
    assert await site.read() == 1
    assert await count(site.database, "mentions") == 1


async def test_one_call_that_makes_no_sense_is_set_aside_and_the_next_is_read(site: Site) -> None:
    await push(site, 1)
    site.network.error = Malformed("no", payload=b"{}")
    await site.read()
    site.network.error = None
    await push(site, 2)
    await site.read()
    assert await count(site.database, "quarantine") == 1
    assert await count(site.database, "mentions") == 1


async def test_a_fault_of_ours_in_one_call_holds_up_no_other(site: Site) -> None:
    await push(site, 1)
    site.network.error = KeyError("claire_v")
    assert await site.read() == 1
    await push(site, 2)
    site.network.error = None
    assert await site.read() == 1
    assert await count(site.database, "mentions") == 1
    (failed, _) = await rows(site.database, "inbox")
    assert failed.error == "a fault of ours: KeyError"
    site.at += timedelta(seconds=30)
    assert await site.read() == 1
    assert await count(site.database, "mentions") == 2


async def test_a_stop_waits_for_the_call_in_hand_and_leaves_the_others_to_whoever_comes(
    site: Site,
) -> None:
    for number in range(3):
        await push(site, number)
    site.network.then = site.receiver.collector.stopping.set
    assert await site.read() == 1
    assert await count(site.database, "mentions") == 1
    site.receiver.collector.stopping.clear()
    site.network.then = None
    site.receiver.owner = "another"
    assert await site.read() == 2


async def test_a_reading_that_is_cut_short_leaves_its_calls_to_whoever_comes(site: Site) -> None:
    await push(site, 1)
    await push(site, 2)
    held = asyncio.Event()
    site.network.held = held
    reading = asyncio.create_task(site.read())
    await asyncio.wait_for(held.wait(), 20)
    reading.cancel()
    await asyncio.wait([reading])
    site.network.held = None
    site.receiver.owner = "another"
    assert await site.read() == 2


async def test_a_long_batch_is_not_held_beyond_its_lease(site: Site) -> None:
    for number in range(3):
        await push(site, number)
    began = site.at

    def slow() -> None:
        site.at += timedelta(minutes=2)

    site.network.then = slow
    assert await site.receiver.read(site.sources, began) == 2
    assert {row.lease_owner for row in await rows(site.database, "inbox")} == {None}


async def test_several_daemons_on_one_inbox_read_each_call_once(site: Site) -> None:
    wanted = 40
    for number in range(wanted):
        await push(site, number)
    databases = [Database(site.database.url) for _ in range(3)]
    readers = [
        replace(site.receiver, database=database, owner=f"daemon {place}")
        for place, database in enumerate(databases)
    ]

    async def read(receiver: Receiver) -> None:
        while await receiver.read(site.sources, site.at):
            await asyncio.sleep(0)

    await asyncio.gather(*map(read, readers))
    for database in databases:
        await database.close()
    assert sorted(json.loads(call.body)["number"] for call in site.network.read) == list(
        range(wanted)
    )
    assert await count(site.database, "mentions") == wanted


async def test_what_one_daemon_has_no_key_for_is_left_to_the_one_that_sealed_it(
    site: Site,
) -> None:
    await push(site)
    stranger = replace(
        site.receiver, owner="stranger", sealer=Sealer(b"another key of 32 bytes, truly!!")
    )
    assert await stranger.read(site.sources, site.at) == 1
    site.at += timedelta(minutes=1)
    assert await site.read() == 1
    assert await count(site.database, "mentions") == 1


async def test_a_call_for_another_daemon_s_source_is_left_to_it_and_given_up_after_days(
    site: Site,
) -> None:
    await push(site, 1)
    assert await site.receiver.read({}, site.at) == 0
    assert await site.read() == 1
    await push(site, 2)
    late = site.at + GIVE_UP_AFTER + timedelta(hours=1)
    assert await site.receiver.read({}, late) == 1
    given_up = max(await rows(site.database, "inbox"), key=lambda row: row.id)
    assert (given_up.sealed, given_up.error) == (None, "given up: no such source now")
    assert len(site.network.read) == 1


async def test_a_reader_that_died_leaves_its_call_to_the_next_one(site: Site) -> None:
    await push(site)
    async with site.database.write() as connection:
        await inbox.claim(
            connection,
            sources=["page"],
            abandoned=site.at,
            owner="dead",
            at=site.at,
            lease=timedelta(minutes=5),
        )
    assert await site.read() == 0
    site.at += timedelta(minutes=6)
    assert await site.read() == 1


async def test_what_nobody_can_read_is_given_up_after_days(site: Site) -> None:
    await push(site)
    site.network.error = Unavailable("cut")
    site.at += GIVE_UP_AFTER + timedelta(hours=1)
    await site.read()
    (kept,) = await rows(site.database, "inbox")
    assert kept.done_at is not None
    assert "given up" in kept.error


async def test_traces_of_what_was_read_go_after_a_week(site: Site) -> None:
    await push(site)
    await site.read()
    site.at += REMEMBER + timedelta(hours=1)
    await site.receiver.expire(site.at)
    assert await count(site.database, "inbox") == 0


async def test_how_much_waits_is_known_by_source(site: Site) -> None:
    await push(site, 1)
    await push(site, 2)
    async with site.database.read() as connection:
        waiting = await inbox.waiting(connection)
    assert waiting["page"].count == 2
    assert waiting["page"].oldest == NIGHT
