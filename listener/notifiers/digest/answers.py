"""Complaints and personal cases: how many the hospital answered in public, how fast, who still waits."""

from __future__ import annotations

from collections.abc import Iterator

from listener.config.alerting import Excerpt
from listener.domain.digest import Answers, Digest, Waiting
from listener.i18n import Speaker
from listener.notifiers import safe
from listener.notifiers.content import Item, Section
from listener.notifiers.digest import phrases
from listener.notifiers.digest.stories import item

WAITING = 5  # of those who have waited longest


def answers(speaker: Speaker, digest: Digest, excerpt: Excerpt) -> Iterator[Section]:
    _ = speaker.gettext
    complaints, cases = digest.complaints, digest.cases
    lines = [
        _told(speaker, complaints, complaint=True),
        *([_told(speaker, cases, complaint=False)] if cases.asked else []),
    ]
    if digest.mediation:
        text = _("Refer those who complain to {mediation}.")
        lines.append(text.format(mediation=safe.clean(digest.mediation)))
    waiting = sorted((*complaints.oldest, *cases.oldest), key=lambda one: one.said_at)
    shown = [one for one in waiting if one.post is not None]
    hidden = len(waiting) - len(shown)
    if hidden:
        text = speaker.ngettext(
            "Of those who have waited longest, {count} is not quoted: the post may reveal a patient.",
            "Of those who have waited longest, {count} are not quoted: the posts may reveal a patient.",
            hidden,
        )
        lines.append(text)
    yield Section(
        title=_("Complaints and personal cases"),
        brief=True,
        lines=lines,
        items=[_waiting(speaker, digest, one, excerpt) for one in shown[:WAITING]],
        small=_(
            "Counted are the hospital's public replies that its sources can read, to this day."
        ),
    )


def _told(speaker: Speaker, found: Answers, *, complaint: bool) -> str:
    _ = speaker.gettext
    if not found.asked:
        return _("No complaint.")
    asked = (
        speaker.ngettext("{count} complaint", "{count} complaints", found.asked)
        if complaint
        else speaker.ngettext("{count} personal case", "{count} personal cases", found.asked)
    )
    answered = speaker.ngettext("{count} answered", "{count} answered", found.answered)
    if found.usual_delay is not None:
        text = _("{answered} (one in two within {delay})")
        delay = phrases.delay(speaker, found.usual_delay)
        answered = text.format(answered=answered, delay=delay)
    unanswered = speaker.ngettext(
        "{count} without a public answer", "{count} without a public answer", found.unanswered
    )
    return _("{asked}: {answered}, {unanswered}.").format(
        asked=asked, answered=answered, unanswered=unanswered
    )


def _waiting(speaker: Speaker, digest: Digest, one: Waiting, excerpt: Excerpt) -> Item:
    assert one.post is not None
    text = speaker.gettext("has waited for an answer for {delay}")
    waits = text.format(delay=phrases.delay(speaker, digest.at - one.said_at))
    return item(speaker, one.post, excerpt, remark=waits)
