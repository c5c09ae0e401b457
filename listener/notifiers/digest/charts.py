"""The charts of a digest: what each shows, its finding for who cannot see it, and who draws them."""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from listener.domain.digest import Day, Digest, Figures, Part, Span
from listener.i18n import Speaker
from listener.notifiers import words
from listener.notifiers.base import Attachment
from listener.notifiers.child import Child, ChildError
from listener.notifiers.content import Chart

log = logging.getLogger(__name__)

WORKER = "listener.notifiers.digest.drawing"
WITHIN = 30.0  # seconds: a digest is not urgent, and matplotlib is slow to start
AWAITED = 300.0  # seconds that a warm process waits while the figures are read
LARGEST = 40 * 1024  # bytes of one picture
THEMES = 8
DATES = 7  # below the bars, at most
REMARKABLE = 1.5  # times the usual: less of it is not worth saying
FILES = {"days": "jours.png", "themes": "themes.png"}

Request = Mapping[str, Any]


class Painter:
    """Asks the drawing process; whatever goes wrong, there are just no pictures."""

    def __init__(self, child: Child | None = None, *, within: float = WITHIN) -> None:
        # One thread: libraries of numbers would else keep memory for every core.
        self._child = child or Child(
            WORKER, environment={"OPENBLAS_NUM_THREADS": "1"}, idle=AWAITED
        )
        self._within = within
        self._last: tuple[Request, Mapping[str, bytes]] | None = None  # several people are told

    async def warm(self) -> None:
        """Let the process start while the figures are read."""
        try:
            await self._child.warm()
        except ChildError as error:
            log.warning("charts.missing error=%s", error)

    async def paint(self, digest: Digest, *, language: str) -> Mapping[str, bytes]:
        """PNGs by the charts' names; those alone that there is something to draw of."""
        speaker = Speaker(language, digest.period.zone)
        made = {"days": _days(speaker, digest), "themes": _themes(speaker, digest)}
        request = {name: found for name, found in made.items() if found is not None}
        if not request:
            return {}
        if self._last is None or self._last[0] != request:
            drawn = await self._drawn(request)
            if not drawn:
                return {}
            self._last = (request, drawn)
        return self._last[1]

    async def _drawn(self, request: Request) -> Mapping[str, bytes]:
        try:
            answer = await self._child.ask(request, within=self._within)
            drawn = {name: base64.b64decode(answer["png"][name]) for name in request}
        except (ChildError, LookupError, TypeError, ValueError) as error:
            log.warning("charts.missing error=%s", type(error).__name__)
            return {}
        return {name: content for name, content in drawn.items() if len(content) <= LARGEST}

    async def close(self) -> None:
        await self._child.close()


def attachments(drawn: Mapping[str, bytes]) -> Sequence[Attachment]:
    """Each picture under the name that its Content-ID has."""
    return [
        Attachment(name=FILES.get(name, f"{name}.png"), content=content)
        for name, content in drawn.items()
    ]


def sources(drawn: Mapping[str, bytes]) -> Mapping[str, str]:
    """Where an e-mail finds each picture: within itself (RFC 2392)."""
    return {name: f"cid:{FILES.get(name, f'{name}.png')}" for name in drawn}


def day_chart(speaker: Speaker, digest: Digest) -> Chart | None:
    """Mentions by day against the usual; None of an empty period, or of a single day."""
    if not _has_days(digest):
        return None
    return Chart(name="days", alt=_told_by_day(speaker, digest.days))


def theme_chart(speaker: Speaker, digest: Digest) -> Chart | None:
    """The themes that were most spoken of; None of fewer than two."""
    shown = _shown(digest)
    if len(shown) < 2:
        return None
    return Chart(name="themes", alt=_told_by_theme(speaker, digest, shown))


def _has_days(digest: Digest) -> bool:
    return len(digest.days) > 1 and any(day.figures.mentions for day in digest.days)


def _shown(digest: Digest) -> Sequence[Part]:
    said = [part for part in digest.themes if part.now.mentions]
    return sorted(said, key=lambda part: -part.now.mentions)[:THEMES]


def _told_by_day(speaker: Speaker, days: Sequence[Day]) -> str:
    _ = speaker.gettext
    average = sum(day.figures.mentions for day in days) / len(days)
    above = _above(speaker, days)
    text = _("Mentions by day: {average} on average, {peak}.")
    if above:
        text = _("Mentions by day: {average} on average, {peak}; {above}.")
    return text.format(
        average=speaker.number(average, decimals=0 if average >= 10 else 1),
        peak=_peak(speaker, max(days, key=lambda day: day.figures.mentions)),
        above=above,
    )


