"""Whether the mailbox that replies come to can be read, for `listener check-config --online`."""

from __future__ import annotations

from collections.abc import Iterator

from listener.config.models import Config
from listener.notifiers.mailbox import ImapServer
from listener.notifiers.network import policy_of
from listener.workflows.finding import Finding, State, attempt, found


async def try_mailbox(config: Config) -> list[Finding]:
    """Log in and open the folder, changing nothing; empty where there is no [mailbox]."""
    if config.mailbox is None:
        return []
    server = ImapServer(config.mailbox, policy_of(config.network))
    return [await attempt("channel", "mailbox", server.check)]


def check_doors_offline(config: Config) -> Iterator[Finding]:
    """Who cannot answer, though somebody's answer is listened to."""
    if config.mailbox is None:
        return
    for person in config.person:
        if not person.email and not (config.mailbox.sms_from and person.phone):
            detail = "neither e-mail nor phone: no reply of theirs counts"
            yield found("mailbox", person.id, detail, State.WARNING)
