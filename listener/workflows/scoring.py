"""The seam to the scorer's process: scores where it answers, None where it cannot."""

from __future__ import annotations

from collections.abc import Sequence
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
