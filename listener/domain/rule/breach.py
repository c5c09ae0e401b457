"""What came of a rule: its threshold was crossed, with the figures that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from listener.domain.rule.level import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A rule's threshold was crossed: `at` is when, by the mentions' own time.

    `seen` holds the figures that were seen and `expected` the thresholds, by name; of rules that
    combine conditions both hold `conditions`, a list of what each of them saw and expected.
    `mentions` are ids: of an aggregate the latest of its window.
    """

    rule: str
    level: Level
    subject: str
    at: datetime
    seen: Mapping[str, Any] = field(default_factory=dict)
    expected: Mapping[str, Any] = field(default_factory=dict)
    since: datetime | None = None
    mentions: Sequence[int] = ()
    kind: str = ""  # of the rule
    story: int | None = None  # of the mention; None: an aggregate, or nobody has told its story
    exempt: bool = False  # life and safety: neither muted nor folded into another's page
    event: str | None = None  # the known event that muted or raised it
    muted_by: str | None = None  # the rule that breaches meanwhile, and speaks for this one
