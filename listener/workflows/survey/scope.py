"""What one digest is about: the same conditions for every part of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from listener.domain.digest import Figures, Period
from listener.storage.figures import Filters
from listener.workflows.view import Viewer

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """`subjects` are what the figures are about; `own` those who answer for the hospital."""

    viewer: Viewer
    period: Period
    at: datetime
    subjects: Collection[str]
    own: Collection[str]
    exercise_id: str = ""

    def filters(self, period: Period | None = None, **conditions: Any) -> Filters:
        """The mentions that a period counts: never what a watched account published itself."""
        chosen = period or self.period
        return self.ever(since=chosen.since, until=chosen.until, **conditions)

    def ever(self, **conditions: Any) -> Filters:
        """The same of any time."""
        said = {"subjects": sorted(self.subjects), "official": False, **conditions}
        return Filters(exercise_id=self.exercise_id, **said)


def figures_by(tally: Mapping[tuple[Key, str], int]) -> dict[Key, Figures]:
    """Counts by (part, sentiment) as figures by part."""
    found: dict[Key, Figures] = {}
    for (part, sentiment), number in tally.items():
        found[part] = found.get(part, Figures()) + Figures(**{sentiment: number})
    return found
