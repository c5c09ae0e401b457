"""Videos: what a search and a channel's uploads say, and in which order they are asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.connector import Malformed, Watched
from connectors.http import NotFound
from connectors.mention import Kind
from tests.connectors.youtube.support import HOSPITAL, Desk, ids, mentions
from tests.networks.standin import Fault
from tests.networks.youtube import OWN, PEER


async def test_a_video_that_a_search_finds_is_told_whole_with_its_figures(desk: Desk) -> None:
    item = desk.network.video(searched=True)
    (page,) = await desk.poll(desk.connector(HOSPITAL, comments=False))
    (video,) = page.mentions
    assert video.kind is Kind.VIDEO
    assert video.external_id == item["id"]
    assert video.url == f"https://youtu.be/{item['id']}"
    assert video.title == "L'accueil du CHU de Valmont & vous, épisode 0"
    assert video.text == "Une visite. https://chu-valmont.example/visite"
    assert video.links == ("https://chu-valmont.example/visite",)
    assert video.language == "fr"
    assert video.author.external_id == "UCvoisinDeValmont0123456"
    assert video.author.name == "Valmont Santé"
    assert video.published_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert video.tags == ("santé",)
    (figures,) = page.engagements
    assert (figures.views, figures.reactions, figures.replies) == (10, 3, 0)
    assert figures.shares is None


async def test_a_hidden_figure_is_unknown_and_not_zero(desk: Desk) -> None:
    item = desk.network.video(searched=True)
    item["statistics"] = {"viewCount": "12"}
    (page,) = await desk.poll(desk.connector(HOSPITAL, comments=False))
    (figures,) = page.engagements
    assert (figures.views, figures.reactions, figures.replies) == (12, None, None)


async def test_a_search_result_whose_video_is_gone_already_is_told_unescaped(desk: Desk) -> None:
    item = desk.network.video(searched=True)
    del desk.network.videos[item["id"]]
    (video,) = mentions(await desk.poll(desk.connector(HOSPITAL, comments=False)))
    assert video.title == "L'accueil du CHU de Valmont & vous, épisode 0"


async def test_a_search_asks_for_the_words_together_in_the_configured_language(desk: Desk) -> None:
    watched = Watched(terms=("CHU de Valmont", "Valmont"), hashtags=("#chuvalmont",))
    await desk.poll(desk.connector(watched, terms_per_search=3, comments=False))
    (asked,) = desk.network.calls("search")
    assert asked.query["q"] == '"CHU de Valmont"|Valmont|#chuvalmont'
    assert asked.query["relevanceLanguage"] == "fr" and asked.query["regionCode"] == "FR"
    assert asked.query["publishedAfter"] == "2026-02-23T12:00:00Z"


async def test_more_videos_than_a_search_can_page_through_are_all_found(desk: Desk) -> None:
    made = [desk.network.video(searched=True)["id"] for _ in range(1_300)]
    found = ids(await desk.poll(desk.connector(HOSPITAL, comments=False)))
    assert sorted(found) == sorted(made)


async def test_the_uploads_of_the_hospital_and_its_peers_need_no_search(desk: Desk) -> None:
    own, other = desk.network.video(OWN), desk.network.video(PEER)
    pages = await desk.poll(desk.connector(channels=("@chuvalmont",), peers=(PEER,)))
    assert sorted(ids(pages)) == sorted([own["id"], other["id"]])
    assert not desk.network.calls("search")
    assert desk.network.calls("channels")[0].query["forHandle"] == "@chuvalmont"


async def test_a_watched_account_that_is_a_channel_is_read_as_the_hospital_s_own(
    desk: Desk,
) -> None:
    desk.network.video(OWN)
    assert len(ids(await desk.poll(desk.connector(Watched(accounts=(OWN,)))))) == 1


async def test_a_video_in_two_lists_is_told_once(desk: Desk) -> None:
    item = desk.network.video(OWN)
    desk.network.hits.append(item)
    found = ids(await desk.poll(desk.connector(HOSPITAL, channels=(OWN,), comments=False)))
    assert found == [item["id"]]


async def test_a_video_that_is_listed_before_it_is_public_comes_when_it_is(desk: Desk) -> None:
    item = desk.network.video(OWN)
    del desk.network.videos[item["id"]]
    connector = desk.connector(channels=(OWN,), comments=False)
    assert ids(await desk.poll(connector)) == []
    desk.network.videos[item["id"]] = item
    assert ids(await desk.poll(connector)) == [item["id"]]


async def test_the_authors_of_found_videos_have_their_subscribers(desk: Desk) -> None:
    desk.network.uploads["UCvoisinDeValmont0123456"] = []
    desk.network.video(searched=True)
    (video,) = mentions(await desk.poll(desk.connector(HOSPITAL, comments=False)))
    assert video.author.followers == 1230


async def test_subscribers_that_are_hidden_are_unknown(desk: Desk) -> None:
    desk.network.hidden_subscribers = True
    desk.network.uploads["UCvoisinDeValmont0123456"] = []
    desk.network.video(searched=True)
    (video,) = mentions(await desk.poll(desk.connector(HOSPITAL, comments=False)))
    assert video.author.followers is None


async def test_a_channel_without_uploads_is_no_failure_and_one_that_does_not_exist_is(
    desk: Desk,
) -> None:
    pages = await desk.poll(desk.connector(channels=(OWN,), comments=False))
    assert ids(pages) == [] and pages[-1].complete
    with pytest.raises(NotFound):
        await desk.poll(desk.connector(channels=("UCpersonneDeValmont01234",), comments=False))


async def test_a_channel_that_is_gone_is_told_once_as_a_gap_while_others_are_read(
    desk: Desk,
) -> None:
    desk.network.video(OWN)
    channels = ("UCpersonneDeValmont01234", OWN)
    connector = desk.connector(channels=channels, comments=False)
    first = await desk.poll(connector)
    assert [gap.reason for page in first for gap in page.gaps] == [
        "youtube.uploads: not there (playlistNotFound)"
    ]
    assert len(ids(first)) == 1
    assert not any(page.gaps for page in await desk.poll(connector))


async def test_a_page_token_that_is_no_longer_known_begins_that_list_again(desk: Desk) -> None:
    made = desk.network.publish(120)
    given: list[str] = []
    connector = desk.connector(channels=(OWN,), comments=False)
    async for page in connector.poll({}):
        given += ids([page])
        desk.cursors[page.feed] = page.cursor or {}
        break
    (cursor,) = desk.cursors.values()
    cursor["walk"]["token"] = "expired"
    given += ids(await desk.poll(connector))
    assert sorted(given) == sorted(made)


async def test_a_processing_failure_is_tried_once_more_and_then_told(desk: Desk) -> None:
    made = desk.network.publish(2)
    desk.network.failing = 1
    connector = desk.connector(channels=(OWN,), comments=False)
    assert sorted(ids(await desk.poll(connector))) == made
    desk.network.failing = 2
    with pytest.raises(Exception, match="processingFailure"):
        await desk.poll(connector)


async def test_a_list_that_cannot_be_read_stops_no_other_and_is_told_at_the_end(
    desk: Desk,
) -> None:
    own, other = desk.network.video(OWN), desk.network.video(PEER)
    connector = desk.connector(channels=(OWN, PEER), comments=False)
    desk.network.faults.append(Fault(status=200, body=b"{}"))
    with pytest.raises(Malformed):
        await desk.poll(connector)
    assert len(desk.cursors) == 1
    assert ids(await desk.poll(connector)) == [own["id"]]
    assert other["id"] not in ids(await desk.poll(connector))


async def test_old_videos_are_outside_the_first_look_back(desk: Desk) -> None:
    desk.network.publish(3)
    desk.now.at += timedelta(days=8)
    assert ids(await desk.poll(desk.connector(channels=(OWN,), comments=False))) == []
