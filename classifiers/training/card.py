"""The model card that goes with a shipped model: what it is made of and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files

import numpy as np

from classifiers.evaluation.labels import average_precision
from classifiers.evaluation.sentiment import one_f1
from classifiers.judge import Judge
from classifiers.outputs import CLASSES, LABELS, THRESHOLDS
from classifiers.themes import THEMES
from classifiers.training.data import Post
from classifiers.training.measure import Measure


def write_card(
    name: str,
    measures: Mapping[str, Measure],
    facts: Mapping[str, object],
    template: str | None = None,
) -> str:
    """The card in Markdown, from classifiers/training/cards/`template`.md and what was measured."""
    path = files("classifiers").joinpath("training", "cards", f"{template or name}.md")
    template = path.read_text("utf-8")
    rows = "\n".join(_row(texts, measure) for texts, measure in measures.items())
    return template.format(name=name, rows=rows, **facts)


def _row(name: str, measure: Measure) -> str:
    low, high = measure.macro_f1_interval
    per_class = " / ".join(percent(measure.per_class[label]) for label in CLASSES)
    return (
        f"| {name} | {measure.size} | {percent(measure.macro_f1)}"
        f" ({percent(low)}–{percent(high)}) | {percent(measure.accuracy)}"
        f" | {measure.calibration_error:.3f} | {per_class} |"
    )


def percent(fraction: float) -> str:
    """A fraction as people read it: 0.6602 as 66.0."""
    return f"{100 * fraction:.1f}"


def label_rows(judge: Judge, posts: Sequence[Post]) -> str:
    """A table of every label's figures on posts, at the thresholds in service."""
    found = judge.judge([post.text for post in posts], ["fr"] * len(posts), explain=False)
    chances = np.array([[one.labels.get(name, 0.0) for name in LABELS] for one in found])
    truth = np.stack([post.labels for post in posts])
    rows = ["| label | n | F1 | average precision |", "|---|---|---|---|"]
    scores = []
    for k, name in enumerate(LABELS):
        chance, known = chances[:, k], truth[:, k]
        said = chance >= THRESHOLDS[name]
        if name == "about_hospital":  # what is sought is what is not
            name, chance, known, said = "not about a hospital", 1 - chance, ~known, ~said
        f1 = one_f1(known, said)
        scores.append(f1)
        precision = percent(average_precision(chance, known))
        rows.append(f"| {name} | {int(known.sum())} | {percent(f1)} | {precision} |")
    mean = percent(float(np.mean(scores[: len(THEMES)])))
    return "\n".join([*rows, f"| **themes, macro** | | **{mean}** | |"])
