"""How one message lets its reader answer: lines, links as buttons, a code in the subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from listener.domain.token import Invitation
from listener.i18n import Speaker
from listener.notifiers.invitation import (
    Button,
    buttons,
    email_lines,
    sms_answer,
    subject_with_code,
)
from listener.notifiers.short import to_take_it_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What a layout adds; nothing where nobody reads answers."""

    lines: Sequence[str] = ()
    buttons: Sequence[Button] = ()
    invitation: Invitation | None = None  # of an e-mail, whose subject carries the code
    reply_to: str | None = None

    def subject(self, subject: str, limit: int) -> str:
        if self.invitation is None:
            return subject
        return subject_with_code(subject, self.invitation, limit)


def answering_of(invitation: Invitation | None, channel: str, speaker: Speaker) -> Answering:
    """E-mails are replied to; other texts are answered by SMS where that is read. Links do for both."""
    if invitation is None or channel not in ("email", "text"):
        return Answering()
    links = buttons(invitation, speaker)
    if channel == "email":
        return Answering(
            lines=email_lines(invitation, speaker),
            buttons=links,
            invitation=invitation,
            reply_to=invitation.reply_to,
        )
    answer = sms_answer(invitation)
    return Answering(lines=[to_take_it_on(speaker, answer)] if answer else [], buttons=links)
