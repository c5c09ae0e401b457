"""Figures of own posts, deletions, audience, webhooks, and a token that renews itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.connector import Page, Unauthorized
from connectors.graph import Denied
from connectors.mention import Kind
from connectors.oauth import begin_consent, exchange
from connectors.threads import ThreadsConnector, ThreadsSettings
from connectors.webhook import Call, Forged
from tests.connectors.case import NOON
from tests.connectors.contract import ids
from tests.connectors.threads.support import (
    HOOKED,
    call,
    gone,
    made,
    mentions,
    refreshed,
    source,
)
from tests.networks.instagram import START, iso
from tests.networks.standin import Fault
from tests.networks.threads import APP_SECRET, OWN, RENEWED, TOKEN, post

REPLY = {
    "id": "8901234",
    "username": "paul.de.valmont",
    "text": "Toujours pas de nouvelles des urgences",
    "media_type": "TEXT_POST",
    "permalink": "https://www.threads.net/@paul.de.valmont/post/Pp",
    "replied_to": {"id": "567890"},
    "root_post": {"id": "123456", "owner_id": "1", "username": OWN},
    "shortcode": "Pp",
    "timestamp": "2026-03-02T11:33:16+0000",
}


async def test_own_posts_have_figures_and_those_not_told_are_unknown() -> None:
    async with source() as ready:
        thread = ready.network.thread()["id"]
        told = {"views": 900, "likes": 12, "reposts": 2, "quotes": 1, "shares": 4}
        ready.network.insights[thread] = told
        (page,) = await refreshed(made(ready), thread)
        (figures,) = page.engagements
        assert (figures.views, figures.reactions, figures.shares) == (900, 12, 7)
        assert figures.replies is None


async def test_insights_that_are_refused_cost_nothing_else() -> None:
    async with source() as ready:
        thread = ready.network.thread()["id"]
        ready.network.denied["insights"] = (10, 0)
        pages = await refreshed(made(ready), thread)
        assert not gone(pages)
        assert [e.is_bare for page in pages for e in page.engagements] == [True]


@pytest.mark.parametrize("said", [(100, 33), (24, 0), (100, 0)])
async def test_what_is_gone_is_a_deletion(said: tuple[int, int]) -> None:
    async with source() as ready:
        kept, lost = ready.network.thread()["id"], ready.network.thread()["id"]
        ready.network.denied[lost] = said
        assert gone(await refreshed(made(ready), kept, lost)) == [lost]


async def test_what_was_found_by_search_is_never_taken_for_deleted() -> None:
    async with source(terms=["CHU"]) as ready:
        found = ready.network.publish(2)
        await ready.drain()
        assert gone(await refreshed(made(ready), *found)) == []


@pytest.mark.parametrize("readable", [True, False])
async def test_a_reply_is_gone_only_where_replies_can_be_looked_up(readable: bool) -> None:
    async with source(replies=True) as ready:
        thread = ready.network.thread()["id"]
        kept, lost = (ready.network.reply(thread)["id"] for _ in range(2))
        await ready.drain()
        ready.network.gone.add(lost)
        ready.network.answers_can_be_read = readable
        assert gone(await refreshed(made(ready), kept, lost)) == ([lost] if readable else [])


async def test_replies_that_can_be_looked_up_say_nothing_of_mentions() -> None:
    """The network lets nobody look a mention up here: it answers as for one that is gone."""
    async with source(replies=True, mentions=True) as ready:
        reply = ready.network.reply(ready.network.thread()["id"])["id"]
        mention = ready.network.mentions.add(post("77", START))["id"]
        await ready.drain()
        assert gone(await refreshed(made(ready), reply, mention)) == []


@pytest.mark.parametrize("field", ["replies", "mentions"])
async def test_what_was_pushed_and_cannot_be_looked_up_is_not_taken_for_deleted(field: str) -> None:
    async with source(**HOOKED) as ready:
        await received(made(ready), call(field, REPLY))
        assert gone(await refreshed(made(ready), REPLY["id"])) == []


async def test_an_own_reply_without_its_author_s_name_says_nothing_of_others() -> None:
    async with source(replies=True) as ready:
        thread = ready.network.thread()["id"]
        nameless = ready.network.reply(thread, username=None)["id"]
        other = ready.network.reply(thread)["id"]
        await ready.drain()
        ready.network.gone.add(other)
        assert gone(await refreshed(made(ready), nameless, other)) == []


async def test_nothing_is_erased_where_a_permission_may_be_missing() -> None:
    async with source() as ready:
        thread = ready.network.thread()["id"]
        ready.network.gone.add(thread)
        ready.network.denied["threads"] = (10, 0)
        with pytest.raises(Denied):
            await refreshed(made(ready), thread)


async def test_a_404_from_something_on_the_way_deletes_nothing() -> None:
    async with source() as ready:
        thread = ready.network.thread()["id"]
        ready.network.faults.extend([None, Fault(status=404, body=b"<html>")])
        assert gone(await refreshed(made(ready), thread)) == []


async def test_the_audience_is_read_once_a_day_with_that_of_the_peers() -> None:
    async with source(audience=True, peers=["@chu_bremont", "inconnu"]) as ready:
        ready.network.peers["chu_bremont"] = {"username": "chu_bremont", "follower_count": 555}
        own, peer = [one for page in await ready.drain() for one in page.audiences]
        assert (own.account, own.followers, own.views) == (OWN, 1234, 357)
        assert (peer.account, peer.followers, peer.views) == ("chu_bremont", 555, None)
        assert await ready.drain() == []
        ready.means.clock.at += timedelta(days=1)
        assert [page.feed for page in await ready.drain()] == ["audience"]


# Who may read.


async def test_the_token_of_the_file_is_renewed_and_goes_on_after_sixty_days() -> None:
    async with source(mentions=True) as ready:
        await ready.drain()
        kept = await ready.means.tokens.load()
        assert kept is not None and kept.access == RENEWED
        for _ in range(3):
            ready.means.clock.at += timedelta(days=54)
            assert await made(ready).access_ends_at() is not None
            await ready.drain()
            assert await made(ready).access_ends_at() is None


async def test_a_token_too_young_to_be_renewed_is_used_as_it_is() -> None:
    async with source(mentions=True) as ready:
        ready.network.renews = False
        new = ready.network.mentions.add(post("77", START))
        assert ids(await ready.drain()) == [new["id"]]
        assert await ready.means.tokens.load() is None


async def test_a_token_whose_end_is_unknown_is_asked_for_again_the_next_day() -> None:
    """A process may run for longer than the sixty days of a token that was too young at its start."""
    async with source(mentions=True) as ready:
        built = made(ready)
        ready.network.renews = False
        for _poll in range(2):
            [page async for page in built.poll({})]
        assert len(ready.network.calls("/refresh_access_token")) == 1
        ready.network.renews = True
        ready.means.clock.at += timedelta(days=1)
        [page async for page in built.poll({})]
        kept = await ready.means.tokens.load()
        assert kept is not None
        assert (kept.access, kept.expires_at) == (
            RENEWED,
            ready.means.clock() + timedelta(days=60),
        )


async def test_people_are_warned_two_weeks_before_an_end_that_renewing_does_not_move() -> None:
    async with source(mentions=True) as ready:
        built = made(ready)
        [page async for page in built.poll({})]
        ready.network.renews = False
        tries = len(ready.network.calls("/refresh_access_token"))
        ends = ready.means.clock() + timedelta(days=60)
        ready.means.clock.at += timedelta(days=45)
        for _poll in range(3):
            [page async for page in built.poll({})]
        assert len(ready.network.calls("/refresh_access_token")) == tries + 1
        assert await built.access_ends_at() == ends


async def test_a_token_that_ended_before_it_could_be_renewed_asks_for_a_login() -> None:
    async with source(mentions=True) as ready:
        await ready.drain()
        ready.network.renews = False
        ready.means.clock.at += timedelta(days=61)
        with pytest.raises(Unauthorized):
            await ready.drain()


async def test_a_login_gives_the_token_that_lasts_sixty_days() -> None:
    settings = {"access_token": None, "app_id": "77", "app_secret": APP_SECRET, "mentions": True}
    async with source(**settings) as ready:
        with pytest.raises(Unauthorized, match="listener login"):
            await ready.drain()
        built = made(ready)
        client = built.oauth()
        assert client is not None
        consent = begin_consent(client, "https://ecoute.chu-valmont.example/")
        assert consent.url.startswith(f"{ready.network.base_url}/oauth/authorize?")
        token = await exchange(ready.means.http, client, consent, "code", ready.means.clock())
        kept = await built.admitted(token)
        assert (token.access, kept.access) == ("court", TOKEN)
        await ready.means.tokens.save(kept)
        assert (await ready.drain())[-1].complete


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"peers": ["chu bremont"]}, "Threads handle"),
        ({"app_id": "77"}, "app_secret"),
        ({"verify_token": "x"}, "app_secret"),
        ({"search_limit": 0}, "search_limit"),
        ({"inconnu": 1}, "inconnu"),
    ],
)
def test_settings_say_what_would_be_right(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ThreadsSettings.model_validate(wrong)


# What is pushed.


async def received(connector: ThreadsConnector, pushed: Call) -> list[Page]:
    assert connector.answer(pushed).keep
    return [page async for page in connector.receive(pushed)]


@pytest.mark.parametrize("field", ["replies", "mentions", "publish"])
async def test_a_pushed_post_is_read_without_asking_the_network(field: str) -> None:
    async with source(**HOOKED) as ready:
        for _again in range(2):  # a replay gives the same mention, under the same id
            (mention,) = mentions(await received(made(ready), call(field, REPLY)))
            assert (mention.external_id, mention.kind) == ("8901234", Kind.REPLY)
            assert (mention.parent_id, mention.root_id) == ("567890", "123456")
            assert mention.text == REPLY["text"]
        assert not ready.network.requests


async def test_a_pushed_deletion_is_one() -> None:
    async with source(**HOOKED) as ready:
        pushed = call("delete", {"id": "8901234", "deleted_at": iso(START)})
        assert gone(await received(made(ready), pushed)) == ["8901234"]


async def test_what_meta_s_other_networks_send_is_read_too() -> None:
    async with source(**HOOKED) as ready:
        entry = {"id": "1", "time": 1, "changes": [{"field": "mentions", "value": REPLY}]}
        body = json.dumps({"object": "threads", "entry": [entry]}).encode()
        assert ids(await received(made(ready), call("", None, body))) == ["8901234"]


async def test_only_what_is_signed_over_the_raw_body_is_kept() -> None:
    async with source(**HOOKED) as ready:
        pushed = call("replies", REPLY)
        with pytest.raises(Forged):
            made(ready).answer(replace(pushed, body=pushed.body + b" "))
        with pytest.raises(Forged):
            made(ready).answer(replace(pushed, headers={}))
        asked = {"hub.challenge": "42", "hub.verify_token": "bonjour"}
        get = Call(method="GET", query=asked, received_at=NOON)
        assert made(ready).answer(get).body == b"42"
        with pytest.raises(Forged):
            made(ready).answer(replace(get, query={"hub.challenge": "42"}))
    async with source() as ready:
        assert made(ready).answer(pushed).status == 404


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[3]", b'{"values":3}', b'{"values":{"field":"replies"}}',
     b'{"values":{"field":"delete","value":{"id":[]}}}', b'{"values":{"field":"hug","value":{}}}'],
)  # fmt: skip
async def test_a_body_that_is_not_what_it_should_be_gives_nothing(body: bytes) -> None:
    async with source(**HOOKED) as ready:
        pages = await received(made(ready), call("", None, body))
        assert not ids(pages) and not gone(pages)
