"""Figures read again, deletions, audience, and who may read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.connector import Unauthorized, Unseen, Watched
from connectors.graph import Denied
from connectors.instagram import InstagramSettings
from connectors.mention import Engagement
from connectors.oauth import begin_consent, exchange
from connectors.tokens import Token
from tests.connectors.contract import Bench
from tests.connectors.instagram.support import (
    HOOKED,
    call,
    gone,
    made,
    received,
    refreshed,
    source,
)
from tests.networks.instagram import APP_SECRET, START, TOKEN, USER_ID, media
from tests.networks.standin import Fault

HASHTAG = Watched(hashtags=("chuvalmont",))


def figures(pages: list[Any]) -> dict[str, Engagement]:
    return {one.key.external_id: one for page in pages for one in page.engagements}


async def test_figures_of_media_and_comments_are_read_fifty_at_a_time() -> None:
    async with source(comments=True) as ready:
        posts = [ready.network.post()["id"] for _ in range(60)]
        comment = ready.network.comment(posts[0])["id"]
        built = made(ready)
        [page async for page in built.poll({})]
        ready.network.requests.clear()
        found = figures(await refreshed(built, *posts, comment))
        assert set(found) == {*posts, comment}
        assert (found[posts[0]].reactions, found[posts[0]].replies) == (3, 3)
        assert (found[comment].reactions, found[comment].replies) == (1, None)
        assert len(ready.network.requests) == 3


async def test_a_process_that_has_met_nothing_yet_tells_comments_from_media() -> None:
    async with source() as ready:
        posts = [ready.network.post()["id"] for _ in range(3)]
        comment = ready.network.comment(posts[0])["id"]
        found = figures(await refreshed(made(ready), *posts, comment))
        assert set(found) == {*posts, comment}
        assert found[posts[1]].replies == 2


@pytest.mark.parametrize("said", [(100, 33), (24, 0), (100, 0)])
async def test_what_is_gone_is_a_deletion(said: tuple[int, int]) -> None:
    async with source() as ready:
        kept, lost = ready.network.post()["id"], ready.network.post()["id"]
        ready.network.gone.add(lost)
        ready.network.denied[lost] = said
        pages = await refreshed(made(ready), kept, lost)
        assert gone(pages) == [lost]
        assert set(figures(pages)) == {kept}


async def test_others_media_are_never_taken_for_deleted_not_even_after_a_restart() -> None:
    async with source(HASHTAG, tags=True) as ready:
        found = ready.network.publish(3)
        ready.network.publishes = "tags"
        found += ready.network.publish(2)
        await ready.drain()
        own = ready.network.post()["id"]
        ready.network.gone.add(own)
        # The API answers for them as for an own media that is gone.
        pages = await refreshed(made(ready), *found, own)
        assert gone(pages) == [own]


async def test_others_media_are_read_again_where_they_were_found() -> None:
    async with source(HASHTAG, tags=True) as ready:
        network = ready.network
        found = network.publish(120)
        network.publishes = "tags"
        found += network.publish(1)
        built = made(ready)
        [page async for page in built.poll({})]
        network.hashtags["chuvalmont"].items[0]["like_count"] = 4_000
        network.tags.items[0]["comments_count"] = 70
        network.requests.clear()
        again = figures(await refreshed(built, found[0], found[-1]))
        assert (again[found[0]].reactions, again[found[-1]].replies) == (4_000, 70)
        assert set(again) == {found[0], found[-1]}
        assert len(network.requests) == 4, "three pages of one list and one of the other"
        assert not gone(await refreshed(built, *found))


async def test_a_404_from_something_on_the_way_deletes_nothing() -> None:
    async with source() as ready:
        post = ready.network.post()["id"]
        ready.network.faults.extend([Fault(status=404, body=b"<html>")] * 9)
        assert gone(await refreshed(made(ready), post)) == []


async def test_nothing_is_erased_where_a_permission_may_be_missing() -> None:
    """Then, too, objects are said not to exist (code 100, subcode 33)."""
    async with source(**HOOKED) as ready:
        network = ready.network
        post = network.post()["id"]
        network.mentioned["17999"] = media("17999", START)
        built = made(ready)
        mention = {"field": "mentions", "value": {"media_id": "17999"}}
        await received(built, call(mention))
        network.mentioned.clear()
        network.gone.add(post)
        network.denied["media"] = (10, 0)
        for external_id in (post, "17999"):
            with pytest.raises(Denied):
                await refreshed(built, external_id)


async def test_a_gateway_s_404_in_json_deletes_nothing() -> None:
    async with source() as ready:
        post = ready.network.post()["id"]
        said = Fault(status=404, body=b'{"error": "Not Found"}')
        ready.network.faults.extend([said] * 9)
        assert gone(await refreshed(made(ready), post)) == []


async def test_a_retired_field_costs_no_mention() -> None:
    async with source(**HOOKED) as ready:
        ready.network.mentioned["17999"] = media("17999", START)
        built = made(ready)
        retired = Fault(status=400, body=b'{"error": {"code": 100, "message": "field"}}')
        mention = {"field": "mentions", "value": {"media_id": "17999"}}
        for _again in range(2):
            ready.network.faults.append(retired)
            (page,) = await received(built, call(mention))
            assert [found.external_id for found in page.mentions] == ["17999"]
        ready.network.faults.append(retired)
        assert gone(await refreshed(built, "17999")) == []
        asked = ready.network.requests[-1].query["fields"]
        assert "like_count" not in asked


async def test_a_mention_that_is_answered_with_nothing_holds_up_no_other() -> None:
    async with source(**HOOKED) as ready:
        ready.network.mentioned["17999"] = media("17999", START)
        post = ready.network.post()["id"]
        built = made(ready)
        mention = {"field": "mentions", "value": {"media_id": "17999"}}
        await received(built, call(mention))
        ready.network.mentioned["17999"] = {}
        pages = await refreshed(built, "17999", post)
        assert set(figures(pages)) == {post}
        assert gone(pages) == []


async def test_after_a_restart_comments_are_told_from_media_once() -> None:
    async with source() as ready:
        network = ready.network
        post = network.post()["id"]
        comments = [network.comment(post)["id"] for _ in range(50)]
        built = made(ready)
        for calls in (2, 1):
            network.requests.clear()
            assert set(figures(await refreshed(built, *comments))) == set(comments)
            assert len(network.requests) == calls


async def test_keys_of_other_networks_and_odd_ids_are_left_out() -> None:
    async with source() as ready:
        assert await refreshed(made(ready), "../me", "a,b") == []
        assert not ready.network.requests


async def test_what_mentions_the_account_is_read_again_through_the_account() -> None:
    async with source(**HOOKED) as ready:
        ready.network.mentioned["17999"] = media("17999", START)
        built = made(ready)
        change = {"field": "mentions", "value": {"media_id": "17999"}}
        await received(built, call(change))
        ready.network.mentioned["17999"]["like_count"] = 40
        assert figures(await refreshed(built, "17999"))["17999"].reactions == 40
        del ready.network.mentioned["17999"]
        assert gone(await refreshed(built, "17999")) == ["17999"]


async def test_the_audience_is_read_once_a_day_with_that_of_the_peers() -> None:
    async with source(audience=True, peers=["@chu_bremont", "particulier"]) as ready:
        bremont = {"username": "chu_bremont", "followers_count": 9876, "media_count": 12}
        ready.network.peers["chu_bremont"] = bremont
        own, peer = [one for page in await ready.drain() for one in page.audiences]
        assert (own.account, own.followers, own.posts) == ("chu_valmont", 4321, 87)
        assert (own.reach, own.views) == (900, 2500)
        assert (peer.account, peer.followers, peer.posts) == ("chu_bremont", 9876, 12)
        assert (peer.reach, peer.views) == (None, None)
        assert await ready.drain() == []
        ready.means.clock.at += timedelta(days=1)
        assert [page.feed for page in await ready.drain()] == ["audience"]


async def test_insights_that_are_refused_leave_the_followers() -> None:
    async with source(audience=True) as ready:
        ready.network.denied["insights"] = (10, 0)
        (own,) = [one for page in await ready.drain() for one in page.audiences]
        assert (own.followers, own.reach) == (4321, None)


async def test_a_login_gives_the_token_that_lasts_sixty_days() -> None:
    settings = {"access_token": None, "app_id": "77", "app_secret": APP_SECRET, "tags": True}
    async with source(**settings) as ready:
        built = made(ready)
        client = built.oauth()
        assert client is not None
        consent = begin_consent(client, "https://ecoute.chu-valmont.example/")
        assert consent.url.startswith(f"{ready.network.base_url}/dialog/oauth?")
        assert "instagram_manage_comments" in consent.url
        token = await exchange(ready.means.http, client, consent, "code", ready.means.clock())
        kept = await built.admitted(token)
        assert (token.access, kept.access) == ("court", TOKEN)
        await ready.means.tokens.save(kept)
        assert await made(ready).access_ends_at() == ready.means.clock() + timedelta(days=60)
        assert (await ready.drain())[-1].complete
        ready.means.clock.at += timedelta(days=61)
        with pytest.raises(Unauthorized, match="listener login"):
            await ready.drain()


async def test_a_login_is_renewed_before_anybody_is_warned_of_its_end() -> None:
    settings = {"access_token": None, "app_id": "77", "app_secret": APP_SECRET, "tags": True}
    async with source(**settings) as ready:
        clock = ready.means.clock
        kept = await made(ready).admitted(Token(access="court"))
        await ready.means.tokens.save(kept)
        clock.at += timedelta(days=41)
        await ready.drain()
        assert await made(ready).access_ends_at() == kept.expires_at
        clock.at += timedelta(days=2)
        await ready.drain()
        assert await made(ready).access_ends_at() == clock() + timedelta(days=60)


async def test_the_token_in_the_file_supersedes_what_an_older_configuration_stored() -> None:
    async with source(tags=True) as ready:
        await ready.means.tokens.save(Token(access="ancien", made_for="autre"))
        assert (await ready.drain())[-1].complete
        assert await made(ready).access_ends_at() is None


def test_the_base_is_the_official_one_and_secrets_do_not_show() -> None:
    settings = InstagramSettings.model_validate(
        {"user_id": USER_ID, "app_id": "77", "app_secret": "chut"}
    )
    assert settings.base_url == "https://graph.facebook.com/v25.0"
    assert "chut" not in repr(settings)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"user_id": "chu_valmont"}, "user_id"),
        ({"hashtags": ["urgences🚑"]}, "hashtag of letters and digits"),
        ({"peers": ["chu bremont"]}, "Instagram handle"),
        ({"app_id": "77"}, "app_secret"),
        ({"verify_token": "x"}, "app_secret"),
        ({"base_url": "graph.facebook.com"}, "base_url"),
        ({"inconnu": 1}, "inconnu"),
    ],
)
def test_settings_say_what_would_be_right(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        InstagramSettings.model_validate({"user_id": USER_ID, **wrong})


async def test_what_cannot_be_seen_is_said_with_the_source() -> None:
    async with source(HASHTAG) as ready:
        unseen = made(ready).unseen()
        assert {Unseen.AUTHORS, Unseen.PAST, Unseen.DELETIONS, Unseen.INSTANT} <= set(unseen)
        assert Unseen.ELSEWHERE not in unseen
        assert made(ready).hosts() == (_host(ready),)


def _host(ready: Bench) -> str:
    return str(ready.network.base_url).removeprefix("http://")
