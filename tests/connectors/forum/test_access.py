"""Where a forum may be read: robots.txt, feeds that are off, windows that overflow."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from connectors.connector import Refused, Unauthorized, Unavailable
from connectors.forum import ForumSettings
from connectors.forum.robots import Robots
from connectors.http import NotFound
from tests.connectors.forum.support import Listener
from tests.networks.forum import ForumServer
from tests.networks.standin import Fault


async def test_home_page_and_robots_are_read_once_and_remembered(http):
    async with ForumServer("phpbb").serving() as server:
        listener = Listener(http, server)
        server.publish(1)
        await listener.read()
        listener.restarted()
        await listener.read()
        paths = [request.path for request in server.requests]
        feed = "/forum/app.php/feed"
        assert paths == ["/robots.txt", "/forum/", feed, feed]
        listener.at += timedelta(days=1, minutes=1)
        await listener.read()
        assert [request.path for request in server.requests[4:]] == ["/robots.txt", feed]


async def test_a_feed_that_has_not_changed_is_not_sent_again(http):
    async with ForumServer("phpbb").serving() as server:
        listener = Listener(http, server)
        server.publish(1)
        await listener.read()
        await listener.read()
        assert server.requests[-1].headers["If-None-Match"]
        assert listener.pages[-1].complete


async def test_what_robots_txt_forbids_is_refused_in_plain_words(http):
    robots = "User-agent: *\nDisallow: /forum/*feed\n"
    async with ForumServer("phpbb", robots=robots).serving() as server:
        server.publish(1)
        with pytest.raises(Refused, match=r"robots\.txt asks programs to leave .*feed alone"):
            await Listener(http, server, dialect="phpbb").read()
        assert not any("feed" in request.path for request in server.requests)


async def test_a_robots_file_in_trouble_forbids_everything_for_now(http):
    async with ForumServer("phpbb").serving() as server:
        server.faults.extend([Fault(status=500)] * 3)
        with pytest.raises(Unavailable):
            await Listener(http, server).read()


@pytest.mark.parametrize(
    ("text", "target", "allowed"),
    [
        ("", "/forum/feed", True),
        ("User-agent: *\nDisallow:", "/forum/feed", True),
        ("User-agent: *\nDisallow: /", "/forum/feed", False),
        ("User-agent: GPTBot\nDisallow: /", "/forum/feed", True),
        ("User-agent: GPTBot\nUser-agent: *\nDisallow: /", "/forum/feed", False),
        ("user-agent: Hospital-Listener/1.0\nAllow: /\n\nUser-agent: *\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /forum/\nAllow: /forum/feed", "/forum/feed", True),
        ("User-agent: *\nAllow: /forum\nDisallow: /forum/feed", "/forum/feed/topic/1", False),
        ("User-agent: *\nDisallow: /*?action=.xml", "/index.php?action=.xml;type=atom", False),
        ("User-agent: *\nDisallow: /*.php$", "/extern.php?action=feed", True),
        ("User-agent: *\nDisallow: /*.php$", "/external.php", False),
        ("User-agent: *\nDisallow: /a*b*c$", "/abc/c", False),
        ("\ufeffUser-agent: * # tous\r\nDisallow: /x # et rien d'autre", "/x", False),
        ("<html><body>Page non trouvée</body></html>", "/x", True),
        ("Disallow: /\nUser-agent: *\nCrawl-delay: 5", "/x", True),
    ],
)
def test_the_longest_rule_that_fits_decides(text, target, allowed):
    robots = Robots.parse(text)
    assert robots.allows(target) is allowed
    assert Robots.load(robots.dump()).allows(target) is allowed


def test_a_pause_between_requests_is_kept_within_reason():
    assert Robots.parse("User-agent: *\nCrawl-delay: 10").delay == 10
    assert Robots.parse("User-agent: *\nCrawl-delay: 86400").delay == 60
    assert Robots.parse("User-agent: *\nCrawl-delay: nan").delay is None
    assert Robots.parse("User-agent: *\nCrawl-delay: bientôt").delay is None


def test_a_pattern_of_stars_stalls_nobody():
    robots = Robots.parse("User-agent: *\nDisallow: /" + "*a" * 240 + "$")
    assert robots.allows("/" + "a" * 200 + "b")


async def test_the_next_address_is_tried_where_one_does_not_answer(http):
    async with ForumServer("phpbb").serving() as server:
        server.closed_feeds.add("app.php/feed")
        server.publish(2)
        listener = Listener(http, server, dialect="phpbb", read="topics")
        assert len(await listener.read()) == 1
        assert listener.cursors["board"]["addresses"] == {
            "topics": f"{server.url}app.php/feed/topics"
        }


async def test_a_forum_whose_feeds_are_off_says_so(http):
    async with ForumServer("phpbb").serving() as server:
        server.closed_feeds.add("app.php/feed")
        with pytest.raises(Unauthorized, match="switched feeds off"):
            await Listener(http, server).read()


async def test_a_feed_that_moved_is_looked_for_again(http):
    async with ForumServer("phpbb").serving() as server:
        listener = Listener(http, server)
        server.publish(1)
        await listener.read()
        server.closed_feeds.add("app.php/feed")
        with pytest.raises(NotFound):
            await listener.read()
        server.closed_feeds.clear()
        server.publish(1)
        assert len(await listener.read()) == 1


async def test_one_feed_that_stays_closed_is_told_once_and_the_others_go_on(http):
    async with ForumServer("phpbb").serving() as server:
        feeds = (f"{server.url}app.php/feed", f"{server.url}app.php/feed/topics")
        listener = Listener(http, server, feeds=feeds)
        server.closed_feeds.add("app.php/feed/topics")
        server.publish(2)
        assert len(await listener.read()) == 2
        assert listener.gaps == ["status 404"]
        listener.restarted()
        server.publish(1)
        assert len(await listener.read()) == 1
        assert listener.gaps == []


async def test_a_software_that_is_not_recognised_is_asked_for(http):
    async with ForumServer("phpbb").serving() as server:
        server.faults.extend([None, Fault(status=200, body=b"<html>Valmont</html>")])
        with pytest.raises(Refused, match="set dialect"):
            await Listener(http, server).read()


async def test_a_window_that_overflowed_is_a_gap_with_advice(http):
    async with ForumServer("phpbb", window=10).serving() as server:
        listener = Listener(http, server)
        server.publish(10)
        await listener.read()
        assert listener.gaps == []
        later = listener.at + timedelta(minutes=40)
        for number in range(12):
            server.write("Encore", topic=90, at=later + timedelta(seconds=number))
        listener.at = later + timedelta(minutes=1)
        assert len(await listener.read()) == 10
        (reason,) = listener.gaps
        assert "(10 entries): poll it more often than every 20 min" in reason
        await listener.read()
        assert listener.gaps == []


async def test_a_topic_feed_is_refused_where_the_software_has_none(http):
    async with ForumServer("mybb").serving() as server:
        with pytest.raises(Refused, match="mybb has no feed of one topic"):
            await Listener(http, server, dialect="mybb", topics=("4",)).read()


def test_settings_say_what_would_be_right():
    good = ForumSettings.model_validate({"url": "https://forum.valmont.example/f/index.php?sid=1"})
    assert good.home == good.root == "https://forum.valmont.example/f/"
    with pytest.raises(ValidationError, match="a source each"):
        ForumSettings.model_validate(
            {"url": "https://a.example", "feeds": ["https://b.example/feed"]}
        )
    with pytest.raises(ValidationError):
        ForumSettings.model_validate({"url": "https://a.example", "forums": ["santé"]})


async def test_hosts_for_the_firewall_are_the_forum_s_alone(http):
    async with ForumServer("phpbb").serving() as server:
        listener = Listener(http, server)
        assert list(listener.source.hosts()) == [server.base_url.removeprefix("http://")]
        assert "comments" in [str(blind) for blind in listener.source.unseen()]
        nodebb = Listener(http, server, dialect="nodebb")
        assert list(nodebb.source.unseen()) == []
