"""How well languages are told: each text's answer against the one, or the ones, that are right."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifiers.evaluation.texts import read_rows
from classifiers.language import UNKNOWN, LanguageClassifier

DECIMALS = 4
# Words of a text, as people count them: the shortest are what a language is hardest to tell from.
LENGTHS = ((2, "1-2 words"), (5, "3-5 words"), (10, "6-10 words"))
LONGEST = "11+ words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was said of a text, and what would have been right."""

    text: str
    admitted: tuple[str, ...]  # the first is the text's language, or unknown where nobody can tell
    found: str
    kind: str

    @property
    def right(self) -> bool:
        """Unknown counts as an error where a language is asked for."""
        return self.found in self.admitted

    @property
    def said(self) -> bool:
        return self.found != UNKNOWN


def evaluate(path: Path, only: Callable[[int], bool] = lambda _: True) -> dict[str, Any]:
    """Figures of the rows (text, language: a code or several, kind: optional) `only` keeps.

    `only` is given the row's line in the file. "accuracy" counts unknown as an error unless it is
    admitted, "accuracy_said" leaves out the texts of which unknown was said. Fractions; macro
    accuracy is over languages. ValueError names file and line.
    """
    rows = [(line, row) for line, row in read_rows(path, ("text", "language")) if only(line)]
    if not rows:
        raise ValueError(f"{path}: no rows")
    admitted = [_admitted(f"{path}, line {line}", row["language"]) for line, row in rows]
    classifier = LanguageClassifier()
    classifier.warm_up()
    begun = time.process_time()
    found = [classifier.classify(row["text"]) for _, row in rows]
    seconds = time.process_time() - begun
    answers = [
        Answer(text=row["text"], admitted=codes, found=code, kind=str(row.get("kind", "plain")))
        for (_, row), codes, code in zip(rows, admitted, found, strict=True)
    ]
    languages = _by(answers, lambda answer: answer.admitted[0])
    return {
        **_figures(answers),
        "macro_accuracy": round(
            sum(part["accuracy"] for part in languages.values()) / len(languages), DECIMALS
        ),
        "per_language": languages,
        "per_length": _by(answers, lambda answer: _length(answer.text)),
        "per_kind": _by(answers, lambda answer: answer.kind),
        "texts_per_second": round(len(rows) / max(seconds, 1e-9), 1),
    }


def _admitted(where: str, codes: Any) -> tuple[str, ...]:
    listed = codes if isinstance(codes, list) else [codes]
    if not listed or not all(isinstance(code, str) and code for code in listed):
        raise ValueError(f"{where}: language is {codes!r}, neither a code nor several")
    return tuple(listed)


def _figures(answers: Sequence[Answer]) -> dict[str, Any]:
    said = [answer for answer in answers if answer.said]
    return {
        "n": len(answers),
        "accuracy": _share(answer.right for answer in answers),
        "accuracy_said": _share(answer.right for answer in said),
        "unknown": _share(not answer.said for answer in answers),
    }


def _by(answers: Iterable[Answer], key: Callable[[Answer], str]) -> dict[str, dict[str, Any]]:
    parts: defaultdict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        parts[key(answer)].append(answer)
    return {name: _figures(parts[name]) for name in sorted(parts)}


def _share(hits: Iterable[bool]) -> float | None:
    """None where there is nothing to take a share of."""
    values = list(hits)
    return round(sum(values) / len(values), DECIMALS) if values else None


def _length(text: str) -> str:
    words = len(text.split())
    return next((name for most, name in LENGTHS if words <= most), LONGEST)
