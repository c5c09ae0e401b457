"""Telegram's rounded figures, and the two pages that stand beside a preview."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from connectors.text import one_line

_ROUNDED = re.compile(r"(\d{1,12}(?:[.,]\d{1,3})?)([KMB])?", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=\d)[,.](?=\d{3}(?!\d))")
_SIZES = {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}


def landing_subscribers(html: str) -> int | None:
    """Of the page that stands in for a preview: t.me/{channel}, with the exact figure."""
    for node in LexborHTMLParser(html).css(".tgme_page_extra"):
        said = one_line(node.text()[:2_000])
        if "subscriber" in said:
            return rounded(said.partition("subscriber")[0].replace(" ", ""))
    return None


def says_it_is_gone(html: str) -> bool:
    """Of a message asked for by itself, as an embedded widget."""
    tree = LexborHTMLParser(html)
    return (
        tree.css_first(".tgme_widget_message_error") is not None
        and tree.css_first(".tgme_widget_message[data-post]") is None
    )


def rounded(written: str) -> int | None:
    """ "4.02K", "1.2M", "12 345": None where it is no figure."""
    bare = "".join(written.split())
    found = _ROUNDED.fullmatch(bare if bare[-1:].isalpha() else _THOUSANDS.sub("", bare))
    if found is None or (not found[2] and not found[1].isdecimal()):
        return None
    return round(float(found[1].replace(",", ".")) * _SIZES[(found[2] or "").upper()])
