"""Reading WordPress sites: oldest first, through edits, moderation and odd items."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.connector import RateLimited, Unavailable
from tests.connectors.wordpress.support import NOW, Listener
from tests.networks.standin import Fault
from tests.networks.wordpress import START, WordpressServer


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
