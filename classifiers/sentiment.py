"""Sentiment towards the hospital: negative, neutral or positive, with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from classifiers.classifier import Reason, Score
from classifiers.features import Batch, Floats, Ints, read_batch
from classifiers.language import UNKNOWN
from classifiers.linear import LinearModel, load
from classifiers.names import FIRST_NAMES
from classifiers.tables import WORD
from classifiers.text import fold, tidy
from classifiers.words import read_words

CLASSES = ("negative", "neutral", "positive")
MODELS = {"fr": "sentiment-fr"} | dict.fromkeys(("en", "de", "it", "es", "pt"), "sentiment-multi")
HOME = "fr"  # what a text too short to tell its language is read as: a French hospital's mentions
BATCH_CHARS = 60_000  # judged at once: some 400 bytes a character are needed meanwhile
EVIDENCE = 3  # terms shown a text
MIN_LETTERS = 3  # shorter words are articles and pronouns
_SPEAKING = frozenset({"merci", "jamais", "rien", "sans", "toujours"})
_MUTE = (read_words("language_french") | read_words("language_shared")) - _SPEAKING

# Said where no model knows the language, or where there is nothing to read: the shares of the
# three classes are not known, and no rule should mistake this for a judgement.
CANNOT_SAY = (0.33, 0.34, 0.33)


class SentimentClassifier:
    """One linear model a language or family of languages; which is MODELS' matter."""

    classes_: Sequence[str] = CLASSES

    def __init__(self, models: Mapping[str, LinearModel] | None = None) -> None:
        self._given = models

    @cached_property
    def models(self) -> Mapping[str, LinearModel]:
        """By language. ModelError if a file is missing or altered."""
        if self._given is not None:
            return self._given
        loaded = {name: load(name) for name in dict.fromkeys(MODELS.values())}
        return {language: loaded[name] for language, name in MODELS.items()}

    def warm_up(self) -> None:
        """Load the models now. ModelError if a file is missing or altered."""
        _ = self.models

    @property
    def version(self) -> str:
        """Of the French model; a score tells the version of the one that made it."""
        return self.models[HOME].version

    def scores(self, texts: Sequence[str], languages: Sequence[str] | None = None) -> list[Score]:
        """One score a text; `languages` as the language classifier's labels say."""
        languages = languages or [HOME] * len(texts)
        scores: list[Score] = []
        readers: dict[int, tuple[LinearModel, list[int]]] = {}
        for i, (text, language) in enumerate(zip(texts, languages, strict=True)):
            scores.append(_cannot_say(text, language))
            model = self.models.get(HOME if language == UNKNOWN else language)
            if model is not None and text and not text.isspace():
                readers.setdefault(id(model), (model, []))[1].append(i)
        for model, indexes in readers.values():
            found = _judge(model, [texts[i] for i in indexes])
            for i, score in zip(indexes, found, strict=True):
                scores[i] = score
        return scores

    def predict_proba(self, texts: Sequence[str], language: str = HOME) -> Floats:
        """Calibrated probabilities, len(texts) × 3, of texts in one language."""
        model = self.models[language]
        rows = [model.predict_proba(batch) for batch in _batches(model, texts)]
        return np.concatenate(rows) if rows else np.zeros((0, len(CLASSES)))


def _judge(model: LinearModel, texts: Sequence[str]) -> list[Score]:
    scores: list[Score] = []
    for batch in _batches(model, texts):
        probabilities = model.predict_proba(batch)
        evidence = _evidence(model, batch, probabilities.argmax(axis=1))
        scores += [
            _score(model.version, row, terms)
            for row, terms in zip(probabilities.tolist(), evidence, strict=True)
        ]
    return scores


def _batches(model: LinearModel, texts: Sequence[str]) -> Iterator[Batch]:
    """An ordinary page is one batch; a page of long reads is several, so that memory is bounded."""
    page: list[str] = []
    size = 0
    for text in map(tidy, texts):
        if page and size + len(text) > BATCH_CHARS:
            yield read_batch(page, model.lexicon)
            page, size = [], 0
        page.append(text)
        size += len(text)
    if page:
        yield read_batch(page, model.lexicon)


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
        if term in _MUTE or fold(term) in FIRST_NAMES or any(term == other for other, _ in terms):
            continue
        terms.append((term, float(shares[token] / total[tokens.document[token]])))
    return found
