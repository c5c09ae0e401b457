"""What Instagram pushes, whoever signs it, and however often it comes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.connector import RateLimited, Unseen
from connectors.mention import Kind
from connectors.webhook import Call, Forged
from tests.connectors.case import NOON
from tests.connectors.contract import ids
from tests.connectors.instagram.support import HOOKED, call, made, mentions, received, source
from tests.networks.instagram import START, USER_ID, comment, media

COMMENT = {
    "field": "comments",
    "value": {
        "id": "18000000000000777",
        "from": {"id": "902", "username": "paul.de.valmont"},
        "media": {"id": "17000000000000001", "media_product_type": "FEED"},
        "text": "Toujours pas de nouvelles des urgences",
    },
}
MENTION = {"field": "mentions", "value": {"media_id": "17999"}}


async def test_the_challenge_is_answered_to_whoever_knows_the_token() -> None:
    async with source(**HOOKED) as ready:
        asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
        get = Call(method="GET", query={**asked, "hub.verify_token": "bonjour"}, received_at=NOON)
        assert made(ready).answer(get).body == b"1158201444"
        assert not made(ready).answer(get).keep
        with pytest.raises(Forged):
            made(ready).answer(replace(get, query={**asked, "hub.verify_token": "bonsoir"}))
        with pytest.raises(Forged):
            made(ready).answer(replace(get, query=asked))


async def test_only_what_is_signed_over_the_raw_body_is_kept() -> None:
    async with source(**HOOKED) as ready:
        pushed = call(COMMENT)
        answer = made(ready).answer(pushed)
        assert (answer.status, answer.keep) == (200, True)
        for forged in (
            replace(pushed, body=pushed.body + b" "),
            replace(pushed, headers={}),
            replace(pushed, headers={"x-hub-signature-256": "sha256=é"}),
            replace(pushed, headers={"x-hub-signature": "sha1=00"}),
        ):
            with pytest.raises(Forged):
                made(ready).answer(forged)
        assert made(ready).answer(replace(pushed, method="PUT")).status == 405


async def test_without_a_secret_nothing_is_let_in_and_the_source_says_what_it_misses() -> None:
    async with source() as ready:
        assert made(ready).answer(call(COMMENT)).status == 404
        assert Unseen.PUSHED in made(ready).unseen()
        assert Unseen.ELSEWHERE in made(ready).unseen()
    async with source(**HOOKED) as ready:
        assert Unseen.PUSHED not in made(ready).unseen()


@pytest.mark.parametrize("field", ["comments", "live_comments"])
async def test_a_pushed_comment_is_read_without_asking_the_network(field: str) -> None:
    async with source(**HOOKED) as ready:
        reply = {**COMMENT["value"], "id": "18000000000000778", "parent_id": "18000000000000777"}
        pushed = call({**COMMENT, "field": field}, {"field": field, "value": reply})
        first, second = mentions(await received(made(ready), pushed))
        assert (first.kind, first.root_id) == (Kind.COMMENT, "17000000000000001")
        assert first.text == COMMENT["value"]["text"]
        assert first.author.handle == "paul.de.valmont"
        assert first.published_at == NOON - timedelta(minutes=1)
        assert (second.kind, second.parent_id) == (Kind.REPLY, "18000000000000777")
        assert not ready.network.requests


async def test_a_mention_in_a_caption_is_fetched_at_once() -> None:
    async with source(**HOOKED) as ready:
        ready.network.mentioned["17999"] = media("17999", START, username="claire.de.valmont")
        (page,) = await received(made(ready), call(MENTION))
        (mention,) = page.mentions
        assert (mention.external_id, mention.author.handle) == ("17999", "claire.de.valmont")
        assert page.engagements[0].reactions == 3


async def test_a_mention_in_a_comment_is_fetched_with_its_media() -> None:
    async with source(**HOOKED) as ready:
        link = "https://www.instagram.com/p/abc/"
        found = comment("18777", START, media={"id": "17999", "permalink": link})
        ready.network.mentioned["18777"] = found
        change = {"field": "mentions", "value": {"media_id": "17999", "comment_id": "18777"}}
        (mention,) = mentions(await received(made(ready), call(change)))
        assert (mention.kind, mention.root_id, mention.url) == (Kind.COMMENT, "17999", link)


async def test_a_mention_that_is_gone_before_it_was_fetched_is_no_failure() -> None:
    async with source(**HOOKED) as ready:
        pages = await received(made(ready), call(MENTION, COMMENT))
        assert ids(pages) == ["18000000000000777"]


async def test_a_mention_that_is_answered_with_nothing_costs_the_call_s_others_nothing() -> None:
    async with source(**HOOKED) as ready:
        ready.network.mentioned["17999"] = {}
        pages = await received(made(ready), call(MENTION, COMMENT))
        assert ids(pages) == ["18000000000000777"]
        (reject,) = [reject for page in pages for reject in page.rejects]
        assert "mentioned_media" in reject.error


async def test_a_call_comes_back_until_the_network_answers() -> None:
    async with source(**HOOKED) as ready:
        ready.network.mentioned["17999"] = media("17999", START)
        ready.network.quota = 0
        with pytest.raises(RateLimited):
            await received(made(ready), call(MENTION))
        ready.recover()
        for _again in range(2):  # a replay gives the same mention, under the same id
            assert ids(await received(made(ready), call(MENTION))) == ["17999"]


@pytest.mark.parametrize(
    "change",
    [
        {"field": "story_insights", "value": {"media_id": "1", "impressions": 3}},
        {"field": "messages", "value": {}},
        {"field": None},
        {},
    ],
)
async def test_what_is_not_listened_to_is_passed_over(change: dict[str, Any]) -> None:
    async with source(**HOOKED) as ready:
        assert await received(made(ready), call(change)) == []


async def test_another_account_s_calls_are_not_ours() -> None:
    async with source(**HOOKED) as ready:
        assert await received(made(ready), call(COMMENT, account="17841499999999999")) == []
        assert ids(await received(made(ready), call(COMMENT, account="0")))


async def test_instagram_login_puts_the_change_in_the_entry_itself() -> None:
    async with source(**HOOKED) as ready:
        value = COMMENT["value"]
        entry = {"id": USER_ID, "time": 1772452740, "field": "comments", "value": value}
        body = json.dumps([{"object": "instagram", "entry": [entry]}]).encode()
        assert ids(await received(made(ready), call(body=body))) == [value["id"]]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b'"x"', b'{"entry":{}}', b'{"entry":[null,{"changes":[3]}]}',
     b'{"entry":[{"changes":[{"field":"comments","value":null}]}]}',
     b'{"entry":[{"changes":[{"field":"mentions","value":{"media_id":"1){id}"}}]}]}'],
)  # fmt: skip
async def test_a_body_that_is_not_what_it_should_be_costs_nothing_else(body: bytes) -> None:
    async with source(**HOOKED) as ready:
        pages = await received(made(ready), call(body=body))
        assert ids(pages) == []
        assert not ready.network.requests
