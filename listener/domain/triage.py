"""What deserves a second, deeper reading, and in which order.

Every mention has its fast scores at once. The deep classifiers read some forty texts a second, so
they begin with what could call somebody, in this order:

1. a severity near or above what a rule calls for, a person in danger, a patient who may be named
   (from 3 to 4, by severity and probability);
2. what is negative, or may be, under a subject one of whose counts is near its threshold (from 2
   to 3, by how negative or how uncertain it is);
3. what the fast classifiers were not sure of (from 1 to 2, by how uncertain it is);

and of what is alike, the newest. What is certain and harmless is not read again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from listener.domain.rule import Rule, SeverityRule, subjects_of

NEAR = 15.0  # points of severity below a rule's threshold: as far as the two readings differ
DANGER = 0.15  # probability of a person in danger from which somebody reads it again
DOUBT = 0.15  # and of a patient revealed, above which it is in doubt, and below 1 - DOUBT
CERTAIN = 0.75  # probability of the likeliest sentiment from which it is taken for granted
DEEP = "+"  # stands in the version of a sentiment for which a text encoder was asked as well
_ALERTS, _NEAR_ALERTS, _UNCERTAIN = 3.0, 2.0, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One mention as the fast classifiers see it; probabilities and severity None where unsaid."""

    subjects: Collection[str]
    network: str
    severity: float | None = None  # 0 to 100
    negative: float | None = None  # probability
    confidence: float | None = None  # probability of the likeliest sentiment
    danger: float | None = None  # probability that it tells of a person in danger
    patient_privacy: float | None = None  # probability that it may reveal who is a patient

    @property
    def uncertain(self) -> bool:
        return self.confidence is not None and self.confidence < CERTAIN


def priority(
    judged: Judged, rules: Sequence[Rule], *, own: frozenset[str], near: Collection[str] = ()
) -> float | None:
    """Where a mention stands in the queue, from 1 to 4; None: it is not read again.

    `near` are the subjects one of whose windows is near its threshold.
    """
    return max(_reasons(judged, rules, own, near), default=None)


def _reasons(
    judged: Judged, rules: Sequence[Rule], own: frozenset[str], near: Collection[str]
) -> Iterator[float]:
    if judged.severity is not None and _may_breach(judged, judged.severity, rules, own):
        yield _ALERTS + judged.severity / 100
    if judged.danger is not None and judged.danger >= DANGER:
        yield _ALERTS + judged.danger
    if judged.patient_privacy is not None and DOUBT <= judged.patient_privacy <= 1 - DOUBT:
        yield _ALERTS + judged.patient_privacy
    if judged.confidence is None or judged.negative is None:
        return
    uncertainty = 1 - judged.confidence
    negative = judged.negative >= judged.confidence
    if (negative or judged.uncertain) and any(subject in near for subject in judged.subjects):
        yield _NEAR_ALERTS + max(judged.negative, uncertainty)
    if judged.uncertain:
        yield _UNCERTAIN + uncertainty


def _may_breach(
    judged: Judged, severity: float, rules: Sequence[Rule], own: frozenset[str]
) -> bool:
    return any(
        severity >= rule.at_least - NEAR
        and (not rule.networks or judged.network in rule.networks)
        and not subjects_of(rule, own).isdisjoint(judged.subjects)
        for rule in rules
        if rule.enabled and isinstance(rule, SeverityRule)
    )
