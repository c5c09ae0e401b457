"""The model card that goes with a shipped model: what it is made of and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from classifiers.outputs import CLASSES
from classifiers.training.measure import Measure


def write_card(name: str, measures: Mapping[str, Measure], facts: Mapping[str, object]) -> str:
    """The card in Markdown, from classifiers/training/cards/`name`.md and what was measured."""
    template = files("classifiers").joinpath("training", "cards", f"{name}.md").read_text("utf-8")
    rows = "\n".join(_row(texts, measure) for texts, measure in measures.items())
    return template.format(name=name, rows=rows, **facts)


def _row(name: str, measure: Measure) -> str:
    low, high = measure.macro_f1_interval
    per_class = " / ".join(percent(measure.per_class[label][2]) for label in CLASSES)
    return (
        f"| {name} | {measure.size} | {percent(measure.macro_f1)}"
        f" ({percent(low)}–{percent(high)}) | {percent(measure.accuracy)}"
        f" | {measure.calibration_error:.3f} | {per_class} |"
    )


def percent(fraction: float) -> str:
    """A fraction as people read it: 0.6602 as 66.0."""
    return f"{100 * fraction:.1f}"
