"""A channel's preview: what a message says, its figures, what it answers and passes on."""

from __future__ import annotations

import pytest

from connectors.mention import Kind
from connectors.telegram.figures import landing_subscribers, rounded
from tests.connectors.telegram.support import NOW, Listener
from tests.networks.telegram import CHANNEL, START, Telegram


async def one(http, server: Telegram, text: str = "", **fields):
    server.write(text, **fields)
    (mention,) = await Listener(http, server).read()
    return mention


@pytest.mark.parametrize(
    ("written", "figure"),
    [
        ("4.02K", 4_020), ("1.2M", 1_200_000), ("1.05B", 1_050_000_000), ("987", 987),
        ("12 345", 12_345), ("12\u00a0345", 12_345), ("1,234", 1_234), ("3,5K", 3_500), ("0", 0),
        ("", None), ("K", None), ("1.5", None), ("beaucoup", None), ("-3", None), ("1.2.3K", None),
    ],
)  # fmt: skip
def test_rounded_figures_are_read_or_unknown(written, figure):
    assert rounded(written) == figure


async def test_a_message_is_read_whole(http):
    async with Telegram().serving() as server:
        text = (
            'Bonjour &amp; merci <i class="emoji"><b>🚑</b></i><br/>Lire '
            '<a href="https://chu-valmont.example/avis?utm_source=tg">l\'avis</a> '
            '<a href="https://t.me/Ars_Valmont">@Ars_Valmont</a> '
            '<a href="?q=%23Urgences">#Urgences</a>'
        )
        mention = await one(http, server, html=text)
        assert mention.external_id == f"{CHANNEL}/2"
        assert mention.url == f"https://t.me/{CHANNEL}/2"
        assert mention.kind is Kind.POST
        assert mention.text.startswith("Bonjour & merci 🚑\nLire l'avis")
        assert mention.published_at == START and mention.edited_at is None
        assert mention.links == ("https://chu-valmont.example/avis",)
        assert mention.accounts == ("ars_valmont",)
        assert mention.tags == ("Urgences",)
        author = mention.author
        assert (author.handle, author.name, author.followers) == (CHANNEL, "CHU de Valmont", 4_020)


async def test_views_and_reactions_are_summed_and_bought_stars_are_not_people(http):
    async with Telegram().serving() as server:
        listener = Listener(http, server)
        stars = '<span class="tgme_reaction tgme_reaction_paid">900</span>'
        server.write("Au CHU", views="4.02K", reactions={"👍": "12", "1️⃣": "1.5K"}, after=stars)
        server.write("Sans chiffres", views="", reactions=None)
        await listener.read()
        (figures,) = [e for page in listener.pages for e in page.engagements]
        assert (figures.views, figures.reactions) == (4_020, 1_512)
        assert figures.replies is None and figures.shares is None


async def test_an_answer_is_not_read_as_what_it_answers(http):
    async with Telegram().serving() as server:
        answered = (
            f'<a class="tgme_widget_message_reply" href="https://t.me/{CHANNEL}/7?single">'
            '<div class="tgme_widget_message_text js-message_text">Huit heures !</div></a>'
        )
        mention = await one(http, server, "Nous sommes désolés", before=answered)
        assert mention.kind is Kind.REPLY and mention.text == "Nous sommes désolés"
        assert mention.parent_id == mention.root_id == f"{CHANNEL}/7"


async def test_what_is_passed_on_names_its_origin(http):
    async with Telegram().serving() as server:
        origin = (
            '<div class="tgme_widget_message_forwarded_from">Forwarded from '
            '<a class="tgme_widget_message_forwarded_from_name" href="https://t.me/Info_Valmont/55">'
            "<span>Info Valmont</span></a></div>"
        )
        server.write("Grève aux urgences", before=origin)
        server.write(
            "D'un inconnu", before=origin.replace('href="https://t.me/Info_Valmont/55"', "")
        )
        hidden, known = await Listener(http, server).read()
        assert known.kind is hidden.kind is Kind.REPOST
        assert known.repost_of == "info_valmont/55" and hidden.repost_of is None


async def test_a_photo_and_a_video_without_words_are_messages_too(http):
    async with Telegram().serving() as server:
        photo = (
            '<a class="tgme_widget_message_photo_wrap" style="width:800px;'
            "background-image:url('https://cdn4.telesco.example/file/a.jpg')\"></a>"
        )
        video = (
            '<a class="tgme_widget_message_video_player"><video src="https://cdn4.telesco.example/v.mp4">'
            '</video><time class="message_video_duration" datetime="PT0S">0:14</time></a>'
        )
        mention = await one(http, server, before=photo + video)
        assert mention.text == ""
        assert [(m.kind, m.url) for m in mention.media] == [
            ("image", "https://cdn4.telesco.example/file/a.jpg"),
            ("video", "https://cdn4.telesco.example/v.mp4"),
        ]
        assert mention.published_at == START


async def test_a_poll_a_document_and_a_linked_page_have_their_words(http):
    async with Telegram().serving() as server:
        poll = (
            '<div class="tgme_widget_message_poll"><div class="tgme_widget_message_poll_question">'
            'Content des urgences ?</div><div class="tgme_widget_message_poll_option_text">Non</div></div>'
        )
        card = (
            '<a class="tgme_widget_message_link_preview" href="https://lecourrier.example/1">'
            '<div class="link_preview_title">Le CHU de Valmont en grève</div></a>'
        )
        server.write("", after=poll)
        server.write("À lire", after=card)
        shared, asked = await Listener(http, server).read()
        assert asked.text == "Content des urgences ?\nNon"
        assert shared.title == "Le CHU de Valmont en grève"
        assert shared.links == ("https://lecourrier.example/1",)


async def test_service_messages_are_passed_over(http):
    async with Telegram().serving() as server:
        server.write("Photo de la chaîne changée", kind="service_message")
        server.write("")
        assert await Listener(http, server).read() == []


async def test_an_edited_message_is_given_again_and_others_are_not(http):
    async with Telegram().serving() as server:
        listener = Listener(http, server)
        server.write("Huit heures d'attente")
        server.write("Autre chose")
        assert [m.edited_at for m in await listener.read()] == [None, None]
        server.messages[0]["text"] = "Neuf heures d'attente"
        server.messages[0]["meta"] = "edited "
        (again,) = await listener.read()
        assert again.text == "Neuf heures d'attente" and again.edited_at == NOW
        assert await listener.read() == []


async def test_a_message_without_date_costs_itself_alone(http):
    async with Telegram().serving() as server:
        server.write("Sans date", datetime="hier")
        server.write("Au CHU")
        listener = Listener(http, server)
        (mention,) = await listener.read()
        assert mention.text == "Au CHU"
        (reject,) = [r for page in listener.pages for r in page.rejects]
        assert "without its date" in reject.error


def test_the_landing_page_counts_exactly():
    page = '<div class="tgme_page_extra">12\u00a0345 subscribers, 12 online</div>'
    assert landing_subscribers(page) == 12_345
    assert landing_subscribers('<div class="tgme_page_extra">@camille</div>') is None
