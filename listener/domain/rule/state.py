"""What a rule remembers of a subject between two looks, and what a look makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleState:
    """`since`: its threshold has been crossed without a break. `breached_at`: its last breach."""

    since: datetime | None = None
    breached_at: datetime | None = None
    due_at: datetime | None = None  # when to look again, whether or not a mention arrives
    looked_at: datetime | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
