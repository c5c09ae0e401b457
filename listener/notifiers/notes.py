"""What happened to an incident, in one sentence: the lines under its message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from listener.domain.action import Reason, Way
from listener.domain.rule import Level
from listener.i18n import Speaker
from listener.notifiers import safe
from listener.notifiers.content import Content
from listener.notifiers.replies import reason_label


def note_content(
    kind: str,
    data: Mapping[str, Any],
    *,
    incident: int,
    at: datetime,
    timezone: str,
    language: str,
    names: Mapping[str, str],
) -> Content:
    """One event of the timeline, for whoever follows the incident."""
    speaker = Speaker(language, ZoneInfo(timezone))
    _ = speaker.gettext
    what = _said(speaker, kind, data, names)
    return Content(
        level=Level.INFO,
        badge=_("Incident {number}").format(number=incident),
        title=what,
        footer=speaker.moment(at, now=at),
    )


def _said(speaker: Speaker, kind: str, data: Mapping[str, Any], names: Mapping[str, str]) -> str:
    _ = speaker.gettext
    name = safe.clean(names.get(str(data.get("by")), "") or _("somebody"))
    if kind == "resolved" and data.get("by") is None:
        return _("it calmed down by itself.")
    if kind == "dismissed":
        return _dismissed(speaker, name, data)
    plain = {
        "acknowledged": _("{name} takes care of it ({way})."),
        "escalated": _("{name} passes it on to the next person ({way})."),
        "snoozed": _("{name} asks for silence for a while ({way})."),
        "resolved": _("{name} says that it is over ({way})."),
        "reopened": _("{name} opens it again ({way})."),
        "merged": _("it is one with incident {number}, which goes on."),
        "absorbed": _("incident {number} proves to be the same, and joins it."),
    }
    number = data.get("into") or data.get("incident") or ""
    text = plain.get(kind, _("something changed."))
    return text.format(name=name, way=_way(speaker, data), number=number)


def _dismissed(speaker: Speaker, name: str, data: Mapping[str, Any]) -> str:
    _ = speaker.gettext
    reason = str(data.get("reason"))
    why = reason_label(Reason(reason), speaker) if reason in list(Reason) else ""
    return _("a false alarm, says {name} ({way}). {why}").format(
        name=name, way=_way(speaker, data), why=why
    )


def _way(speaker: Speaker, data: Mapping[str, Any]) -> str:
    _ = speaker.gettext
    known = {
        Way.COMMAND: _("command line"),
        Way.SLACK: "Slack",
        Way.EMAIL: _("e-mail"),
        Way.SMS: _("SMS"),
        Way.LINK: _("link"),
    }
    how = str(data.get("how"))
    return known[Way(how)] if how in list(Way) else safe.clean(how)
