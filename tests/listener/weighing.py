"""A house whose rules are only listened to: what they breach, page by page and look by look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from classifiers.classifier import Sample, Score
from listener.domain.rule import Breach, MentionFact
from listener.storage.database import Database
from listener.workflows.process import Processor
from listener.workflows.weigh import Weigher
from tests.listener.house import WATCHES, WordScorer, house, live
from tests.listener.house import score as worded


@dataclass
class Heard:
    """Stands where the judgement does, and keeps what the weigher says."""

    weigher: Weigher
    breaches: list[Breach] = field(default_factory=list)
    facts: list[MentionFact] = field(default_factory=list)

    async def judge(self, connection: Any, mentions: Sequence[MentionFact], at: datetime) -> int:
        self.facts += mentions
        self.breaches += await self.weigher.breaches(connection, mentions, at)
        return 0

    def told(self) -> list[Breach]:
        """What was breached since the last time somebody asked."""
        found, self.breaches = self.breaches, []
        return found


@dataclass
class Seer(WordScorer):
    """As its ancestor; themes are the words after "#", the forecast what the reactions are."""

    tier: str = "w1"

    async def score_or_bisect(
        self, samples: Sequence[Sample]
    ) -> tuple[list[list[Score] | None], list[int]]:
        scores, poison = await super().score_or_bisect(samples)
        return [
            None if found is None else self._seen(sample, found)
            for sample, found in zip(samples, scores, strict=True)
        ], poison

    def _seen(self, sample: Sample, found: Sequence[Score]) -> list[Score]:
        themes = {word[1:]: 0.9 for word in sample.text.split() if word.startswith("#")}
        reactions = max((r.reactions or 0 for r in sample.readings), default=0)
        forecast = {"current": float(reactions), "over_1000_6h": min(reactions / 1000, 1.0)}
        kept = [s for s in worded(sample) if s.classifier != "virality"] if found else []
        return [
            *kept,
            Score(classifier="themes", version=self.tier, probabilities=themes),
            Score(classifier="virality", version=self.tier, figures=forecast),
        ]


async def listening(
    database: Database, *rules: Any, scorer: Any = None, **values: Any
) -> tuple[Processor, Heard]:
    """A live house with these rules alone, and who listens to them."""
    processor = house(database, rules=rules, scorer=scorer)
    own = frozenset(w.id for w in WATCHES if w.kind.value == "hospital")
    heard = Heard(weigher=Weigher(rules=rules, own=own, **values))
    processor.judgement = heard  # type: ignore[assignment]
    await live(processor)
    return processor, heard


async def looked(database: Database, heard: Heard, at: datetime, **facts: Any) -> list[Breach]:
    """What breaches with no mention arriving."""
    async with database.write() as connection:
        return await heard.weigher.due(connection, at, **facts)
