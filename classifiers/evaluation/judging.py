"""The judge as it is run in service, over the texts of a file."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.classifier import ModelError
from classifiers.features import Floats
from classifiers.fusion import SENTIMENTS
from classifiers.judge import Judgement, read_as
from classifiers.outputs import OUTPUTS
from classifiers.panel import Panel, panel_of
from classifiers.sentiment import CANNOT_SAY
from classifiers.settings import PanelSettings, Tier

log = logging.getLogger(__name__)
PAGE = 200  # texts at once, as polls bring them


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`chances`: texts × OUTPUTS, 0 where no model could say; `speed`: texts a second."""

    chances: Floats
    speed: float
    tier: Tier  # that spoke: "fast" where "whole" was asked for and no encoder could be had


def judge(texts: Sequence[str], tier: Tier) -> Judged:
    """What the judge says of texts.

    `tier`: "fast", or "whole" with the deep one. Each text's language is told by the language
    classifier. ModelError where a model or, for "whole", an encoder is missing.
    """
    panel = best_panel(tier)
    panel.judge.judge(["prêt"], ["fr"])
    chances = np.zeros((len(texts), len(OUTPUTS)))
    began = time.perf_counter()
    for start in range(0, len(texts), PAGE):
        page = texts[start : start + PAGE]
        languages = [read_as(panel.language.score(text)) for text in page]
        for row, judgement in enumerate(panel.judge.judge(page, languages, explain=False), start):
            chances[row] = _row(judgement)
    speed = len(texts) / (time.perf_counter() - began)
    return Judged(chances=chances, speed=speed, tier="whole" if panel.judge.deep else "fast")


def best_panel(tier: Tier) -> Panel:
    """The tier's panel; of "whole" the fast one where no encoder is to be had, said in the log."""
    try:
        panel = panel_of(PanelSettings(tier=tier))
    except ModelError as error:
        log.warning("%s: the fast tier speaks alone", error)
        panel = panel_of()
    panel.warm_up()
    return panel


def _row(judgement: Judgement) -> list[float]:
    labels = [judgement.labels.get(name, 0.0) for name in OUTPUTS[SENTIMENTS:]]
    return [*(judgement.sentiment or CANNOT_SAY), *labels]
