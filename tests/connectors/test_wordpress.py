"""Reading WordPress sites: oldest first, through edits, moderation, closed doors and odd items."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
from aiohttp import encode_basic_auth
from pydantic import ValidationError

from connectors.connector import Cursors, Page, RateLimited, Unauthorized, Unavailable, Watched
from connectors.http import HttpClient, NetworkPolicy
from connectors.wordpress import WordpressConnector, WordpressSettings
from tests.networks.standin import Fault
from tests.networks.wordpress import START, WordpressServer

NOW = START + timedelta(hours=12)


async def no_wait(_seconds: float) -> None:
    return


@pytest.fixture
async def http():
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with HttpClient(policy, clock=lambda: NOW, sleep=no_wait) as client:
        yield client


class Listener:
    """One source and its cursors, which move as pages are committed."""

    def __init__(self, http: HttpClient, server: WordpressServer, **settings: object) -> None:
        self.at = NOW
        self.cursors: Cursors = {}
        self.pages: list[Page] = []
        self.source = WordpressConnector(
            WordpressSettings(url=server.url, **settings),
            http=http,
            watched=Watched(),
            clock=lambda: self.at,
        )

    async def read(self) -> list[str]:
        self.pages = []
        async for page in self.source.poll(dict(self.cursors)):
            self.pages.append(page)
            if page.cursor is not None:
                self.cursors[page.feed] = orjson.loads(orjson.dumps(page.cursor))
        return self.ids

    @property
    def mentions(self) -> list:
        return [mention for page in self.pages for mention in page.mentions]

    @property
    def ids(self) -> list[str]:
        return [mention.external_id for mention in self.mentions]


@pytest.mark.parametrize("count", [1, 350])
async def test_everything_said_between_two_polls_is_yielded_once(http, count):
    async with WordpressServer().serving() as server:
        listener = Listener(http, server)
        server.publish(5)
        await listener.read()
        new = server.publish(count)
        assert sorted(await listener.read()) == sorted(new)
        assert await listener.read() == []


async def test_an_import_of_many_within_one_second_is_read_page_by_page(http):
    async with WordpressServer().serving() as server:
        listener = Listener(http, server)
        server.publish(1)
        await listener.read()
        new = [server.comment(START + timedelta(hours=1)) for _ in range(730)]
        assert sorted(await listener.read()) == sorted(new)


async def test_a_quota_in_the_middle_of_the_walk_loses_and_repeats_nothing(http):
    async with WordpressServer().serving() as server:
        listener = Listener(http, server)
        server.publish(1)
        await listener.read()
        new, found = server.publish(1_000), []
        for _attempt in range(30):
            server.quota = 4
            try:
                found += await listener.read()
                break
            except RateLimited:
                found += listener.ids
                new += server.publish(3)
        server.quota = None
        found += await listener.read()
        assert sorted(found) == sorted(new)


async def test_the_first_poll_reads_the_look_back_only(http):
    async with WordpressServer().serving() as server:
        listener = Listener(http, server, look_back=timedelta(days=2))
        server.write("Ancien, retouché hier", START - timedelta(days=90), modified=START)
        server.write("Ancien", START - timedelta(days=90))
        recent = server.write("Récent", START)
        assert await listener.read() == [recent]


async def test_a_comment_approved_days_late_is_found_within_the_hour(http):
    async with WordpressServer().serving() as server:
        listener = Listener(http, server)
        new = server.publish(20)
        server.hidden.add(("comments", 4))
        await listener.read()
        listener.at = NOW + timedelta(days=2)
        server.comment(listener.at - timedelta(hours=1))
        await listener.read()
        server.hidden.clear()
        listener.at += timedelta(minutes=61)
        assert await listener.read() == [new[3]]


async def test_what_the_site_takes_back_is_told_as_a_deletion(http):
    async with WordpressServer().serving() as server:
        listener = Listener(http, server)
        new = server.publish(20)
        await listener.read()
        server.hidden.add(("comments", 4))
        listener.at = NOW + timedelta(hours=2)
        await listener.read()
        (deletion,) = [d for page in listener.pages for d in page.deletions]
        assert deletion.external_id == new[3]
        listener.at += timedelta(hours=2)
        await listener.read()
        assert not any(page.deletions for page in listener.pages)


async def test_an_edited_post_comes_again_with_its_edit_time(http):
    async with WordpressServer().serving() as server:
        listener = Listener(http, server)
        first = server.write("Titre", START)
        await listener.read()
        server.posts[0]["content"]["rendered"] = "<p>La direction présente ses excuses.</p>"
        server.posts[0]["modified_gmt"] = "2026-11-20T18:00:00"
        assert await listener.read() == [first]
        assert listener.mentions[0].edited_at == START + timedelta(hours=10)


async def test_a_scheduled_post_that_appears_with_an_old_modification_date_is_not_missed(http):
    async with WordpressServer().serving() as server:
        listener = Listener(http, server)
        server.write("Un", START)
        await listener.read()
        late = server.write("Planifié", START + timedelta(hours=5), START - timedelta(days=20))
        assert await listener.read() == [late]


async def test_an_old_wordpress_that_ignores_modified_after_is_read_by_date(http):
    async with WordpressServer().serving() as server:
        server.knows_modified = False
        server.write("Vieux", START - timedelta(days=900))
        new = server.write("Neuf", START)
        listener = Listener(http, server)
        assert await listener.read() == [new]
        assert await listener.read() == []


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
        asked = len(server.requests)
        more = server.publish(2)
        assert sorted(await listener.read()) == sorted(more)
        # The wall is remembered: only feeds are asked for.
        assert not any("wp-json" in str(r.rel_url) for r in server.requests[asked:])


async def test_a_login_wall_answered_with_200_is_a_closed_api_not_an_empty_one(http):
    async with WordpressServer().serving() as server:
        server.publish(2)
        wall = Fault(
            status=200, body=b"<html>Connexion</html>", headers={"Content-Type": "text/html"}
        )
        server.faults.extend([None, wall])
        listener = Listener(http, server, comments=False)
        assert await listener.read() == [f"{server.key}:1"]
        assert listener.cursors["site"]["closed"] == ["posts"]


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


async def test_one_collection_in_trouble_leaves_the_other_read(http):
    async with WordpressServer().serving() as server:
        server.publish(3)
        listener = Listener(http, server)
        # Home, two lists of posts, then whatever is asked for comments.
        server.faults.extend([None, None, None, *[Fault(status=500)] * 12])
        with pytest.raises(Unavailable):
            await listener.read()
        assert listener.ids == [f"{server.key}:1"]


async def test_one_bad_item_is_quarantined_and_the_page_goes_on(http):
    async with WordpressServer().serving() as server:
        new = server.publish(4)
        server.comments[1]["id"] = None
        server.comments[2] = {
            **dict.fromkeys(server.comments[2]), "id": "3", "date_gmt": "0000-00-00T00:00:00",
            "content": None, "parent": None, "post": "1", "link": 7,
        }  # fmt: skip
        server.comments[3]["date_gmt"] = "2099-01-01T00:00:00"
        listener = Listener(http, server, posts=False)
        await listener.read()
        assert set(listener.ids) >= {new[0], new[3]}
        (reject,) = [r for page in listener.pages for r in page.rejects]
        assert reject.error == "unreadable item: id"
        last = next(m for m in listener.mentions if m.external_id == new[3])
        assert last.published_at is None
        later = server.comment(NOW)
        listener.at = NOW + timedelta(minutes=5)
        assert await listener.read() == [later]


async def test_a_protected_post_gives_its_excerpt_and_a_hidden_author_no_name(http):
    async with WordpressServer().serving() as server:
        server.write("Réservé", START)
        server.posts[0]["content"] = {"rendered": "", "protected": True}
        server.posts[0]["_embedded"] = {"author": [{"code": "rest_user_invalid_id"}]}
        listener = Listener(http, server)
        await listener.read()
        (mention,) = listener.mentions
        assert (mention.text, mention.author.name) == ("L’attente…", None)


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
