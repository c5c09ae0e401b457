"""A forum as a whole: its lists, keys, refusals, and what is gone."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.connector import (
    Closed,
    Cursors,
    Page,
    RateLimited,
    Unauthorized,
)
from connectors.discourse import DiscourseConnector, DiscourseSettings
from connectors.http import NotFound
from connectors.mention import MentionKey
from tests.connectors.case import NOON, Now
from tests.connectors.discourse.conftest import Make, drain, said
from tests.networks.discourse import API_KEY, API_USER, USER_KEY, Discourse, Row
from tests.networks.standin import Fault


def keys(network: Discourse, *posts: Row) -> list[MentionKey]:
    return [MentionKey(network="discourse", external_id=network.key(post)) for post in posts]


async def refreshed(connector: DiscourseConnector, found: list[MentionKey]) -> list[Page]:
    return [page async for page in connector.refresh(found)]


# --- lists


async def test_an_older_forums_empty_windows_are_not_the_end(make: Make) -> None:
    async with Discourse(windows=True).serving() as network:
        cursors: Cursors = {}
        network.publish(4)
        network.skip(330)
        new = network.publish(60)
        given = [m.external_id for m in said(await drain(make(base_url=network.url), cursors))]
        assert len(given) == 64 and set(new) <= set(given)
        network.skip(200)
        new = network.publish(3)
        again = said(await drain(make(base_url=network.url), cursors))
        assert sorted(m.external_id for m in again) == sorted(new)


async def test_a_forum_with_few_posts_is_not_asked_for_ever(make: Make) -> None:
    async with Discourse(windows=True).serving() as network:
        network.skip(1_000_000)
        network.publish(2)
        assert len(said(await drain(make(base_url=network.url), {}))) == 2
        assert len(network.requests) < 30


async def test_only_the_categories_that_are_named_are_read(make: Make, network: Discourse) -> None:
    network.write(category_id=4)
    network.write(category_id=9, cooked="<p>Ailleurs, à Valmont</p>")
    (mention,) = said(await drain(make(categories=[9]), {}))
    assert mention.text == "Ailleurs, à Valmont"


# --- keys and refusals


async def test_a_forum_for_members_says_which_key_it_wants(make: Make, network: Discourse) -> None:
    network.login_required = True
    network.publish(1)
    with pytest.raises(Unauthorized, match="user_api_key"):
        await drain(make(), {})
    assert said(await drain(make(api_key=API_KEY, api_username=API_USER), {}))
    assert said(await drain(make(user_api_key=USER_KEY), {}))


async def test_a_login_page_in_place_of_an_answer_is_unauthorized(
    make: Make, network: Discourse
) -> None:
    network.faults.append(Fault(status=302, headers={"Location": "/login"}))
    network.faults.append(Fault(status=200, body=b"<html>Connexion</html>"))
    with pytest.raises(Unauthorized):
        await drain(make(), {})


async def test_a_wrong_key_is_named_and_shown_nowhere(
    make: Make, network: Discourse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = "not-the-key-of-the-forum"
    connector = make(api_key=wrong, api_username=API_USER)
    with pytest.raises(Unauthorized, match="key") as refused:
        await drain(connector, {})
    assert type(refused.value) is Unauthorized  # a subclass may pass: it would be asked for ever
    assert wrong not in f"{refused.value!r}{caplog.text}{connector!r}"
    assert all(wrong not in str(request.url) for request in network.requests)


async def test_the_wait_that_only_the_body_says_is_kept(make: Make, network: Discourse) -> None:
    network.quota = 0
    with pytest.raises(RateLimited) as asked:
        await drain(make(), {})
    assert asked.value.retry_after == timedelta(seconds=240)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"base_url": "forum.example"}, "https://forum.example"),
        ({"api_key": "x"}, "go together"),
        ({"posts": False}, "nothing is read"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        DiscourseSettings.model_validate({"base_url": "https://forum.example", **settings})


def test_the_pace_keeps_under_each_kind_of_keys_allowance() -> None:
    def pace(**settings: Any) -> float:
        return DiscourseSettings.model_validate(
            {"base_url": "https://forum.example", **settings}
        ).pace

    assert pace() < 200
    assert pace(user_api_key="x") < 20
    assert pace(api_key="x", api_username="y") < 60
    assert pace(requests_per_minute=7) == 7


# --- what changes and what goes


async def test_neighbours_are_read_again_together(make: Make, network: Discourse) -> None:
    first = network.write()
    answers = [network.write(first) for _ in range(30)]
    answers[3]["actions_summary"] = [{"id": 2, "count": 99}]
    pages = await refreshed(make(), keys(network, *answers))
    figures = {f.key.external_id: f.reactions for page in pages for f in page.engagements}
    assert figures[network.key(answers[3])] == 99
    assert len(figures) == 30 and len(network.requests) == 1


async def test_posts_far_apart_are_read_one_by_one(make: Make, network: Discourse) -> None:
    first = network.write()
    one = network.write(first)
    network.skip(500)
    other = network.write(first)
    pages = await refreshed(make(), keys(network, one, other))
    assert len([f for page in pages for f in page.engagements]) == 2
    assert not network.calls("/posts.json")


@pytest.mark.parametrize("change", [{"deleted_at": "2026-03-02T09:00:00Z"}, {"user_deleted": True}])
async def test_a_post_that_is_marked_as_deleted_is_gone(
    make: Make, network: Discourse, change: dict[str, Any]
) -> None:
    kept, gone = network.write(), network.write()
    gone |= change
    pages = await refreshed(make(), keys(network, kept, gone))
    assert [d.external_id for page in pages for d in page.deletions] == [network.key(gone)]


async def test_a_post_that_is_not_found_is_gone_and_an_unlisted_one_is_not(
    make: Make, network: Discourse
) -> None:
    posts = [network.write() for _ in range(5)]
    network.deleted.add(posts[1]["id"])
    network.unlisted.add(posts[2]["id"])
    pages = await refreshed(make(), keys(network, *posts))
    deletions = [d for page in pages for d in page.deletions]
    assert [(d.external_id, d.seen_at) for d in deletions] == [(network.key(posts[1]), NOON)]
    assert len([f for page in pages for f in page.engagements]) == 4


async def test_posts_of_a_deleted_topic_are_gone(make: Make, network: Discourse) -> None:
    gone, _kept = network.write(), network.write()
    network.deleted_topics.add(gone["topic_id"])
    pages = await refreshed(make(), keys(network, gone))
    assert [d.external_id for page in pages for d in page.deletions] == [network.key(gone)]


async def test_posts_that_are_no_longer_for_us_are_not_gone(make: Make, network: Discourse) -> None:
    post, _kept = network.write(), network.write()
    network.restricted.add(post["topic_id"])
    (page,) = await refreshed(make(), keys(network, post))
    assert not page.deletions
    assert [figures.is_bare for figures in page.engagements] == [True]


@pytest.mark.parametrize("status", [404, 410])
async def test_nothing_is_gone_where_the_whole_forum_is_not_found(
    make: Make, network: Discourse, status: int
) -> None:
    """A parked domain, a proxy that lost its way."""
    network.faults.extend([Fault(status=status, body=b"<html>Nothing here</html>")] * 5)
    with pytest.raises((NotFound, Closed)):
        await refreshed(make(), keys(network, network.write()))


async def test_what_stands_is_checked_every_week(make: Make) -> None:
    assert make().verify_every == timedelta(days=7)


async def test_nothing_is_taken_for_deleted_while_the_forum_refuses_us(
    make: Make, network: Discourse
) -> None:
    post = network.write()
    connector = make(api_key="wrong", api_username=API_USER)
    with pytest.raises(Unauthorized):
        await refreshed(connector, keys(network, post))


async def test_an_edited_answer_is_given_again_in_its_place(make: Make, network: Discourse) -> None:
    first = network.write()
    answer = network.write(first)
    answer |= {"cooked": "<p>Valmont, corrigé</p>", "updated_at": "2026-03-02T10:00:00Z"}
    pages = await refreshed(make(), keys(network, answer))
    (mention,) = said(pages)
    assert mention.text == "Valmont, corrigé"
    assert mention.root_id == network.key(first)


async def test_another_forums_posts_are_left_alone(make: Make, network: Discourse) -> None:
    network.publish(1)
    other = MentionKey(network="discourse", external_id="autre.example/p/1")
    assert await refreshed(make(), [other]) == []
    assert not network.requests


async def test_a_clock_that_moves_changes_nothing_in_what_was_read(
    make: Make, network: Discourse, now: Now
) -> None:
    cursors: Cursors = {}
    network.publish(3)
    await drain(make(), cursors)
    now.at += timedelta(days=2)
    assert not said(await drain(make(), cursors))
