"""How a letter is laid out: as text that reads well aloud, as Slack's brief, as HTML; whatever it says."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.domain.rule import Level
from listener.notifiers import safe
from listener.notifiers.blocks import ALL_LENGTH, blocks
from listener.notifiers.content import Chart, Content, Item, Section, Table, Tile
from listener.notifiers.mime import compose
from listener.notifiers.render import as_html, as_text, lay_out
from tests.listener.alerts import AT, CAMILLE
from tests.listener.letters import letter
from tests.listener.mail_tree import Tree
from tests.networks.slack_blocks import errors_of, too_long

HOSTILE = (
    "<script>alert(1)</script> \u202eevil <!channel> *gras* مرحبا https://mal.example 👩🏽‍⚕️💙 "
    + "x" * 5000
)


def laid(channel, content: Content | None = None, **options):
    return lay_out(
        content or letter(), channel=channel, recipient=CAMILLE, key="k", language="fr", **options
    )


def said(text: str) -> str:
    return text.replace("\xa0", " ")


def test_text_reads_well_aloud():
    text = said(as_text(letter(), language="fr"))
    assert (
        "\nMentions : 412, en nette hausse, semaine précédente : 131, il y a un an : 118.\n" in text
    )
    assert "\nUne seule histoire fait 239 mentions (58 %) : attente, effectifs et décès.\n" in text
    assert not re.search("[▲▼►↗↘→█]", text)
    assert "\n18 h : 12\n" in text
    assert "\nJour par jour\n" in text and letter().sections[0].chart.alt in as_text(letter())


def test_text_gives_an_item_two_lines_its_words_and_its_address():
    text = said(as_text(letter(), language="fr"))
    assert (
        "« Ma mère […] a attendu neuf heures sur un brancard, une honte »\n"
        "239 mentions, dont 187 négatives, nouvelle, X, Facebook et presse, 5 210 réactions, réponses"
        " et partages\nhttps://x.example/valmont/182114\n\nMerci aux sages-femmes de la maternité\n"
    ) in text


def test_slack_is_shown_the_brief_sections_alone():
    shown = said(json.dumps(laid("slack").blocks, ensure_ascii=False))
    assert "Jour par jour" in shown and "À faire cette semaine" in shown
    assert "Par thème" not in shown and "Incidents" not in shown
    assert '"65 % ↗"' in shown and '"67 ↘"' in shown and '"2 →"' in shown
    assert "above" in shown or "habitude" in shown or "usual" in shown
    assert shown.count('"type": "link"') == 1


def test_a_message_without_brief_sections_is_its_own_summary():
    whole = replace(letter(), sections=[replace(s, brief=False) for s in letter().sections])
    assert whole.summary() is whole
    assert [section.key for section in letter().summary().sections] == [
        "days",
        "stories",
        "actions",
    ]


def test_html_shows_the_sentence_largest_and_says_each_arrow_in_words():
    nodes = list(Tree(as_html(letter(), language="fr")).root.walk())
    sizes = {
        node.style["font-size"]: node
        for node in nodes
        if node.text.strip() and "font-size" in node.style
    }
    largest = sizes[max(sizes, key=lambda size: float(size.removesuffix("px")))]
    assert (largest.tag, largest.text) == ("h1", letter().lead)
    arrows = [node for node in nodes if node.text in ("▲", "▼", "►")]
    assert [node.attributes["aria-hidden"] for node in arrows] == ["true"] * 4
    assert [node.classes for node in arrows] == [["soft"], ["bad"], ["soft"], ["good"]]


def test_a_chart_is_a_picture_where_there_is_one_and_a_sentence_elsewhere():
    alt = letter().sections[0].chart.alt
    html = as_html(letter(), language="fr", sources={"days": "jours.png"})
    pictures = [node for node in Tree(html).root.walk() if node.tag == "img"]
    assert [node.attributes["src"] for node in pictures] == ["jours.png"]
    assert [node.attributes["alt"] for node in pictures] == [alt]
    without = list(Tree(as_html(letter(), language="fr")).root.walk())
    assert not [node for node in without if node.tag == "img"]
    assert alt in [node.text for node in without if node.tag == "p"]


def test_a_mail_carries_the_pictures_of_its_own_charts_alone():
    one = replace(letter(), sections=letter().sections[:1])
    sent = laid("email", one, drawn={"days": b"\x89PNG1", "themes": b"\x89PNG2"})
    mail = compose(sent, sender="veille@chu.example", sender_name="", thread=None, at=AT)
    (image,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert image["Content-ID"] == "<jours.png>"
    assert 'src="cid:jours.png"' in mail.get_body(("html",)).get_content()
    assert not laid("slack", one, drawn={"days": b"1"}).attachments


@pytest.mark.parametrize("channel", ["email", "text", "slack"])
def test_a_strangers_words_break_no_layout(channel):
    words = safe.excerpt(HOSTILE, (), masked=True, link_placeholder="[lien]")
    items = [Item(text=words, note="X", excerpt=words)] * 3
    sent = laid(channel, letter(sections=[Section(title="x", brief=True, items=items)]))
    shown = sent.text + (sent.html or "") + json.dumps(sent.blocks, ensure_ascii=False)
    assert "\u202e" not in shown and "mal.example" not in shown and "x" * 300 not in shown
    if channel == "text":
        assert "*gras*" not in shown and "<!channel>" not in shown
    if channel == "email":
        assert "<script" not in sent.html
        held = [n for n in Tree(sent.html or "").root.walk() if "xxxx" in n.text]
        assert len(held) == 6
        assert all(any("word-break" in above.style for above in node.above()) for node in held)


def test_a_full_letter_stays_below_what_gmail_shows():
    long = "Ce qui se dit de l’hôpital, " * 6
    link = "https://x.example/" + "y" * 80
    items = [
        Item(text=long[:110], note=long, tone="negative", link=link, link_label="Lire sur X")
    ] * 5
    rows = [("Effectifs et conditions de travail", *["1 234 (12 %)"] * 4)] * 12
    table = Table(head=rows[0], rows=rows, spoken=[long] * 12)
    tables = [Section(title="Titre", table=table, small=long)] * 4
    lists = [Section(title="Titre", items=items, small=long)] * 5
    lines = [Section(title="Titre", lines=[long] * 10)] * 3
    full = letter(sections=[*tables, *lists, *lines])
    assert len(as_html(full, language="fr").encode()) < 100_000


WORDS = st.text(max_size=12).map(safe.clean).filter(bool)
# As long as a paragraph, without drawing each of its letters.
SOME = st.builds(lambda word, times: safe.clean(f"{word} " * times), WORDS, st.integers(1, 60))
LINES = st.just("") | SOME
LISTS = st.lists(SOME, max_size=12)
ITEMS = st.builds(
    Item,
    text=SOME,
    note=LINES,
    excerpt=LINES,
    link=st.sampled_from([None, "https://x.example/1"]),
    link_label=st.just("Lire"),
)
SECTIONS = st.builds(
    Section,
    title=SOME,
    brief=st.booleans(),
    chart=st.none() | st.builds(Chart, name=st.just("days"), alt=SOME),
    lines=LISTS,
    items=st.lists(ITEMS, max_size=12),
    steps=LISTS,
    small=LINES,
)
LETTERS = st.builds(
    Content,
    level=st.just(Level.INFO),
    badge=LINES,
    title=LINES,
    lead=LINES,
    preface=LISTS,
    tiles=st.lists(
        st.builds(
            Tile, label=SOME, value=SOME, note=LINES, arrow=st.sampled_from(["", "up", "level"])
        ),
        max_size=6,
    ),
    sections=st.lists(SECTIONS, max_size=20),
    footer=LINES,
    letter=st.just(True),
)


@given(LETTERS)
def test_slack_takes_a_letter_of_any_length_and_is_always_given_its_end(content):
    shown = blocks(content)
    assert errors_of(json.loads(json.dumps(shown))) == [] and not too_long(shown)
    assert len(json.dumps(shown, ensure_ascii=False)) <= ALL_LENGTH + 2
    if content.footer:
        assert shown[-1]["type"] == "context"


@given(LETTERS)
def test_html_is_whole_whatever_it_is_given(content):
    headings = [
        node for node in Tree(as_html(content, language="fr")).root.walk() if node.tag == "h2"
    ]
    assert len(headings) == len(content.sections)
