"""The words by which a copy is known, whatever was put around them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from classifiers.text import MAX_CHARS

MAX_WORDS = 400  # of a longer text; a copy of an article shares its beginning
SHORTEST = 3  # letters; what is shorter says little, and comes and goes with every rewording
STEM = 4  # letters kept of a word: endings are where most slips and inflections are
NUMBER = "0"  # copies are passed on with another count of hours or victims

_MARKS = re.compile(r"[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff]+")
_AWAY = re.compile(r"(?:https?://|www\.)\S+|@[\w.@-]+")
_WORD = re.compile(r"#\w+|[^\W\d_]+|\d+")


def telling(text: str, common: Collection[str] = ()) -> list[tuple[str, int]]:
    """Stems of the words with the number of letters each word had, in their order.

    Case, accents, punctuation, emoji, links, handles, "RT" and hashtags at the end do not count.
    `common` are folded lower-case words that everybody uses here, such as the hospital's name.
    """
    written = _written(text[:MAX_CHARS])
    while written and written[-1][0] == "#":
        written.pop()
    found = []
    for word in written[:MAX_WORDS]:
        if word[0] == "#":
            word = word[1:]
        if word.isdigit():
            found.append((NUMBER, 1))
        elif len(word) >= SHORTEST and word not in common:
            found.append((word[:STEM], len(word)))
    return found


def words_of(names: Collection[str]) -> frozenset[str]:
    """The folded words of names, as `telling` takes them for `common`."""
    return frozenset(word for name in names for word in _written(name))


def _written(text: str) -> list[str]:
    """Folded lower-case words; one of a hashtag keeps its sign."""
    text = text.lower()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.replace("œ", "oe"))
        text = _MARKS.sub("", text)
    if "@" in text or "://" in text or "www." in text:
        text = _AWAY.sub(" ", text)
    return _WORD.findall(text)
