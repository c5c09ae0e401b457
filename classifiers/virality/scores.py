"""A forecast and the growth it is seen beside, as one score."""

from __future__ import annotations

from classifiers.classifier import Reason, Score
from classifiers.virality.forecast import Forecast


def virality_score(growth: Score, forecast: Forecast | Reason, version: str) -> Score:
    """`value`: expected final engagement, None where it cannot be said yet.

    `figures`: "growth" (times the usual, absent where unknown), and with a forecast "current",
    "low" and "high" (the final figure lies between them four times in five), "over_T_Hh" (the
    chance that T interactions are reached within H hours) and "over_T" (in the end).
    """
    figures = {} if growth.value is None else {"growth": growth.value}
    if isinstance(forecast, Reason):
        reasons = growth.reasons if growth.value is not None else (forecast,)
        return Score(classifier="virality", version=version, figures=figures, reasons=reasons)
    crossing = {f"over_{t}_{h}h": chance for (t, h), chance in forecast.crossing.items()}
    reaching = {f"over_{t}": chance for t, chance in forecast.reaching.items()}
    figures |= {"current": float(forecast.current), "low": forecast.low, "high": forecast.high}
    return Score(
        classifier="virality",
        version=version,
        value=round(forecast.expected, 1),
        figures={k: round(v, 4) for k, v in (figures | crossing | reaching).items()},
        reasons=(*forecast.reasons, *(growth.reasons if growth.value is not None else ())),
    )
