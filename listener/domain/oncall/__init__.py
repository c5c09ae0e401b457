"""Who is on call at an instant: rotas of several kinds, dated overrides, swaps, a named fallback."""

from listener.domain.oncall.rota import Hole, OnCall, Rota, Shift
from listener.domain.oncall.settings import (
    AnyRota,
    DailyRota,
    IcsRota,
    Override,
    Person,
    Swap,
    WeekdayRota,
    WeeklyRota,
)
from listener.domain.oncall.turns import Stretch

RotaSettings = WeeklyRota
"""The kind that is meant where a rota says none."""

__all__ = [
    "AnyRota",
    "DailyRota",
    "Hole",
    "IcsRota",
    "OnCall",
    "Override",
    "Person",
    "Rota",
    "RotaSettings",
    "Shift",
    "Stretch",
    "Swap",
    "WeekdayRota",
    "WeeklyRota",
]
