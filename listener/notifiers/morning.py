"""The morning's message in words: how many, which still wait, what became of each."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from listener.domain.incident import State
from listener.domain.morning import HeldIncident, MorningView
from listener.domain.rule import Level
from listener.i18n import Speaker
from listener.notifiers import reasons, safe, words
from listener.notifiers.content import Content, Section

SHOWN = 20


def morning_content(view: MorningView, *, language: str) -> Content:
    speaker = Speaker(language, ZoneInfo(view.timezone))
    _ = speaker.gettext
    waiting = [item for item in view.held if item.state is State.OPEN]
    over = [item for item in view.held if item.state is not State.OPEN]
    parts = ((_("Still waiting for somebody"), waiting), (_("Taken in hand, or over"), over))
    sections = [
        Section(title=title, lines=tuple(_lines(speaker, view, items)))
        for title, items in parts
        if items
    ]
    if view.called:
        numbers = [_("no. {number}").format(number=n) for n in view.called]
        line = _("Somebody was called about {numbers}.").format(numbers=speaker.listing(numbers))
        sections.append(Section(title=_("Meanwhile"), lines=(line,)))
    return Content(
        level=Level.WARNING if waiting else Level.INFO,
        badge=_("This morning"),
        title=_title(speaker, view, len(waiting)),
        lead=_("Held since {time}, so as not to wake anybody.").format(
            time=speaker.moment(view.since, now=view.at)
        ),
        sections=tuple(sections),
        footer=_("Sent {sent} ({zone})").format(
            sent=speaker.moment(view.at, now=view.at), zone=view.timezone
        ),
    )


def _title(speaker: Speaker, view: MorningView, waiting: int) -> str:
    _ = speaker.gettext
    held = speaker.ngettext("{count} alert held", "{count} alerts held", len(view.held))
    left = _("none waits any more")
    if waiting:
        left = speaker.ngettext("{count} still waits", "{count} still wait", waiting)
    return _("{hospital}: {held}, {left}").format(
        hospital=safe.clean(view.hospital), held=held, left=left
    )


def _lines(speaker: Speaker, view: MorningView, items: list[HeldIncident]) -> list[str]:
    lines = [_line(speaker, view, item) for item in items[:SHOWN]]
    if (more := len(items) - SHOWN) > 0:
        lines.append(speaker.ngettext("+ {count} other", "+ {count} others", more))
    return lines


def _line(speaker: Speaker, view: MorningView, item: HeldIncident) -> str:
    _ = speaker.gettext
    return _("No. {number}, {subject}: {what}; {posts} since {since}. {state}").format(
        number=item.number,
        subject=safe.clean(item.subject),
        what=reasons.gravest(speaker, item.reasons),
        posts=speaker.ngettext("{count} post", "{count} posts", item.mentions),
        since=speaker.moment(item.held_since, now=view.at),
        state=state(speaker, item, view),
    )


def state(speaker: Speaker, item: HeldIncident, view: MorningView) -> str:
    """What became of it, as a sentence."""
    _ = speaker.gettext
    if item.merged_into is not None:
        return _("It is one with no. {number}.").format(number=item.merged_into)
    if item.closed_at is not None:
        time = speaker.moment(item.closed_at, now=view.at)
        name = safe.clean(item.closed_by or "")
        if item.state is State.DISMISSED:
            return _("A false alarm, says {name}.").format(name=name)
        if name:
            return _("Closed by {name}, {time}.").format(name=name, time=time)
        return _("It calmed down by itself, {time}.").format(time=time)
    if item.state is State.ACKNOWLEDGED:
        name = safe.clean(item.taken_by or "")
        return _("Taken in hand by {name}.").format(name=name)
    return words.nobody_yet(speaker)
