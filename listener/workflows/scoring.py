"""The seam to the scorer's process: scores where it answers, None where it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from classifiers.classifier import Sample, Score

Scored = Sequence[Score] | None


class Scorer(Protocol):
    """What `classifiers.client.ScorerClient` is, and a test's stand-in may be."""

    async def score_or_bisect(
        self, samples: Sequence[Sample]
    ) -> tuple[list[list[Score] | None], list[int]]:
        """Scores by sample, None where it could not be scored, and the indexes of the poison.

        Raises classifiers.client.ScorerError where no scorer is to be had at all.
        """
        ...


def find(scores: Scored, classifier: str) -> Score | None:
    """One classifier's word among a mention's scores."""
    for score in scores or ():
        if score.classifier == classifier:
            return score
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """The words of all classifiers on one mention, as it repeats them and rules compare them."""

    sentiment: str | None = None
    severity: float | None = None
    language: str | None = None
    growth: float | None = None  # engagement gained an hour, in multiples of the usual

    @classmethod
    def of(cls, scores: Scored) -> Verdicts:
        sentiment, language = find(scores, "sentiment"), find(scores, "language")
        severity, virality = find(scores, "severity"), find(scores, "virality")
        return cls(
            sentiment=sentiment.label if sentiment else None,
            severity=severity.value if severity else None,
            language=language.label if language else None,
            growth=virality.value if virality else None,
        )
