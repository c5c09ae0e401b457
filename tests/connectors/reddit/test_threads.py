"""Conversations under what was found: whole, once, and within an allowance."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from connectors.connector import Cursors, Malformed, Page, RateLimited
from tests.connectors.case import Now
from tests.connectors.reddit.conftest import Make, drain
from tests.networks.reddit import Reddit, Thing


def comments(pages: list[Page]) -> list[str]:
    names = [mention.external_id for page in pages for mention in page.mentions]
    return sorted(name for name in names if name.startswith("t1_"))


def names(things: list[Thing]) -> list[str]:
    return sorted(thing["name"] for thing in things)


async def test_a_conversation_is_whole_though_reddit_cuts_it(make: Make, network: Reddit) -> None:
    network.tree_width, network.tree_depth = 4, 3
    post = network.post()
    said = [network.reply(post, f"Réponse {n}") for n in range(230)]
    for top in (said[0], said[-1]):  # one hidden behind "more", one shown
        last = top
        for n in range(12):  # far deeper than one answer goes
            last = network.reply(last, f"Plus bas {n}")
            said.append(last)
    said += [network.reply(said[100], f"À côté {n}") for n in range(9)]
    assert comments(await drain(make(), {})) == names(said)


async def test_what_is_said_later_is_given_once(make: Make, network: Reddit) -> None:
    cursors: Cursors = {}
    post = network.post()
    first = network.reply(post, "Première")
    await drain(make(), cursors)
    assert comments(await drain(make(), cursors)) == []
    new = [network.reply(first, "Seconde"), network.reply(post, "Troisième")]
    assert comments(await drain(make(), cursors)) == names(new)
    assert comments(await drain(make(), cursors)) == []


async def test_a_conversation_without_a_new_answer_costs_no_request(
    make: Make, network: Reddit
) -> None:
    cursors: Cursors = {}
    network.reply(network.post(), "Première")
    await drain(make(), cursors)
    read = len(network.calls("/comments/255s"))
    await drain(make(), cursors)
    assert len(network.calls("/comments/255s")) == read == 1


async def test_posts_that_concern_no_watch_are_not_followed(make: Make, network: Reddit) -> None:
    post = network.post(title="Météo", selftext="Pluie", selftext_html="<p>Pluie</p>")
    network.reply(post, "Il pleut")
    assert comments(await drain(make(terms=["météo"]), {})) == []


async def test_the_answers_to_a_comment_about_the_hospital_are_read_without_its_neighbours(
    make: Make, network: Reddit
) -> None:
    post = network.post(title="Météo", selftext="Pluie", selftext_html="<p>Pluie</p>")
    network.reply(post, "Il pleut")
    named = network.reply(post, "Comme aux urgences de Valmont")
    answers = [network.reply(named, "Neuf heures, honte"), network.reply(named, "Pareil")]
    pages = await drain(make(subreddits=["valmont"]), {})
    assert comments(pages) == names([named, *answers])


async def test_a_comment_of_a_followed_post_is_not_given_by_the_list_of_comments_too(
    make: Make, network: Reddit
) -> None:
    cursors: Cursors = {}
    post = network.post()
    network.reply(post, "Valmont, première")
    connector = make(subreddits=["valmont"])
    first = comments(await drain(connector, cursors))
    network.reply(post, "Valmont, seconde")
    assert first + comments(await drain(connector, cursors)) == names(network.comments)


async def test_a_crash_after_the_page_that_found_a_post_forgets_no_conversation(
    make: Make, network: Reddit
) -> None:
    cursors: Cursors = {}
    said = [network.reply(network.post(), "Première")]
    async for page in make().poll(cursors):
        cursors[page.feed] = page.cursor or {}
        if page.mentions:
            break
    assert comments(await drain(make(), cursors)) == names(said)


async def test_a_quota_in_the_middle_of_a_conversation_loses_nothing(
    make: Make, network: Reddit, now: Now
) -> None:
    network.tree_width = 3
    cursors: Cursors = {}
    post = network.post()
    said = [network.reply(post, f"Réponse {n}") for n in range(350)]
    given: list[str] = []
    for allowed in (4, 5, 6, 50):
        network.quota = allowed
        try:
            async for page in make().poll(cursors):
                given += comments([page])
                cursors[page.feed] = page.cursor or cursors.get(page.feed, {})
        except RateLimited:
            now.at += timedelta(minutes=10)
    assert sorted(given) == names(said)


async def test_an_allowance_that_is_spent_is_told_and_serves_another_conversation_next(
    make: Make, network: Reddit
) -> None:
    network.tree_width = 2
    cursors: Cursors = {}
    for _ in range(2):
        post = network.post()
        for n in range(5):
            network.reply(post, f"Réponse {n}")
    first = await drain(make(max_thread_requests=1), cursors)
    assert len(comments(first)) == 2
    assert [gap.reason for page in first for gap in page.gaps] == [
        "a conversation is longer than max_thread_requests lets us read"
    ]
    second = await drain(make(max_thread_requests=1), cursors)
    roots = {m.root_id for page in (*first, *second) for m in page.mentions if m.root_id}
    assert roots == {"t3_255s", "t3_255t"}


async def test_a_conversation_cut_short_by_the_others_is_read_whole_at_the_next_poll(
    make: Make, network: Reddit
) -> None:
    network.tree_width = 2
    cursors: Cursors = {}
    for _ in range(2):
        post = network.post()
        for n in range(6):
            network.reply(post, f"Réponse {n}")
    pages = await drain(make(max_thread_requests=3), cursors)  # each takes two
    pages += await drain(make(max_thread_requests=3), cursors)
    assert comments(pages) == names(network.comments)
    assert not [gap for page in pages for gap in page.gaps]


async def test_an_odd_conversation_holds_up_no_other_and_is_told(
    make: Make, network: Reddit
) -> None:
    cursors: Cursors = {}
    posts = [network.post() for _ in range(3)]
    said = [network.reply(post, "Réponse") for post in posts]
    network.odd.add(posts[1]["name"])
    given: list[str] = []
    with pytest.raises(Malformed, match="conversation"):
        async for page in make().poll(cursors):
            given += comments([page])
            cursors[page.feed] = page.cursor or cursors.get(page.feed, {})
    assert sorted(given) == names([said[0], said[2]])
    network.odd.clear()
    assert comments(await drain(make(), cursors)) == [said[1]["name"]]


async def test_the_memory_of_many_busy_conversations_stays_small(
    make: Make, network: Reddit, now: Now
) -> None:
    cursors: Cursors = {}
    start = now.at - timedelta(hours=2)
    posts = [network.post(at=start) for _ in range(500)]
    for post in posts:
        for n in range(20):
            network.reply(post, "Réponse", at=start + timedelta(seconds=n))
    pages = await drain(make(max_thread_requests=1_000), cursors)
    assert comments(pages) == names(network.comments)
    assert len(json.dumps(cursors["threads"])) < 200_000
    written = sum(len(json.dumps(page.cursor)) for page in pages if page.feed == "threads")
    assert written < 25 * 200_000, "not the whole memory at each conversation"
    new = [network.reply(post, "Encore", at=start + timedelta(minutes=5)) for post in posts[:3]]
    assert comments(await drain(make(max_thread_requests=1_000), cursors)) == names(new)


async def test_conversations_let_go_for_newer_ones_are_told(make: Make, network: Reddit) -> None:
    cursors: Cursors = {}
    posts = [network.post() for _ in range(520)]
    said = [network.reply(post, "Réponse") for post in (posts[0], posts[-1])]
    pages = await drain(make(), cursors)
    assert len(cursors["threads"]["followed"]) == 500
    assert comments(pages) == [said[1]["name"]]
    assert ["500" in gap.reason for page in pages for gap in page.gaps] == [True]


async def test_conversations_without_an_answer_are_let_go_in_silence(
    make: Make, network: Reddit
) -> None:
    network.publish(520)
    assert not [gap for page in await drain(make(), {}) for gap in page.gaps]


async def test_a_conversation_is_left_after_follow(make: Make, network: Reddit, now: Now) -> None:
    cursors: Cursors = {}
    post = network.post()
    await drain(make(follow="2d"), cursors)
    now.at += timedelta(days=3)
    network.reply(post, "Trop tard", at=now.at)
    assert comments(await drain(make(follow="2d"), cursors)) == []
    assert cursors["threads"]["followed"] == []


async def test_a_followed_post_that_was_taken_down_is_a_deletion_and_left(
    make: Make, network: Reddit
) -> None:
    cursors: Cursors = {}
    post = network.post()
    await drain(make(), cursors)
    post |= {"removed_by_category": "moderator", "selftext": "[removed]"}
    network.reply(post, "Où est passé le message ?")
    pages = await drain(make(), cursors)
    assert {d.external_id for page in pages for d in page.deletions} == {post["name"]}
    assert comments(pages) == []


@pytest.mark.parametrize("damage", [{"v": 1, "followed": [["t3_x"], 3, None]}, {"v": 2}, {"v": 1}])
async def test_a_damaged_memory_of_conversations_costs_no_poll(
    make: Make, network: Reddit, damage: dict[str, object]
) -> None:
    network.publish(1)
    assert await drain(make(), {"threads": damage})


async def test_conversations_can_be_left_out(make: Make, network: Reddit) -> None:
    network.reply(network.post(), "Première")
    assert comments(await drain(make(threads=False), {})) == []
