"""The thresholds that were crossed, in the same units as what was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from listener.i18n import Speaker

Figures = Mapping[str, Any]
Says = Callable[[Speaker, Figures], str]


def what_was_expected(speaker: Speaker, kind: str, limits: Figures) -> str:
    says = _EXPECTED.get(kind)
    return says(speaker, limits) if says else ""


def number(figures: Figures, name: str) -> float:
    # Figures come back from the database: an older version may have written fewer of them.
    value = figures.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _severity_limit(speaker: Speaker, limits: Figures) -> str:
    return speaker.gettext("threshold: {score}/100").format(
        score=speaker.number(number(limits, "at_least"))
    )


def _count_limit(speaker: Speaker, limits: Figures) -> str:
    return speaker.gettext("threshold: {count}").format(
        count=speaker.number(number(limits, "at_least"))
    )


def _share_limit(speaker: Speaker, limits: Figures) -> str:
    return speaker.gettext("threshold: {share} of at least {count} posts").format(
        share=speaker.percent(number(limits, "share")),
        count=speaker.number(number(limits, "minimum")),
    )


def _burst_limit(speaker: Speaker, limits: Figures) -> str:
    count = speaker.number(number(limits, "minimum"))
    if not limits.get("factor"):
        return speaker.gettext("threshold: at least {count}, and out of the usual").format(
            count=count
        )
    return speaker.gettext("threshold: at least {count}, and {times} times the usual").format(
        count=count, times=speaker.number(number(limits, "factor"), decimals=1)
    )


def _growth_limit(speaker: Speaker, limits: Figures) -> str:
    return speaker.gettext("threshold: {count} interactions, {chance} likely").format(
        count=speaker.number(number(limits, "at_least")),
        chance=speaker.percent(number(limits, "probability")),
    )


def _reach_limit(speaker: Speaker, limits: Figures) -> str:
    return speaker.gettext("threshold: {count} followers").format(
        count=speaker.number(number(limits, "at_least"))
    )


def _rating_limit(speaker: Speaker, limits: Figures) -> str:
    if limits.get("at_most") is not None:
        return speaker.gettext("threshold: {stars}/5 or less").format(
            stars=speaker.number(number(limits, "at_most"), decimals=1)
        )
    return speaker.gettext("threshold: a fall of {fall}").format(
        fall=speaker.number(number(limits, "fall"), decimals=1)
    )


def _spread_limit(speaker: Speaker, limits: Figures) -> str:
    if limits.get("to_press"):
        return speaker.gettext("under watch: from the networks to the press")
    return speaker.gettext("threshold: {count} networks").format(
        count=speaker.number(number(limits, "at_least"))
    )


def _combined_limit(speaker: Speaker, limits: Figures) -> str:
    parts = (
        what_was_expected(speaker, str(part.get("kind")), part)
        for part in limits.get("conditions") or ()
    )
    return speaker.listing(part for part in parts if part)


_EXPECTED: Mapping[str, Says] = {
    "count": _count_limit,
    "negative_share": _share_limit,
    "severity": _severity_limit,
    "terms": lambda speaker, _: speaker.gettext("words under watch"),
    "theme": lambda speaker, _: speaker.gettext("theme under watch"),
    "burst": _burst_limit,
    "growth": _growth_limit,
    "author_reach": _reach_limit,
    "author_list": lambda speaker, _: speaker.gettext("authors under watch"),
    "rating": _rating_limit,
    "spread": _spread_limit,
    "all": _combined_limit,
    "any": _combined_limit,
}
