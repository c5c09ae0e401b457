"""The contract of a classifier, and the plain values that go in and out of the panel.

This module imports neither numpy nor scikit-learn, so that a process which only talks to the
scorer stays small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from numpy.typing import NDArray


UNREAD = "none"  # the version of a score where no model reads the language


class ModelError(Exception):
    """A model file is missing, altered or of another version: names the file and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Engagement figures as one poll read them, `age` seconds after publication."""

    age: float
    views: int | None = None
    reactions: int | None = None
    replies: int | None = None
    shares: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the panel is told of one mention."""

    text: str
    title: str | None = None
    language: str | None = None  # as declared by the network
    network: str = ""
    kind: str = "post"
    rating: float | None = None  # 1 to 5
    followers: int | None = None
    hour: float | None = None  # local hour of publication, 0 to 24
    readings: Sequence[Reading] = ()  # oldest first
    usual: float | None = None  # engagement an hour that the author's and network's posts gain
    weight: float = 1.0  # of the source, as configured
    stands: bool = False  # under the hospital's own page: about it, whatever its words


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One classifier's word on one mention.

    `probabilities` are fractions: over "language" and "sentiment" they sum to 1, those of "themes"
    and "flags" each stand alone; empty for a classifier that measures rather than classifies.
    `value` is what it measures, None where it cannot say, and `figures` what goes with it.
    `reasons` are stable codes with figures, put into words where they are shown.
    """

    classifier: str
    version: str
    probabilities: Mapping[str, float] = field(default_factory=dict)
    value: float | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    reasons: Sequence[Reason] = ()

    @property
    def label(self) -> str | None:
        """The likeliest class, None where there is none."""
        return max(self.probabilities, key=self.probabilities.__getitem__, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a score is what it is: `code` is translated for people, `share` is its part of it."""

    code: str  # e.g. "negative_words", "growth", "reach", "rating"
    share: float = 0.0
    detail: str = ""  # a term, a figure; never a sentence to be translated


class Classifier(Protocol):
    """scikit-learn's conventions: `__init__` only stores, `fit` validates and returns self."""

    classes_: Sequence[str]

    def fit(self, X: Sequence[str], y: Sequence[str]) -> Self: ...

    def predict_proba(self, X: Sequence[str]) -> NDArray[Any]: ...
