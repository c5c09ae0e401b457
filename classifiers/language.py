"""Which language a mention is in: ISO 639-1, or "unknown" rather than a guess."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifiers.classifier import Reason, Score
from classifiers.cues import cues_of, is_french, letters_of
from classifiers.scripts import ALONE, LATIN, SHORTEST, script_of
from classifiers.text import for_language
from classifiers.words import read_words

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNKNOWN = "unknown"
# Letters of an alphabet below which words decide alone: "merci !", "nul nul nul" are anybody's.
MIN_LETTERS = {LATIN: 20, "cyrillic": 14, "arabic": 8, "devanagari": 8}
MIN_CONFIDENCE = 0.55
MIN_DECLARED = 0.02  # a declared language that the text makes at least this likely is believed
VERSION = f"words-4+py3langid-{version('py3langid')}"

_WORD = re.compile(r"[^\W\d_]+")
_CUE = 4.0  # how much likelier a cue word makes its language
_MOST = 20  # cues counted: more would only leave the range of numbers
_DOUBT = 0.45  # the chance told of a language that is not believed: "unknown" prevails
_FLOOR = 0.04  # the chance that the library leaves a language it does not know, or misses
_READ = 300  # characters that the library is given: more cost time and change nothing
_SHORT_SHARE = 0.4  # of a short text's words that must be one language's
_SHORT_LEAD = 2.0  # times as many of them as of any other's

# What may be answered: left to its 140 languages, the library takes slang for the rarest of them.
# Those it does not know (Corsican, Luxembourgish) are found by their words.
LANGUAGES = read_words("language_codes")
_NEIGHBOURS = read_words("language_neighbours")


class LanguageClassifier:
    """Cue words of French first, then the script, then py3langid (Naive Bayes over byte n-grams),
    whose chances the cue words of every language multiply."""

    classes_: Sequence[str] = (*sorted(LANGUAGES), UNKNOWN)

    @cached_property
    def _library(self) -> LanguageIdentifier:
        """The library with the columns of these languages only: half of its weights."""
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        full = LanguageIdentifier.from_model_file(MODEL_FILE)
        wanted = (LANGUAGES | _NEIGHBOURS) - ALONE
        kept = [i for i, code in enumerate(full.nb_classes) if code in wanted]
        return LanguageIdentifier(
            np.ascontiguousarray(full.nb_ptc[:, kept]),
            full.nb_pc[kept],
            [full.nb_classes[i] for i in kept],
            full.tk_nextmove,
            full.tk_output,
            norm_probs=True,
            tk_row=full.tk_row,
        )

    def warm_up(self) -> None:
        """Load the library's model now rather than at the first foreign text."""
        _ = self._library

    def score(self, text: str, declared: str | None = None) -> Score:
        """The probability of the language found; the network's own word counts when plausible."""
        text = for_language(text)
        lowered = text.lower()
        words = _WORD.findall(lowered)
        if is_french(words):
            return _score("fr", 0.99, "cue_words")
        script, letters = script_of(text)
        if script in ALONE and letters >= SHORTEST:
            return _score(script, 0.99, "letters")
        declared = _primary(declared)
        cues = cues_of(lowered, words)
        if letters < MIN_LETTERS.get(script, 0):
            told = _by_cues(cues, len(words), declared)
            return told or _doubtful(self._chances(text, cues) if letters else {}, "too_short")
        if script != LATIN:
            cues |= letters_of(lowered)
        return self._by_library(text, cues, declared)

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """len(texts) × classes, of texts whose network declares no language."""
        found = [self.score(text).probabilities for text in texts]
        rows = [[chances.get(code, 0.0) for code in self.classes_] for chances in found]
        return np.array(rows).reshape(len(texts), len(self.classes_))

    def classify(self, text: str, declared: str | None = None) -> str:
        return self.score(text, declared).label or UNKNOWN

    def _by_library(self, text: str, cues: Mapping[str, float], declared: str | None) -> Score:
        chances = self._chances(text, cues)
        code = max(chances, key=chances.__getitem__)
        if declared and declared != code and chances.get(declared, 0.0) >= MIN_DECLARED:
            return _score(declared, 0.6, "declared")
        if chances[code] < MIN_CONFIDENCE or code not in LANGUAGES:
            return _doubtful(chances, "unsure")
        return _score(code, chances[code], "letters")

    def _chances(self, text: str, cues: Mapping[str, float]) -> dict[str, float]:
        """The library's, which the cue words of every language multiply; their sum is 1."""
        chances = dict(self._library.rank(text[:_READ]))
        for code, hits in cues.items():
            chances[code] = max(chances.get(code, 0.0), _FLOOR) * _CUE ** min(hits, _MOST)
        total = sum(chances.values())
        return {code: chance / total for code, chance in chances.items()}


class GivenLanguage:
    """Repeats what another reading of the same text found; what that left open is looked at again."""

    def __init__(self) -> None:
        self._teller = LanguageClassifier()

    def warm_up(self) -> None:
        """Nothing to load: few texts are left open."""

    def score(self, text: str, declared: str | None = None) -> Score:
        """The language given; where none is, what the classifier says."""
        code = _primary(declared)
        return _score(code, 0.99, "declared") if code else self._teller.score(text)


def _by_cues(cues: Mapping[str, float], words: int, declared: str | None) -> Score | None:
    """A short text's language: that of enough of its words, if no other has nearly as many."""
    code = max(cues, key=cues.__getitem__, default="")
    hits = cues.get(code, 0.0)
    others = max((part for other, part in cues.items() if other != code), default=0.0)
    if code in LANGUAGES and hits >= max(_SHORT_SHARE * words, _SHORT_LEAD * others):
        return _score(code, 0.8, "cue_words")
    return _score(declared, 0.6, "declared") if declared else None


def _doubtful(chances: Mapping[str, float], why: str) -> Score:
    """Unknown; what it would be, if it had to be said, is told beside it with less chance."""
    told = {code: chance for code, chance in chances.items() if code in LANGUAGES}
    code = max(told, key=told.__getitem__, default=UNKNOWN)
    chance = round(min(told.get(code, 0.0), _DOUBT), 4)
    probabilities = {UNKNOWN: round(1 - chance, 4)} | ({code: chance} if chance else {})
    return _said(probabilities, why)


def _primary(declared: str | None) -> str | None:
    """Reduce "fr-CH" and "FR_fr" to "fr"; None for what is no code at all."""
    code = re.split(r"[-_]", declared.strip().lower(), maxsplit=1)[0] if declared else ""
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None


def _score(code: str, confidence: float, why: str) -> Score:
    confidence = round(min(max(confidence, 0.0), 1.0), 4)
    probabilities = {code: confidence}
    if confidence < 1:
        probabilities[UNKNOWN] = round(1 - confidence, 4)
    return _said(probabilities, why)


def _said(probabilities: Mapping[str, float], why: str) -> Score:
    return Score(
        classifier="language",
        version=VERSION,
        probabilities=probabilities,
        reasons=(Reason(code=why, share=1.0),),
    )
