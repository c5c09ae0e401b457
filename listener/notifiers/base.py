"""The contract of a channel: a message goes in, a receipt comes out, errors say whether to retry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from listener.domain.alert import Recipient


class DeliveryError(Exception):
    """The channel did not take the message. `permanent`: trying again cannot help.

    `ambiguous`: it may have taken it (the answer was lost), so look before sending again.
    Messages never hold a token or the text that was to be sent.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        ambiguous: bool = False,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.ambiguous = ambiguous
        self.retry_after = retry_after


class CannotTell(Exception):
    """The channel cannot be searched for a message: whether it took it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """An inline picture of an e-mail, referred to as cid:`name`."""

    name: str
    content: bytes
    mime: str = "image/png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing to say to one recipient, already rendered and escaped for every channel."""

    key: str  # the idempotency key: the same for every attempt
    recipient: Recipient
    subject: str
    text: str
    html: str | None = None
    blocks: Sequence[Mapping[str, Any]] = ()  # Slack Block Kit
    urgent: bool = False
    thread: str | None = None  # what threads together, e.g. "incident-12"
    attachments: Sequence[Attachment] = ()
    reply_to: str | None = None  # of an e-mail, where not to its sender
    figures: Mapping[str, Any] = field(default_factory=dict)  # for a webhook: keys and numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Proof that a channel took a message, and how to find it again."""

    channel: str
    id: str  # Slack's ts, the e-mail's Message-ID
    conversation: str = ""  # Slack's channel id
    sent_at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)


class Notifier(Protocol):
    """One channel."""

    name: str

    async def send(self, message: Message, *, thread: Receipt | None = None) -> Receipt:
        """Send once; raises DeliveryError. `thread` is the first message of the same thread."""
        ...

    async def find(
        self, message: Message, *, since: datetime, thread: Receipt | None = None
    ) -> Receipt | None:
        """A message that an earlier, interrupted attempt may have sent; None where it did not.

        `thread` as given to send: replies stand apart from a conversation's own history.
        Raises CannotTell, and DeliveryError while the channel is away.
        """
        ...

    async def withdraw(self, receipt: Receipt) -> bool:
        """Erase what was sent, where somebody must be forgotten; False where that is not possible.

        Erasing twice is no error. Raises DeliveryError.
        """
        ...

    async def check(self) -> str:
        """Try the credentials without sending; says in a few words what was found."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Amending(Protocol):
    """A channel whose sent messages can still be changed."""

    async def amend(self, message: Message, receipt: Receipt) -> None:
        """Replace what was sent, e.g. once a text was erased; raises DeliveryError."""
        ...
