"""Who may read Reddit: applications, members' feeds; what is erased; what is told of an account."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.connector import Cursors, Unauthorized, Unseen
from connectors.mention import Kind, MentionKey
from connectors.reddit import RedditSettings
from tests.connectors.case import NOON, Now
from tests.connectors.reddit.conftest import Make, drain, texts
from tests.networks.reddit import AGENT, CLIENT, FEED_TOKEN, MEMBER, SECRET, START, Reddit
from tests.networks.standin import Fault

FEEDS = {"feed": FEED_TOKEN, "user": MEMBER}


async def test_every_request_says_who_asks_in_the_form_that_reddit_demands(
    make: Make, network: Reddit
) -> None:
    network.reply(network.post(), "Première")
    await drain(make(), {})
    agents = {request.headers["User-Agent"] for request in network.requests}
    assert all(AGENT.fullmatch(agent) for agent in agents)
    assert all(f"(by /u/{MEMBER})" in agent for agent in agents)


async def test_one_sign_in_serves_until_the_token_ends(
    make: Make, network: Reddit, now: Now
) -> None:
    connector, cursors = make(), {}
    await drain(connector, cursors)
    await drain(connector, cursors)
    assert network.sign_ins == 1
    now.at += timedelta(hours=24)
    await drain(connector, cursors)
    assert network.sign_ins == 2


async def test_a_token_that_is_refused_is_renewed_at_once(make: Make, network: Reddit) -> None:
    connector, cursors = make(), {}
    await drain(connector, cursors)
    network.expire()
    network.publish(1)
    assert len(texts(await drain(connector, cursors))) == 1


async def test_a_token_that_ends_within_a_conversation_is_renewed_too(
    make: Make, network: Reddit
) -> None:
    network.tree_width = 1
    post = network.post()
    for n in range(3):
        network.reply(post, f"Réponse {n}")
    # The sign-in, the search, the post's count, its conversation: then what is hidden in that.
    network.faults.extend([*[None] * 4, Fault(status=401)])
    assert len(texts(await drain(make(), {}))) == 4
    assert network.sign_ins == 2


async def test_an_application_without_a_secret_signs_in_as_an_installed_one(
    make: Make, network: Reddit
) -> None:
    network.publish(1)
    assert texts(await drain(make(client_id=CLIENT, username=MEMBER), {}))
    assert network.grants == ["https://oauth.reddit.com/grants/installed_client"]


async def test_a_wrong_secret_is_named_and_shown_nowhere(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = "not-the-secret-of-valmont"
    connector = make(client_id=CLIENT, client_secret=wrong, username=MEMBER)
    with pytest.raises(Unauthorized, match="client_id") as refused:
        await drain(connector, {})
    assert wrong not in f"{refused.value!r}{caplog.text}{connector!r}"


async def test_a_block_by_html_page_is_unauthorized(make: Make, network: Reddit) -> None:
    network.faults.extend([None, *[Fault(status=403, body=b"<html>Blocked</html>")] * 20])
    with pytest.raises(Unauthorized, match="approved") as refused:
        await drain(make(), {})
    assert type(refused.value) is Unauthorized  # a subclass may pass: it would be asked for ever


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "prefs/feeds"),
        ({"client_id": CLIENT}, "username"),
        ({"feed": FEED_TOKEN}, "go together"),
        ({**FEEDS, "subreddits": ["deux mots"]}, "r/nantes"),
        ({**FEEDS, "peers": ["nantes"]}, "r/name"),
        ({**FEEDS, "user": "moi@ailleurs"}, "account"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_what_would(
    settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        RedditSettings.model_validate(settings)


def test_secrets_stand_in_no_repr() -> None:
    settings = RedditSettings.model_validate(
        {**FEEDS, "client_id": CLIENT, "client_secret": SECRET, "username": MEMBER}
    )
    assert SECRET not in repr(settings) and FEED_TOKEN not in repr(settings)


def test_the_api_and_the_site_are_official_unless_another_stands_in() -> None:
    official = RedditSettings.model_validate({**FEEDS})
    assert (official.api, official.site) == ("https://oauth.reddit.com", "https://www.reddit.com")
    other = RedditSettings.model_validate({**FEEDS, "base_url": "http://proxy.example:8080/"})
    assert (other.api, other.site) == ("http://proxy.example:8080", "http://proxy.example:8080")


async def test_hosts_are_those_that_the_access_needs(make: Make) -> None:
    official = {"base_url": "https://oauth.reddit.com"}
    assert make(**official).hosts() == ("oauth.reddit.com:443", "www.reddit.com:443")
    assert make(**official, **FEEDS).hosts() == ("www.reddit.com:443",)


async def test_feeds_give_posts_and_comments_under_the_same_ids_without_figures(
    make: Make, network: Reddit
) -> None:
    post = network.post(url="https://presse.example/a?b=1&c=2")
    network.post(
        selftext_html='<table><tr><td><a href="x"><img src="y"></a></td></tr></table>',
        url="https://i.redd.it/couloir.jpg",
    )
    network.reply(post, "Les urgences de Valmont")
    pages = await drain(make(**FEEDS, subreddits=["valmont"]), {})
    found = {m.external_id: m for page in pages for m in page.mentions}
    article, picture, comment = (found[t["name"]] for t in (*network.links, *network.comments))
    assert (article.title, article.text) == (post["title"], post["selftext"])
    assert article.author.handle == "claire_d"
    assert article.links == ("https://presse.example/a?b=1&c=2",)
    assert article.published_at == START
    assert (picture.text, picture.media[0].url) == ("", "https://i.redd.it/couloir.jpg")
    assert (comment.kind, comment.root_id, comment.title) == (Kind.COMMENT, post["name"], None)
    assert comment.text == "Les urgences de Valmont"
    assert not [figures for page in pages for figures in page.engagements]


async def test_the_token_of_the_feeds_stands_in_no_cursor_page_or_error(
    make: Make, network: Reddit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    cursors: Cursors = {}
    network.publish(130)
    pages = await drain(make(**FEEDS), cursors)
    network.faults.extend([Fault(status=403)] * 5)
    with pytest.raises(Unauthorized, match="prefs/feeds") as refused:
        await drain(make(**FEEDS), cursors)
    assert FEED_TOKEN not in f"{pages!r}{cursors!r}{refused.value!r}{caplog.text}"


async def test_feeds_that_are_not_paged_tell_what_they_lost(make: Make, network: Reddit) -> None:
    network.atom_pages, network.page_size = False, 25
    cursors: Cursors = {}
    network.publish(3)
    await drain(make(**FEEDS), cursors)
    for number in range(60):
        network.post(at=START + timedelta(hours=1, seconds=number))
    pages = await drain(make(**FEEDS), cursors)
    assert len(texts(pages)) == 25
    assert [gap.since for page in pages for gap in page.gaps] == [START + timedelta(seconds=2)]


async def test_an_unknown_subreddits_feed_is_told_once_and_stops_no_other(
    make: Make, network: Reddit
) -> None:
    network.unknown.add("ferme")
    network.publish(1)
    connector = make(**FEEDS, subreddits=["ferme"])
    pages = await drain(connector, {})
    assert len(texts(pages)) == 1
    assert len([gap for page in pages for gap in page.gaps]) == 2  # its posts, and its comments
    assert not [reject for page in pages for reject in page.rejects]


async def test_feeds_cannot_be_read_again(make: Make) -> None:
    connector = make(**FEEDS)
    key = MentionKey(network="reddit", external_id="t3_255s")
    assert [page async for page in connector.refresh([key])] == []
    assert {Unseen.FIGURES, Unseen.DELETIONS, Unseen.COMMENTS} <= set(connector.unseen())
    assert Unseen.FIGURES not in make().unseen()


@pytest.mark.parametrize(
    "change",
    [
        {"removed_by_category": "deleted"},
        {"removed_by_category": "a new category"},
        {"selftext": "[removed]"},
        {"selftext": "[deleted]", "author": "[deleted]"},
        {"selftext": "[ Removed by Reddit ]"},
    ],
)
async def test_what_was_erased_there_is_a_deletion_here(
    make: Make, network: Reddit, change: dict[str, Any]
) -> None:
    post = network.post()
    kept = network.post(removed_by_category="automod_filtered")
    post |= change
    keys = [MentionKey(network="reddit", external_id=t["name"]) for t in (post, kept)]
    (page,) = [page async for page in make().refresh(keys)]
    assert [(d.external_id, d.seen_at) for d in page.deletions] == [(post["name"], NOON)]
    assert not page.mentions


async def test_an_erased_comment_is_a_deletion_and_never_a_mention(
    make: Make, network: Reddit
) -> None:
    post = network.post()
    gone = network.reply(post, "[removed]")
    pages = await drain(make(), {})
    assert [d.external_id for page in pages for d in page.deletions] == [gone["name"]]
    assert len(texts(pages)) == 1


async def test_what_reddit_gives_no_more_is_gone_a_hundred_names_a_call(
    make: Make, network: Reddit
) -> None:
    names = network.publish(230)
    network.purged.update(names[50:60])
    keys = [MentionKey(network="reddit", external_id=name) for name in names]
    keys.append(MentionKey(network="mastodon", external_id="https://ailleurs.example/1"))
    pages = [page async for page in make().refresh(keys)]
    assert sorted(d.external_id or "" for p in pages for d in p.deletions) == sorted(names[50:60])
    assert len([f for page in pages for f in page.engagements]) == 220
    assert len(network.calls("/api/info")) == 3


async def test_a_subreddit_that_closes_to_us_takes_nothing_back(
    make: Make, network: Reddit
) -> None:
    """Reddit leaves what we may not see out of its answer, as it does what is gone."""
    post = network.post(subreddit="autre")
    comment = network.reply(post, "Valmont")
    keys = [MentionKey(network="reddit", external_id=t["name"]) for t in (post, comment)]
    network.private.add("autre")
    (page,) = [page async for page in make().refresh(keys)]
    assert not page.deletions
    # Asked for, and without figures: not again before their time.
    assert {f.key for f in page.engagements if f.is_bare} == set(keys)


async def test_posts_of_a_banned_subreddit_are_gone(make: Make, network: Reddit) -> None:
    post = network.post(subreddit="autre")
    network.banned.add("autre")
    key = MentionKey(network="reddit", external_id=post["name"])
    pages = [page async for page in make().refresh([key])]
    assert [d.external_id for page in pages for d in page.deletions] == [post["name"]]


async def test_an_empty_answer_proves_no_deletion_while_the_posts_stand(
    make: Make, network: Reddit
) -> None:
    posts = [network.post(score=3) for _ in range(2)]
    keys = [MentionKey(network="reddit", external_id=post["name"]) for post in posts]
    empty = b'{"kind": "Listing", "data": {"children": [], "after": null}}'
    network.faults.extend([None, Fault(status=200, body=empty)])
    (page,) = [page async for page in make().refresh(keys)]
    assert not page.deletions
    assert [figures.reactions for figures in page.engagements] == [3, 3]


async def test_few_missing_posts_are_asked_for_at_a_time(make: Make, network: Reddit) -> None:
    names = network.publish(90)
    network.private.add("valmont")
    keys = [MentionKey(network="reddit", external_id=name) for name in names]
    assert [page async for page in make().refresh(keys)]
    assert len(network.requests) <= 2 + 20


async def test_what_stands_is_checked_every_day_where_reddit_can_be_asked(make: Make) -> None:
    assert make().verify_every == timedelta(days=1)  # its terms say 48 hours
    assert make(**FEEDS).verify_every is None


async def test_an_answer_that_cannot_be_read_proves_no_deletion(
    make: Make, network: Reddit
) -> None:
    keys = [MentionKey(network="reddit", external_id=name) for name in network.publish(2)]
    network.spoil = lambda child: {"kind": "t9", "data": {}}
    (page,) = [page async for page in make().refresh(keys)]
    assert len(page.rejects) == 2 and not page.deletions


async def test_an_audience_is_read_once_a_day(make: Make, network: Reddit, now: Now) -> None:
    network.members |= {"u/chu_voisin": 77}
    cursors: Cursors = {}
    settings = {"own_subreddits": ["valmont"], "peers": ["u/chu_voisin", "u/parti", "r/sans"]}
    pages = await drain(make(**settings), cursors)
    found = {a.account: a.followers for page in pages for a in page.audiences}
    assert found == {"r/valmont": 5120, "u/chu_voisin": 77}
    assert not [a for page in await drain(make(**settings), cursors) for a in page.audiences]
    now.at += timedelta(days=1)
    assert [a for page in await drain(make(**settings), cursors) for a in page.audiences]
