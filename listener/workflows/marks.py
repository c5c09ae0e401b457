"""What a mention's row says of it: its verdicts as the thresholds in force read them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.severity import DEFAULT, Points
from classifiers.themes import unpack
from listener.config.scoring import ScoringSettings
from listener.domain.rule import (
    CountRule,
    GrowthRule,
    NegativeShareRule,
    Rule,
    SeverityRule,
    ThemeRule,
    WindowRule,
    chance_of,
    leaves,
    subjects_of,
)
from listener.domain.triage import Judged, priority
from listener.storage import facts
from listener.storage.mentions import Known
from listener.workflows.scoring import LIKELY, Scored, Verdicts

UNLIKELY = 0.49  # below LIKELY: of a theme that the row does not hold
_NO_COLUMNS = frozenset({"growth", "said", "forecast"})
GREW = 1.0  # points of severity: below, nothing new happened to an old mention
NEAR_FROM = 0.5  # of a threshold: a count that is half-way there is near
NEAR_EVERY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The columns of `mentions` that repeat the current verdicts, and the growth they saw."""

    sentiment: str | None = None  # towards the hospital
    severity: float | None = None
    language: str | None = None
    themes: int | None = None
    restricted: bool = False
    about: float | None = None
    tier: str | None = None
    deep_priority: float | None = None
    growth: float | None = None
    said: Mapping[str, float] = field(default_factory=dict)  # of themes, by the latest scores
    forecast: Mapping[str, float] = field(default_factory=dict)  # the virality score's figures

    @property
    def columns(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__ if name not in _NO_COLUMNS}

    @property
    def likely(self) -> dict[str, float]:
        """Probabilities of themes. What a person or the deep classifiers said of them stands."""
        stand = unpack(self.themes or 0)
        unlikely = {name: min(p, UNLIKELY) for name, p in self.said.items()}
        return unlikely | {name: max(self.said.get(name, LIKELY), LIKELY) for name in stand}


