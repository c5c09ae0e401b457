"""A text as the detector reads it: its words, what stands between them, what each may mean."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from classifiers.confidentiality import meanings as m
from classifiers.text import fold

NEAR = 90  # characters between a name and the word of care that makes it a patient's

_WORD = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)*)")
_LONGEST_WORD = 64
_STOP = re.compile(r"[.!?…\n]")
_OPENS = re.compile(r"[.!?…\n:;«\"(•“-]\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters `start` to `end` (excluded) of the text that was given, and what they are.

    `kind`: name, of who may be a patient; carer, a name that the text gives to a carer; handle;
    role; age, detail (a trade, a town) and room, of somebody told by one of these; care, what a
    hospital's reply confirms; file, phone, email, nir, birth_date.
    """

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Passage:
    """`words`, `starts` and `parts` run in parallel; `gaps[i]` stands before word i."""

    text: str
    words: Sequence[str]
    gaps: Sequence[str]
    starts: Sequence[int]
    parts: Sequence[int]  # bits of `meanings`

    def __len__(self) -> int:
        return len(self.words)

    def folded(self, i: int) -> str:
        return _folded(self.words[i])

    def said(self, i: int) -> int:
        """What word i means, nothing where there is none."""
        return self.parts[i] if 0 <= i < len(self.parts) else 0

    def beside(self, i: int, *, dot: bool = False) -> bool:
        """Whether word i follows the one before it at once, an initial's stop allowed between."""
        if not 0 < i < len(self.words):
            return False
        gap = self.gaps[i]
        if gap == " ":
            return True
        if dot or len(self.words[i - 1]) == 1:
            gap = gap.removeprefix(".")
        return len(gap) <= 2 and not gap.strip(" \u00a0\u202f'’-")

    def opens(self, i: int) -> bool:
        """Whether word i opens a sentence, a quotation or a line."""
        before = self.text[max(0, self.starts[i] - 4) : self.starts[i]]
        return not before.strip() or _OPENS.search(before) is not None

    def breaks(self, i: int) -> bool:
        """Whether a sentence ends before word i."""
        return _STOP.search(self.gaps[i]) is not None

    def end(self, i: int) -> int:
        """Where word i ends; an initial keeps its full stop: "Mme L."."""
        end = self.starts[i] + len(self.words[i])
        return end + (len(self.words[i]) == 1 and self.text[end : end + 1] == ".")

    def where(self, meaning: int) -> list[int]:
        """Where the words start that mean any of this."""
        return [self.starts[i] for i, part in enumerate(self.parts) if part & meaning]


def near(places: Sequence[int], start: int, end: int, reach: int = NEAR) -> bool:
    """Whether one of the sorted places lies within reach of the characters start to end."""
    position = bisect_left(places, start - reach)
    return position < len(places) and places[position] <= end + reach


def read(text: str) -> Passage:
    pieces = _WORD.split(text)
    words = pieces[1::2]
    return Passage(
        text=text,
        words=words,
        gaps=pieces[::2],
        starts=list(accumulate(map(len, pieces)))[::2],
        parts=list(map(_parts, words)),
    )


def _parts(word: str) -> int:
    return _means(word) if len(word) <= _LONGEST_WORD else _means(word[:_LONGEST_WORD])


def _folded(word: str) -> str:
    return fold(word[:_LONGEST_WORD].lower())


@lru_cache(maxsize=1 << 14)
def _means(word: str) -> int:
    return m.meanings(word, _folded(word))
