"""How far the corpus's two readers agree, label by label (Cohen's kappa, F1 of one against the other)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from classifiers.outputs import CLASSES
from classifiers.themes import THEMES

FLAGS = ("private", "off", "toxic")


def evaluate() -> dict[str, Any]:
    """Of the posts that were read twice: share of equal sentiments, and every label's figures."""
    path = files("classifiers").joinpath("training", "corpus", "readings.jsonl")
    readings = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    pairs = [(row["first"], row["second"]) for row in readings]
    tones = ([first[0] for first, _ in pairs], [second[0] for _, second in pairs])
    labels = {
        name: _binary(
            [name in a[1] + a[2] for a, _ in pairs], [name in b[1] + b[2] for _, b in pairs]
        )
        for name in (*THEMES, *FLAGS)
    }
    themes = [labels[name]["f1"] for name in THEMES]
    return {
        "posts": len(pairs),
        "sentiment": {
            "equal": round(_equal(*tones), 4),
            "kappa": round(kappa(*tones), 3),
            "macro_f1": round(sum(_f1(*tones, name) for name in CLASSES) / len(CLASSES), 4),
        },
        "themes_macro_f1": round(sum(themes) / len(themes), 4),
        "labels": labels,
    }


def kappa(first: Sequence[Any], second: Sequence[Any]) -> float:
    """Agreement beyond chance (Cohen 1960): 1 for equal readings, 0 for what chance would give."""
    values = set(first) | set(second)
    chance = sum(
        (list(first).count(v) / len(first)) * (list(second).count(v) / len(second)) for v in values
    )
    return 1.0 if chance == 1 else float((_equal(first, second) - chance) / (1 - chance))


def _binary(first: list[bool], second: list[bool]) -> dict[str, Any]:
    return {
        "first": sum(first),
        "second": sum(second),
        "kappa": round(kappa(first, second), 3),
        "f1": round(_f1(first, second, True), 3),
    }


def _equal(first: Sequence[Any], second: Sequence[Any]) -> float:
    return sum(bool(a == b) for a, b in zip(first, second, strict=True)) / len(first)


def _f1(first: Sequence[Any], second: Sequence[Any], value: Any) -> float:
    both = sum(bool(a == b == value) for a, b in zip(first, second, strict=True))
    return 2 * both / max(1, list(first).count(value) + list(second).count(value))
