"""All the classifiers over one page of mentions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from classifiers.classifier import ModelError, Reason, Sample, Score
from classifiers.judge import Judge, Judgement, read_as
from classifiers.language import UNKNOWN, GivenLanguage, LanguageClassifier
from classifiers.language import VERSION as LANGUAGE_VERSION
from classifiers.sentiment import sentiment_score
from classifiers.settings import PanelSettings
from classifiers.severity import DEFAULT, Points, weighed
from classifiers.severity import VERSION as SEVERITY_VERSION
from classifiers.site import site_in_force
from classifiers.stories.proposals import Proposal, Representative
from classifiers.topics import flag_score, theme_score
from classifiers.virality.forecast import THRESHOLDS, Forecast
from classifiers.virality.forecaster import Forecaster
from classifiers.virality.growth import virality as growth_of
from classifiers.virality.scores import virality_score

# Log-odds a star away from three: where the text says nothing, one star means 84 % negative.
STARS_WEIGHT = 0.9
DEFAULTS = PanelSettings()


class LanguageTeller(Protocol):
    """What tells a text's language."""

    def warm_up(self) -> None: ...

    def score(self, text: str, declared: str | None = None) -> Score: ...


@dataclass(slots=True)
class Panel:
    """Scores "language", "sentiment", "themes", "flags", "virality" and "severity", a sample.

    `thresholds`: interactions of which a forecast gives the chance to be crossed.
    """

    language: LanguageTeller = field(default_factory=LanguageClassifier)
    judge: Judge = field(default_factory=Judge)
    forecaster: Forecaster = field(default_factory=Forecaster)
    thresholds: Sequence[int] = THRESHOLDS
    points: Points = DEFAULT

    def warm_up(self) -> None:
        """Load every model now. ModelError if a file is missing or altered."""
        self.language.warm_up()
        self.judge.warm_up()
        self.forecaster.warm_up()

    @property
    def versions(self) -> Mapping[str, str]:
        return {
            "language": LANGUAGE_VERSION,
            "sentiment": self.judge.version,
            "themes": self.judge.version,
            "flags": self.judge.version,
            "virality": self.forecaster.version,
            "severity": SEVERITY_VERSION,
        }

    def score(self, samples: Sequence[Sample]) -> list[list[Score]]:
        """One list of scores a sample, in the order of the samples."""
        texts = [_whole_text(sample) for sample in samples]
        languages = [
            self.language.score(text, sample.language)
            for text, sample in zip(texts, samples, strict=True)
        ]
        judgements = self.judge.judge(texts, [read_as(language) for language in languages])
        forecasts = self.forecaster.forecasts(samples, self.thresholds)
        rows = zip(samples, texts, languages, judgements, forecasts, strict=True)
        return [self._scores(*row) for row in rows]

    def propose(self, representatives: Sequence[Representative]) -> list[Proposal]:
        """Stories that the deep tier's encoder takes for one; none without one."""
        if self.judge.deep is None:
            return []
        from classifiers.stories.merging import propose

        return propose(representatives, self.judge.deep)

    def _scores(
        self,
        sample: Sample,
        text: str,
        language: Score,
        judgement: Judgement,
        forecast: Forecast | Reason,
    ) -> list[Score]:
        sentiment = sentiment_score(judgement, text, language.label or UNKNOWN)
        sentiment = with_rating(sentiment, sample.rating)
        scores = [
            language,
            sentiment,
            theme_score(judgement),
            flag_score(judgement),
            virality_score(growth_of(sample), forecast, self.forecaster.version),
        ]
        return weighed(scores, sample, self.points)


def panel_of(settings: PanelSettings = DEFAULTS) -> Panel:
    """The panel that these settings ask for.

    ModelError where the deep tier is asked for and no encoder can be had.
    """
    deep = None
    if settings.tier == "whole":
        from classifiers.encoder.choose import deep_tier

        deep = deep_tier(settings.encoder)
        if deep is None:
            raise ModelError("no sentence encoder can be had on this machine")
    language = GivenLanguage() if settings.languages_given else LanguageClassifier()
    judge = Judge(deep)
    site = site_in_force(settings.site)
    if site is not None:
        judge = Judge(deep, judge.models, site.over(settings.tier, judge.version))
    return Panel(
        language=language,
        judge=judge,
        forecaster=Forecaster(heads=site.heads if site else None),
        thresholds=settings.thresholds,
        points=settings.points,
    )


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
