"""The author's own words: quotes, statistics, smileys and sessions are not."""

from __future__ import annotations

import pytest

from tests.connectors.forum.support import Listener
from tests.networks.forum import ForumServer, NodeBBServer

QUOTES = {
    "phpbb": '<blockquote class="uncited"><div>Ma mère est morte<blockquote>Ah</blockquote></div></blockquote>',
    "smf": '<div class="quoteheader"><a href="x?topic=45.msg1#msg1">Citation de Paul</a></div>'
    '<blockquote class="bbc_standard_quote">Ma mère est morte</blockquote><div class="quotefooter"></div>',
    "fluxbb": '<div class="quotebox"><cite>Paul a écrit :</cite><blockquote><div><p>Ma mère est morte</p></div></blockquote></div>',
    "mybb": '<blockquote class="mycode_quote"><cite>Paul a écrit :</cite>Ma mère est morte</blockquote>',
    "vbulletin": '<div class="bbcode_container"><div class="bbcode_quote"><div class="bbcode_postedby">'
    'Envoyé par Paul <a href="showthread.php?p=1#post1">x</a></div>Ma mère est morte</div></div>',
    "vbulletin 3": '<div style="margin:20px"><div class="smallfont">Citation :</div>'
    '<table><tr><td class="alt2">Ma mère est morte</td></tr></table></div>',
    "xenforo": '<blockquote class="bbCodeBlock bbCodeBlock--quote" data-source="post: 1">Ma mère est morte</blockquote>',
    "nodebb": '</p><p><a href="/user/paul">@paul</a> <a href="/post/1">a dit</a> dans Urgences :</p>\n'
    "<blockquote><p>Ma mère est morte</p></blockquote><p>",
    "askbot": "[quote=Paul]Ma mère est [quote]oh[/quote] morte[/quote]",
}


@pytest.mark.parametrize("name", sorted(QUOTES))
async def test_what_somebody_else_said_is_not_in_the_author_s_text(http, name):
    software = name.split()[0]
    server = NodeBBServer() if software == "nodebb" else ForumServer(software)
    async with server.serving():
        server.write(f"{QUOTES[name]}Courage à vous", topic=45)
        (mention,) = await Listener(http, server).read()
        assert mention.text == "Courage à vous"


@pytest.mark.parametrize("name", ["smf", "nodebb"])
async def test_a_quote_that_names_its_post_says_what_is_answered(http, name):
    server = NodeBBServer() if name == "nodebb" else ForumServer(name)
    async with server.serving():
        server.write("Au CHU", topic=45)
        server.write("Ma mère est morte", topic=45)
        server.write(QUOTES[name].replace("msg1", "msg2").replace("post/1", "post/2"), topic=45)
        mentions = {m.external_id: m for m in await Listener(http, server).read()}
        answer = mentions[f"{server.key}/p3"]
        assert answer.parent_id == f"{server.key}/p2" and answer.root_id == f"{server.key}/p1"
        assert answer.text == ""


async def test_a_paragraph_of_the_author_is_not_taken_for_statistics(http):
    async with ForumServer("phpbb").serving() as server:
        server.write("Bilan : trois heures<br>Merci à l'équipe", topic=45)
        server.entries[0] = server.entries[0].replace("<p>Statistiques:", "<p>Posté ici:")
        (mention,) = await Listener(http, server).read()
        assert mention.text == "Bilan : trois heures\nMerci à l'équipe"


async def test_smileys_are_read_as_they_were_typed_and_photos_are_kept(http):
    async with ForumServer("phpbb").serving() as server:
        server.write(
            'Bravo <img class="smilies" src="./images/smilies/mad.gif" alt=":x">'
            '<img src="./download/file.php?id=9&amp;sid=0123456789abcdef0123456789abcdef" alt="Le couloir">',
            topic=45,
        )
        (mention,) = await Listener(http, server).read()
        assert mention.text == "Bravo :x"
        (photo,) = mention.media
        assert photo.alt == "Le couloir" and photo.url is not None
        assert photo.url.endswith("/download/file.php?id=9")


async def test_deep_and_endless_quotes_cost_no_more_than_their_post(http):
    async with ForumServer("phpbb").serving() as server:
        server.write("<blockquote>" * 3_000 + "x", topic=45)
        server.write("[quote]" * 5_000 + "[/quote]", topic=46)
        server.write("Au CHU", topic=47)
        mentions = await Listener(http, server).read()
        assert len(mentions) == 3


async def test_an_edited_post_is_given_again(http):
    async with ForumServer("phpbb").serving() as server:
        listener = Listener(http, server)
        server.publish(3)
        await listener.read()
        edited = server.entries[1].replace("billet 2", "billet 2 (corrigé)")
        server.entries[1] = edited.replace("</updated>", "</updated>").replace(
            "<updated>2026-11-20T08:00:02", "<updated>2026-11-20T09:00:00"
        )
        server.window -= 1  # another entity tag
        (again,) = await listener.read()
        assert again.external_id == f"{server.key}/p2" and "corrigé" in again.text
        assert again.edited_at is not None
