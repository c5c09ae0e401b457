"""How a message says that it may be answered: by a reply, by an SMS, by a link."""

from __future__ import annotations

from dataclasses import dataclass

from listener.domain.token import Invitation
from listener.i18n import Speaker
from listener.notifiers import safe
from listener.notifiers.replies import action_label


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A link that looks like a button where the channel shows one."""

    label: str
    url: str


def email_lines(invitation: Invitation, speaker: Speaker) -> list[str]:
    """What stands in an e-mail, the buttons apart; nothing where replies are not read."""
    _ = speaker.gettext
    if invitation.code is None:
        return []
    return [
        _("Reply OK to this message to take care of it; ESCALATE to have the next person called."),
        _(
            "Or reply LATER 30, FALSE ALARM with the reason, or RESOLVED. Leave the code {code} in it."
        ).format(code=invitation.code),
    ]


def buttons(invitation: Invitation, speaker: Speaker) -> list[Button]:
    """Each link with its words, in the order of the actions they stand for."""
    return [
        Button(label=action_label(action, speaker), url=url)
        for action, url in invitation.links.items()
    ]


def sms_answer(invitation: Invitation) -> str:
    """What to send back to an SMS to take charge; "" where replies are not read."""
    return f"OK {invitation.short}" if invitation.short else ""


def subject_with_code(subject: str, invitation: Invitation, limit: int) -> str:
    """The subject, with what brings the reply back to its incident where no address can."""
    if invitation.code is None:
        return subject
    tag = f" [{invitation.code}]"
    return safe.shorten(subject, limit - len(tag)) + tag
