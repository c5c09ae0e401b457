"""Which language a mention is in: ISO 639-1, or "unknown" rather than a guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING

from classifiers.classifier import Reason, Score
from classifiers.text import for_language

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNKNOWN = "unknown"
MIN_LETTERS = 12  # shorter texts ("merci !", "top") are anybody's
MIN_CONFIDENCE = 0.5
MIN_DECLARED = 0.02  # a declared language that the text makes at least this likely is believed
VERSION = f"words-1+py3langid-{version('py3langid')}"

_WORD = re.compile(r"[^\W\d_]+")

# Words that are frequent in one of these languages and (nearly) absent of all others: where three
# of them agree the library need not be asked, which spares nine tenths of its time.
_CUES = {
    "fr": "est dans avec pas vous nous une des aux mais cette été être sont qui leur ils elle je"
    " sur du au très chez fait merci était ces même quand depuis ont mon vos notre avez suis",
    "en": "the and with this that are were have has you your they their would which been from"
    " what when there about just our she should could because",
}
_LANGUAGE_OF = {word: code for code, words in _CUES.items() for word in words.split()}
_SURE = 3


class LanguageClassifier:
    """Cue words first, then py3langid (Naive Bayes over byte n-grams, 130 languages and more)."""

    @cached_property
    def _library(self) -> LanguageIdentifier:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    def warm_up(self) -> None:
        """Load the library's model now rather than at the first foreign text."""
        _ = self._library

    def score(self, text: str, declared: str | None = None) -> Score:
        """The probability of the language found; the network's own word counts when plausible."""
        text = for_language(text)
        words = _WORD.findall(text.lower())
        code = _by_cues(words)
        if code is not None:
            return _score(code, 0.99, "cue_words")
        declared = _primary(declared)
        if sum(map(len, words)) < MIN_LETTERS:
            return _score(declared or UNKNOWN, 0.6, "declared" if declared else "too_short")
        return self._by_library(text, declared)

    def classify(self, text: str, declared: str | None = None) -> str:
        return self.score(text, declared).label or UNKNOWN

    def _by_library(self, text: str, declared: str | None) -> Score:
        ranking = self._library.rank(text)
        code, confidence = ranking[0]
        if declared and declared != code and dict(ranking[:8]).get(declared, 0) >= MIN_DECLARED:
            return _score(declared, 0.6, "declared")
        if confidence < MIN_CONFIDENCE or len(code) != 2:
            return _score(UNKNOWN, 1 - confidence, "unsure")
        return _score(code, confidence, "letters")


def _by_cues(words: Sequence[str]) -> str | None:
    found: dict[str, int] = {}
    for word in words:
        code = _LANGUAGE_OF.get(word)
        if code is not None:
            found[code] = found.get(code, 0) + 1
    if len(found) != 1:
        return None
    ((code, count),) = found.items()
    return code if count >= max(_SURE, len(words) // 8) else None


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
