"""What the listener could not see: a figure is only worth what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from listener.config.alerting import Excerpt
from listener.domain.digest import Digest, GapLine, IncidentLine, SilentSource, Span
from listener.i18n import Speaker
from listener.notifiers import reasons, safe, words
from listener.notifiers.blindness import blindness
from listener.notifiers.content import Section
from listener.notifiers.digest import phrases


def unseen(speaker: Speaker, digest: Digest, _excerpt: Excerpt) -> Iterator[Section]:
    _ = speaker.gettext
    found = digest.unseen
    lines = [
        *_unheard(speaker, digest),
        *(_silent(speaker, source) for source in found.sources),
        *phrases.cut(speaker, [_gap(speaker, gap) for gap in found.gaps]),
        *phrases.cut(speaker, [_blindness(speaker, line) for line in digest.blindnesses]),
        *blindness(speaker, found.blind),
        *_uncounted(speaker, digest),
    ]
    nothing = _("Nothing that is known: the sources answered, and all that came could be read.")
    yield Section(title=_("What could not be seen"), lines=lines or (nothing,))


def _unheard(speaker: Speaker, digest: Digest) -> Iterator[str]:
    """What was said before the listener began: a source that was not asked did not answer."""
    _ = speaker.gettext
    if digest.listening_since is None:
        yield _("The listener has read nothing to its end yet: what was said is not known.")
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
        yield {
            Span.WEEK: _("Nothing is known of the week before: the records begin with this one."),
            Span.MONTH: _("Nothing is known of the month before: the records begin with this one."),
            Span.DAYS: _("Nothing is known of the period before: the records begin with this one."),
        }[digest.period.span]
    if digest.partly_known and digest.known_since:
        since = speaker.day(digest.known_since, weekday=True)
        yield {
            Span.WEEK: _("The records begin on {day}: the week before is incomplete."),
            Span.MONTH: _("The records begin on {day}: the month before is incomplete."),
            Span.DAYS: _("The records begin on {day}: the period before is incomplete."),
        }[digest.period.span].format(day=since)


def _silent(speaker: Speaker, silent: SilentSource) -> str:
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


def _blindness(speaker: Speaker, line: IncidentLine) -> str:
    """An incident about the watch itself: a budget spent, a source behind, the analysis away."""
    _ = speaker.gettext
    since, what = words.instant(speaker, line.opened_at), reasons.gravest(speaker, line.reasons)
    if line.closed_at is None:
        return _("Since {since}: {what}.").format(since=since, what=what)
    until = words.instant(speaker, line.closed_at)
    return _("From {since} to {until}: {what}.").format(since=since, until=until, what=what)


def _gap(speaker: Speaker, gap: GapLine) -> str:
    _ = speaker.gettext
    name = speaker.quoted(safe.clean(gap.source))
    until = words.instant(speaker, gap.until)
    if gap.since is None:
        text = _("The source {name} can no longer give what was said before ({until}).")
        return text.format(name=name, until=until)
    since = words.instant(speaker, gap.since)
    text = _("The source {name} can no longer give a stretch ({since} – {until}).")
    return text.format(name=name, since=since, until=until)
