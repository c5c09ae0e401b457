"""Two tiers of invented classifiers: each says of a text what the test wants it to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from classifiers.classifier import Sample, Score
from classifiers.client import ScorerUnavailable
from listener.domain.rule import Rule
from listener.workflows.deepen import Deepener
from listener.workflows.process import Processor
from tests.listener.house import MANY, SEVERE, house

FAST, DEEP = "words-1", "words-1+encoder-1"


def said(
    label: str = "neutral",
    p: float = 0.9,
    *,
    severity: float = 10.0,
    version: str = FAST,
    themes: Mapping[str, float] | None = None,
    flags: Mapping[str, float] | None = None,
    growth: float | None = None,
) -> list[Score]:
    """The scores of one text; the sentiment's version alone says which tier spoke."""
    rest = {n: (1 - p) / 2 for n in ("negative", "neutral", "positive") if n != label}
    moved = {} if growth is None else {"growth": growth}
    return [
        Score(classifier="language", version="l1+library-2", probabilities={"fr": 1.0}),
        Score(classifier="sentiment", version=version, probabilities={label: p, **rest}),
        Score(classifier="themes", version=version, probabilities=themes or {"waiting": 0.1}),
        Score(classifier="flags", version=version, probabilities=flags or {"toxicity": 0.1}),
        Score(classifier="virality", version="v1", value=120.0, figures={"low": 40.0, **moved}),
        Score(classifier="severity", version="s1", value=severity),
    ]


@dataclass
class Says:
    """Answers by the first known words that a text holds; `meanwhile` runs while it thinks."""

    words: Mapping[str, list[Score]] = field(default_factory=dict)
    otherwise: list[Score] = field(default_factory=said)
    away: bool = False
    poison: str | None = None
    meanwhile: Any = None
    asked: list[Sample] = field(default_factory=list)

    async def score_or_bisect(
        self, samples: Sequence[Sample]
    ) -> tuple[list[list[Score] | None], list[int]]:
        if self.away:
            raise ScorerUnavailable("no encoder is installed")
        self.asked += samples
        if self.meanwhile is not None:
            await self.meanwhile()
        poison = [i for i, s in enumerate(samples) if self.poison and self.poison in s.text]
        return [None if i in poison else self._of(s) for i, s in enumerate(samples)], poison

    def _of(self, sample: Sample) -> list[Score]:
        return next((found for w, found in self.words.items() if w in sample.text), self.otherwise)


def deep(label: str = "neutral", p: float = 0.9, **values: Any) -> list[Score]:
    return said(label, p, version=DEEP, **values)


def tiers(
    database: Any,
    fast: Says,
    slow: Says,
    *,
    rules: Sequence[Rule] = (SEVERE, MANY),
    owner: str = "one",
    **values: Any,
) -> tuple[Processor, Deepener]:
    """A house whose queue somebody reads."""
    processor = house(database, scorer=fast, rules=rules, deep=True)
    return processor, Deepener(processor=processor, scorer=slow, owner=owner, **values)
