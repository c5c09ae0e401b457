"""What each software's feeds come to: which post, in which topic, by whom, in whose words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.forum.dialects import DIALECTS, recognised
from connectors.mention import Kind
from tests.connectors.forum.support import Listener
from tests.networks.forum import HOMES, SESSION, ForumServer, NodeBBServer
from tests.networks.standin import Fault

BY_TOPIC = ["askbot", "fluxbb", "mybb", "vbulletin", "xenforo"]


def server_of(software: str) -> ForumServer:
    return NodeBBServer() if software == "nodebb" else ForumServer(software)


@pytest.mark.parametrize("software", sorted(DIALECTS))
def test_a_software_is_recognised_by_its_home_page(software):
    found = recognised(f"<!doctype html><html>{HOMES[software]}</html>")
    assert found is not None and found.name == software


def test_a_page_without_marks_is_of_no_software():
    assert recognised("<html><body>Bienvenue à Valmont</body></html>") is None


@pytest.mark.parametrize("software", sorted(DIALECTS))
async def test_a_topic_is_read_with_its_author_title_and_forum(http, software):
    async with server_of(software).serving() as server:
        server.write("Huit heures d'attente, <b>honte</b> !", topic=45)
        (mention,) = await Listener(http, server).read()
        letter = "t45" if software in BY_TOPIC else "p1"
        assert mention.external_id == f"{server.key}/{letter}"
        assert mention.network == "forum" and mention.kind is Kind.POST
        assert mention.text == "Huit heures d'attente, honte !"
        assert mention.title == "Les urgences du CHU de Valmont"
        assert mention.author.name == "Lucette"
        assert mention.tags == ("Santé",)
        assert mention.published_at == server.posts[0].at
        assert mention.parent_id is None and mention.root_id is None
        assert SESSION not in (mention.url or "") and "PHPSESSID" not in (mention.url or "")


@pytest.mark.parametrize("software", ["phpbb", "smf", "nodebb"])
async def test_answers_hang_under_their_opening_post_also_when_it_was_read_earlier(http, software):
    async with server_of(software).serving() as server:
        listener = Listener(http, server)
        server.write("Au CHU de Valmont", topic=45)
        server.write("Pareil chez nous", topic=45, author="Marcel")
        opening, answer = sorted(await listener.read(), key=lambda m: m.external_id)
        assert answer.kind is Kind.REPLY
        assert answer.root_id == answer.parent_id == opening.external_id
        assert answer.title == "Les urgences du CHU de Valmont"
        listener.restarted()
        server.write("Moi aussi", topic=45)
        (late,) = await listener.read()
        assert late.root_id == opening.external_id


@pytest.mark.parametrize("software", ["phpbb", "smf"])
async def test_an_answer_under_an_opening_post_never_seen_names_its_topic(http, software):
    async with server_of(software).serving() as server:
        server.write("Au CHU", topic=45)
        server.write("Pareil", topic=45)
        del server.entries[0]
        (answer,) = await Listener(http, server).read()
        assert answer.kind is Kind.REPLY and answer.root_id == f"{server.key}/t45"


async def test_an_answer_with_a_subject_of_its_own_does_not_pass_for_the_opening_post(http):
    async with ForumServer("phpbb").serving() as server:
        server.write("Au CHU", topic=45)
        server.write("Rien à voir", topic=45)
        server.entries[1] = server.entries[1].replace("Re: Les urgences", "La cantine")
        _, answer = sorted(await Listener(http, server).read(), key=lambda m: m.external_id)
        assert answer.kind is Kind.REPLY and answer.root_id == f"{server.key}/p1"


@pytest.mark.parametrize("software", ["fluxbb", "vbulletin"])
async def test_last_posts_without_a_number_are_told_apart_from_their_topic(http, software):
    async with ForumServer(software).serving() as server:
        listener = Listener(http, server)
        server.write("Au CHU", topic=45)
        server.write("À la piscine", topic=46)
        assert len(await listener.read()) == 2
        last = server.write("Pareil chez nous", topic=45, author="Marcel")
        (answer,) = await listener.read()
        assert answer.external_id == f"{server.key}/t45@{int(last.at.timestamp())}"
        assert answer.kind is Kind.REPLY and answer.root_id == f"{server.key}/t45"
        assert answer.author.name == "Marcel"
        assert await listener.read() == []


async def test_opening_posts_alone_are_read_where_that_is_asked_for(http):
    for server in (ForumServer("vbulletin"), ForumServer("phpbb"), NodeBBServer()):
        async with server.serving():
            server.write("Au CHU", topic=45)
            server.write("Pareil", topic=45)
            (mention,) = await Listener(http, server, read="topics").read()
            assert mention.kind is Kind.POST and mention.text == "Au CHU"


async def test_xenforo_tells_how_many_answered_and_its_read_more_link_is_not_the_author_s(http):
    async with ForumServer("xenforo").serving() as server:
        server.write("Au CHU", topic=45)
        listener = Listener(http, server)
        (mention,) = await listener.read()
        assert mention.text == "Au CHU"
        (figures,) = [e for page in listener.pages for e in page.engagements]
        assert figures.replies == 0 and figures.views is None and figures.key == mention.key


async def test_nodebb_gives_votes_and_the_post_that_is_answered(http):
    async with NodeBBServer().serving() as server:
        server.write("Au CHU", topic=45)
        server.write("Pareil", topic=45)
        server.spoil = lambda post: {**post, "toPid": "1"} if post["pid"] == 2 else post
        listener = Listener(http, server)
        answer, opening = await listener.read()
        assert answer.parent_id == opening.external_id == f"{server.key}/p1"
        assert answer.author.external_id == f"{server.key}/u7" and answer.author.handle == "lucette"
        figures = [e for page in listener.pages for e in page.engagements]
        assert [(e.reactions, e.replies, e.views) for e in figures] == [(2, 1, None)] * 2


async def test_nodebb_picks_the_forums_and_topics_that_are_asked_for(http):
    async with NodeBBServer().serving() as server:
        server.write("Au CHU", topic=45)
        server.write("À la piscine", topic=46)
        assert len(await Listener(http, server, forums=("3",)).read()) == 2
        assert await Listener(http, server, forums=("9",)).read() == []
        (one,) = await Listener(http, server, topics=("46",)).read()
        assert one.text == "À la piscine"


async def test_nodebb_reads_votes_again_and_learns_what_is_gone(http):
    async with NodeBBServer().serving() as server:
        listener = Listener(http, server, refreshed=2)
        server.publish(3)
        await listener.read()
        server.gone.add(2)
        wanted = [f"{server.key}/p{number}" for number in (1, 2, 3)]
        counted, gone = await listener.refresh("ailleurs.example/p9", *wanted)
        assert [e.reactions for e in counted.engagements] == [12]
        assert [d.external_id for d in gone.deletions] == [f"{server.key}/p2"]


async def test_nodebb_gives_an_edited_post_again_and_a_repeated_one_not(http):
    async with NodeBBServer().serving() as server:
        listener = Listener(http, server)
        server.publish(3)
        await listener.read()
        listener.at += timedelta(minutes=5)
        assert await listener.read() == []
        server.spoil = lambda post: (
            {**post, "content": "Tout va bien"} if post["pid"] == 2 else post
        )
        (again,) = await listener.read()
        assert (again.external_id, again.text) == (f"{server.key}/p2", "Tout va bien")


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_what_nodebb_does_not_say_itself_erases_nothing_and_holds_up_no_post(http, status):
    async with NodeBBServer().serving() as server:
        listener = Listener(http, server)
        server.publish(2)
        await listener.read()
        server.faults.append(Fault(status=status, body=b"<html>Not here</html>"))
        pages = await listener.refresh(f"{server.key}/p1", f"{server.key}/p2")
        assert not any(page.deletions for page in pages)
        assert len([e for page in pages for e in page.engagements]) == 1


async def test_a_post_that_stands_in_two_feeds_is_given_once(http):
    async with ForumServer("phpbb").serving() as server:
        server.publish(3)
        feeds = (f"{server.url}app.php/feed", f"{server.url}app.php/feed/topics")
        given = await Listener(http, server, feeds=feeds).read()
        assert sorted(m.external_id for m in given) == [f"{server.key}/p{n}" for n in (1, 2, 3)]


async def test_ids_carry_the_forum_s_own_name_behind_a_mirror(http):
    async with ForumServer("phpbb").serving() as server:
        server.publish(1)
        listener = Listener(
            http, server, url="https://forum.valmont.example/sante/", base_url=server.url
        )
        (mention,) = await listener.read()
        assert mention.external_id == "forum.valmont.example/sante/p1"
