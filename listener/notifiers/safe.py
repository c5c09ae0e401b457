"""Untrusted text made harmless: what a stranger wrote never moves a cursor, pings, links or hides."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import urlsplit

MASK = "[…]"
EXCERPT_LENGTH = 200  # characters: two lines of a phone
LINK_LENGTH = 2000
COMBINING_MARKS = 3  # on one letter; beyond, it is ornament that covers the lines around

_URL = re.compile(r"\b(?:[a-z][a-z0-9+.-]{1,15}://|www\.|mailto:)\S+", re.IGNORECASE)
_DOT_OF_A_NAME = re.compile(r"(?<=[^\W\d_])([.@])(?=[^\W\d_]{2})")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
# The blocks of combining marks; French, Arabic and Vietnamese never stack more than two or three.
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_MARKS = re.compile(f"({_MARK}{{{COMBINING_MARKS}}}){_MARK}+")
# Mail and chat programs make a link of any "name.tld": this invisible mark stops them.
_NON_JOINER = "\u200c"
_MARKUP = re.compile(r"([@<#&*_~`|\[\]()\\>])")
# Emoji are joined by these; anywhere else format characters are dropped.
_KEPT_FORMATS = frozenset("\u200d\ufe0f")


def clean(text: str) -> str:
    """One line of printable text: no control, escape, direction or invisible characters."""
    text = _ANSI.sub("", text)
    text = unicodedata.normalize("NFC", _spaced(text))
    shown = "".join(char for char in text if _is_shown(char))
    return _collapse(_MARKS.sub(r"\1", shown))


def _spaced(text: str) -> str:
    return "".join(" " if char.isspace() and char not in "\xa0\u202f" else char for char in text)


def _collapse(text: str) -> str:
    return re.sub(r" {2,}", " ", text).strip(" ")


def _is_shown(char: str) -> bool:
    # Cc controls, Cf formats (bidi overrides, zero widths, tags), Cs lone surrogates, Co private use.
    return char in _KEPT_FORMATS or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def mask(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Replace each span, given in characters of `text`, by a mark; overlapping ones by one mark."""
    merged: list[list[int]] = []
    for start, end in sorted((max(start, 0), min(end, len(text))) for start, end in spans):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    for start, end in reversed(merged):
        text = text[:start] + MASK + text[end:]
    return text


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words where there is one to cut at."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    if space > limit // 2:
        cut = cut[:space]
    return cut.rstrip(" \xa0\u202f,;:.-–—\u200d") + "…"


def unlinked(text: str, *, placeholder: str) -> str:
    """Text in which no program finds a link to offer: a stranger's link is not ours to pass on."""
    text = _URL.sub(placeholder, text)
    return _DOT_OF_A_NAME.sub(rf"\1{_NON_JOINER}", text)


def excerpt(
    text: str, spans: Sequence[tuple[int, int]], *, masked: bool, link_placeholder: str
) -> str:
    """What may be shown of a post: masked first, as the spans are positions in the text given."""
    text = text[: 20 * EXCERPT_LENGTH]  # a whole article need not be cleaned for two lines of it
    shown = clean(mask(text, spans) if masked else text)
    shown = _URL.sub(link_placeholder, shown)
    return unlinked(shorten(shown, EXCERPT_LENGTH), placeholder=link_placeholder)


def unmarked(text: str) -> str:
    """Text that no chat program reads as a ping, emphasis, code or a link of its own."""
    return _MARKUP.sub(rf"\1{_NON_JOINER}", text)


def link(url: str | None) -> str | None:
    """An http(s) address that leads where it seems to lead, or None."""
    if not url or len(url) > LINK_LENGTH or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or "\\" in url:
        return None
    return url


def header(text: str, limit: int = 200) -> str:
    """One line that may stand in a mail header."""
    return shorten(clean(text), limit)
