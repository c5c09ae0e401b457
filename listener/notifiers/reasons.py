"""Why an alert fired, in figures against thresholds: one sentence a breach."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from listener.domain.alert import ReasonView
from listener.i18n import Speaker
from listener.notifiers import safe

TERMS_SHOWN = 3


def seen(speaker: Speaker, reason: ReasonView) -> str:
    """What was seen, as the headline says it: "34 messages négatifs en 20 min"."""
    found = reason.seen
    match reason.kind:
        case "count":
            return _counted(speaker, found)
        case "negative_share":
            return _share(speaker, found)
        case "severity":
            return speaker.gettext("one very serious post ({score}/100)").format(
                score=speaker.number(_number(found, "severity"))
            )
        case "terms":
            return speaker.gettext("a post says {terms}").format(terms=_terms(speaker, found))
        case _:
            return speaker.gettext("a threshold was crossed")


def expected(speaker: Speaker, reason: ReasonView) -> str:
    """The threshold, in the same unit as what was seen."""
    limits = reason.expected
    match reason.kind:
        case "count":
            return speaker.gettext("threshold: {count}").format(
                count=speaker.number(_number(limits, "at_least"))
            )
        case "negative_share":
            return speaker.gettext("threshold: {share} of at least {count} posts").format(
                share=speaker.percent(_number(limits, "share")),
                count=speaker.number(_number(limits, "minimum")),
            )
        case "severity":
            return speaker.gettext("threshold: {score}/100").format(
                score=speaker.number(_number(limits, "at_least"))
            )
        case "terms":
            return speaker.gettext("words under watch")
        case _:
            return ""


def _counted(speaker: Speaker, found: Mapping[str, Any]) -> str:
    count = round(_number(found, "count"))
    what = {
        "negative": speaker.ngettext("{count} negative post", "{count} negative posts", count),
        "positive": speaker.ngettext("{count} positive post", "{count} positive posts", count),
        "neutral": speaker.ngettext("{count} neutral post", "{count} neutral posts", count),
    }.get(str(found.get("sentiment")))
    what = what or speaker.ngettext("{count} post", "{count} posts", count)
    return _within(speaker, what, found)


def _share(speaker: Speaker, found: Mapping[str, Any]) -> str:
    what = speaker.gettext("{share} of posts negative ({negative} of {count})").format(
        share=speaker.percent(_number(found, "share")),
        negative=speaker.number(_number(found, "negative")),
        count=speaker.number(_number(found, "count")),
    )
    return _within(speaker, what, found)


def _within(speaker: Speaker, what: str, found: Mapping[str, Any]) -> str:
    if not found.get("minutes"):
        return what
    span = speaker.duration(timedelta(minutes=_number(found, "minutes")))
    return speaker.gettext("{what} in {duration}").format(what=what, duration=span)


def _terms(speaker: Speaker, found: Mapping[str, Any]) -> str:
    terms = [safe.clean(str(term)) for term in found.get("terms") or ()]
    return speaker.listing(speaker.quoted(term) for term in terms[:TERMS_SHOWN])


def _number(figures: Mapping[str, Any], name: str) -> float:
    # Figures come back from the database: an older version may have written fewer of them.
    value = figures.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