@dataclass(slots=True, kw_only=True)
class Marker:
    """The thresholds in force. `deep` says whether anybody reads what is put into the queue."""

    rules: Sequence[Rule]
    own: frozenset[str]
    restricted_from: float = 0.4  # low: who is a patient is better hidden once too often
    about_from: float = 0.35
    deep: bool = False
    points: Points = DEFAULT  # of a severity that a person's word changes
    exercise_id: str = ""
    _severe: Sequence[SeverityRule] = field(init=False)
    _counted: Sequence[WindowRule] = field(init=False)
    _growing: Sequence[GrowthRule] = field(init=False)
    _themed: Sequence[ThemeRule] = field(init=False)
    _near: frozenset[str] = field(default=frozenset(), init=False)
    _near_at: datetime | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        asked = [leaf for rule in self.rules if rule.enabled for leaf in leaves(rule)]
        self._severe = [rule for rule in asked if isinstance(rule, SeverityRule)]
        self._counted = [r for r in asked if isinstance(r, CountRule | NegativeShareRule)]
        self._growing = [rule for rule in asked if isinstance(rule, GrowthRule)]
        self._themed = [rule for rule in asked if isinstance(rule, ThemeRule)]

    async def look(self, connection: AsyncConnection, at: datetime) -> None:
        """Find out, now and then, which subjects have a count that is near its threshold."""
        if not self.deep or (self._near_at is not None and abs(at - self._near_at) < NEAR_EVERY):
            return
        self._near_at = at
        self._near = frozenset(
            [
                subject
                for rule in self._counted
                for subject in subjects_of(rule, self.own)
                if await facts.reached(
                    connection, rule, subject, at=at, exercise_id=self.exercise_id
                )
                >= NEAR_FROM
            ]
        )

    def of(
        self,
        scores: Scored,
        *,
        subjects: Collection[str],
        network: str,
        stands: bool,
        live: bool,
    ) -> Marks:
        """`stands`: it is watched by where it stands, and not by its words alone."""
        verdicts = Verdicts.of(scores)
        about = verdicts.flags.get("about_hospital")
        # A match between two towns names the hospital's stadium: no rule counts it as an attack.
        beside = about is not None and about < self.about_from and not stands
        return Marks(
            sentiment="neutral" if beside and verdicts.sentiment else verdicts.sentiment,
            severity=verdicts.severity,
            language=verdicts.language,
            themes=verdicts.packed_themes,
            restricted=verdicts.flags.get("patient_privacy", 0.0) >= self.restricted_from,
            about=about,
            tier=verdicts.tier,
            deep_priority=self._priority(verdicts, subjects, network, beside=beside)
            if live
            else None,
            growth=verdicts.growth,
            said=verdicts.themes or {},
            forecast=verdicts.forecast,
        )

    def again(
        self, scores: Scored, known: Known, subjects: Collection[str], *, stands: bool
    ) -> Marks:
        """A stored mention that is scored again, its text being new."""
        stands = stands or known.stands
        network = known.network
        return self.of(scores, subjects=subjects, network=network, stands=stands, live=known.judged)

    def moved(self, scores: Scored, known: Known, before: float | None) -> Marks:
        """A mention that was read deeply, whose figures alone have moved since.

        What the deep classifiers said of its text stands; the fast ones say by how many points the
        figures moved its severity since they last looked, when they gave it `before`.
        """
        verdicts = Verdicts.of(scores)
        severity = known.severity
        if severity is not None and verdicts.severity is not None and before is not None:
            severity = min(max(severity + verdicts.severity - before, 0.0), 100.0)
        grew = severity is not None and severity >= (known.severity or 0.0) + GREW
        judged = Judged(subjects=known.subjects, network=known.network, severity=severity)
        wanted = self.deep and grew and known.judged
        return Marks(
            sentiment=known.sentiment,
            severity=severity,
            language=verdicts.language,
            themes=known.themes,
            restricted=known.restricted,
            about=known.about,
            tier=known.tier,
            deep_priority=priority(judged, self._severe, own=self.own) if wanted else None,
            growth=verdicts.growth,
            said=verdicts.themes or {},
            forecast=verdicts.forecast,
        )

    def taking_off(self, marks: Marks, before: Mapping[str, float]) -> bool:
        """Whether the forecast crosses what a rule asks for, and did not `before`."""
        return any(
            _crosses(rule, marks.forecast) and not _crosses(rule, before) for rule in self._growing
        )

    @property
    def forecasts(self) -> bool:
        """Whether any rule asks what a mention's engagement will be."""
        return bool(self._growing)

    def themed_anew(self, marks: Marks, known: Known) -> bool:
        """Whether a text that was read again, or more deeply, is now about what a rule asks for."""
        anew = (marks.themes or 0) & ~(known.themes or 0)
        if not anew and marks.tier == known.tier:
            return False
        likely = marks.likely
        return any(
            likely.get(theme, 0.0) >= rule.at_least
            for rule in self._themed
            for theme in rule.themes
        )

    def _priority(
        self, verdicts: Verdicts, subjects: Collection[str], network: str, *, beside: bool
    ) -> float | None:
        if not self.deep or verdicts.tier != "fast":
            return None
        judged = Judged(
            subjects=subjects,
            network=network,
            severity=verdicts.severity,
            negative=verdicts.negative,
            confidence=verdicts.confidence,
            danger=(verdicts.themes or {}).get("person_in_danger"),
            patient_privacy=verdicts.flags.get("patient_privacy"),
        )
        return priority(judged, self._severe, own=self.own, near=() if beside else self._near)


def _crosses(rule: GrowthRule, forecast: Mapping[str, float]) -> bool:
    chance = chance_of(rule, forecast)
    return chance is not None and chance >= rule.probability


def marker_of(scoring: ScoringSettings, rules: Sequence[Rule], own: frozenset[str]) -> Marker:
    """The marker that a configuration asks for."""
    return Marker(
        rules=rules,
        own=own,
        restricted_from=scoring.restricted_from,
        about_from=scoring.about_from,
        deep=scoring.deep,
        points=scoring.severity.points,
    )
