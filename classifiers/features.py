"""Texts into hashed word and character n-grams and lexicon figures, a whole batch at once.

Texts are laid end to end in one array of code points and every step is one numpy operation over
the batch; no Python object is made for an n-gram. Each n-gram keeps the token it stands in, so
that a score can be traced back to words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.tables import FOLD, KIND, SPACE, SYMBOL, UPPER, WORD

BITS = 18
BUCKETS = 1 << BITS
CHAR_SIZES = (2, 3, 4, 5)
NEGATION_REACH = 4  # tokens after "pas", "jamais", "sans"…
NEGATORS = ("pas", "jamais", "aucun", "aucune", "rien", "sans", "ni", "plus", "guere", "nullement")
FIGURES = (
    "bias", "positive", "negative", "balance", "most_positive", "most_negative", "negations",
    "exclamations", "questions", "ellipses", "handles", "hashtags", "digits", "shouting", "length",
    "link",
)  # fmt: skip

_BASE = np.uint64(0x9E3779B97F4A7C15 | 1)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_LONGEST = 48  # characters of a token that its hash knows
with np.errstate(over="ignore"):
    _POWERS = np.cumprod(np.full(_LONGEST, _BASE, dtype=np.uint64))

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Sorted token hashes and their valence, about -1 to 1."""

    hashes: Hashes
    valences: NDArray[np.float32]

    def look_up(self, hashes: Hashes) -> NDArray[np.float32]:
        """One valence a hash, 0 where unknown."""
        if not len(self.hashes):
            return np.zeros(len(hashes), dtype=np.float32)
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return np.where(self.hashes[at] == hashes, self.valences[at], np.float32(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grams:
    """Occurrences of n-grams: the document, bucket and token of each, in document order."""

    document: Ints
    bucket: Ints
    token: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A batch laid end to end: first what is known of each character, then of each token."""

    codes: NDArray[np.uint32]
    folded: NDArray[np.uint32]
    space: NDArray[np.bool_]
    document_at: Ints  # a character
    token_at: Ints  # a character, the following token for a space
    start: Ints
    end: Ints
    document: Ints
    hash: Hashes
    kind: NDArray[np.uint8]

    def word(self, index: int) -> str:
        """The token as it was written, in lower case."""
        span = self.codes[self.start[index] : self.end[index]]
        return span.tobytes().decode("utf-32-le", "replace").lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a linear model reads of a batch: two blocks of n-grams and dense figures."""

    size: int
    tokens: Tokens
    words: Grams
    characters: Grams
    figures: Floats  # size × len(FIGURES)


def token_hash(token: str) -> int:
    """The hash that `read_batch` gives to this text where it is one token, else 0."""
    hashes = _tokenise([token]).hash
    return int(hashes[0]) if len(hashes) == 1 else 0


def read_batch(texts: Sequence[str], lexicon: Lexicon) -> Batch:
    """Features of texts as `classifiers.text.tidy` gives them."""
    tokens = _tokenise(texts)
    return Batch(
        size=len(texts),
        tokens=tokens,
        words=_word_grams(tokens),
        characters=_character_grams(tokens),
        figures=_figures(len(texts), tokens, lexicon),
    )


def _tokenise(texts: Sequence[str]) -> Tokens:
    # NUL stands before, between and after the documents: it must stand nowhere else.
    joined = "\0".join(["", *(text.replace("\0", " ") for text in texts), ""])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    small = np.minimum(codes, 0xFFFF)
    kind = KIND[small]
    folded = np.where(codes > 0xFFFF, codes, FOLD[small])
    document = np.cumsum(codes == 0) - 1
    start = _starts(folded, kind)
    number = np.cumsum(start) - 1
    solid = np.flatnonzero(kind != SPACE)
    first = np.flatnonzero(start)
    last = np.searchsorted(number[solid], np.arange(len(first)), side="right") - 1
    return Tokens(
        codes=codes,
        folded=folded,
        space=kind == SPACE,
        document_at=document,
        token_at=number + (kind == SPACE),
        start=first,
        end=solid[last] + 1,
        document=document[first],
        hash=_hashes(folded, number, first, solid),
        kind=kind[first],
    )


def _starts(folded: NDArray[np.uint32], kind: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a token begins: at a change of kind, after an elision, at each symbol."""
    start = np.zeros(len(kind), dtype=bool)
    before, here = kind[:-1], kind[1:]
    elided = folded[:-1] == ord("'")
    start[1:] = (here != SPACE) & ((before != here) | (here == SYMBOL) | elided)
    return start


def _hashes(folded: NDArray[np.uint32], number: Ints, first: Ints, solid: Ints) -> Hashes:
    if not len(first):
        return np.zeros(0, dtype=np.uint64)
    place = np.minimum(solid - first[number[solid]], _LONGEST - 1)
    parts = (folded[solid].astype(np.uint64) + np.uint64(1)) * _POWERS[place]
    return np.add.reduceat(parts, np.searchsorted(solid, first))


def _bucket(hashes: Hashes, salt: int) -> Ints:
    mixed = (hashes + np.uint64(salt)) * _MIX
    mixed ^= mixed >> np.uint64(31)
    return ((mixed * _BASE) >> np.uint64(64 - BITS)).astype(np.int64)


def _negated(tokens: Tokens) -> NDArray[np.bool_]:
    """Which tokens stand shortly after a negation, in the same clause of the same document."""
    count = len(tokens.hash)
    at = np.arange(count)
    negator = np.isin(tokens.hash, _NEGATORS)
    clause = tokens.kind != WORD
    clause[1:] |= tokens.document[1:] != tokens.document[:-1]
    last_negator = np.maximum.accumulate(np.where(negator, at, -NEGATION_REACH - 1))
    last_clause = np.maximum.accumulate(np.where(clause, at, -1))
    near = at - last_negator <= NEGATION_REACH
    return near & (last_negator >= last_clause) & ~negator


def _word_grams(tokens: Tokens) -> Grams:
    """Words alone, in pairs, and once more where they are negated."""
    single = tokens.hash
    at = np.arange(len(single))
    same = np.flatnonzero(tokens.document[1:] == tokens.document[:-1])
    pairs = single[same] * _MIX + single[same + 1]
    negated = np.flatnonzero(_negated(tokens)) if len(single) else at
    token = np.concatenate([at, same, negated])
    buckets = [_bucket(single, 1), _bucket(pairs, 2), _bucket(single[negated], 3)]
    return Grams(document=tokens.document[token], bucket=np.concatenate(buckets), token=token)


def _character_grams(tokens: Tokens) -> Grams:
    """Runs of 2 to 5 characters within a word, or with the space on either side of it."""
    codes = tokens.folded.astype(np.uint64)
    spaces = np.concatenate([[0], np.cumsum(tokens.space)])
    hashes = codes + np.uint64(1)
    positions, buckets = [], []
    for size in range(2, CHAR_SIZES[-1] + 1):
        if len(codes) < size:
            break
        hashes = hashes[:-1] * _BASE + codes[size - 1 :]
        count = len(hashes)
        inner = spaces[size - 1 : size - 1 + count] - spaces[1 : 1 + count]
        solid = inner == 0 if size > 2 else ~(tokens.space[:-1] & tokens.space[1:])
        at = np.flatnonzero(solid)
        positions.append(at)
        buckets.append(_bucket(hashes[at], 16 + size))
    at = np.concatenate(positions) if positions else np.zeros(0, dtype=np.int64)
    return Grams(
        document=tokens.document_at[at],
        bucket=np.concatenate(buckets) if buckets else at,
        token=tokens.token_at[at],
    )


def _figures(size: int, tokens: Tokens, lexicon: Lexicon) -> Floats:
    """Dense figures of each document, each about 0 to 1 in size; see FIGURES."""
    if not len(tokens.hash):
        empty = np.zeros((size, len(FIGURES)))
        empty[:, 0] = 1
        return empty
    document = tokens.document

    def count(mask: NDArray[Any], weights: NDArray[Any] | None = None) -> Floats:
        of = document[mask]
        found = np.bincount(of, None if weights is None else weights[mask], minlength=size)
        return found.astype(np.float64)

    def starts_with(sign: str) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = tokens.folded[tokens.start] == ord(sign)
        return found

    word = tokens.kind == WORD
    length = count(word)
    valence = lexicon.look_up(tokens.hash).astype(np.float64)
    negated = _negated(tokens)
    valence = np.where(negated, -0.6 * valence, valence)
    good, bad = count(valence > 0, valence), count(valence < 0, -valence)
    spread = np.sqrt(length + 4)
    best, worst = np.zeros(size), np.zeros(size)
    np.maximum.at(best, document, valence)
    np.maximum.at(worst, document, -valence)
    upper = UPPER[np.minimum(tokens.codes, len(UPPER) - 1)]
    capitals = np.bincount(tokens.document_at[upper], minlength=size)[:size]
    solid = np.bincount(tokens.document_at[~tokens.space], minlength=size)[:size]
    marks = [np.minimum(count(starts_with(sign)), 3) / 3 for sign in ("!", "?", "…", "@", "#", "0")]
    columns = [
        np.ones(size), good / spread, bad / spread, (good - bad) / (good + bad + 1),
        best, worst, np.minimum(count(np.isin(tokens.hash, _NEGATORS)), 4) / 4,
        *marks, capitals / (solid + 10), np.log1p(length) / 5,
        np.minimum(count(tokens.hash == _LINK), 1),
    ]  # fmt: skip
    return np.stack(columns, axis=1)


_NEGATORS = np.sort(np.array([0], dtype=np.uint64))
_NEGATORS = np.sort(np.array([token_hash(word) for word in NEGATORS], dtype=np.uint64))
_LINK = np.uint64(token_hash("http"))
