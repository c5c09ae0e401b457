"""Text into the pieces of a unigram language model (Kudo 2018, SentencePiece's Viterbi search)."""

from __future__ import annotations

from array import array
from functools import lru_cache

from classifiers.encoder.carrier import Pieces

MARK = "\u2581"  # stands for the space before a word; no piece spans two words
LONGEST_WORD = 200  # characters split at once: a longer "word" is no word
UNKNOWN_PENALTY = 10.0  # below the least likely piece, as SentencePiece has it
CACHED_WORDS = 20_000


class Tokenizer:
    """Splits word by word; the words of a language repeat, so most are found in the cache."""

    def __init__(self, pieces: Pieces) -> None:
        self.pieces = pieces
        self._longest = max(map(len, pieces.number))
        self._score = array("f", pieces.score.tobytes())
        self._unknown_score = min(self._score) - UNKNOWN_PENALTY
        self._word = lru_cache(CACHED_WORDS)(self._split)

    def encode(self, text: str, limit: int) -> list[int]:
        """Piece numbers between the begin and end marks, `limit` of them at most in all."""
        found = [self.pieces.begin]
        for word in text.translate(self.pieces.rewritten).split(" "):
            if not word:
                continue
            for start in range(0, len(word), LONGEST_WORD):
                part = word[start : start + LONGEST_WORD]
                found += self._word(part if start else MARK + part)
            if len(found) >= limit:
                break
        del found[limit - 1 :]
        found.append(self.pieces.end)
        return found

    def _split(self, word: str) -> tuple[int, ...]:
        """The likeliest pieces of one word."""
        number, score, size = self.pieces.number, self._score, len(word)
        best = [0.0] + [float("-inf")] * size
        came = [(0, 0)] * (size + 1)  # where the best piece that ends here begins, and its number
        for start in range(size):
            here = best[start]
            if here + self._unknown_score > best[start + 1]:
                best[start + 1] = here + self._unknown_score
                came[start + 1] = (start, self.pieces.unknown)
            for end in range(start + 1, min(size, start + self._longest) + 1):
                piece = number.get(word[start:end])
                if piece is not None and here + score[piece] > best[end]:
                    best[end] = here + score[piece]
                    came[end] = (start, piece)
        found = []
        end = size
        while end:
            end, piece = came[end]
            found.append(piece)
        return tuple(reversed(found))
