"""The Bluesky connector's stream, against stand-ins of Jetstream v1 and v2."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.bluesky import BlueskyConnector, stream
from connectors.connector import ConnectorError, Cursors, Malformed, Page, Unavailable, Watched
from connectors.http import HttpClient, NetworkPolicy, NotFound
from connectors.mention import Kind
from tests.connectors.bluesky.support import Make, ids, no_wait
from tests.networks.bluesky import Bluesky
from tests.networks.jetstream import Jetstream, micros
from tests.networks.standin import Fault

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
WATCHED = Watched(keep=lambda text: "valmont" in text.lower())


@pytest.fixture(params=["v1", "v2"])
async def network(request: pytest.FixtureRequest) -> AsyncIterator[Jetstream]:
    async with Jetstream().serving() as network:
        network.version = request.param
        yield network


@pytest.fixture
async def make(network: Jetstream) -> AsyncIterator[Make]:
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with HttpClient(policy, clock=lambda: NOW, sleep=no_wait) as http:

        def build(watched: Watched = WATCHED, **settings: Any) -> BlueskyConnector:
            told = {
                "stream": True,
                "jetstream_url": getattr(network, network.version),
                "stream_look_back": timedelta(days=7),
                **settings,
            }
            chosen = BlueskyConnector.Settings.model_validate(told)
            return BlueskyConnector(chosen, http=http, watched=watched, clock=lambda: NOW)

        yield build


async def drain(connector: BlueskyConnector, cursors: Cursors) -> list[Page]:
    """Everything up to the server's closing, which ends the stream in Unavailable."""
    pages: list[Page] = []
    with pytest.raises(Unavailable):
        async for page in connector.stream(cursors):
            pages.append(page)
            if page.cursor is not None:
                cursors[page.feed] = page.cursor
    return pages


async def test_what_concerns_a_watch_is_kept_and_the_rest_dropped(
    make: Make, network: Jetstream
) -> None:
    network.post("il pleut")
    kept = network.post("Neuf heures aux urgences de Valmont", langs=["fr"])
    network.commit("create", "3klike", collection="app.bsky.feed.like", record={})
    (page,) = await drain(make(), {})
    (mention,) = page.mentions
    assert (mention.external_id, mention.kind, mention.language) == (kept, Kind.POST, "fr")
    assert mention.url == "https://bsky.app/profile/did:plc:claire/post/3k00000001"
    assert mention.author.external_id == "did:plc:claire"


async def test_a_link_card_a_hidden_hashtag_and_the_hospital_s_own_address_are_looked_at(
    make: Make, network: Jetstream
) -> None:
    card = {"uri": "https://journal.example/1", "title": "Le CHU de Valmont ferme"}
    reply = {"parent": {"uri": "at://did:plc:chu/app.bsky.feed.post/3k"}, "root": None}
    site = [{"features": [{"uri": "https://www.chu-valmont.example/soins"}]}]
    kept = [
        network.post("honte", embed={"$type": "app.bsky.embed.external", "external": card}),
        network.post("ah", tags=["valmont"]),
        network.post("neuf heures d'attente", reply=reply),
        network.post("à lire", facets=site),
    ]
    network.post("rien", embed={"$type": "app.bsky.embed.images", "images": [{"alt": "chat"}]})
    connector = make(accounts=("did:plc:chu",), domains=("chu-valmont.example",))
    pages = await drain(connector, {})
    assert ids(pages) == kept
    assert pages[0].mentions[0].title == "Le CHU de Valmont ferme"


async def test_a_page_holds_at_most_100_mentions_and_none_is_lost(
    make: Make, network: Jetstream
) -> None:
    published = network.publish(10_000)
    cursors: Cursors = {}
    pages = await drain(make(), cursors)
    assert ids(pages) == published
    assert max(len(page.mentions) for page in pages) == 100


async def test_deletions_and_accounts_that_leave_are_told(make: Make, network: Jetstream) -> None:
    uri = network.post("Valmont")
    network.delete(uri)
    for status in ("deleted", "takendown", "deactivated", "suspended"):
        network.account(f"did:plc:{status}", active=False, status=status)
    network.account("did:plc:slow", active=False, status="throttled")
    network.account("did:plc:back", active=True)
    (page,) = await drain(make(), {})
    assert [d.external_id for d in page.deletions if d.external_id] == [uri]
    gone = [deletion.author_id for deletion in page.deletions if deletion.author_id]
    assert gone == [f"did:plc:{s}" for s in ("deleted", "takendown", "deactivated", "suspended")]


async def test_an_update_says_when_it_was_made(make: Make, network: Jetstream) -> None:
    network.post("Valmont, corrigé", operation="update")
    ((mention,),) = [page.mentions for page in await drain(make(), {})]
    assert mention.edited_at is not None


async def test_a_restart_goes_on_from_the_cursor_without_a_gap(
    make: Make, network: Jetstream
) -> None:
    cursors: Cursors = {}
    await drain(make(), cursors)
    before = network.publish(3)
    await drain(make(), cursors)
    network.silence(timedelta(hours=1))
    later = network.post("Valmont encore")
    pages = await drain(make(), cursors)
    assert ids(pages)[-1] == later
    assert set(ids(pages)) <= {*before, later}
    assert [gap for page in pages for gap in page.gaps] == []


