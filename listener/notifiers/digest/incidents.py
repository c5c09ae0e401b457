"""The incidents of a period: what they were, how soon they were seen and taken, the night calls."""

from __future__ import annotations

from collections.abc import Iterator

from listener.config.alerting import Excerpt
from listener.domain.digest import Call, Digest, IncidentLine
from listener.domain.incident import State
from listener.domain.rule import Level
from listener.i18n import Speaker
from listener.notifiers import reasons, safe, words
from listener.notifiers.content import Item, Section
from listener.notifiers.digest import phrases


def incidents(speaker: Speaker, digest: Digest, _excerpt: Excerpt) -> Iterator[Section]:
    _ = speaker.gettext
    found = digest.troubles
    left = len(found) - phrases.LINES
    lines = [] if found else [_("No incident.")]
    if left > 0:
        text = speaker.ngettext(
            "The first of them; {count} more.", "The first of them; {count} more.", left
        )
        lines.append(text)
    items = [_incident(speaker, line) for line in found[: phrases.LINES]]
    yield Section(title=_("Incidents"), brief=True, lines=lines, items=items)
    calls = [
        _call(speaker, line, call)
        for line in digest.incidents
        for call in line.calls
        if call.at_night
    ]
    if calls:
        yield Section(title=_("Night calls"), lines=phrases.cut(speaker, calls))


def _incident(speaker: Speaker, line: IncidentLine) -> Item:
    _ = speaker.gettext
    opened = _("opened {moment}, {state}").format(
        moment=words.instant(speaker, line.opened_at), state=_state(speaker, line)
    )
    mentions = phrases.mentions(speaker, line.mentions)
    return Item(
        text=_("{number}. {level}, {subject}: {what}").format(
            number=line.number,
            level=words.badge(speaker, line.level),
            subject=safe.clean(line.subject),
            what=reasons.gravest(speaker, line.reasons),
        ),
        note=" · ".join((mentions, opened, *_times(speaker, line))),
        tone="negative" if line.level is Level.CRITICAL and not line.false_alarm else "",
    )


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
    if seen is not None:
        text = _("seen {delay} after its first mention")
        yield text.format(delay=phrases.delay(speaker, seen))
    if taken is not None:
        yield _("taken care of after {delay}").format(delay=phrases.delay(speaker, taken))


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
