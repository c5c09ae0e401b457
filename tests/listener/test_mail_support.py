"""What an e-mail is made of: only what Outlook for Windows and Gmail lay out, readable by every eye.

Outlook lays out with Word: Microsoft, "Word 2007 HTML and CSS Rendering Capabilities in Outlook 2007"
(https://learn.microsoft.com/previous-versions/office/developer/office-2007/aa338201(v=office.12)), and
each feature's page at https://www.caniemail.com: padding on table cells alone, of `display` only `none`,
`max-width` on tables alone and from 2019 on, no media query. Gmail:
https://developers.google.com/workspace/gmail/design/css; it cuts messages at 102 kB.
Contrast: WCAG 2.2, success criterion 1.4.3 (https://www.w3.org/TR/WCAG22/#contrast-minimum).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest

from listener.notifiers.digest.content import digest_content
from listener.notifiers.render import as_html
from tests.listener import pictures
from tests.listener.digests import WEEKS
from tests.listener.letters import letter
from tests.listener.mail_tree import Node, Tree, contrast, hidden, nearest, rules_of
from tests.listener.situations import SITUATIONS

TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "div",
    "p",
    "span",
    "h1",
    "h2",
    "table",
    "tr",
    "td",
    "th",
    "a",
    "img",
}
ATTRIBUTES = {
    "lang",
    "xmlns:o",
    "charset",
    "name",
    "content",
    "class",
    "style",
    "role",
    "width",
    "height",
    "cellpadding",
    "cellspacing",
    "border",
    "bgcolor",
    "align",
    "valign",
    "scope",
    "href",
    "rel",
    "src",
    "alt",
    "dir",
    "aria-hidden",
}
TEXT = {
    "color",
    "background",
    "font-family",
    "font-size",
    "font-weight",
    "font-style",
    "letter-spacing",
    "line-height",
    "text-align",
    "text-decoration",
    "text-transform",
    "vertical-align",
    "margin",
    "word-break",  # from 2019 on
}
EDGES = {"border", "border-top", "border-bottom", "border-left"}
CELLS = {"td", "th"}
# What Word leaves out, and why the message bears it.
BORNE = {
    (
        "div",
        "display",
    ): "a quarter stands in a cell of its own; the first line is hidden by mso-hide",
    ("div", "width"): "the same",
    ("div", "padding-top"): "the footer moves up to its line",
    ("div", "max-height"): "hides the first line elsewhere",
    ("div", "overflow"): "the same",
    ("div", "mso-hide"): "Word's own",
    ("table", "max-width"): "a table of 600 pixels stands around it",
    ("a", "display"): "a button is a link with an edge",
    ("a", "padding"): "the same",
    ("a", "border-radius"): "the same",
    ("img", "display"): "an image stands alone in its line",
    ("img", "max-width"): "it has a width of its own",
    ("img", "width"): "the same",
    ("img", "height"): "the same",
    ("img", "border-radius"): "corners are square",
    ("td", "white-space"): "a label breaks in two",
    ("body", "padding"): "Word has margins of its own",
    ("body", "-webkit-text-size-adjust"): "Apple's own",
}
MSO = re.compile(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", re.DOTALL)


def _alert(name: str) -> Callable[[], str]:
    return lambda: pictures.message(SITUATIONS[name](), "email").html or ""


def _letter() -> str:
    sources = {"days": "cid:jours.png", "themes": "cid:themes.png"}
    return as_html(letter(banners=["Ceci est un exercice."]), language="fr", sources=sources)


def _digest(name: str) -> Callable[[], str]:
    made = WEEKS[name]
    return lambda: as_html(digest_content(made(), language="fr", excerpt="masked"), language="fr")


MAILS: Mapping[str, Callable[[], str]] = {
    **{name: _alert(name) for name in SITUATIONS},
    **{name: _digest(name) for name in WEEKS},
    "letter": _letter,
}


@pytest.fixture(params=MAILS)
def html(request) -> str:
    return MAILS[request.param]()


@pytest.fixture
def nodes(html) -> list[Node]:
    return list(Tree(html).root.walk())[1:]


def test_only_elements_and_attributes_that_both_know_are_used(nodes):
    assert {node.tag for node in nodes} <= TAGS
    assert {name for node in nodes for name in node.attributes} <= ATTRIBUTES


def test_only_properties_that_word_knows_are_used_or_such_as_it_may_leave_out(nodes):
    for node in nodes:
        known = (
            TEXT
            | EDGES
            | ({"padding", "padding-left", "width", "height"} if node.tag in CELLS else set())
        )
        for name, value in node.style.items():
            assert name in known or (node.tag, name) in BORNE, (node.tag, name)
            assert not re.search(r"!|url\(|var\(|calc\(|rgb|hsl|auto$", value) or name == "height"


def test_nothing_is_fetched_and_every_picture_has_words_and_a_width(html, nodes):
    fetched = re.findall(r"""url\(|@import|<link|<script|background=|src="(?!cid:)""", html)
    assert not fetched
    for image in (node for node in nodes if node.tag == "img"):
        assert image.attributes["alt"].strip() and int(image.attributes["width"]) <= 544


