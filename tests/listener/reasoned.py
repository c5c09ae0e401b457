"""Scores with the reasons that tests put into words."""

from __future__ import annotations

import re

from classifiers.classifier import Reason, Score


def reasons(*rows: tuple[str, float, str]) -> tuple[Reason, ...]:
    return tuple(Reason(code=code, share=share, detail=detail) for code, share, detail in rows)


def grave(value: float = 73.0, *rows: tuple[str, float, str]) -> Score:
    rows = rows or (
        ("negativity", 0.61, "0.97"),
        ("theme", 0.2, "hygiene"),
        ("forecast", 0.12, "1200"),
        ("reach", 0.07, "900"),
    )
    return Score(classifier="severity", version="s1", value=value, reasons=reasons(*rows))


def tone(*terms: str, label: str = "negative", code: str = "", detail: str = "") -> Score:
    rows = [(f"{label}_words", 0.3, term) for term in terms]
    rows += [(code, 0.0, detail)] if code else []
    return Score(
        classifier="sentiment",
        version="words-1",
        probabilities={label: 0.9, "other": 0.1},
        reasons=reasons(*rows),
    )


VIRAL = Score(
    classifier="virality", version="v1", value=1213.4, figures={"low": 604.0, "high": 2531.0}
)


def plain(text: str) -> str:
    return re.sub(r"[\xa0\u202f]", " ", text)
