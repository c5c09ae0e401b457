"""Where a WordPress site answers: its API, its feeds, and which of them is closed today."""

from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp import encode_basic_auth
from pydantic import ValidationError

from connectors.connector import Unauthorized, Watched
from connectors.rss.entry import Document, Entry
from connectors.wordpress import WordpressConnector, WordpressSettings
from connectors.wordpress.feeds import FeedMapper
from tests.connectors.wordpress.support import NOW, Listener
from tests.networks.standin import Fault
from tests.networks.wordpress import START, WordpressServer


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("plain", [True, False])
async def test_the_api_is_found_in_a_folder_with_or_without_pretty_permalinks(
    http, announced, plain
):
    async with WordpressServer(folder="/actu/blog", plain=plain).serving() as server:
        server.announced = announced
        new = server.publish(3)
        listener = Listener(http, server)
        assert sorted(await listener.read()) == sorted([f"{server.key}:1", *new])
        assert listener.mentions[0].language == "fr"


@pytest.mark.parametrize("plain", [True, False])
async def test_behind_a_wall_the_feeds_give_the_same_ids(http, plain):
    async with WordpressServer(plain=plain).serving() as server:
        server.walled = True
        new = server.publish(8)
        listener = Listener(http, server)
        assert sorted(await listener.read()) == sorted([f"{server.key}:1", *new])
        comment = next(m for m in listener.mentions if m.kind == "comment")
        assert comment.parent_id == comment.root_id == f"{server.key}:1"
        await listener.read()
        asked = len(server.requests)
        more = server.publish(2)
        assert sorted(await listener.read()) == sorted(more)
        # Refused twice, the API is left alone for an hour: only feeds are asked for.
        assert not any("wp/v2" in str(r.rel_url) for r in server.requests[asked:])
        server.walled = False
        listener.at += timedelta(minutes=61)
        new = server.publish(30)
        assert set(await listener.read()) >= set(new)
        assert listener.cursors["site"]["doors"] == {}


async def test_one_refusal_does_not_close_the_api(http):
    async with WordpressServer().serving() as server:
        server.publish(2)
        wall = Fault(
            status=200, body=b"<html>Connexion</html>", headers={"Content-Type": "text/html"}
        )
        server.faults.extend([None, wall])
        listener = Listener(http, server, comments=False)
        assert await listener.read() == [f"{server.key}:1"]
        assert listener.cursors["site"]["doors"]["posts"]["refusals"] == 1
        second = server.write("Deux", START + timedelta(hours=1))
        assert second in await listener.read()
        assert listener.cursors["site"]["doors"] == {}
        assert "wp/v2/posts" in str(server.requests[-1].rel_url)


async def test_a_site_in_trouble_at_discovery_keeps_the_api_that_it_had(http):
    async with WordpressServer().serving() as server:
        listener = Listener(http, server, comments=False)
        server.write("Un", START)
        await listener.read()
        listener.at = NOW + timedelta(days=2)
        second = server.write("Deux", listener.at)
        server.faults.extend([Fault(status=403, body=b"<html>Blocked</html>")] * 3)
        assert await listener.read() == [second]
        assert listener.cursors["site"]["api"]


async def test_site_and_feeds_both_closed_say_unauthorized(http):
    async with WordpressServer().serving() as server:
        closed = Fault(status=403, body=b"<html>Blocked</html>")
        server.faults.extend([closed] * 20)
        with pytest.raises(Unauthorized):
            await Listener(http, server).read()


async def test_a_wrong_application_password_stops_and_a_right_one_reads(http):
    async with WordpressServer().serving() as server:
        server.secret = encode_basic_auth("lecture", "bonne")
        server.publish(1)
        with pytest.raises(Unauthorized, match="application password"):
            await Listener(http, server, user="lecture", application_password="fausse").read()
        right = Listener(http, server, user="lecture", application_password="bonne")
        assert len(await right.read()) == 2
    with pytest.raises(ValidationError, match="together"):
        WordpressSettings(url="https://valmont.example/", user="lecture")


def test_credentials_never_leave_the_site_nor_show_in_a_repr():
    settings = WordpressSettings(
        url="https://valmont.example", api="https://elsewhere.example/wp-json/",
        user="lecture", application_password="abcd efgh",
    )  # fmt: skip
    assert settings.home == "https://valmont.example/"
    assert "abcd" not in repr(settings)
    from connectors.wordpress.site import SiteClient

    client = SiteClient(settings, http=None)  # type: ignore[arg-type]
    assert client.headers("https://elsewhere.example/wp-json/wp/v2/posts") == {}
    assert client.headers("https://valmont.example/feed/")


async def test_a_home_page_in_trouble_does_not_close_a_known_api(http):
    async with WordpressServer().serving() as server:
        listener = Listener(http, server)
        server.publish(2)
        await listener.read()
        listener.at = NOW + timedelta(days=2)
        new = server.comment(listener.at)
        server.faults.append(Fault(status=403, body=b"<html>Blocked</html>"))
        assert await listener.read() == [new]


def test_the_hosts_of_wordpress_com_are_told_to_the_firewall():
    settings = WordpressSettings(url="https://valmont.wordpress.com/")
    source = WordpressConnector(settings, http=None, watched=Watched(), clock=lambda: NOW)  # type: ignore[arg-type]
    assert source.hosts() == ("valmont.wordpress.com:443", "public-api.wordpress.com:443")


async def test_a_site_without_comments_is_told_once_and_its_posts_are_read(http):
    async with WordpressServer().serving() as server:
        server.without_comments = True
        listener = Listener(http, server)
        first = server.write("Un", START)
        assert await listener.read() == [first]
        (gap,) = [gap for page in listener.pages for gap in page.gaps]
        assert "comments" in gap.reason
        second = server.write("Deux", START + timedelta(hours=1))
        assert await listener.read() == [second]
        assert not any(page.gaps for page in listener.pages)


async def test_a_site_that_gives_one_page_whatever_is_asked_does_not_hold_us(http):
    async with WordpressServer().serving() as server:
        server.fixed = True
        listener = Listener(http, server, comments=False)
        new = [server.write(f"N° {n}", START + timedelta(hours=n)) for n in range(5)]
        assert sorted(await listener.read()) == new
        assert await listener.read() == []
        assert len(server.requests) < 20


@pytest.mark.parametrize(
    "html",
    [
        '<p>En réponse à <a href="https://v.example/un/#comment-3">Visiteuse 3</a>.</p>\n<p>Moi aussi.</p>',
        'In reply to <a href="https://v.example/un/#comment-3">Visiteuse 3</a>.\n\nMoi aussi.',
    ],
)
def test_an_answer_in_a_feed_names_its_comment_and_says_its_own_words_only(html):
    mapper = FeedMapper(
        name="comments", key="v.example", url="https://v.example/feed/", language="fr"
    )
    entry = Entry(
        id="https://v.example/?p=1#comment-4",
        link="https://v.example/un/#comment-4",
        title="Par : Visiteuse 4",
        content=html,
    )
    mention, _counts = mapper(entry, Document(entries=()), NOW)
    assert mention.external_id == "v.example:comment-4"
    assert (mention.parent_id, mention.root_id) == ("v.example:comment-3", "v.example:1")
    assert (mention.text, mention.links) == ("Moi aussi.", ())
