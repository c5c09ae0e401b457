"""HTML and odd characters into text that a person would recognise and a database accepts."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.text import (
    Fragment,
    html_images,
    html_links,
    html_to_line,
    html_to_text,
    language_code,
    one_line,
    plain,
)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Au <b>CHU</b> de&nbsp;Valmont</p><p>x<br/>y</p>", "Au CHU de Valmont\n\nx\ny"),
        ("<script>alert(1)</script><style>p{}</style>Bonjour<!-- non -->", "Bonjour"),
        ("<ul><li>un<li>deux</ul>", "un\ndeux"),
        ("<blockquote>Léa : attente</blockquote>7 h <b>ici</b>", "Léa : attente\n7 h ici"),
        ("<div>un</div> <div>deux</div><em>trois</em>", "un\ndeux\ntrois"),
        ("un<br>deux<hr>trois", "un\ndeux\ntrois"),
        ("l&#8217;h&ocirc;pital", "l’hôpital"),
        ("a < b et <3", "a < b et <3"),
        ("prix &lt; 5 &amp; plus", "prix < 5 & plus"),
        ("&lt;b&gt;CHU&lt;/b&gt; de Valmont", "CHU de Valmont"),
        ("&amp;lt;p&amp;gt;H&amp;amp;M&amp;lt;/p&amp;gt;", "H&M"),
        ("un\n  texte\r\nplié", "un texte plié"),
        ("<p>non fermé", "non fermé"),
        ("", ""),
    ],
)
def test_html_becomes_what_a_reader_would_see(html, text):
    assert html_to_text(html) == text if "<" in html or "&" in html else True
    assert " ".join(html_to_text(html).split()) == html_to_line(html)


def test_invisible_characters_neither_hide_words_nor_disguise_them():
    assert plain("ur\u00adgen\u200bces \u202egnp.exe\u2066") == "urgences gnp.exe"
    assert plain("ho\u0302pital") == "hôpital"
    assert plain("demi-emoji \ud83d, entier 👩‍⚕️") == "demi-emoji \ufffd, entier 👩‍⚕️"
    assert plain("a\x00b\tc  d\n\n\n\ne ") == "ab c d\n\ne"


def test_images_and_links_are_found_and_tracking_pixels_left_out():
    html = (
        '<img src="a.jpg" alt=" Le  hall "><img src="p.gif" width="1"><a href="https://x.example">x</a>'
        '<a href="javascript:alert(1)">y</a>'
    )
    assert html_images(html) == (("a.jpg", "Le hall"),)
    assert html_links(html) == ("https://x.example",)


def test_a_fragment_leaves_out_elements_by_class_also_those_within_each_other():
    html = (
        '<aside class="quote big">un<aside class="quote">deux</aside></aside>'
        '<aside class="note">trois <a class="name" href="https://x.example/a">@léa</a></aside>'
        '<div class="quote">quatre <img src="a.jpg"></div><svg><title>cinq</title></svg>'
    )
    fragment = Fragment(html)
    fragment.drop("aside", "quote", "other")
    assert fragment.words("a", "name") == ("@léa",)
    assert fragment.links() == ("https://x.example/a",)
    assert fragment.images() == (("a.jpg", None),)
    assert fragment.text() == "trois @léa\nquatre"


@pytest.mark.parametrize(
    "hostile",
    ["<div>" * 200_000, "<b><p></b>" * 50_000, "&" * 300_000, "<!--" * 100_000, "<a><table>" * 30_000,
     "<img src='data:image/png;base64," + "A" * 900_000 + "'>fin", "&amp;" * 100_000,
     "<aside class=quote>" * 10_000],
)  # fmt: skip
def test_hostile_markup_costs_little(hostile):
    started = time.perf_counter()
    html_to_text(hostile)
    Fragment(hostile).drop("aside", "quote")
    assert time.perf_counter() - started < 2


def test_a_picture_inside_the_text_does_not_eat_the_words_after_it():
    html = f"<img src='data:image/png;base64,{'A' * 500_000}'>La suite"
    assert html_to_text(html) == "La suite"


@given(st.text(alphabet=st.characters()))
def test_plain_text_is_stable_and_always_storable(text):
    once = plain(text)
    assert plain(once) == once
    assert once.encode("utf-8").decode() == once
    assert unicodedata.is_normalized("NFC", once)
    assert "\n" not in one_line(text)


@given(st.text(alphabet="<>&;abp/ #x26!-lt\"'\n\ud83d", max_size=200))
def test_no_markup_makes_the_reading_fail(html):
    assert html_to_text(html).encode("utf-8") is not None
    html_images(html)
    html_links(html)


@pytest.mark.parametrize(
    ("declared", "code"),
    [("fr-FR", "fr"), ("FR_ch", "fr"), ("en", "en"), ("français", None), ("", None), (None, None)],
)
def test_a_declared_language_is_cut_to_its_code(declared, code):
    assert language_code(declared) == code


@given(st.text(st.one_of(st.characters(), st.sampled_from(" \n\u00a0e\u0301\u200b")), max_size=60))
@example("un  \n\n \n\n deux\n")
def test_the_short_way_of_printable_text_ends_where_the_long_one_does(text: str) -> None:
    assert plain(text) == plain(f"{text}\u00ad"), "an invisible character forces the long way"
