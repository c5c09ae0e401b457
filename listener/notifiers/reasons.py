"""Why an alert fired, in figures against thresholds: one sentence a breach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from classifiers.themes import THEMES
from listener.domain.alert import ReasonView
from listener.domain.coverage import Blindness
from listener.i18n import Speaker
from listener.notifiers import safe, words
from listener.notifiers.limits import Figures, Says, number, what_was_expected

TERMS_SHOWN = 3
WORTH_SAYING = 2.0  # times the usual: below, the figures say it themselves


def gravest(speaker: Speaker, reasons: Sequence[ReasonView]) -> str:
    """What was seen of the gravest of several breaches; of none, that there was one."""
    found = max(reasons, key=lambda reason: reason.level.rank, default=None)
    return seen(speaker, found) if found else speaker.gettext("a threshold was crossed")


def seen(speaker: Speaker, reason: ReasonView) -> str:
    """What was seen, as the headline says it: "34 messages négatifs en 20 min"."""
    return _lasting(speaker, what_was_seen(speaker, reason.kind, reason.seen), reason.seen)


def expected(speaker: Speaker, reason: ReasonView) -> str:
    """The threshold, in the same unit as what was seen."""
    return what_was_expected(speaker, reason.kind, reason.expected)


def what_was_seen(speaker: Speaker, kind: str, found: Figures) -> str:
    """Of a rule of this kind; also where nothing was breached, and figures are all there is."""
    says = _SEEN.get(kind)
    return says(speaker, found) if says else speaker.gettext("a threshold was crossed")


def _lasting(speaker: Speaker, what: str, found: Figures) -> str:
    if not found.get("held"):
        return what
    span = speaker.duration(timedelta(minutes=number(found, "held")))
    return speaker.gettext("{what}, for {duration} already").format(what=what, duration=span)


def _severity(speaker: Speaker, found: Figures) -> str:
    return speaker.gettext("one very serious post ({score}/100)").format(
        score=speaker.number(number(found, "severity"))
    )


def _said(speaker: Speaker, found: Figures) -> str:
    terms = [safe.clean(str(term)) for term in found.get("terms") or ()]
    listed = speaker.listing(speaker.quoted(term) for term in terms[:TERMS_SHOWN])
    return speaker.gettext("a post says {terms}").format(terms=listed)


def _counted(speaker: Speaker, found: Figures) -> str:
    return _within(speaker, _posts(speaker, found, "count", found.get("sentiment")), found)


def _posts(speaker: Speaker, found: Figures, name: str, sentiment: Any) -> str:
    count = round(number(found, name))
    what = {
        "negative": speaker.ngettext("{count} negative post", "{count} negative posts", count),
        "positive": speaker.ngettext("{count} positive post", "{count} positive posts", count),
        "neutral": speaker.ngettext("{count} neutral post", "{count} neutral posts", count),
    }.get(str(sentiment))
    return what or speaker.ngettext("{count} post", "{count} posts", count)


def _share(speaker: Speaker, found: Figures) -> str:
    what = speaker.gettext("{share} of posts negative ({negative} of {count})").format(
        share=speaker.percent(number(found, "share")),
        negative=speaker.number(number(found, "negative")),
        count=speaker.number(number(found, "count")),
    )
    return _within(speaker, what, found)


def _burst(speaker: Speaker, found: Figures) -> str:
    """ "34 messages négatifs en 20 min, 12 fois l'habitude"."""
    what = _posts(speaker, found, "observed", found.get("stream"))
    if found.get("theme") in THEMES:
        what = speaker.gettext("{posts} about {theme}").format(
            posts=what, theme=words.theme(speaker, found["theme"])
        )
    what = _within(speaker, what, found)
    usual = number(found, "usual")
    times = number(found, "observed") / usual if usual > 0 else 0.0
    if times < WORTH_SAYING:
        return what
    return speaker.gettext("{what}, {times} times the usual").format(
        what=what, times=speaker.number(round(times))
    )


def _growth(speaker: Speaker, found: Figures) -> str:
    horizon = speaker.duration(timedelta(hours=number(found, "hours")))
    chance = speaker.percent(number(found, "probability"))
    if found.get("current") is None:
        what = speaker.gettext("a post is taking off: {chance} likely to go viral within {span}")
        return what.format(chance=chance, span=horizon)
    what = speaker.gettext(
        "a post is taking off: {now} interactions, {chance} likely to go viral within {span}"
    )
    now = speaker.number(number(found, "current"))
    return what.format(now=now, chance=chance, span=horizon)


def _reach(speaker: Speaker, found: Figures) -> str:
    count = speaker.number(number(found, "followers"))
    what = speaker.gettext("a post by an account with {count} followers")
    if found.get("sentiment") == "negative":
        what = speaker.gettext("a negative post by an account with {count} followers")
    return what.format(count=count)


def _listed(speaker: Speaker, found: Figures) -> str:
    names = [speaker.quoted(safe.clean(str(name))) for name in found.get("lists") or ()]
    what = speaker.gettext("a post by somebody on the list {lists}")
    if found.get("sentiment") == "negative":
        what = speaker.gettext("a negative post by somebody on the list {lists}")
    return what.format(lists=speaker.listing(names))


def _rating(speaker: Speaker, found: Figures) -> str:
    if found.get("stars") is not None:
        return speaker.gettext("a review of {stars}/5").format(
            stars=speaker.number(number(found, "stars"), decimals=1)
        )
    what = speaker.gettext("mean of reviews {mean}/5 over {span}, {before}/5 before")
    return what.format(
        mean=speaker.number(number(found, "mean"), decimals=1),
        before=speaker.number(number(found, "before"), decimals=1),
        span=speaker.duration(timedelta(days=number(found, "days"))),
    )


def _spread(speaker: Speaker, found: Figures) -> str:
    names = [words.network(speaker, str(name)) for name in found.get("on") or ()]
    span = speaker.duration(timedelta(hours=number(found, "hours")))
    what = speaker.gettext("the same story on {networks} within {span}")
    if found.get("to_press"):
        what = speaker.gettext("the press has taken up a story that was posted ({networks})")
    return what.format(networks=speaker.listing(names), span=span)


def _themes(speaker: Speaker, found: Figures) -> str:
    known = [str(name) for name in found.get("themes") or () if name in THEMES]
    return speaker.gettext("a post is about {themes} ({chance} sure)").format(
        themes=words.themes(speaker, known), chance=speaker.percent(number(found, "probability"))
    )


def _coverage(speaker: Speaker, found: Figures) -> str:
    kinds = [_blind(speaker, str(kind)) for kind in found.get("kinds") or ()]
    names = [safe.clean(str(name)) for name in found.get("names") or ()]
    return speaker.gettext("the watch is partly blind: {kinds} ({names})").format(
        kinds=speaker.listing(kinds), names=", ".join(names)
    )


def _blind(speaker: Speaker, kind: str) -> str:
    _ = speaker.gettext
    known = {
        Blindness.SOURCE_SILENT: _("source silent"),
        Blindness.SOURCE_FAILING: _("source failing"),
        Blindness.SOURCE_REFUSED: _("access refused to a source"),
        Blindness.BUDGET_SPENT: _("budget of a source spent"),
        Blindness.SOURCE_BEHIND: _("source behind"),
        Blindness.SCORER_AWAY: _("analysis away"),
        Blindness.DATABASE_SLOW: _("database slow"),
        Blindness.SCHEDULER_LATE: _("scheduler late"),
        Blindness.CHANNEL_FAILING: _("channel of alerts failing"),
        Blindness.CHANNEL_UNPROVEN: _("channel of alerts not proven"),
    }
    return {kind.value: name for kind, name in known.items()}.get(kind, safe.clean(kind))


def _combined(speaker: Speaker, found: Figures) -> str:
    parts = [
        what_was_seen(speaker, str(part.get("kind")), part)
        for part in found.get("conditions") or ()
    ]
    return speaker.listing(parts) or speaker.gettext("a threshold was crossed")


def _within(speaker: Speaker, what: str, found: Figures) -> str:
    if not found.get("minutes"):
        return what
    span = speaker.duration(timedelta(minutes=number(found, "minutes")))
    return speaker.gettext("{what} in {duration}").format(what=what, duration=span)


_SEEN: Mapping[str, Says] = {
    "count": _counted,
    "negative_share": _share,
    "severity": _severity,
    "terms": _said,
    "theme": _themes,
    "burst": _burst,
    "growth": _growth,
    "author_reach": _reach,
    "author_list": _listed,
    "rating": _rating,
    "spread": _spread,
    "coverage": _coverage,
    "all": _combined,
    "any": _combined,
}
