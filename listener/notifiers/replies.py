"""What somebody who acted is told, through whatever door: what came of it, and who handles it now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from listener.domain.action import SNOOZE, Action, Reason, Refusal, Reply
from listener.domain.incident import State
from listener.i18n import Speaker
from listener.notifiers import safe


def reply_text(
    reply: Reply,
    speaker: Speaker,
    names: Mapping[str, str],
    *,
    at: datetime | None = None,
    snooze: timedelta = SNOOZE,
) -> str:
    """One or two plain sentences, not yet escaped for any channel.

    `names` gives each person's name by id; `at` is when it was done, where that is to be said.
    """
    if reply.refused is not None:
        return _refused(reply, reply.refused, speaker, names)
    said = _done(reply, speaker, names, at, snooze)
    return speaker.gettext("Incident {number}: {what}").format(number=reply.incident, what=said)


def failure_text(speaker: Speaker) -> str:
    """Where it is not known what came of it, e.g. as the database is away."""
    return speaker.gettext(
        "This could not be recorded: assume that nothing was done. Try again; if it lasts, phone."
    )


def action_label(action: Action, speaker: Speaker) -> str:
    """A few words for a button: at most 75 characters, as Slack's buttons hold."""
    _ = speaker.gettext
    if action is Action.SNOOZE:
        return _("Snooze {duration}").format(duration=speaker.duration(SNOOZE))
    return {
        Action.ACKNOWLEDGE: _("I take care of it"),
        Action.ESCALATE: _("Call the next person"),
        Action.RESOLVE: _("It is over"),
        Action.DISMISS: _("False alarm"),
        Action.REOPEN: _("Open it again"),
    }[action]


def reason_label(reason: Reason, speaker: Speaker) -> str:
    """Why something was a false alarm, in a few words: at most 75 characters."""
    _ = speaker.gettext
    return {
        Reason.NOT_US: _("It is not about us"),
        Reason.HARMLESS: _("Harmless: read wrongly"),
        Reason.KNOWN: _("Known and handled already"),
        Reason.SPAM: _("Spam"),
        Reason.OTHER: _("Another reason"),
    }[reason]


def _done(
    reply: Reply,
    speaker: Speaker,
    names: Mapping[str, str],
    at: datetime | None,
    snooze: timedelta,
) -> str:
    _ = speaker.gettext
    match reply.action:
        case Action.ACKNOWLEDGE:
            return _taken(speaker, _name(reply, names), at)
        case Action.ESCALATE:
            return _("the next person is being called.")
        case Action.SNOOZE if at is not None:
            until = speaker.clock(at + snooze)
            return _("nobody is called again before {time}.").format(time=until)
        case Action.SNOOZE:
            span = speaker.duration(snooze)
            return _("nobody is called again for {duration}.").format(duration=span)
        case Action.RESOLVE:
            return _("closed, it is over.")
        case Action.DISMISS:
            return _("closed as a false alarm. This can be undone within a day.")
        case Action.REOPEN:
            return _("open again.")


def _taken(speaker: Speaker, name: str | None, at: datetime | None) -> str:
    _ = speaker.gettext
    if name is None:
        return _("somebody takes care of it.")
    if at is None:
        return _("{name} takes care of it.").format(name=name)
    return _("{name} takes care of it since {time}.").format(name=name, time=speaker.clock(at))


def _refused(reply: Reply, refusal: Refusal, speaker: Speaker, names: Mapping[str, str]) -> str:
    _ = speaker.gettext
    number = reply.incident
    match refusal:
        case Refusal.UNKNOWN_PERSON:
            return _(
                "You are not among those on call: nothing was done. "
                "Tell the person on call directly, or ask for your account to be added."
            )
        case Refusal.UNKNOWN_INCIDENT:
            return _("There is no incident {number}: nothing was done.").format(number=number)
        case Refusal.EXPIRED:
            return _(
                "This link or code has expired or was used already: nothing was done. "
                "Use the latest alert's."
            )
        case _:
            what = _hindered(reply, refusal, speaker, names)
            return _("Incident {number}: {what}").format(number=number, what=what)


def _hindered(reply: Reply, refusal: Refusal, speaker: Speaker, names: Mapping[str, str]) -> str:
    _ = speaker.gettext
    match refusal:
        case Refusal.CLOSED:
            return _("it is closed already, nothing was changed.")
        case Refusal.REASON_MISSING:
            known = "; ".join(reason_label(reason, speaker) for reason in Reason)
            return _("say why it is a false alarm ({reasons}); nothing was done yet.").format(
                reasons=known
            )
        case Refusal.TOO_LATE:
            return _("it was closed more than a day ago and stays so.")
        case Refusal.NO_STEP:
            return _("nobody further up is left to be called here: phone whoever must know.")
        case _:
            return _already(reply, speaker, names)


def _already(reply: Reply, speaker: Speaker, names: Mapping[str, str]) -> str:
    _ = speaker.gettext
    name = _name(reply, names)
    if reply.state is State.RESOLVED:
        return _("it was closed already.")
    if reply.state is State.DISMISSED:
        return _("it was closed as a false alarm already.")
    if reply.state is State.ACKNOWLEDGED and name is not None:
        return _("{name} takes care of it already.").format(name=name)
    return _("this was done already.")


def _name(reply: Reply, names: Mapping[str, str]) -> str | None:
    """The name of who handles it; an id that has no [[person]] any more is still better than none."""
    return safe.clean(names.get(reply.by, reply.by)) if reply.by else None
