"""The terms of a text that drove an output: shown to people beside the score."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifiers.features import Batch, Ints
from classifiers.linear import LinearModel
from classifiers.names import FIRST_NAMES
from classifiers.tables import WORD
from classifiers.text import fold
from classifiers.words import read_words

Evidence = Sequence[tuple[str, float]]  # terms, and each one's part of what spoke for the output

SHOWN = 3  # terms a text
MIN_LETTERS = 3  # shorter words are articles and pronouns
_SPEAKING = frozenset({"merci", "jamais", "rien", "sans", "toujours"})
_MUTE = (read_words("language_french") | read_words("language_shared")) - _SPEAKING


def terms(
    model: LinearModel, batch: Batch, chosen: Ints, wanted: NDArray[np.bool_]
) -> list[list[tuple[str, float]]]:
    """The terms that spoke most for each wanted text's chosen output.

    Only words that the model knows, and no first name: evidence outlives the text it came from.
    """
    tokens = batch.tokens
    found: list[list[tuple[str, float]]] = [[] for _ in range(batch.size)]
    if not len(tokens.hash):
        return found
    shares = np.maximum(model.token_shares(batch, chosen, wanted), 0)
    total = np.bincount(tokens.document, shares, minlength=batch.size)
    known = model.words.idf[batch.words.bucket[: len(shares)]] > 0
    known |= model.lexicon.look_up(tokens.hash) != 0
    long = (tokens.end - tokens.start >= MIN_LETTERS) | (tokens.kind != WORD)
    candidates = np.flatnonzero(known & long & (shares > 0))
    order = candidates[np.lexsort((-shares[candidates], tokens.document[candidates]))]
    for token in order.tolist():
        said = found[tokens.document[token]]
        if len(said) == SHOWN:
            continue
        term = tokens.word(token)
        if not (term.isalpha() or _is_picture(term)):
            continue
        if term in _MUTE or fold(term) in FIRST_NAMES or any(term == other for other, _ in said):
            continue
        said.append((term, float(shares[token] / total[tokens.document[token]])))
    return found


def _is_picture(term: str) -> bool:
    """An emoji, which says something where a quotation mark says nothing."""
    return unicodedata.category(term[0]) == "So"
