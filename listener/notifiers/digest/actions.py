"""What to do this week, in words: at most three actions, each with its reason and who may own it."""

from __future__ import annotations

from collections.abc import Iterator

from listener.config.alerting import Excerpt
from listener.domain.digest import Action, Advice, Digest, Owner, advise
from listener.i18n import Speaker
from listener.notifiers import safe, words
from listener.notifiers.content import Section
from listener.notifiers.digest import phrases


def actions(speaker: Speaker, digest: Digest, _excerpt: Excerpt) -> Iterator[Section]:
    _ = speaker.gettext
    proposed = advise(digest)
    nothing = () if proposed else (_("Nothing calls for an action."),)
    yield Section(
        title=_("To do"),
        brief=True,
        lines=nothing,
        steps=[_step(speaker, digest, action) for action in proposed],
    )


def _step(speaker: Speaker, digest: Digest, action: Action) -> str:
    return speaker.gettext("{what} Proposed to: {owner}.").format(
        what=_what(speaker, digest, action), owner=_owner(speaker, digest, action.owner)
    )


def _owner(speaker: Speaker, digest: Digest, owner: Owner) -> str:
    _ = speaker.gettext
    if owner is Owner.MEDIATION and digest.mediation:
        return safe.clean(digest.mediation)
    return {
        Owner.COMMUNICATION: _("the communication team"),
        Owner.ON_CALL: _("whoever was on call"),
        Owner.PROTECTION: _("the data protection officer"),
        Owner.MEDIATION: _("the patient relations office"),
        Owner.SERVICE: _("the direction of the service concerned"),
        Owner.QUALITY: _("the quality department"),
        Owner.OPERATIONS: _("who runs the listener"),
    }[owner]


def _what(speaker: Speaker, digest: Digest, action: Action) -> str:
    tell = {
        Advice.CLOSE: _close,
        Advice.PROTECT: _protect,
        Advice.ANSWER: _answer,
        Advice.CHECK: _check,
        Advice.EXPLAIN: _explain,
        Advice.IMPROVE: _improve,
        Advice.TUNE: _tune,
        Advice.REPAIR: _repair,
        Advice.SHARE: _share,
    }[action.advice]
    return tell(speaker, digest, action)


def _close(speaker: Speaker, _digest: Digest, action: Action) -> str:
    assert action.incident is not None
    return speaker.ngettext(
        "Bring {count} critical incident to its end: incident {number} is not over.",
        "Bring {count} critical incidents to their end, incident {number} first: they are not over.",
        action.count,
        number=str(action.incident.number),
    )


def _protect(speaker: Speaker, _digest: Digest, action: Action) -> str:
    return speaker.ngettext(
        "Have {count} post that may reveal a patient looked at, and removed where it does.",
        "Have {count} posts that may reveal a patient looked at, and removed where they do.",
        action.count,
    )


def _answer(speaker: Speaker, _digest: Digest, action: Action) -> str:
    said = speaker.ngettext(
        "Answer {count} complaint or personal case that has no public answer",
        "Answer {count} complaints and personal cases that have no public answer",
        action.count,
    )
    if action.longest is None:
        return f"{said}."
    text = speaker.gettext("{what}, the oldest of which has waited for {delay}.")
    return text.format(what=said, delay=phrases.delay(speaker, action.longest))


def _check(speaker: Speaker, _digest: Digest, action: Action) -> str:
    return speaker.ngettext(
        "Have the most told claim checked before it is answered: {count} mention{about}.",
        "Have the most told claim checked before it is answered: {count} mentions{about}.",
        action.count,
        about=_about(speaker, action),
    )


def _explain(speaker: Speaker, _digest: Digest, action: Action) -> str:
    return speaker.ngettext(
        "Look into the story that has grown most: {count} negative mention{about}.",
        "Look into the story that has grown most: {count} negative mentions{about}.",
        action.count,
        about=_about(speaker, action),
    )


def _about(speaker: Speaker, action: Action) -> str:
    """The story's themes, in brackets."""
    themes = [name for name in (action.story.themes if action.story else ()) if name != "rumour"]
    return f" ({words.themes(speaker, themes)})" if themes else ""


def _improve(speaker: Speaker, digest: Digest, _action: Action) -> str:
    text = speaker.gettext("Read the reviews: their mean has fallen from {before} to {now} of 5.")
    return text.format(
        before=speaker.number(digest.reviews_before.mean or 0, decimals=1),
        now=speaker.number(digest.reviews.mean or 0, decimals=1),
    )


def _tune(speaker: Speaker, digest: Digest, action: Action) -> str:
    text = speaker.gettext(
        "Go through the rules: {wrong} of {incidents} incidents were false alarms."
    )
    return text.format(
        wrong=speaker.number(action.count), incidents=speaker.number(len(digest.troubles))
    )


def _repair(speaker: Speaker, _digest: Digest, action: Action) -> str:
    return speaker.ngettext(
        "Have {count} source repaired that does not answer: {name}.",
        "Have {count} sources repaired that do not answer: {name} first.",
        action.count,
        name=speaker.quoted(safe.clean(action.source)),
    )


def _share(speaker: Speaker, _digest: Digest, action: Action) -> str:
    return speaker.ngettext(
        "Share {count} word of thanks with the staff.",
        "Share {count} words of thanks with the staff.",
        action.count,
    )
