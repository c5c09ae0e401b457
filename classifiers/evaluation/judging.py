"""The judge as it is run in service, over the texts of a file."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from classifiers.features import Floats
from classifiers.fusion import SENTIMENTS
from classifiers.judge import Judgement
from classifiers.language import UNKNOWN
from classifiers.outputs import OUTPUTS
from classifiers.panel import panel_of
from classifiers.sentiment import CANNOT_SAY

PAGE = 200  # texts at once, as polls bring them


def judge(texts: Sequence[str], tier: str) -> tuple[Floats, float]:
    """Probabilities, texts × OUTPUTS (0 where no model could say), and texts judged a second.

    `tier`: "fast", or "whole" with the deep one. Each text's language is told by the language
    classifier. ModelError where a model or, for "whole", an encoder is missing.
    """
    panel = panel_of(tier)
    panel.warm_up()
    panel.judge.judge(["prêt"], ["fr"])
    chances = np.zeros((len(texts), len(OUTPUTS)))
    began = time.perf_counter()
    for start in range(0, len(texts), PAGE):
        page = texts[start : start + PAGE]
        languages = [panel.language.classify(text) or UNKNOWN for text in page]
        for row, judgement in enumerate(panel.judge.judge(page, languages, explain=False), start):
            chances[row] = _row(judgement)
    return chances, len(texts) / (time.perf_counter() - began)


def _row(judgement: Judgement) -> list[float]:
    labels = [judgement.labels.get(name, 0.0) for name in OUTPUTS[SENTIMENTS:]]
    return [*(judgement.sentiment or CANNOT_SAY), *labels]