async def test_an_outage_longer_than_the_look_back_leaves_a_gap(
    make: Make, network: Jetstream
) -> None:
    cursors: Cursors = {}
    network.publish(3)
    await drain(make(), cursors)
    left = stream.read_mark(cursors["jetstream"])
    network.silence(timedelta(hours=40))
    network.publish(5)
    network.floor = 5
    pages = await drain(make(), cursors)
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert gap.since == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=left.time_us)
    assert gap.until - gap.since > timedelta(hours=39)
    assert len(ids(pages)) == 3
    assert [gap for page in await drain(make(), cursors) for gap in page.gaps] == []


async def test_a_sequence_number_of_another_host_is_not_used(
    make: Make, network: Jetstream
) -> None:
    cursors: Cursors = {}
    published = network.publish(3)
    await drain(make(), cursors)
    cursors["jetstream"].update(host="other.example", seq=9_999)
    assert ids(await drain(make(), cursors)) == published
    asked = int(network.requests[-1].query["cursor"])
    assert asked == cursors["jetstream"]["time_us"] - 5_000_000


async def test_the_cursor_moves_although_nothing_matched(
    make: Make, network: Jetstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_FLUSH_EVERY", 0.01)
    monkeypatch.setattr(stream, "_CURSOR_EVERY", 0.05)
    network.closes = False
    network.post("il pleut")
    network.delete("at://did:plc:claire/app.bsky.feed.post/3k")
    pages = make().stream({})
    moved, idle = await anext(pages), await anext(pages)
    await pages.aclose()
    assert moved.cursor["time_us"] == network.events[-1]["time_us"]
    assert len(moved.deletions) == 1
    assert (idle.cursor, idle.complete) == (moved.cursor, True)


async def test_a_mention_does_not_wait_for_a_hundred_others(
    make: Make, network: Jetstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_FLUSH_EVERY", 0.01)
    network.closes = False
    network.post("Valmont")
    async with asyncio.timeout(20), aclosing(make().stream({})) as pages:
        assert len((await anext(pages)).mentions) == 1


async def test_a_backlog_leaves_the_event_loop_its_turns(make: Make, network: Jetstream) -> None:
    for number in range(20_000):
        network.post(f"il pleut {number}")
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.001)
            turns += 1

    beside = asyncio.create_task(others())
    await drain(make(), {})
    beside.cancel()
    assert turns > 10


async def test_frames_that_cannot_be_read_are_put_aside(make: Make, network: Jetstream) -> None:
    network.raw = [
        "not json",
        "[]",
        "null",
        '{"kind": "commit"}',
        '{"$type": "message"}',
        '{"a": 1}',
    ]
    kept = network.post("Valmont")
    pages = await drain(make(), {})
    assert ids(pages) == [kept]
    assert sum(len(page.rejects) for page in pages) == len(network.raw)


@pytest.mark.parametrize("network", ["v2"], indirect=True)
async def test_an_error_frame_ends_the_stream_by_its_name(make: Make, network: Jetstream) -> None:
    network.ends_with = "ConsumerTooSlow"
    with pytest.raises(Unavailable, match="ConsumerTooSlow"):
        async for _ in make().stream({}):
            pass


@pytest.mark.parametrize(
    ("status", "error"), [(400, Malformed), (404, NotFound), (503, Unavailable)]
)
async def test_a_refused_handshake_is_named_by_the_next_move(
    make: Make, network: Jetstream, status: int, error: type[ConnectorError]
) -> None:
    network.faults.append(Fault(status=status))
    with pytest.raises(error):
        async for _ in make().stream({}):
            pass


async def test_a_date_before_what_is_held_leaves_a_gap_too(make: Make, network: Jetstream) -> None:
    cursors: Cursors = {}
    network.publish(3)
    await drain(make(), cursors)
    cursors["jetstream"]["seq"] = None
    network.silence(timedelta(hours=40))
    network.publish(5)
    network.floor = 5
    pages = await drain(make(), cursors)
    assert len([gap for page in pages for gap in page.gaps]) == 1


async def test_a_first_start_that_reaches_further_back_than_the_network_is_no_gap(
    make: Make, network: Jetstream
) -> None:
    network.publish(5)
    network.floor = 3
    pages = await drain(make(), {})
    assert [gap for page in pages for gap in page.gaps] == []
    assert len(ids(pages)) == 2


async def test_a_server_ahead_of_time_does_not_send_the_cursor_into_the_future(
    make: Make, network: Jetstream
) -> None:
    network.silence(timedelta(days=400))
    network.post("Valmont")
    cursors: Cursors = {}
    await drain(make(), cursors)
    assert cursors["jetstream"]["time_us"] == micros(NOW)


async def test_a_reply_to_a_watched_account_is_kept_and_addresses_it(
    make: Make, network: Jetstream
) -> None:
    reply = {"parent": {"uri": "at://did:plc:chu/app.bsky.feed.post/3k"}}
    kept = network.post("honteux", reply=reply)
    watched = Watched(keep=lambda _text: False, accounts=("chu.valmont.example", "nobody.example"))
    async with Bluesky().serving() as pds:
        (page,) = await drain(make(watched, base_url=pds.base_url), {})
    assert ids([page]) == [kept]
    assert page.mentions[0].accounts == ("chu.valmont.example",)


async def test_an_account_that_cannot_be_asked_for_does_not_hold_up_the_stream(
    make: Make, network: Jetstream
) -> None:
    kept = network.post("Valmont")
    watched = Watched(keep=WATCHED.keep, accounts=("chu.valmont.example",))
    connector = make(watched, base_url="http://127.0.0.1:9")
    assert ids(await drain(connector, {})) == [kept]
