"""French sentiment: negative, neutral or positive, with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Sequence

from classifiers.classifier import Reason, Score

CLASSES = ("negative", "neutral", "positive")


class SentimentClassifier:
    """Placeholder until the trained model stands: a handful of words."""

    version = "words-0"

    def scores(self, texts: Sequence[str]) -> list[Score]:
        return [self._score(text.lower()) for text in texts]

    def _score(self, text: str) -> Score:
        bad = sum(w in text for w in ("honte", "scandale", "inadmissible", "attente", "horrible"))
        good = sum(w in text for w in ("merci", "bravo", "formidable", "excellent", "super"))
        total = 1.0 + bad + good + 1.0
        probabilities = dict(
            zip(CLASSES, ((bad + 0.5) / total, 1 / total, (good + 0.5) / total), strict=True)
        )
        return Score(
            classifier="sentiment",
            version=self.version,
            probabilities=probabilities,
            reasons=(Reason(code="negative_words", share=1.0, detail="honte"),) if bad else (),
        )
