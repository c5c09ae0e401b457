"""The end of a digest in words: the week's incidents and calls, and what could not be seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from listener.domain.digest import Call, Digest, GapLine, IncidentLine, SilentSource
from listener.domain.incident import State
from listener.i18n import Speaker
from listener.notifiers import safe, words
from listener.notifiers.blindness import blindness
from listener.notifiers.content import Section

LINES = 10  # of incidents, calls or gaps; a longer list is cut and says so


def incidents(speaker: Speaker, digest: Digest) -> Iterator[Section]:
    _ = speaker.gettext
    lines = [_incident(speaker, digest, line) for line in digest.incidents]
    if not lines:
        yield Section(title=_("Incidents"), lines=(_("No incident this week."),))
        return
    yield Section(title=_("Incidents"), lines=_cut(speaker, lines))
    calls = [
        _call(speaker, digest, line, call)
        for line in digest.incidents
        for call in line.calls
        if call.at_night
    ]
    if calls:
        yield Section(title=_("Night calls"), lines=_cut(speaker, calls))


def _incident(speaker: Speaker, digest: Digest, line: IncidentLine) -> str:
    text = speaker.gettext("{number}. {level}, {subject}: {mentions}; opened {opened}, {state}.")
    return text.format(
        number=line.number,
        level=words.badge(speaker, line.level),
        subject=safe.clean(line.subject),
        mentions=speaker.ngettext("{count} mention", "{count} mentions", line.mentions),
        opened=words.instant(speaker, line.opened_at),
        state=_state(speaker, digest, line),
    )


def _state(speaker: Speaker, digest: Digest, line: IncidentLine) -> str:
    _ = speaker.gettext
    said = {
        State.OPEN: _("still open"),
        State.ACKNOWLEDGED: _("taken care of"),
        State.RESOLVED: _("over {moment}"),
        State.DISMISSED: _("dismissed {moment}"),
    }[line.state]
    closed = line.closed_at
    when = words.instant(speaker, closed) if closed else ""
    return said.format(moment=when).strip()


def _call(speaker: Speaker, digest: Digest, line: IncidentLine, call: Call) -> str:
    _ = speaker.gettext
    text = _("{moment}: {level}, incident {number}.")
    if call.observed:
        text = _("{moment}: {level}, incident {number} (observe mode: nobody was called).")
    return text.format(
        moment=words.instant(speaker, call.at),
        level=words.badge(speaker, call.level),
        number=line.number,
    )


def unseen(speaker: Speaker, digest: Digest) -> Section:
    _ = speaker.gettext
    found = digest.unseen
    lines = [
        *_unheard(speaker, digest),
        *(_silent(speaker, digest, source) for source in found.sources),
        *_cut(speaker, [_gap(speaker, digest, gap) for gap in found.gaps]),
        *blindness(speaker, found.blind),
        *_uncounted(speaker, digest),
    ]
    nothing = _("Nothing that is known: the sources answered, and all that came could be read.")
    return Section(title=_("What could not be seen"), lines=lines or (nothing,))


def _unheard(speaker: Speaker, digest: Digest) -> Iterator[str]:
    """What was said before the listener began: a source that was not asked did not answer."""
    _ = speaker.gettext
    if digest.listening_since is None:
        yield _("The listener has read nothing to its end yet: nothing is known of this week.")
    elif not digest.listened:
        text = _(
            "The listener has been listening since {since}: of what came before, "
            "it knows only what the sources still gave."
        )
        yield text.format(since=words.instant(speaker, digest.listening_since))


def _uncounted(speaker: Speaker, digest: Digest) -> Iterator[str]:
    _ = speaker.gettext
    if digest.unseen.quarantined:
        yield speaker.ngettext(
            "{count} item could not be read: it is kept in quarantine.",
            "{count} items could not be read: they are kept in quarantine.",
            digest.unseen.quarantined,
        )
    if digest.now.unscored:
        yield speaker.ngettext(
            "{count} mention was not judged: it counts, without a sentiment.",
            "{count} mentions were not judged: they count, without a sentiment.",
            digest.now.unscored,
        )
    if digest.now.mentions and not digest.comparable:
        yield _("Nothing is known of the week before: the records begin with this one.")
    if digest.partly_known and digest.known_since:
        since = speaker.day(digest.known_since, weekday=True)
        yield _("The records begin on {day}: the week before is incomplete.").format(day=since)


def _silent(speaker: Speaker, digest: Digest, silent: SilentSource) -> str:
    _ = speaker.gettext
    name = speaker.quoted(safe.clean(silent.source))
    if silent.stopped == "unauthorized":
        return _("The source {name} refuses our credentials: it is no longer read.").format(
            name=name
        )
    if silent.stopped is not None:
        return _("The source {name} has closed: it is no longer read.").format(name=name)
    if silent.since is None:
        return _("The source {name} has given nothing so far.").format(name=name)
    since = words.instant(speaker, silent.since)
    return _("The source {name} does not answer (since {since}).").format(name=name, since=since)


def _gap(speaker: Speaker, digest: Digest, gap: GapLine) -> str:
    _ = speaker.gettext
    name = speaker.quoted(safe.clean(gap.source))
    until = words.instant(speaker, gap.until)
    if gap.since is None:
        text = _("The source {name} can no longer give what was said before ({until}).")
        return text.format(name=name, until=until)
    since = words.instant(speaker, gap.since)
    text = _("The source {name} can no longer give a stretch ({since} – {until}).")
    return text.format(name=name, since=since, until=until)


def _cut(speaker: Speaker, lines: Sequence[str]) -> Sequence[str]:
    left = len(lines) - LINES
    if left <= 0:
        return lines
    more = speaker.ngettext("And {count} more.", "And {count} more.", left)
    return [*lines[:LINES], more]