def test_a_table_is_for_layout_or_names_its_columns_and_rows(nodes):
    for table in (node for node in nodes if node.tag == "table"):
        heads = [node for node in table.walk() if node.tag == "th"]
        if table.attributes.get("role") == "presentation":
            assert all(
                "data" in next(n for n in h.above() if n.tag == "table").classes for h in heads
            )
            continue
        assert {head.attributes["scope"] for head in heads} == {"col", "row"}
        assert all(row.children[0].tag == "th" for row in table.children)


def test_headings_go_down_one_step_at_a_time(nodes):
    levels = [node.tag for node in nodes if re.fullmatch(r"h\d", node.tag)]
    assert levels[0] == "h1" and levels.count("h1") == 1 and set(levels[1:]) <= {"h2"}


def test_outlook_sees_whole_tables_where_others_see_a_comment(html):
    assert html.count("<!--[if mso]>") == html.count("<![endif]-->")
    as_word = MSO.sub(lambda found: found[1] if "<xml" not in found[1] else "", html)
    for table in (node for node in Tree(as_word).root.walk() if node.tag == "table"):
        assert {row.tag for row in table.children} <= {"tr"}
        assert {cell.tag for row in table.children for cell in row.children} <= CELLS


def test_the_message_is_whole_without_its_style_and_gmail_does_not_cut_it(html):
    assert len(html.encode()) < 100_000
    bare = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    for node in Tree(bare).root.walk():
        if node.text and node.tag != "title" and not hidden(node):
            assert any("font-size" in each.style for each in node.above())
            assert any("color" in each.style for each in node.above())
    assert all(len(block) < 8192 for block in re.findall(r"<style>(.*?)</style>", html, re.DOTALL))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_word_stands_out_from_its_ground(html, nodes, dark):
    rules = rules_of(html, r"@media \(prefers-color-scheme:dark\)\{(.*?\})\}") if dark else {}
    seen = set()
    for node in nodes:
        if (
            not node.text.replace("\xa0", "").strip()
            or node.tag in ("title", "style")
            or hidden(node)
        ):
            continue
        ink, ground = nearest(node, "color", rules), nearest(node, "background", rules)
        seen.add((ink, ground))
        assert contrast(ink, ground) >= 4.5, (node.text, ink, ground)
    assert len(seen) > 2


def test_outlooks_dark_mode_recolours_every_ink_that_the_dark_screen_does(html):
    dark = rules_of(html, r"@media \(prefers-color-scheme:dark\)\{(.*?\})\}")
    inks = {name: style["color"] for name, style in dark.items() if "color" in style}
    own = dict(
        re.findall(r"\[data-ogsc\] \.(\w+)\{color:(#\w+)!important\}", html.replace(",", "}"))
    )
    told = re.findall(r"((?:\[data-ogsc\] \.\w+,?)+)\{color:(#\w+)!important\}", html)
    own = {name: colour for names, colour in told for name in re.findall(r"\.(\w+)", names)}
    del inks["note"]  # on a ground of its own, which Outlook darkens together with its ink
    assert own == inks


def test_paper_gets_dark_ink_on_white(html):
    rules = rules_of(html, r"@media print\{(.*\})\}")
    grounds = {style["background"] for style in rules.values() if "background" in style}
    inks = {style["color"] for style in rules.values() if "color" in style}
    assert grounds == {"#fff"} and all(contrast(ink, "#ffffff") >= 4.5 for ink in inks)
    assert {"page", "card", "head", "said"} <= {
        name for name, s in rules.items() if "background" in s
    }
