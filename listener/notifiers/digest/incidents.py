"""The incidents of a period: what they were, how soon they were seen and taken, the night calls."""

from __future__ import annotations

from collections.abc import Iterator

from listener.config.alerting import Excerpt
from listener.domain.digest import Call, Digest, IncidentLine
from listener.domain.incident import State
from listener.i18n import Speaker
from listener.notifiers import safe, words
from listener.notifiers.content import Section
from listener.notifiers.digest import phrases


def incidents(speaker: Speaker, digest: Digest, _excerpt: Excerpt) -> Iterator[Section]:
    _ = speaker.gettext
    lines = [_incident(speaker, line) for line in digest.incidents]
    if not lines:
        yield Section(title=_("Incidents"), brief=True, lines=(_("No incident."),))
        return
    yield Section(title=_("Incidents"), brief=True, lines=phrases.cut(speaker, lines))
    calls = [
        _call(speaker, line, call)
        for line in digest.incidents
        for call in line.calls
        if call.at_night
    ]
    if calls:
        yield Section(title=_("Night calls"), lines=phrases.cut(speaker, calls))


def _incident(speaker: Speaker, line: IncidentLine) -> str:
    text = speaker.gettext("{number}. {level}, {subject}: {mentions}; opened {opened}, {state}.")
    said = text.format(
        number=line.number,
        level=words.badge(speaker, line.level),
        subject=safe.clean(line.subject),
        mentions=phrases.mentions(speaker, line.mentions),
        opened=words.instant(speaker, line.opened_at),
        state=_state(speaker, line),
    )
    return " ".join((said, *_times(speaker, line)))


def _state(speaker: Speaker, line: IncidentLine) -> str:
    _ = speaker.gettext
    said = {
        State.OPEN: _("still open"),
        State.ACKNOWLEDGED: _("taken care of"),
        State.RESOLVED: _("over {moment}"),
        State.DISMISSED: _("dismissed {moment}"),
    }[line.state]
    if line.false_alarm:
        said = _("a false alarm, dismissed {moment}")
    when = words.instant(speaker, line.closed_at) if line.closed_at else ""
    return said.format(moment=when).strip()


def _times(speaker: Speaker, line: IncidentLine) -> Iterator[str]:
    """How long until it was seen, and until somebody took it."""
    _ = speaker.gettext
    seen, taken = line.detected_after, line.acknowledged_after
    if seen is not None and not line.blind:
        text = _("Seen {delay} after its first mention.")
        yield text.format(delay=phrases.delay(speaker, seen))
    if taken is not None:
        yield _("Taken care of after {delay}.").format(delay=phrases.delay(speaker, taken))


def _call(speaker: Speaker, line: IncidentLine, call: Call) -> str:
    _ = speaker.gettext
    text = _("{moment}: {level}, incident {number}.")
    if call.observed:
        text = _("{moment}: {level}, incident {number} (observe mode: nobody was called).")
    return text.format(
        moment=words.instant(speaker, call.at),
        level=words.badge(speaker, call.level),
        number=line.number,
    )
