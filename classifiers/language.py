"""Which language a mention is in: ISO 639-1, or "unknown" rather than a guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifiers.classifier import Reason, Score
from classifiers.text import for_language
from classifiers.words import read_words

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNKNOWN = "unknown"
MIN_LETTERS = 20  # shorter texts ("merci !", "nul nul nul") are anybody's
MIN_CONFIDENCE = 0.5
MIN_DECLARED = 0.02  # a declared language that the text makes at least this likely is believed
VERSION = f"words-2+py3langid-{version('py3langid')}"

_WORD = re.compile(r"[^\W\d_]+")

# French is nine mentions in ten, and the library costs twenty times this: a text with enough of
# these words and none of another language's is French without asking. Words that French shares
# with a neighbour ("le" is Italian too) count for half.
_FRENCH = read_words("language_french")
_SHARED = read_words("language_shared")
_FOREIGN = read_words("language_foreign")
_ENOUGH = 6
_SHARE = 0.2  # of the words, so that a French quotation does not make a text French

# What the library may answer: left to its 140 languages, it takes slang for the rarest of them.
LANGUAGES = read_words("language_codes")


class LanguageClassifier:
    """Cue words of French first, then py3langid (Naive Bayes over byte n-grams)."""

    classes_: Sequence[str] = (*sorted(LANGUAGES), UNKNOWN)

    @cached_property
    def _library(self) -> LanguageIdentifier:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        identifier.set_languages(LANGUAGES)
        return identifier

    def warm_up(self) -> None:
        """Load the library's model now rather than at the first foreign text."""
        _ = self._library

    def score(self, text: str, declared: str | None = None) -> Score:
        """The probability of the language found; the network's own word counts when plausible."""
        text = for_language(text)
        words = _WORD.findall(text.lower())
        if _is_french(words):
            return _score("fr", 0.99, "cue_words")
        declared = _primary(declared)
        if sum(map(len, words)) < MIN_LETTERS:
            return _score(declared or UNKNOWN, 0.6, "declared" if declared else "too_short")
        return self._by_library(text, declared)

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """len(texts) × classes, of texts whose network declares no language."""
        found = [self.score(text).probabilities for text in texts]
        rows = [[chances.get(code, 0.0) for code in self.classes_] for chances in found]
        return np.array(rows).reshape(len(texts), len(self.classes_))

    def classify(self, text: str, declared: str | None = None) -> str:
        return self.score(text, declared).label or UNKNOWN

    def _by_library(self, text: str, declared: str | None) -> Score:
        code, confidence = self._library.classify(text)
        if declared and declared != code:
            likelihood = dict(self._library.rank(text)).get(declared, 0.0)
            if likelihood >= MIN_DECLARED:
                return _score(declared, 0.6, "declared")
        if confidence < MIN_CONFIDENCE:
            return _score(UNKNOWN, 1 - confidence, "unsure")
        return _score(code, confidence, "letters")


class GivenLanguage:
    """Repeats what another reading of the same text found: no library is loaded."""

    def warm_up(self) -> None:
        """Nothing to load."""

    def score(self, text: str, declared: str | None = None) -> Score:
        """The language given, unknown where none is."""
        code = _primary(declared)
        return _score(code or UNKNOWN, 0.99 if code else 1.0, "declared" if code else "too_short")


def _is_french(words: Sequence[str]) -> bool:
    points = hits = 0
    for word in words:
        if word in _FRENCH:
            points, hits = points + 2, hits + 1
        elif word in _SHARED:
            points, hits = points + 1, hits + 1
        elif word in _FOREIGN:
            return False
    return points >= _ENOUGH and points > hits and hits >= _SHARE * len(words)


def _primary(declared: str | None) -> str | None:
    """Reduce "fr-CH" and "FR_fr" to "fr"; None for what is no code at all."""
    code = re.split(r"[-_]", declared.strip().lower(), maxsplit=1)[0] if declared else ""
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None


def _score(code: str, confidence: float, why: str) -> Score:
    confidence = round(min(max(confidence, 0.0), 1.0), 4)
    probabilities = {code: confidence}
    if code != UNKNOWN and confidence < 1:
        probabilities[UNKNOWN] = round(1 - confidence, 4)
    elif code == UNKNOWN:
        probabilities[UNKNOWN] = 1.0
    return Score(
        classifier="language",
        version=VERSION,
        probabilities=probabilities,
        reasons=(Reason(code=why, share=1.0),),
    )
