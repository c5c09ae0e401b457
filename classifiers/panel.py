"""All the classifiers over one page of mentions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from classifiers.classifier import Reason, Sample, Score
from classifiers.language import UNKNOWN, LanguageClassifier
from classifiers.language import VERSION as LANGUAGE_VERSION
from classifiers.sentiment import SentimentClassifier
from classifiers.severity import VERSION as SEVERITY_VERSION
from classifiers.severity import severity
from classifiers.virality import VERSION as VIRALITY_VERSION
from classifiers.virality import virality

# Log-odds a star away from three: where the text says nothing, one star means 84 % negative.
STARS_WEIGHT = 0.9


@dataclass(slots=True)
class Panel:
    """Scores "language", "sentiment", "virality" and "severity", in that order, a sample."""

    language: LanguageClassifier = field(default_factory=LanguageClassifier)
    sentiment: SentimentClassifier = field(default_factory=SentimentClassifier)

    def warm_up(self) -> None:
        """Load every model now. ModelError if a file is missing or altered."""
        self.language.warm_up()
        self.sentiment.warm_up()

    @property
    def versions(self) -> Mapping[str, str]:
        return {
            "language": LANGUAGE_VERSION,
            "sentiment": self.sentiment.version,
            "virality": VIRALITY_VERSION,
            "severity": SEVERITY_VERSION,
        }

    def score(self, samples: Sequence[Sample]) -> list[list[Score]]:
        """One list of scores a sample, in the order of the samples."""
        texts = [_whole_text(sample) for sample in samples]
        languages = [
            self.language.score(text, sample.language)
            for text, sample in zip(texts, samples, strict=True)
        ]
        codes = [language.label or UNKNOWN for language in languages]
        sentiments = self.sentiment.scores(texts, codes)
        rows = zip(samples, languages, sentiments, strict=True)
        return [_with_measures(*row) for row in rows]


def _with_measures(sample: Sample, language: Score, sentiment: Score) -> list[Score]:
    growth = virality(sample)
    sentiment = with_rating(sentiment, sample.rating)
    negative = sentiment.probabilities["negative"]
    return [language, sentiment, growth, severity(sample, negative=negative, growth=growth.value)]


def with_rating(sentiment: Score, rating: float | None) -> Score:
    """The sentiment once the stars that came with the text are known: one star says it all."""
    if rating is None or not math.isfinite(rating):
        return sentiment
    tilt = STARS_WEIGHT * (min(max(rating, 1.0), 5.0) - 3.0)
    negative, neutral, positive = sentiment.probabilities.values()
    odds = (negative * math.exp(-tilt), neutral, positive * math.exp(tilt))
    total = sum(odds)
    first, last = round(odds[0] / total, 6), round(odds[2] / total, 6)
    parts = (first, round(1 - first - last, 6), last)
    return replace(
        sentiment,
        probabilities=dict(zip(sentiment.probabilities, parts, strict=True)),
        reasons=(*sentiment.reasons, Reason(code="rating", detail=f"{rating:g}")),
    )


def _whole_text(sample: Sample) -> str:
    return f"{sample.title}\n{sample.text}" if sample.title else sample.text
