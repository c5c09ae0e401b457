"""What a rule may ask, of one mention or of many: every kind's own keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.durations import PositiveDuration
from listener.domain.burst import NEGATIVE, TOTAL, theme_stream
from listener.domain.coverage import Blindness
from listener.domain.rule.events import ThemeName
from listener.domain.watch import fold

Sentiment = Literal["negative", "neutral", "positive"]


class Condition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Severity(Condition):
    """One mention whose severity reaches `at_least`."""

    kind: Literal["severity"]
    at_least: float = Field(ge=0, le=100)


class Count(Condition):
    """`at_least` mentions within `window`; of one sentiment where `sentiment` says so."""

    kind: Literal["count"]
    at_least: int = Field(ge=1)
    window: PositiveDuration
    sentiment: Sentiment | None = None


class NegativeShare(Condition):
    """At least `share` of the scored mentions within `window` are negative, of `minimum` or more."""

    kind: Literal["negative_share"]
    share: float = Field(gt=0, le=1)
    minimum: int = Field(ge=2)
    window: PositiveDuration


class Terms(Condition):
    """One mention that says one of `terms`, as whole words."""

    kind: Literal["terms"]
    terms: tuple[str, ...] = Field(min_length=1)

    @field_validator("terms")
    @classmethod
    def _has_words(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if blank := [t for t in value if not fold(t)]:
            raise ValueError(f"each should hold a word: {blank!r} holds none")
        return value


class Themed(Condition):
    """One mention about one of `themes`, with this probability at least."""

    kind: Literal["theme"]
    themes: tuple[ThemeName, ...] = Field(min_length=1)
    at_least: float = Field(default=0.5, gt=0, le=1)
    sentiment: Sentiment | None = None


class Burst(Condition):
    """More is said than usual at that hour of the week; it lasts until its level has calmed.

    `factor`: what was seen is so many times what was expected, at least.
    """

    kind: Literal["burst"]
    stream: str = NEGATIVE
    theme: ThemeName | None = None
    minimum: int = Field(default=3, ge=1)
    factor: float | None = Field(default=None, gt=1)

    @field_validator("stream")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in (TOTAL, NEGATIVE):
            raise ValueError(f'should be "{TOTAL}" or "{NEGATIVE}"; or name a theme instead')
        return value

    @model_validator(mode="after")
    def _one_stream(self) -> Burst:
        if self.theme and "stream" in self.model_fields_set:
            raise ValueError("should have a stream or a theme, not both")
        return self

    @property
    def named(self) -> str:
        """The stream as facts name it."""
        return theme_stream(self.theme) if self.theme else self.stream


class Growth(Condition):
    """One mention whose engagement will cross `at_least` `within` so long, says its forecast."""

    kind: Literal["growth"]
    at_least: int = Field(ge=1)  # one of scoring.thresholds
    within: Literal["1h", "6h", "24h"]
    probability: float = Field(default=0.8, gt=0, le=1)


class AuthorReach(Condition):
    """One mention by somebody with so many followers; of a sentiment or severity, where asked."""

    kind: Literal["author_reach"]
    followers: int = Field(ge=1)
    sentiment: Sentiment | None = None
    severity: float | None = Field(default=None, ge=0, le=100)


class AuthorListed(Condition):
    """One mention by somebody on one of these [[author_list]]s."""

    kind: Literal["author_list"]
    lists: tuple[str, ...] = Field(min_length=1)
    sentiment: Sentiment | None = None


class Rating(Condition):
    """A review of at most `stars`; or a mean over `window` that is `fall` below its baseline's."""

    kind: Literal["rating"]
    stars: float | None = Field(default=None, ge=1, le=5)
    fall: float | None = Field(default=None, gt=0, le=4)
    window: PositiveDuration = timedelta(days=7)
    minimum: int = Field(default=5, ge=1)
    baseline: PositiveDuration = timedelta(days=90)  # before the window
    baseline_minimum: int = Field(default=20, ge=1)

    @model_validator(mode="after")
    def _one_question(self) -> Rating:
        if (self.stars is None) == (self.fall is None):
            raise ValueError("should have either stars, of one review, or fall, of the mean")
        return self


class Spread(Condition):
    """One story told on `at_least` networks within `window`; or by the press, after social posts."""

    kind: Literal["spread"]
    at_least: int | None = Field(default=None, ge=2)
    to_press: bool = False
    window: PositiveDuration

    @model_validator(mode="after")
    def _one_question(self) -> Spread:
        if (self.at_least is None) != self.to_press:
            raise ValueError("should have either at_least, in networks, or to_press = true")
        return self


class Coverage(Condition):
    """The watch itself is blind; of these kinds, or of any."""

    kind: Literal["coverage"]
    kinds: tuple[Blindness, ...] = ()
