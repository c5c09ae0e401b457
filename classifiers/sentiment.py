"""Sentiment towards the hospital: negative, neutral or positive, with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from classifiers.classifier import Reason, Score
from classifiers.features import Batch, Floats, Ints, read_batch
from classifiers.language import UNKNOWN
from classifiers.linear import LinearModel, load
from classifiers.names import FIRST_NAMES
from classifiers.tables import WORD
from classifiers.text import fold, tidy

CLASSES = ("negative", "neutral", "positive")
HOME = "fr"  # what a text too short to tell its language is read as: a French hospital's mentions
EVIDENCE = 3  # terms shown a text
MIN_LETTERS = 3  # shorter words are articles and pronouns

# Said where no model knows the language, or where there is nothing to read: the shares of the
# three classes are not known, and no rule should mistake this for a judgement.
CANNOT_SAY = (0.33, 0.34, 0.33)


class SentimentClassifier:
    """One linear model a language, each loaded at its first use."""

    def __init__(self, model: LinearModel | None = None) -> None:
        self._given = model

    @cached_property
    def model(self) -> LinearModel:
        return self._given or load(f"sentiment-{HOME}")

    def warm_up(self) -> None:
        """Load the model now. ModelError if its file is missing or altered."""
        _ = self.model

    @property
    def version(self) -> str:
        return self.model.version

    def scores(self, texts: Sequence[str], languages: Sequence[str] | None = None) -> list[Score]:
        """One score a text; `languages` as the language classifier's labels say."""
        languages = languages or [HOME] * len(texts)
        readable = [
            i
            for i, (text, language) in enumerate(zip(texts, languages, strict=True))
            if language in (HOME, UNKNOWN) and text and not text.isspace()
        ]
        scores = [
            _cannot_say(text, language) for text, language in zip(texts, languages, strict=True)
        ]
        for i, score in zip(readable, self._score([texts[i] for i in readable]), strict=True):
            scores[i] = score
        return scores

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Calibrated probabilities, len(texts) × 3, of texts in the model's language."""
        return self.model.predict_proba(self._read(texts))

    def _read(self, texts: Sequence[str]) -> Batch:
        return read_batch([tidy(text) for text in texts], self.model.lexicon)

    def _score(self, texts: Sequence[str]) -> list[Score]:
        if not texts:
            return []
        batch = self._read(texts)
        probabilities = self.model.predict_proba(batch)
        chosen = probabilities.argmax(axis=1)
        evidence = _evidence(self.model, batch, chosen)
        return [
            _score(self.model.version, row, terms)
            for row, terms in zip(probabilities.tolist(), evidence, strict=True)
        ]


def _score(version: str, row: list[float], terms: Sequence[tuple[str, float]]) -> Score:
    negative, positive = round(row[0], 6), round(row[2], 6)
    probabilities = (negative, round(1 - negative - positive, 6), positive)
    label = CLASSES[row.index(max(row))]
    return Score(
        classifier="sentiment",
        version=version,
        probabilities=dict(zip(CLASSES, probabilities, strict=True)),
        reasons=tuple(
            Reason(code=f"{label}_words", share=round(share, 3), detail=term)
            for term, share in terms
        ),
    )


def _cannot_say(text: str, language: str) -> Score:
    nothing = not text or text.isspace()
    reason = Reason(code="no_text") if nothing else Reason(code="unread_language", detail=language)
    return Score(
        classifier="sentiment",
        version="none",
        probabilities=dict(zip(CLASSES, CANNOT_SAY, strict=True)),
        reasons=(reason,),
    )


def _evidence(model: LinearModel, batch: Batch, chosen: Ints) -> list[list[tuple[str, float]]]:
    """The terms that spoke most for each text's class, with their part of what spoke for it.

    Only words that the model knows, and no first name: evidence outlives the text it came from.
    """
    tokens = batch.tokens
    found: list[list[tuple[str, float]]] = [[] for _ in range(batch.size)]
    if not len(tokens.hash):
        return found
    shares = np.maximum(model.token_shares(batch, chosen), 0)
    total = np.bincount(tokens.document, shares, minlength=batch.size)
    known = model.words.idf[batch.words.bucket[: len(shares)]] > 0
    known |= model.lexicon.look_up(tokens.hash) != 0
    long = (tokens.end - tokens.start >= MIN_LETTERS) | (tokens.kind != WORD)
    candidates = np.flatnonzero(known & long & (shares > 0))
    order = candidates[np.lexsort((-shares[candidates], tokens.document[candidates]))]
    for token in order.tolist():
        terms = found[tokens.document[token]]
        if len(terms) == EVIDENCE:
            continue
        term = tokens.word(token)
        if all(term != other for other, _ in terms) and fold(term) not in FIRST_NAMES:
            terms.append((term, float(shares[token] / total[tokens.document[token]])))
    return found
