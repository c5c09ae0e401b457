from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.notifiers import safe


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://chu-valmont.example@mal.example/",
        "https://mal.example/\n<a>",
        "http:///x",
        "https://[::1",
        "https://x.example/" + "a" * 3000,
        "",
    ],
)
def test_an_address_that_deceives_is_not_shown(link):
    assert safe.link(link) is None


def test_an_excerpt_ends_at_a_word_and_offers_no_address():
    long = "mot " * 40 + "https://mal.example/hameçon mal.example/x www.mal.example " + "fin " * 40
    shown = safe.excerpt(long, (), masked=True, link_placeholder="[lien]")

    assert len(shown) <= 200 + shown.count("\u200c")
    assert shown.endswith(("fin…", "[lien]…"))
    assert "mal.example" not in shown


@pytest.mark.parametrize(
    ("spans", "shown"),
    [
        ([(0, 3)], "[…]def"),
        ([(1, 2), (2, 3)], "a[…]def"),
        ([(4, 99), (-5, 1)], "[…]bcd[…]"),
        ([(3, 3), (5, 2)], "abcdef"),
        ([(0, 6), (1, 2)], "[…]"),
    ],
)
def test_masks_cover_their_spans_however_they_lie(spans, shown):
    assert safe.mask("abcdef", spans) == shown


wild_text = st.text(st.characters(), max_size=400)


@given(text=wild_text, spans=st.lists(st.tuples(st.integers(-5, 450), st.integers(-5, 450))))
def test_nothing_that_a_mask_covers_is_shown(text, spans):
    secret = "".join("☠" if any(a <= i < b for a, b in spans) else "." for i in range(len(text)))

    assert "☠" not in safe.mask(secret, spans)


@given(text=wild_text)
def test_any_text_becomes_one_short_printable_line(text):
    shown = safe.excerpt(text, (), masked=True, link_placeholder="[lien]")

    assert len(shown.replace("\u200c", "")) <= safe.EXCERPT_LENGTH
    assert all(c.isprintable() or c in "\u200c\u200d\xa0\u202f" for c in shown)
