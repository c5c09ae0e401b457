"""Turns of phrase that every part of a digest shares: periods, trends, shares and their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from listener.domain.digest import SHARE_FROM, Digest, Figures, Part, Period, Span, Trend, wilson
from listener.i18n import Speaker

LINES = 10  # of a list


def days_of(speaker: Speaker, period: Period) -> str:
    """ "semaine du 16 au 22 novembre 2026", "novembre 2026", "du 3 au 12 novembre 2026"."""
    _ = speaker.gettext
    if period.span is Span.MONTH:
        return speaker.month(period.first_day)
    first, last = period.first_day, period.last_day
    if first == last:
        return speaker.day(last, weekday=True, year=True)
    begins = speaker.day(first, year=first.year != last.year)
    if (first.year, first.month) == (last.year, last.month):
        begins = begins.split("\xa0")[0]
    text = _("week of {first} to {last}") if period.span is Span.WEEK else _("{first} to {last}")
    return text.format(first=begins, last=speaker.day(last, year=True))


def named(speaker: Speaker, span: Span) -> str:
    _ = speaker.gettext
    return {Span.WEEK: _("week"), Span.MONTH: _("month"), Span.DAYS: _("period")}[span]


def before(speaker: Speaker, span: Span, figure: str) -> str:
    _ = speaker.gettext
    return {
        Span.WEEK: _("week before: {figure}"),
        Span.MONTH: _("month before: {figure}"),
        Span.DAYS: _("period before: {figure}"),
    }[span].format(figure=figure)


def trend(speaker: Speaker, found: Trend) -> str:
    _ = speaker.gettext
    return {
        Trend.SHARP_RISE: _("rising sharply"),
        Trend.RISE: _("rising"),
        Trend.STABLE: _("stable"),
        Trend.FALL: _("falling"),
        Trend.SHARP_FALL: _("falling sharply"),
    }[found]


def mentions(speaker: Speaker, count: int) -> str:
    return speaker.ngettext("{count} mention", "{count} mentions", count)


def share(speaker: Speaker, part: int, whole: int) -> str:
    """The share of what was judged; nothing where there is too little of it to make a share."""
    return speaker.percent(part / whole) if whole >= SHARE_FROM else ""


def with_share(speaker: Speaker, part: int, whole: int) -> str:
    """A count, and its share where there is one: a percentage never stands without its count."""
    found = share(speaker, part, whole)
    return f"{speaker.number(part)} ({found})" if found else speaker.number(part)


def interval(speaker: Speaker, part: int, whole: int) -> str:
    """What the share may be, had chance fallen otherwise; nothing where no share is told."""
    found = wilson(part, whole)
    if found is None or whole < SHARE_FROM:
        return ""
    return speaker.gettext("between {low} and {high}").format(
        low=speaker.percent(found.low), high=speaker.percent(found.high)
    )


def counted_negative(speaker: Speaker, figures: Figures) -> str:
    text = speaker.ngettext(
        "of which {count} negative", "of which {count} negative", figures.negative
    )
    found = share(speaker, figures.negative, figures.scored)
    return f"{text} ({found})" if found else text


def sounded(speaker: Speaker, figures: Figures) -> str:
    """Counts of the tones that there were, and the negative one's share."""
    negative = speaker.ngettext("{count} negative", "{count} negative", figures.negative)
    found = share(speaker, figures.negative, figures.scored)
    tones = (
        (figures.negative, f"{negative} ({found})" if found else negative),
        (figures.neutral, speaker.ngettext("{count} neutral", "{count} neutral", figures.neutral)),
        (
            figures.positive,
            speaker.ngettext("{count} positive", "{count} positive", figures.positive),
        ),
    )
    return ", ".join(text for count, text in tones if count)


def compared(speaker: Speaker, digest: Digest, part: Part) -> str:
    """Mentions of one part, against the periods of which something is known."""
    said = mentions(speaker, part.now.mentions)
    against = []
    if digest.comparable:
        figure = speaker.number(part.before.mentions)
        against.append(before(speaker, digest.period.span, figure))
    if digest.has_year:
        figure = speaker.number(part.year_before.mentions)
        against.append(speaker.gettext("a year ago: {figure}").format(figure=figure))
    return f"{said} ({', '.join(against)})" if against else said


def delay(speaker: Speaker, span: timedelta) -> str:
    """A length of time; less than a minute is one."""
    return speaker.duration(max(span, timedelta(minutes=1)))


def sentence(text: str) -> str:
    """With a capital at its beginning."""
    return text[:1].upper() + text[1:]


def cut(speaker: Speaker, lines: Sequence[str]) -> Sequence[str]:
    """The first ten; a longer list is cut and says so."""
    left = len(lines) - LINES
    if left <= 0:
        return lines
    return [*lines[:LINES], speaker.ngettext("And {count} more.", "And {count} more.", left)]
