"""The seam to the scorer's process: scores where it answers, None where it cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from classifiers.classifier import Sample, Score
from classifiers.stories.proposals import Proposal, Representative
from classifiers.themes import THEMES, pack
from listener.domain.triage import DEEP

Scored = Sequence[Score] | None

LIKELY = 0.5  # probability from which a theme is said to be one


class Scorer(Protocol):
    """What `classifiers.client.ScorerClient` is, and a test's stand-in may be."""

    async def score_or_bisect(
        self, samples: Sequence[Sample]
    ) -> tuple[list[list[Score] | None], list[int]]:
        """Scores by sample, None where it could not be scored, and the indexes of the poison.

        Raises classifiers.client.ScorerError where no scorer is to be had at all.
        """
        ...


class DeepScorer(Scorer, Protocol):
    """A scorer with an encoder behind it, which tells stories in other words apart too."""

    async def propose(self, representatives: Sequence[Representative]) -> list[Proposal]:
        """Stories that seem to be one. ScorerError where nobody can be asked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """The words of all classifiers on one mention, as it repeats them and rules compare them."""

    sentiment: str | None = None
    negative: float | None = None  # probability of "negative"
    confidence: float | None = None  # probability of `sentiment`
    severity: float | None = None
    language: str | None = None
    growth: float | None = None  # engagement gained an hour, in multiples of the usual
    forecast: Mapping[str, float] = field(default_factory=dict)  # all figures of the virality
    themes: Mapping[str, float] | None = None  # probabilities, each alone
    flags: Mapping[str, float] = field(default_factory=dict)  # probabilities, each alone
    tier: Literal["fast", "deep"] | None = None

    @classmethod
    def of(cls, scores: Scored) -> Verdicts:
        said = {score.classifier: score for score in scores or ()}
        sentiment, language = said.get("sentiment"), said.get("language")
        severity, virality = said.get("severity"), said.get("virality")
        themes, flags = said.get("themes"), said.get("flags")
        label = sentiment.label if sentiment else None
        return cls(
            sentiment=label,
            negative=sentiment.probabilities.get("negative") if sentiment else None,
            confidence=sentiment.probabilities[label] if sentiment and label else None,
            severity=severity.value if severity else None,
            language=language.label if language else None,
            growth=_growth(virality) if virality else None,
            forecast=virality.figures if virality else {},
            themes=themes.probabilities if themes else None,
            flags=flags.probabilities if flags else {},
            tier=_tier(sentiment),
        )

    @property
    def packed_themes(self) -> int | None:
        """Those that are likelier than not, as the database keeps them."""
        if self.themes is None:
            return None
        return pack(name for name, p in self.themes.items() if p >= LIKELY and name in THEMES)


def _growth(virality: Score) -> float | None:
    """A forecast says the growth among its figures; a plain measure is the growth itself."""
    return virality.figures.get("growth") if virality.figures else virality.value


def _tier(sentiment: Score | None) -> Literal["fast", "deep"] | None:
    if sentiment is None:
        return None
    return "deep" if DEEP in sentiment.version else "fast"
