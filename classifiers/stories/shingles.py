"""Near-duplicates by shingles that are long enough for one in common to be no accident.

Usual MinHash joins rows of short shingles into bands (Broder 1997; Leskovec, Rajaraman & Ullman,
ch. 3). Posts about one hospital share short phrases by the hundred, so here a shingle is as long
as a band would be, and the smallest hashes of all shingles are kept: the bottom-k sketch, whose
every value is a band of its own. On the same texts it found more copies with fewer false pairs,
for a single hash a shingle.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

WORDS = 6  # of a shingle, at least …
LETTERS = 28  # … and so many letters: "il y en a de plus en plus" is anybody's
KEPT = 5  # shingles a text
SHORT = range(6, 9)  # words of texts in which one slip would break every shingle
EXACT_WORDS = 4
EXACT_LETTERS = 24  # "merci à toute l'équipe" is said by everybody, and is no copy

_SCATTER = 0x9E3779B1  # CRC-32 alone would favour texts that begin alike
_MASK = 0xFFFFFFFF

Words = Sequence[tuple[str, int]]  # stem, letters


def fingerprints(words: Words) -> list[str]:
    """What a near-duplicate of these words would share at least one of; none for short texts."""
    found = sorted(set(_shingles(words)), key=_rank)[:KEPT]
    if len(words) in SHORT:
        found += _with_one_left_out(words)
    return found or _exact(words)


def _shingles(words: Words) -> Iterator[str]:
    stems = [stem for stem, _ in words]
    end = letters = 0
    for start, (_, length) in enumerate(words):
        while end < len(words) and (end - start < WORDS or letters < LETTERS):
            letters += words[end][1]
            end += 1
        if end - start < WORDS or letters < LETTERS:
            return
        yield " ".join(stems[start:end])
        letters -= length


def _rank(shingle: str) -> int:
    return zlib.crc32(shingle.encode("utf-8", "surrogatepass")) * _SCATTER & _MASK


def _with_one_left_out(words: Words) -> list[str]:
    """One word was written otherwise: the others, in their order, tell the copy."""
    stems, letters = [stem for stem, _ in words], sum(length for _, length in words)
    return [
        "- " + " ".join(stems[:out] + stems[out + 1 :])
        for out, (_, length) in enumerate(words)
        if letters - length >= LETTERS
    ]


def _exact(words: Words) -> list[str]:
    if len(words) < EXACT_WORDS or sum(length for _, length in words) < EXACT_LETTERS:
        return []
    return ["= " + " ".join(stem for stem, _ in words)]
