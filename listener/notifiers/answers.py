"""What is sent back to somebody who answered by mail or SMS: keys and figures while it waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from listener.domain.action import SNOOZE, Action, Refusal, Reply
from listener.domain.alert import Recipient
from listener.domain.incident import State
from listener.domain.token import REPLY, RETRY, Invitation, Word
from listener.i18n import Speaker
from listener.notifiers import safe
from listener.notifiers.base import Message
from listener.notifiers.invitation import email_lines, subject_with_code
from listener.notifiers.replies import reply_text

SUBJECT_LENGTH = 120


def payload_of(reply: Reply, *, at: datetime, snooze: timedelta = SNOOZE) -> dict[str, Any]:
    """A reply as the outbox keeps it."""
    return {
        "incident": reply.incident,
        "action": reply.action.value,
        "refused": reply.refused.value if reply.refused else None,
        "state": reply.state.value if reply.state else None,
        "by": reply.by,
        "at": at.isoformat(),
        "snooze": snooze.total_seconds(),
    }


def unclear_payload(incident: int, *, again: bool) -> dict[str, Any]:
    """Where nobody can tell what was meant. `again`: they may try once more with a reply to it.

    A second time they are not offered it: machines that answer everything would go on for ever.
    """
    return {"incident": incident, "unclear": True, "again": again}


def reply_word(payload: Mapping[str, Any]) -> Word | None:
    """What the code in an answer is good for; None where it has none."""
    if payload.get("unclear"):
        return RETRY if payload.get("again") else None
    hopeless = (Refusal.EXPIRED, Refusal.UNKNOWN_PERSON, Refusal.UNKNOWN_INCIDENT)
    return None if payload.get("refused") in hopeless else REPLY


def render_answer(
    payload: Mapping[str, Any],
    *,
    recipient: Recipient,
    key: str,
    speaker: Speaker,
    names: Mapping[str, str],
    invitation: Invitation | None = None,
) -> Message:
    """One short message; with `invitation`, it can be replied to in turn."""
    _ = speaker.gettext
    incident = int(payload["incident"])
    text = unclear_text(speaker) if payload.get("unclear") else _said(payload, speaker, names)
    subject = (
        _("Incident {number}: your reply").format(number=speaker.number(incident))
        if incident
        else _("Your reply to the listener")
    )
    if invitation is not None and invitation.code:
        subject = subject_with_code(subject, invitation, SUBJECT_LENGTH)
        text = "\n\n".join((text, *email_lines(invitation, speaker)))
    elif invitation is not None and invitation.short:
        text = " ".join((text, _("Code for what follows: {code}").format(code=invitation.short)))
    return Message(
        key=key,
        recipient=recipient,
        subject=safe.header(subject, SUBJECT_LENGTH),
        text=text + "\n",
        thread=f"incident-{incident}" if incident else None,
        reply_to=invitation.reply_to if invitation is not None else None,
    )


def _said(payload: Mapping[str, Any], speaker: Speaker, names: Mapping[str, str]) -> str:
    refused, state = payload.get("refused"), payload.get("state")
    reply = Reply(
        incident=int(payload["incident"]),
        action=Action(payload["action"]),
        refused=Refusal(refused) if refused else None,
        state=State(state) if state else None,
        by=payload.get("by"),
    )
    return reply_text(
        reply,
        speaker,
        names,
        at=datetime.fromisoformat(payload["at"]),
        snooze=timedelta(seconds=payload["snooze"]),
    )


def unclear_text(speaker: Speaker) -> str:
    return speaker.gettext(
        "Your reply was not understood: nothing was done. Begin it with OK to take care of it, "
        "ESCALATE, LATER 30, FALSE ALARM with the reason, or RESOLVED."
    )