def _peak(speaker: Speaker, peak: Day) -> str:
    _ = speaker.gettext
    count, day = _counted(speaker, peak.figures), speaker.day(peak.day, weekday=True)
    middle = peak.usual.middle if peak.usual else 0.0
    times = peak.figures.mentions / middle if middle else 0.0
    if times < REMARKABLE:
        return _("{count} on {day}").format(count=count, day=day)
    return _("{count} on {day}, {times} times the usual").format(
        count=count, day=day, times=speaker.number(times, decimals=1 if times < 10 else 0)
    )


def _above(speaker: Speaker, days: Sequence[Day]) -> str:
    known = [(day.figures.mentions, day.usual) for day in days if day.usual is not None]
    if not known:
        return ""
    above = sum(1 for count, usual in known if count > usual.high)
    if not above:
        return speaker.gettext("never above the usual")
    return speaker.ngettext(
        "above the usual on {count} day of {days}",
        "above the usual on {count} days of {days}",
        above,
        days=speaker.number(len(known)),
    )


def _counted(speaker: Speaker, figures: Figures) -> str:
    count = speaker.number(figures.mentions)
    if not figures.negative:
        return count
    negative = speaker.ngettext(
        "of which {count} negative", "of which {count} negative", figures.negative
    )
    return f"{count} ({negative})"


def _told_by_theme(speaker: Speaker, digest: Digest, shown: Sequence[Part]) -> str:
    _ = speaker.gettext
    first, *others = shown
    text = _("Most spoken of: {theme}, {count}; then {others}.")
    if digest.comparable:
        text = _("Most spoken of: {theme}, {count}, against {before} before; then {others}.")
    return text.format(
        theme=words.theme(speaker, first.name),
        count=_counted(speaker, first.now),
        before=speaker.number(first.before.mentions),
        others=speaker.listing(
            f"{words.theme(speaker, part.name)}\xa0{speaker.number(part.now.mentions)}"
            for part in others
        ),
    )


def _days(speaker: Speaker, digest: Digest) -> Request | None:
    if not _has_days(digest):
        return None
    dates = _dates(speaker, [day.day for day in digest.days])
    return {
        "bars": [_bar(speaker, day, dates.get(day.day, ())) for day in digest.days],
        "legend": _legend(speaker) | {"usual": speaker.gettext("the usual")},
    }


def _dates(speaker: Speaker, days: Sequence[date]) -> Mapping[date, tuple[str, str]]:
    """What there is room to name below the bars: all of a week's days, else some Mondays."""
    mondays = [day for day in days if day.weekday() == 0]
    named = days if len(days) <= DATES else mondays[:: -(-len(mondays) // DATES) or 1]
    return {
        day: speaker.brief_day(day, month=before is None or before.month != day.month)
        for before, day in zip([None, *named], named, strict=False)
    }


def _bar(speaker: Speaker, day: Day, label: Sequence[str]) -> Request:
    counts, usual = day.figures, day.usual
    return {
        "label": label,
        "parts": [counts.negative, counts.neutral, counts.positive, counts.unscored],
        "figure": speaker.number(counts.mentions),
        "usual": usual and [usual.low, usual.middle, usual.high],
    }


def _legend(speaker: Speaker) -> dict[str, str]:
    _ = speaker.gettext
    return {
        "negative": _("negative"),
        "neutral": _("neutral"),
        "positive": _("positive"),
        "unscored": _("not judged"),
    }


def _themes(speaker: Speaker, digest: Digest) -> Request | None:
    shown = _shown(digest)
    if len(shown) < 2:
        return None
    _ = speaker.gettext
    before = {
        Span.WEEK: _("all, the week before"),
        Span.MONTH: _("all, the month before"),
        Span.DAYS: _("all, the period before"),
    }[digest.period.span]
    legend = {"negative": _("negative"), "others": _("others"), "before": before}
    return {"rows": [_row(speaker, digest, part) for part in shown], "legend": legend}


def _row(speaker: Speaker, digest: Digest, part: Part) -> Request:
    name = words.theme(speaker, part.name)
    return {
        "name": name[:1].upper() + name[1:],
        "negative": part.now.negative,
        "count": part.now.mentions,
        "figure": speaker.number(part.now.mentions),
        "before": part.before.mentions if digest.comparable else None,
    }
