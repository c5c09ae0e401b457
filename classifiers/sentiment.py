"""Sentiment towards the hospital: negative, neutral or positive, with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifiers.classifier import UNREAD, Reason, Score
from classifiers.features import Floats
from classifiers.judge import HOME, Judge, Judgement
from classifiers.outputs import CLASSES

# Said where no model knows the language, or where there is nothing to read: the shares of the
# three classes are not known, and no rule should mistake this for a judgement.
CANNOT_SAY = (0.33, 0.34, 0.33)


class SentimentClassifier:
    """scikit-learn's face of the judge; `judge` decides which tiers speak."""

    classes_: Sequence[str] = CLASSES

    def __init__(self, judge: Judge | None = None) -> None:
        self.judge = judge or Judge()

    @property
    def version(self) -> str:
        """Of what reads French; a score tells the version of what made it."""
        return self.judge.version

    def scores(self, texts: Sequence[str], languages: Sequence[str] | None = None) -> list[Score]:
        """One score a text; `languages` as the language classifier's labels say."""
        languages = languages or [HOME] * len(texts)
        found = self.judge.judge(texts, languages)
        return [sentiment_score(*row) for row in zip(found, texts, languages, strict=True)]

    def predict_proba(self, texts: Sequence[str], language: str = HOME) -> Floats:
        """Calibrated probabilities, len(texts) × 3, of texts in one language."""
        found = self.judge.judge(texts, [language] * len(texts), explain=False)
        rows = [judgement.sentiment or CANNOT_SAY for judgement in found]
        return np.array(rows).reshape(len(texts), len(CLASSES))


def sentiment_score(judgement: Judgement, text: str, language: str) -> Score:
    """A judgement's sentiment as a score, with the terms that drove it."""
    if judgement.version is None or judgement.sentiment is None:
        return _cannot_say(text, language)
    three = judgement.sentiment
    label = CLASSES[three.index(max(three))]
    return Score(
        classifier="sentiment",
        version=judgement.version,
        probabilities=dict(zip(CLASSES, three, strict=True)),
        reasons=tuple(
            Reason(code=f"{label}_words", share=round(share, 3), detail=term)
            for term, share in judgement.evidence.get(label, ())
        ),
    )


def _cannot_say(text: str, language: str) -> Score:
    nothing = not text or text.isspace()
    reason = Reason(code="no_text") if nothing else Reason(code="unread_language", detail=language)
    return Score(
        classifier="sentiment",
        version=UNREAD,
        probabilities=dict(zip(CLASSES, CANNOT_SAY, strict=True)),
        reasons=(reason,),
    )
