"""What is read of a video in both generations of the API, and that nothing is left beyond 1,000."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from connectors.connector import Watched
from connectors.mention import Kind
from tests.connectors.dailymotion.support import PROFILE_ONLY, Bench, ids, mentions
from tests.networks.dailymotion import START
from tests.networks.standin import Fault


async def test_a_video_found_by_search_is_read_with_its_figures(ready: Bench) -> None:
    video = ready.network.video(title="L&#039;accueil des urgences 🚑", at=START)
    pages = await ready.poll()
    (mention,) = mentions(pages)
    assert (mention.external_id, mention.kind) == (video["id"], Kind.VIDEO)
    assert mention.url == f"https://www.dailymotion.com/video/{video['id']}"
    assert mention.title == "L'accueil des urgences 🚑"
    assert mention.text == "Neuf heures d'attente.\nhttps://chu-valmont.example/visite"
    assert mention.links == ("https://chu-valmont.example/visite",)
    assert (mention.language, mention.published_at) == ("fr", START)
    author = mention.author
    assert (author.external_id, author.handle, author.name) == (
        "x2abcd", "chu-valmont", "CHU de Valmont",
    )  # fmt: skip
    assert author.followers == 1_230
    (figures,) = pages[0].engagements
    assert (figures.views, figures.reactions) == (10, 3)
    assert (figures.replies, figures.shares) == (None, None)


async def test_a_profile_is_read_by_the_names_of_v2(ready: Bench) -> None:
    video = ready.network.video(at=START)
    pages = await ready.poll(**PROFILE_ONLY)
    (mention,) = mentions(pages)
    assert (mention.external_id, mention.published_at) == (video["id"], START)
    assert mention.url == video["url"]
    author = mention.author
    assert (author.external_id, author.handle) == ("x2abcd", "chu-valmont")
    asked = ready.network.asked("/v2/profiles/chu-valmont/videos")[-1].query
    assert asked["page_size"] == "100"
    assert asked["created_after"].endswith("Z")
    assert not any(page.engagements for page in pages), "v2 names no figures: unknown, not 0"
    assert "views" not in asked["fields"]


async def test_figures_of_v2_are_asked_for_by_the_names_that_were_told(ready: Bench) -> None:
    new = ready.network.publish(1)
    connector = ready.connector(**PROFILE_ONLY, profile_fields={"views": "view_count"})
    assert ids(await ready.poll(connector)) == new
    first, second = ready.network.asked("/v2/profiles/")
    assert "view_count" in first.query["fields"]
    assert "view_count" not in second.query["fields"], "it was refused: the videos come without"


async def test_names_of_fields_can_be_told(ready: Bench) -> None:
    ready.network.video()
    connector = ready.connector(fields={"views": "views_last_week", "likes": ""})
    ready.network.fields_gone = {"views_last_week"}
    await ready.poll(connector)
    first, second = ready.network.asked("/videos")
    assert "views_last_week" in first.query["fields"]
    assert "likes_total" not in first.query["fields"]
    assert "views_last_week" not in second.query["fields"]


async def test_figures_that_the_api_no_longer_knows_cost_no_video(ready: Bench) -> None:
    ready.network.fields_gone = {"views_total"}
    new = ready.network.publish(120)
    connector = ready.connector()
    pages = await ready.poll(connector)
    assert sorted(ids(pages)) == sorted(new)
    assert not any(page.engagements for page in pages)
    assert len(ready.network.requests) == 3, "it is refused once, then left away"


async def test_a_search_asks_for_the_newest_since_its_mark(ready: Bench) -> None:
    ready.network.publish(3)
    await ready.poll(languages=["fr"])
    first = ready.network.requests[0].query
    assert (first["search"], first["sort"], first["limit"]) == ("CHU de Valmont", "recent", "100")
    assert first["languages"] == "fr"
    await ready.poll()
    again = ready.network.requests[-1].query
    newest = START + timedelta(seconds=2)
    assert int(again["created_after"]) == int((newest - timedelta(hours=1)).timestamp())


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("keys", [{}, PROFILE_ONLY])
async def test_more_than_a_thousand_are_read_by_spans_of_time(
    ready: Bench, told: bool, keys: dict[str, Any]
) -> None:
    ready.network.tells_total = told
    new = ready.network.publish(3_300)
    pages = await ready.poll(**keys)
    assert sorted(ids(pages)) == sorted(new)
    assert not any(page.gaps for page in pages)
    assert told is False or len(ready.network.requests) < 70
    beyond = [r for r in ready.network.requests if int(r.query.get("page", "1")) > 10]
    assert not beyond, "nobody asks beyond the thousandth"


@pytest.mark.parametrize("keys", [{}, PROFILE_ONLY])
async def test_what_no_span_can_separate_is_told_once_as_a_gap(
    ready: Bench, keys: dict[str, Any]
) -> None:
    for _ in range(1_005):
        ready.network.video(at=START)
    ready.network.video(at=START + timedelta(hours=1))
    pages = await ready.poll(**keys)
    assert len(set(ids(pages))) == 1_001
    gaps = [gap for page in pages for gap in page.gaps]
    assert len(gaps) == 1
    assert gaps[0].since is not None and gaps[0].since <= START <= gaps[0].until


async def test_one_video_in_several_lists_is_given_once(ready: Bench) -> None:
    new = ready.network.publish(3)
    watched = Watched(terms=("CHU de Valmont", "Valmont"), hashtags=("#chuvalmont",))
    connector = ready.connector(watched, profiles=["https://www.dailymotion.com/chu-valmont"])
    assert sorted(ids(await ready.poll(connector))) == sorted(new)
    assert len(ready.cursors) == 4
    assert not [feed for feed in ready.cursors if "valmont" in feed.lower()]


async def test_handles_that_hold_a_dot_are_not_searched(ready: Bench) -> None:
    watched = Watched(accounts=("@chuvalmont", "chu-valmont.bsky.social", "chu@instance.example"))
    await ready.poll(ready.connector(watched))
    assert [request.query["search"] for request in ready.network.requests] == ["chuvalmont"]


@pytest.mark.parametrize(
    "created", [None, "hier", 0, -5, 2**60, True, "2026-03-02T08:00:00", "1772438400", []]
)
async def test_an_odd_date_costs_no_video(ready: Bench, created: Any) -> None:
    ready.network.spoil = lambda item: item | {"created_time": created}
    new = ready.network.publish(2)
    pages = await ready.poll()
    assert sorted(ids(pages)) == sorted(new)
    known = {mention.published_at for mention in mentions(pages)}
    assert known in ({None}, {START})


async def test_an_address_that_is_none_gives_the_usual_one(ready: Bench) -> None:
    ready.network.spoil = lambda item: item | {"url": "javascript:alert(1)", "description": None}
    (new,) = ready.network.publish(1)
    (mention,) = mentions(await ready.poll())
    assert mention.url == f"https://www.dailymotion.com/video/{new}"
    assert mention.text == ""


async def test_lists_of_either_generation_are_understood_in_either_place(ready: Bench) -> None:
    """v2's documentation shows has_more nowhere, Legacy's gateways may say `next`."""
    answers = [
        {"data": [{"video_id": "x1", "created_at": "2026-03-02T08:00:00Z"}], "has_more": True},
        {"data": [{"video_id": "x2", "created_at": "2026-03-02T07:00:00Z"}], "next": None},
    ]

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.json_response(answers.pop(0))

    ready.network.faults.extend([Fault(handler=answer)] * 2)
    assert ids(await ready.poll(**PROFILE_ONLY)) == ["x1", "x2"]
