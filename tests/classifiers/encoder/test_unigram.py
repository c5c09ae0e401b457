"""The tokenizer finds the likeliest pieces, word by word, whatever it is given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.encoder.carrier import Pieces
from classifiers.encoder.unigram import LONGEST_WORD, MARK, UNKNOWN_PENALTY, Tokenizer
from tests.classifiers.encoder.carriers import BEGIN, END, UNKNOWN
from tests.classifiers.wild import WILD

FIRST = 4  # number of the first ordinary piece
ENOUGH = 10_000  # pieces: no limit


def vocabulary(scores, rewritten=None):
    """Pieces numbered in the order of `scores`, behind the control ones."""
    return Pieces(
        number={piece: FIRST + i for i, piece in enumerate(scores)},
        score=np.array([0.0] * FIRST + list(scores.values()), dtype=np.float32),
        begin=BEGIN,
        end=END,
        unknown=UNKNOWN,
        rewritten=rewritten or {},
    )


def splits(word):
    """Every way to cut `word`."""
    if not word:
        yield []
    for end in range(1, len(word) + 1):
        for rest in splits(word[end:]):
            yield [word[:end], *rest]


def worth(pieces, scores):
    """Log-probability of a cut; a single character that is no piece costs the penalty."""
    unknown = min(0.0, *scores.values()) - UNKNOWN_PENALTY
    if any(len(piece) > 1 and piece not in scores for piece in pieces):
        return float("-inf")
    return sum(scores.get(piece, unknown) for piece in pieces)


pieces_of_two_letters = st.text("ab" + MARK, min_size=1, max_size=3)
steps = st.integers(-80, -1).map(lambda n: n / 8)  # exact in single precision


@settings(deadline=None)
@given(
    st.dictionaries(pieces_of_two_letters, steps, min_size=1, max_size=14),
    st.text("ab", min_size=2, max_size=7) | st.text("abc", max_size=5),
)
def test_it_finds_what_trying_every_cut_finds(scores, word):
    pieces = vocabulary(scores)
    found = Tokenizer(pieces).encode(word, ENOUGH)[1:-1]
    name = {number: piece for piece, number in pieces.number.items()}
    unknown = min(0.0, *scores.values()) - UNKNOWN_PENALTY
    best = max((worth(cut, scores) for cut in splits(MARK + word)), default=0.0) if word else 0.0
    assert sum(scores[name[n]] if n in name else unknown for n in found) == best
    if UNKNOWN not in found:
        assert "".join(name[n] for n in found) == (MARK + word if word else "")


def test_a_piece_that_is_likelier_whole_is_not_cut():
    tokenizer = Tokenizer(vocabulary({MARK: -1.0, "a": -1.0, "b": -1.0, "ab": -1.5}))
    assert tokenizer.encode("ab", ENOUGH) == [BEGIN, FIRST, FIRST + 3, END]


def test_a_character_no_piece_knows_is_unknown_and_the_rest_is_read():
    tokenizer = Tokenizer(vocabulary({MARK: -1.0, "a": -1.0}))
    assert tokenizer.encode("a☃a", ENOUGH) == [BEGIN, FIRST, FIRST + 1, UNKNOWN, FIRST + 1, END]


def test_characters_are_rewritten_before_they_are_read():
    rewritten = {ord("’"): "'", ord("\t"): " ", 0: ""}
    tokenizer = Tokenizer(vocabulary({MARK: -1.0, "a": -1.0, "'": -1.0}, rewritten))
    assert tokenizer.encode("a’\0a", 99) == tokenizer.encode("a'a", 99)
    assert tokenizer.encode("a\ta", 99) == tokenizer.encode("a a", 99)


words = st.text("abcd", min_size=1, max_size=6)
WORDS = Tokenizer(vocabulary({MARK: -2.0, "a": -1.0, "ab": -2.5, MARK + "b": -2.0, "cab": -3.0}))


@given(st.lists(words, max_size=5), st.sampled_from([" ", "  ", "   "]))
def test_no_piece_crosses_words(text, space):
    apart = [piece for word in text for piece in WORDS.encode(word, ENOUGH)[1:-1]]
    assert WORDS.encode(space.join(text), ENOUGH) == [BEGIN, *apart, END]


@given(st.text("abcd ", max_size=80), st.integers(2, 40))
def test_the_limit_is_kept_and_cuts_the_end_only(text, limit):
    whole, cut = WORDS.encode(text, ENOUGH), WORDS.encode(text, limit)
    assert len(cut) == min(len(whole), limit)
    assert cut[:-1] == whole[: len(cut) - 1]
    assert cut[-1] == END


@pytest.mark.parametrize("length", [LONGEST_WORD - 1, LONGEST_WORD, LONGEST_WORD + 1, 5_000])
def test_a_word_without_end_is_read_in_parts(length):
    found = Tokenizer(vocabulary({MARK: -1.0, "a": -1.0})).encode("a" * length, 2 * length)
    assert found == [BEGIN, FIRST, *[FIRST + 1] * length, END]


@pytest.mark.parametrize("text", WILD.values(), ids=WILD)
def test_wild_texts_give_ordinary_pieces_between_the_marks(small, text):
    found = Tokenizer(small.read().pieces).encode(text, 64)
    assert 2 <= len(found) <= 64
    assert (found[0], found[-1]) == (BEGIN, END)
    assert all(UNKNOWN <= number < len(small.numbers) - 1 for number in found[1:-1])


def test_nothing_gives_the_marks_alone():
    assert WORDS.encode("", 10) == WORDS.encode("   ", 10) == [BEGIN, END]
