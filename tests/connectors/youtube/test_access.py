"""What a source needs: a key in a header, or the feeds of channels named by their ids."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from connectors.connector import Unauthorized
from connectors.mention import Kind
from connectors.youtube import YoutubeSettings
from tests.connectors.youtube.support import HOSPITAL, Desk, ids, mentions
from tests.networks.standin import Fault
from tests.networks.youtube import KEY, OWN, PEER
from tests.networks.youtube_wire import refusal


async def test_the_key_travels_in_a_header_and_is_told_nowhere(desk: Desk) -> None:
    desk.network.video(searched=True)
    desk.network.comment()
    connector = desk.connector(HOSPITAL, channels=(OWN,), audience=True)
    pages = await desk.poll(connector)
    assert all(KEY not in str(request.url) for request in desk.network.requests)
    assert all(request.headers["X-Goog-Api-Key"] == KEY for request in desk.network.requests)
    told = (repr(pages), repr(desk.cursors), repr(connector._settings), repr(connector.budgets()))
    assert not any(KEY in text for text in told)
    assert OWN not in repr(list(desk.cursors))


async def test_a_wrong_key_is_unauthorized_and_not_repeated_in_the_error(desk: Desk) -> None:
    with pytest.raises(Unauthorized) as refused:
        await desk.poll(desk.connector(HOSPITAL, api_key="une-cle-fausse"))
    assert "une-cle-fausse" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "keyInvalid"),
        (403, "accessNotConfigured"),
        (403, "forbidden"),
        (403, "ipRefererBlocked"),
    ],
)
async def test_a_project_that_may_not_is_unauthorized(desk: Desk, status: int, reason: str) -> None:
    answer = refusal(status, reason)
    fault = Fault(status=status, body=answer.body, headers=answer.headers)  # type: ignore[arg-type]
    desk.network.faults.extend([fault] * 5)
    with pytest.raises(Unauthorized, match=reason):
        await desk.poll(desk.connector(channels=(OWN,)))


async def test_without_a_key_the_channels_feeds_are_read(desk: Desk) -> None:
    made = [desk.network.video(OWN)["id"] for _ in range(3)]
    other = desk.network.video(PEER)
    connector = desk.connector(api_key=None, channels=(OWN,), peers=(PEER,))
    pages = await desk.poll(connector)
    assert sorted(ids(pages)) == sorted([*made, other["id"]])
    video = mentions(pages)[0]
    assert (video.network, video.kind) == ("youtube", Kind.VIDEO)
    assert video.url == f"https://youtu.be/{video.external_id}"
    assert video.title == "L'accueil du CHU de Valmont & vous, épisode 2"
    assert video.text.startswith("Une visite.")
    assert video.author.external_id == OWN and video.author.name == "Valmont Santé"
    figures = next(e for page in pages for e in page.engagements if e.key == video.key)
    assert (figures.views, figures.reactions, figures.replies) == (12, 3, None)
    assert ids(await desk.poll(connector)) == []
    assert all("X-Goog-Api-Key" not in request.headers for request in desk.network.requests)
    assert [blind.value for blind in connector.unseen()] == [
        "elsewhere", "comments", "deletions", "past",
    ]  # fmt: skip


async def test_a_feed_s_fifteen_entries_leave_a_gap_where_more_came(desk: Desk) -> None:
    desk.network.video(OWN)
    connector = desk.connector(api_key=None, channels=(OWN,))
    await desk.poll(connector)
    desk.now.at += timedelta(hours=1)
    desk.network._number += 4 * 3_600 + 60
    for _ in range(20):
        desk.network.video(OWN)
    desk.now.at += timedelta(hours=1)
    pages = await desk.poll(connector)
    assert len(ids(pages)) == 15
    assert any(page.gaps for page in pages)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"channels": ("@chuvalmont",)},
        {"api_key": "k", "channels": ("chuvalmont",)},
        {"api_key": "k", "channels": ("https://www.youtube.com/@chuvalmont",)},
        {"api_key": "k", "cle": "k"},
    ],
)
def test_a_configuration_that_cannot_work_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        YoutubeSettings.model_validate(told)


def test_the_settings_hide_the_key() -> None:
    assert KEY not in repr(YoutubeSettings.model_validate({"api_key": KEY}))
