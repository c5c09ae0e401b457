"""Who may be recognised in a text: names near words of care, numbers, addresses, dates of birth.

Recall before precision: a masked town costs a reader a guess, a named patient costs much more, so
any personal name near a word of care is taken, a carer's too. Pure Python and linear in the text:
every pattern is bounded, and each word is looked at once.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from classifiers.names import (
    CARE,
    CARE_WORDS,
    FIRST_NAMES,
    HOUSES,
    NEVER_NAMES,
    PARTICLES,
    PLACES,
    POSSESSED,
    RELATIONS,
    TITLES,
)
from classifiers.text import fold

NEAR = 90  # characters between a name and the word of care that makes it a patient's
MASK = "[…]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters `start` to `end` (excluded) of the text that was given, and what they are."""

    start: int
    end: int
    kind: str  # name · phone · email · nir · birth_date


_FIXED = re.compile(
    r"(?P<email>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})"
    r"|(?<![\d.,])(?P<nir>[12][ .]?\d\d[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?(?:\d\d|2[AB])"
    r"[ .]?\d{3}[ .]?\d{3}(?:[ .]?\d\d)?)(?!\d)"
    r"|(?<![\d])(?P<phone>(?:(?:\+|00)\d{2,3}[ .-]?(?:\(0\)[ .-]?)?\d{1,3}|0[1-9])"
    r"(?:[ .-]?\d{2,3}){3,4})(?!\d)"
)
_BIRTH = re.compile(
    r"\b(?:née?s?|naissance|ddn)\b[^\d\n]{0,20}"
    r"(?P<date>\d{1,2}(?:[ ./-]\d{1,2}[ ./-]|(?:er)? ?[^\W\d_]{3,9} )(?:\d{4}|\d{2}))\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_STOP = re.compile(r"[.!?…\n]")
_SENTENCE_END = re.compile(r"[.!?…\n:;«\"(•-]\s*$")


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str
    folded: str

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()


def find_patients(text: str) -> list[Span]:
    """Spans that may tell who was cared for, in order and disjoint."""
    spans = [
        Span(start=m.start("date"), end=m.end("date"), kind="birth_date")
        for m in _BIRTH.finditer(text)
    ]
    spans += [
        Span(start=m.start(), end=m.end(), kind=str(m.lastgroup)) for m in _FIXED.finditer(text)
    ]
    return _disjoint([*spans, *_names(text)])


def mask_patients(text: str, mark: str = MASK) -> str:
    """The text with each span of `find_patients` replaced by `mark`."""
    parts, position = [], 0
    for span in find_patients(text):
        parts += [text[position : span.start], mark]
        position = span.end
    return "".join([*parts, text[position:]])


def _names(text: str) -> Iterator[Span]:
    words = _words(text)
    capitals = sum(word.capital for word in words)
    shouted = capitals > 8 and capitals > 0.7 * len(words)
    cares = [w.start for w in words if w.folded in CARE_WORDS or w.folded.startswith(CARE)]
    places = sorted(cares + [w.start for w in words if w.folded in HOUSES])
    taken = 0
    for index, word in enumerate(words):
        if index < taken:
            continue
        if word.folded in TITLES:
            end = _after_title(text, words, index + 1)
        elif shouted or not word.capital:
            end = _after_relation(text, words, index)
        else:
            end = _capitalised(text, words, index, cares, places)
        first = index + 1 if word.folded in TITLES else index
        if end > first:
            taken = end
            yield Span(start=words[first].start, end=_end(text, words[end - 1]), kind="name")


def _after_title(text: str, words: Sequence[_Word], first: int) -> int:
    """Index after the name that a title announces, `first` if it announces none."""
    if first >= len(words) or not _adjacent(text, words[first - 1], words[first], dot=True):
        return first
    title, word = words[first - 1], words[first]
    named = first + _particles(text, words, first)
    if named > first:
        return _run(text, words, named)
    # "m" without its stop is a metre or a slip more often than a gentleman.
    vague = title.folded in {"pere", "soeur"} or (
        title.folded == "m" and text[title.end : title.end + 1] != "."
    )
    if not word.capital and (vague or len(word.text) < 3):
        return first
    if word.folded in NEVER_NAMES and not (len(word.text) == 1 and word.capital):
        return first
    if word.capital:
        return _run(text, words, first)
    following = first + 1 < len(words) and words[first + 1].folded in FIRST_NAMES
    return first + 2 if word.folded in FIRST_NAMES and following else first + 1


def _after_relation(text: str, words: Sequence[_Word], index: int) -> int:
    """A first name without its capital, beside "voisin" or "infirmière"; and the name after it."""
    if words[index].folded not in FIRST_NAMES:
        return index
    for word in words[index + 1 : index + 3]:
        if word.folded in RELATIONS and not _STOP.search(text, words[index].end, word.start):
            return index + 1
    before = words[index - 1] if index else words[index]
    if before.folded not in RELATIONS or not _adjacent(text, before, words[index]):
        return index
    after = index + 1
    if after < len(words) and _adjacent(text, words[index], words[after]):
        follower = words[after].folded
        if len(follower) > 2 and follower not in NEVER_NAMES and not follower.startswith(CARE):
            return after + 1
    return after


def _capitalised(
    text: str, words: Sequence[_Word], index: int, cares: Sequence[int], places: Sequence[int]
) -> int:
    """Index after the run of capitalised words that begins here, if it may name somebody."""
    hashtag = text[max(0, words[index].start - 1) : words[index].start] == "#"
    if hashtag or not _may_name(words[index]):
        return index
    end = _run(text, words, index)
    known = any(_first_name(word) for word in words[index:end])
    shouted = all(len(word.text) > 1 and word.text.isupper() for word in words[index:end])
    if not known and (shouted or (end - index == 1 and _unlikely_alone(text, words, index))):
        return index
    if known and end - index > 1:  # a whole name is somebody's, wherever it stands
        return end
    related = index > 0 and words[index - 1].folded in POSSESSED
    near = _near(words[index], words[end - 1], places if known else cares)
    return end if related or near else index


def _unlikely_alone(text: str, words: Sequence[_Word], index: int) -> bool:
    """One capitalised word, no first name: opening a sentence, or where a town would stand."""
    word = words[index]
    if len(word.text) == 1 or _opens_sentence(text, word):
        return True
    if index == 0:
        return False
    before = words[index - 1].folded
    if before in {"de", "d"} and index > 1 and words[index - 2].folded in POSSESSED:
        return False
    return before in PLACES


def _run(text: str, words: Sequence[_Word], first: int) -> int:
    """Index after the capitalised words that follow each other from `first`, particles included."""
    end = first + 1
    while end < len(words) and end - first < 6 and _adjacent(text, words[end - 1], words[end]):
        if words[end].capital and (_may_name(words[end]) or len(words[end].text) == 1):
            end += 1
        elif particles := _particles(text, words, end):
            end += particles + 1
        else:
            break
    return end


def _particles(text: str, words: Sequence[_Word], index: int) -> int:
    """How many particles at `index` lead to another part of the name: one in "de Villiers"."""
    for count in range(3):
        here = index + count
        if here >= len(words) or not _adjacent(text, words[here - 1], words[here], dot=True):
            return 0
        if count and words[here].capital and _may_name(words[here]):
            return count
        if words[here].folded not in PARTICLES:
            return 0
    return 0


def _may_name(word: _Word) -> bool:
    return word.folded not in NEVER_NAMES and word.folded not in TITLES


def _first_name(word: _Word) -> bool:
    """Whether it is one, or begins like one: Anne-So as Anne."""
    return word.folded in FIRST_NAMES or word.folded.partition("-")[0] in FIRST_NAMES


def _near(first: _Word, last: _Word, cares: Sequence[int]) -> bool:
    position = bisect_left(cares, first.start - NEAR)
    return position < len(cares) and cares[position] <= last.end + NEAR


def _adjacent(text: str, left: _Word, right: _Word, *, dot: bool = False) -> bool:
    gap = text[left.end : right.start]
    if len(left.text) == 1 or dot:
        gap = gap.removeprefix(".")
    return len(gap) <= 2 and gap.strip(" \u00a0\u202f'’-") == ""


def _opens_sentence(text: str, word: _Word) -> bool:
    before = text[max(0, word.start - 4) : word.start]
    return not before.strip() or _SENTENCE_END.search(before) is not None


def _end(text: str, word: _Word) -> int:
    """An initial keeps its full stop: "Mme L."."""
    return word.end + (len(word.text) == 1 and text[word.end : word.end + 1] == ".")


def _words(text: str) -> list[_Word]:
    return [_Word(m.start(), m.end(), m[0], fold(m[0][:64].lower())) for m in _WORD.finditer(text)]


def _disjoint(spans: Iterable[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept
