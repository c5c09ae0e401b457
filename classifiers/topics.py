"""What a text is about: its themes, and three flags – patient privacy, relevance, toxicity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifiers.classifier import UNREAD, Reason, Score
from classifiers.features import Floats
from classifiers.judge import HOME, Judge, Judgement
from classifiers.outputs import FLAGS
from classifiers.themes import THEMES

KEPT = 0.05  # less likely themes are not worth storing


class TopicClassifier:
    """scikit-learn's face of the judge for labels that each stand alone, `classes_` in order."""

    def __init__(self, classes: Sequence[str] = THEMES, judge: Judge | None = None) -> None:
        self.classes_ = tuple(classes)
        self.judge = judge or Judge()

    def predict_proba(self, texts: Sequence[str], languages: Sequence[str] | None = None) -> Floats:
        """len(texts) × classes, each on its own; 0 where no model could say."""
        found = self.judge.judge(texts, languages or [HOME] * len(texts), explain=False)
        rows = [[one.labels.get(name, 0.0) for name in self.classes_] for one in found]
        return np.array(rows).reshape(len(texts), len(self.classes_))


def theme_score(judgement: Judgement) -> Score:
    """The themes that are not out of the question, likeliest first."""
    said = {name: judgement.labels[name] for name in THEMES if name in judgement.labels}
    kept = {name: chance for name, chance in said.items() if chance >= KEPT}
    return Score(
        classifier="themes",
        version=judgement.version or UNREAD,
        probabilities=dict(sorted(kept.items(), key=lambda item: -item[1])),
        reasons=_reasons(judgement, THEMES, "theme_words"),
    )


def flag_score(judgement: Judgement) -> Score:
    """Whether a patient may be recognised, a hospital is spoken of, somebody is insulted."""
    return Score(
        classifier="flags",
        version=judgement.version or UNREAD,
        probabilities={name: judgement.labels[name] for name in FLAGS if name in judgement.labels},
        reasons=_reasons(judgement, FLAGS, "flag_words"),
    )


def _reasons(judgement: Judgement, outputs: Sequence[str], code: str) -> tuple[Reason, ...]:
    return tuple(
        Reason(code=code, share=round(share, 3), detail=f"{output}: {term}")
        for output in outputs
        for term, share in judgement.evidence.get(output, ())
    )
