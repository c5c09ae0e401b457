"""Words and letters that a language is known by, and its neighbours hardly hold."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.resources import files

from classifiers.words import read_words

# French is nine mentions in ten, and the library costs twenty times this: a text with enough of
# these words and none of another language's is French without asking. Words that French shares
# with a neighbour ("le" is Italian too) count for half.
_SHARED = read_words("language_shared")
_ENOUGH = 6
_SHARE = 0.2  # of the words, so that a French quotation does not make a text French

_LETTERS = {
    "uk": "іїєґ", "sr": "ћђљњџј", "ru": "ыэё", "mk": "ѓќѕ", "be": "ў", "fa": "پچژگ", "ur": "ٹڈڑےںہھ",
    "ps": "ټډړښڼېۍږځڅ", "ku": "ڕۆێڵ", "ar": "ةىك",
}  # fmt: skip

# Arabic in Latin letters writes ع ح ق as 3, 7, 9 within words; "3e", "9h" and "7 jours" are none.
_ARABIC_FIGURES = re.compile(r"\b(?:[a-z]+[379]+[a-z]+|[379](?!h|e|è|j|an|m|s|k|c|d)[a-z]{3,})\b")


def _read_cues() -> dict[str, Mapping[str, float]]:
    """By word: the languages it speaks for, each for an equal part of one."""
    languages: defaultdict[str, set[str]] = defaultdict(set)
    text = files("classifiers").joinpath("data", "language_cues.txt").read_text("utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        code, *words = line.split()
        for word in words:
            languages[word].add(code)
    for word in read_words("language_french"):
        languages[word].add("fr")
    return {
        word: dict.fromkeys(sorted(codes), 1 / len(codes))
        for word, codes in languages.items()
        if word not in _SHARED
    }


_CUES = _read_cues()
_POINTS = {  # what a word speaks for French, or against it
    **dict.fromkeys(_CUES, -3),
    **dict.fromkeys((word for word, codes in _CUES.items() if "fr" in codes), 2),
    **dict.fromkeys(_SHARED, 1),
    **dict.fromkeys(read_words("language_foreign"), -1000),
}


def is_french(words: Sequence[str]) -> bool:
    """Whether these words, in lower case, leave no doubt."""
    found = [_POINTS[word] for word in words if word in _POINTS]
    points, hits = sum(found), sum(value > 0 for value in found)
    return points >= _ENOUGH and points > hits and hits >= _SHARE * len(words)


def cues_of(text: str, words: Sequence[str]) -> dict[str, float]:
    """By language: how many of a text's words, in lower case, speak for it."""
    found: defaultdict[str, float] = defaultdict(float)
    for word in words:
        for code, part in _CUES.get(word, {}).items():
            found[code] += part
    if figures := len(_ARABIC_FIGURES.findall(text)):
        found["ar"] += figures
    return found


def letters_of(text: str) -> dict[str, int]:
    """By language: how many of its own letters a text, in lower case, holds."""
    counts = {code: sum(map(text.count, letters)) for code, letters in _LETTERS.items()}
    return {code: count for code, count in counts.items() if count}
