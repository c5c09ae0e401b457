"""A hand-over in words: who comes on call and until when, and what is still open, in figures."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from listener.domain.handover import Handover, OpenIncident
from listener.domain.incident import State
from listener.domain.rule import Level
from listener.i18n import Speaker
from listener.notifiers import safe, words
from listener.notifiers.content import Content, Section

SHOWN = 20


def handover_content(handover: Handover, *, language: str) -> Content:
    speaker = Speaker(language, ZoneInfo(handover.timezone))
    _ = speaker.gettext
    opened = Section(title=_("Still open"), lines=tuple(_opened(speaker, handover)))
    steps = _("Listed at any time by: listener incidents") if handover.open else ""
    return Content(
        level=Level.INFO,
        badge=_("On call"),
        title=_("{subject}: {what}").format(
            subject=safe.clean(handover.hospital), what=_what(speaker, handover)
        ),
        sections=(
            Section(title=_("The shift"), lines=tuple(_shift(speaker, handover))),
            opened,
            *([Section(title=_("What to do"), lines=(steps,))] if steps else []),
        ),
        footer=_("Sent {sent} ({zone})").format(
            sent=speaker.moment(handover.at, now=handover.at), zone=handover.timezone
        ),
    )


def _what(speaker: Speaker, handover: Handover) -> str:
    _ = speaker.gettext
    if not handover.comes:
        return _("{name} takes over from you").format(name=safe.clean(handover.other))
    until = words.instant(speaker, handover.until)
    return _("you are on call until {until}").format(until=until)


def _shift(speaker: Speaker, handover: Handover) -> list[str]:
    _ = speaker.gettext
    since, until = (words.instant(speaker, i) for i in (handover.since, handover.until))
    rota = speaker.quoted(safe.clean(handover.rota))
    lines = [_("Rota {rota}, from {since} to {until}.").format(rota=rota, since=since, until=until)]
    if handover.comes:
        lines.append(_("You take over from {name}.").format(name=safe.clean(handover.other)))
    if handover.comes and handover.hole:
        lines.append(_("Nobody is entered in the rota for these hours: you are its fallback."))
    return lines


def _opened(speaker: Speaker, handover: Handover) -> list[str]:
    _ = speaker.gettext
    if not handover.open:
        return [_("Nothing is open.")]
    lines = [_incident(speaker, handover, incident) for incident in handover.open[:SHOWN]]
    if (more := len(handover.open) - SHOWN) > 0:
        lines.append(speaker.ngettext("+ {count} other", "+ {count} others", more))
    return lines


def _incident(speaker: Speaker, handover: Handover, incident: OpenIncident) -> str:
    _ = speaker.gettext
    return _(
        "No. {number}, {level}, {subject}: {posts} since {since}, the last {last}; {state}."
    ).format(
        number=incident.number,
        level=words.badge(speaker, incident.level).lower(),
        subject=safe.clean(incident.subject),
        posts=speaker.ngettext("{count} post", "{count} posts", incident.mentions),
        since=_when(speaker, incident.opened_at, handover),
        last=_when(speaker, incident.last_at, handover),
        state=_state(speaker, incident),
    )


def _when(speaker: Speaker, at: datetime, handover: Handover) -> str:
    """Of today and yesterday the hour, of other days the weekday as well."""
    days = handover.at.astimezone(speaker.zone).date() - at.astimezone(speaker.zone).date()
    return speaker.moment(at, now=handover.at) if days.days <= 1 else words.instant(speaker, at)


def _state(speaker: Speaker, incident: OpenIncident) -> str:
    _ = speaker.gettext
    if incident.state is not State.ACKNOWLEDGED:
        return _("nobody takes care of it yet")
    if incident.by is None:
        return _("somebody takes care of it")
    return _("{name} takes care of it").format(name=safe.clean(incident.by))
