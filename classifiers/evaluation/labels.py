"""How well themes and flags are found: `listener evaluate themes`, `privacy`, `relevance`, `toxicity`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.evaluation.judging import judge
from classifiers.evaluation.sentiment import DECIMALS, Floats, one_f1
from classifiers.evaluation.texts import read_binary, read_rows
from classifiers.outputs import LIKELY, OUTPUTS, THRESHOLDS
from classifiers.settings import Tier
from classifiers.themes import THEMES

SURE = 0.6  # the precision at which recall is asked for
Truth = NDArray[np.bool_]


def evaluate_themes(path: Path, tier: Tier = "whole") -> dict[str, Any]:
    """Figures of themes (columns text, themes), as fractions.

    macro_f1 is over the themes that occur in the file. ValueError names file and line.
    """
    rows = read_rows(path, ("text", "themes"))
    truth = np.array([_row(path, line, row["themes"]) for line, row in rows])
    judged = judge([row["text"] for _, row in rows], tier)
    chances, speed = judged.chances, judged.speed
    found = chances[:, [OUTPUTS.index(theme) for theme in THEMES]] >= LIKELY
    occurring = np.flatnonzero(truth.any(axis=0))
    if not len(occurring):
        raise ValueError(f"{path}: no theme occurs")
    scores = [one_f1(truth[:, k], found[:, k]) for k in range(len(THEMES))]
    return {
        "n": len(rows),
        "tier": judged.tier,
        "macro_f1": round(float(np.mean([scores[k] for k in occurring])), DECIMALS),
        "micro_f1": round(one_f1(truth.ravel(), found.ravel()), DECIMALS),
        "per_theme": {
            THEMES[k]: {"f1": round(scores[k], DECIMALS), "n": int(truth[:, k].sum())}
            for k in occurring
        },
        "texts_per_second": round(speed, 1),
    }


def evaluate_privacy(path: Path, tier: Tier = "whole") -> dict[str, Any]:
    """Figures of patient_privacy (label 1: the text reveals who is a patient)."""
    texts, truth = read_binary(path)
    return _binary(texts, np.array(truth), "patient_privacy", tier)


def evaluate_relevance(path: Path, tier: Tier = "whole") -> dict[str, Any]:
    """Figures of what is looked for here, the texts that are *not* about a hospital (label 0)."""
    texts, truth = read_binary(path)
    return _binary(texts, np.array(truth), "about_hospital", tier, sought=False)


def evaluate_toxicity(path: Path, tier: Tier = "whole") -> dict[str, Any]:
    """Figures of toxicity (label 1: toxic)."""
    texts, truth = read_binary(path)
    return _binary(texts, np.array(truth), "toxicity", tier)


def _binary(
    texts: list[str], truth: Truth, output: str, tier: Tier, *, sought: bool = True
) -> dict[str, Any]:
    judged = judge(texts, tier)
    chances, speed = judged.chances, judged.speed
    chance = chances[:, OUTPUTS.index(output)]
    found = chance >= THRESHOLDS[output]
    if not sought:
        chance, truth, found = 1 - chance, ~truth, ~found
    hits = int((truth & found).sum())
    parts = {
        "f1": one_f1(truth, found),
        "precision": hits / max(1, int(found.sum())),
        "recall": hits / max(1, int(truth.sum())),
        "recall_at_precision_0_6": recall_at(chance, truth, SURE),
        "average_precision": average_precision(chance, truth),
    }
    rounded = {name: round(value, DECIMALS) for name, value in parts.items()}
    counts = {"n": len(texts), "sought_label": int(sought), "sought": int(truth.sum())}
    return counts | {"tier": judged.tier} | rounded | {"texts_per_second": round(speed, 1)}


def recall_at(chance: Floats, truth: Truth, precision: float) -> float:
    """The greatest recall at any threshold that keeps this precision; 0 where none does."""
    precisions, recalls = _curve(chance, truth)
    good = recalls[precisions >= precision]
    return float(good.max()) if len(good) else 0.0


def average_precision(chance: Floats, truth: Truth) -> float:
    """Area under the precision-recall steps."""
    precisions, recalls = _curve(chance, truth)
    return float((np.diff(recalls, prepend=0.0) * precisions).sum())


def _curve(chance: Floats, truth: Truth) -> tuple[Floats, Floats]:
    """Precision and recall at each distinct probability, from the highest down."""
    order = np.argsort(-chance, kind="stable")
    chance, truth = chance[order], truth[order]
    last = np.flatnonzero(np.diff(chance, append=-1.0))
    hits = np.cumsum(truth)[last]
    return hits / (last + 1), hits / max(1, int(truth.sum()))


def _row(path: Path, line: int, themes: Any) -> list[bool]:
    """A list, or names separated by commas, spaces or bars."""
    if isinstance(themes, str):
        themes = themes.replace(",", " ").replace("|", " ").split()
    if not isinstance(themes, list):
        raise ValueError(f"{path}, line {line}: themes is {themes!r}, no list of names")
    unknown = [name for name in themes if name not in THEMES]
    if unknown:
        raise ValueError(f"{path}, line {line}: unknown themes {unknown}")
    return [theme in themes for theme in THEMES]
