"""Checks of [mailbox] and [links] against the sections that they need."""

from __future__ import annotations

from collections.abc import Iterator

from listener.config.models import Config
from listener.config.naming import Complaint, named


def check_doors(config: Config) -> Iterator[Complaint]:
    box = config.mailbox
    if box is None:
        return
    if not box.address and config.email is None:
        yield "mailbox.address", "is required without an [email] section: where do replies go?"
    if box.sms_channel is not None:
        known = [channel.id for channel in config.channel]
        yield from named("mailbox.sms_channel", [box.sms_channel], known, "channel")
    if box.sms_channel and not box.sms_from:
        yield "mailbox.sms_from", "is required, to know SMS by who sends them on"
