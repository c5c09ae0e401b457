"""What is read of a video, and how a search is asked: one query, thirty days at most, both page marks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.connector import Unseen, Watched
from connectors.mention import Kind
from tests.connectors.case import NOON
from tests.connectors.tiktok.support import OWN, Bench, ids, mentions
from tests.networks.tiktok import START


async def test_a_video_is_read_with_what_is_said_in_it(ready: Bench) -> None:
    video = ready.network.video(at=START, voice_to_text="Neuf heures, honte à eux 🚑")
    pages = await ready.poll(comments=False)
    (mention,) = mentions(pages)
    assert (mention.external_id, mention.kind) == (str(video["id"]), Kind.VIDEO)
    assert mention.url == f"https://www.tiktok.com/@odile.ferrand/video/{video['id']}"
    assert mention.text.endswith("#chuvalmont\n\nNeuf heures, honte à eux 🚑")
    assert (mention.author.handle, mention.published_at) == ("odile.ferrand", START)
    assert (mention.tags, mention.language) == (("chuvalmont",), None)
    (figures,) = pages[0].engagements
    assert (figures.views, figures.reactions, figures.replies, figures.shares) == (300, 20, 0, 1)


async def test_an_id_of_64_bits_is_kept_to_its_last_digit(ready: Bench) -> None:
    made = ready.network.video(id=7_612_564_979_354_435_589)
    ready.network.spoil = lambda item: item | {"id": float(item["id"])}
    pages = await ready.poll(comments=False)
    assert not ids(pages) and sum(len(page.rejects) for page in pages) == 1
    ready.network.spoil = None
    assert ids(await ready.poll(comments=False)) == [str(made["id"])]


@pytest.mark.parametrize("view_count", [None, -1, "beaucoup", 2**63, True])
async def test_a_figure_that_is_none_is_unknown(ready: Bench, view_count: Any) -> None:
    ready.network.video(view_count=view_count, like_count=None)
    (figures,) = (await ready.poll(comments=False))[0].engagements
    assert (figures.views, figures.reactions) == (None, None)


async def test_all_watches_are_one_query(ready: Bench) -> None:
    watched = Watched(
        terms=("CHU de Valmont", "hôpital de Valmont"),
        hashtags=("#chuvalmont",),
        accounts=("@chuvalmont", "chu-valmont.bsky.social", "chu@instance.example"),
    )
    await ready.poll(ready.connector(watched, regions=["FR", "BE"], comments=False))
    (body,) = ready.network.asked("video/query")
    assert body["query"] == {
        "or": [
            {
                "operation": "IN",
                "field_name": "keyword",
                "field_values": ["CHU de Valmont", "hôpital de Valmont"],
            },
            {"operation": "IN", "field_name": "hashtag_name", "field_values": ["chuvalmont"]},
            {"operation": "IN", "field_name": "username", "field_values": ["chuvalmont"]},
        ],
        "and": [{"operation": "IN", "field_name": "region_code", "field_values": ["FR", "BE"]}],
    }
    assert (body["start_date"], body["end_date"], body["max_count"]) == (
        "20260223",
        "20260302",
        100,
    )


async def test_a_long_look_back_is_asked_month_by_month(ready: Bench) -> None:
    old = ready.network.video(at=NOON - timedelta(days=80))
    new = ready.network.video(at=NOON - timedelta(days=1))
    pages = await ready.poll(look_back="90d", comments=False)
    assert ids(pages) == [str(new["id"]), str(old["id"])]
    asked = [(body["start_date"], body["end_date"]) for body in ready.network.asked("video/query")]
    assert len(asked) == 4
    assert asked[0] == ("20260201", "20260302") and asked[1][1] == "20260131"


async def test_pages_are_asked_by_cursor_and_search_id_together(ready: Bench) -> None:
    new = ready.network.publish(250)
    assert sorted(ids(await ready.poll(comments=False))) == sorted(new)
    first, second, third = ready.network.asked("video/query")
    assert "cursor" not in first and "search_id" not in first
    assert (second["cursor"], third["cursor"]) == (100, 200)
    assert second["search_id"] == third["search_id"]


async def test_a_search_that_is_forgotten_is_gone_on_with_by_date(ready: Bench) -> None:
    new = ready.network.publish(250)
    given: list[str] = []
    async for page in ready.connector(comments=False).poll(ready.cursors):
        given += ids([page])
        assert page.cursor is not None
        ready.cursors[page.feed] = page.cursor
        break
    ready.network.forgets_searches = True
    given += ids(await ready.poll(comments=False))
    assert sorted(set(given)) == sorted(new)


async def test_own_videos_come_with_their_figures_and_no_quota(ready: Bench) -> None:
    await ready.log_in()
    new = ready.network.publish(45)
    pages = await ready.poll(**OWN)
    assert sorted(ids(pages)) == sorted(new)
    mention = mentions(pages)[0]
    assert mention.url == f"https://www.tiktok.com/@chuvalmont/video/{mention.external_id}"
    assert (mention.author.handle, mention.tags) == ("chuvalmont", ("chuvalmont",))
    assert sum(len(page.engagements) for page in pages) == 45
    assert [body["max_count"] for body in ready.network.asked("video/list")] == [20, 20, 20]
    connector = ready.connector(**OWN)
    assert not connector.budgets()
    assert await ready.ledger.used(ready.connector().budgets()[0]) == 0


async def test_a_video_that_both_ways_show_is_given_once(ready: Bench) -> None:
    await ready.log_in()
    ready.network.kind = "own"
    new = ready.network.publish(3)
    assert sorted(ids(await ready.poll(own_videos=True, comments=False))) == sorted(new)


async def test_what_cannot_be_seen_is_said(ready: Bench) -> None:
    assert set(ready.connector().unseen()) == {Unseen.AUTHORS, Unseen.INSTANT}
    assert Unseen.COMMENTS in ready.connector(comments=False).unseen()
    assert set(ready.connector(**OWN).unseen()) == {
        Unseen.ELSEWHERE,
        Unseen.COMMENTS,
        Unseen.INSTANT,
    }
    assert Unseen.ELSEWHERE in ready.connector(Watched()).unseen()
    assert ready.connector().verify_every == timedelta(days=15)
