"""Whether the mailbox that replies come to can be read, and whose replies count."""

from __future__ import annotations

from collections.abc import Iterator

from listener.config.doors import MailboxSettings
from listener.config.models import Config, NetworkSettings
from listener.notifiers.mailbox import ImapServer
from listener.notifiers.network import policy_of
from listener.workflows.finding import Finding, State, attempt, found


async def try_mailbox(settings: MailboxSettings, network: NetworkSettings) -> Finding:
    """Log in and open the folder, changing nothing."""
    return await attempt("channel", "mailbox", ImapServer(settings, policy_of(network)).check)


def check_doors(config: Config) -> Iterator[Finding]:
    """Who cannot answer, though answers are listened to."""
    if config.mailbox is None:
        return
    for person in config.person:
        if not person.email and not (config.mailbox.sms_from and person.phone):
            detail = "neither e-mail nor SMS: no reply of theirs counts"
            yield found("mailbox", person.id, detail, State.WARNING)
