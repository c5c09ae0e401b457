"""A Message as an e-mail that threads, says it is automatic, and holds no stranger's header.

RFC 5322 (fields, Message-ID), RFC 3834 (Auto-Submitted), RFC 2387 (inline pictures).
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

from listener.notifiers import safe
from listener.notifiers.base import DeliveryError, Message, Receipt

_IDENTIFIERS = frozenset({"message-id", "in-reply-to", "references"})
_MESSAGE_ID = re.compile(r"<[^<>\s@]+@[^<>\s@]+>")


class _Policy(EmailPolicy):
    """SMTP's, but identifiers stay on one line: some servers read a folded one as another."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _IDENTIFIERS:
            return f"{name}: {value}\r\n".encode("ascii")
        folded: bytes = super().fold_binary(name, value)
        return folded


def message_id(key: str, sender: str) -> str:
    """The same for every attempt at one message: a repeated e-mail is shown once, or counted."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:40]
    return f"<{digest}.listener@{_domain(sender)}>"


def _domain(sender: str) -> str:
    domain = sender.rpartition("@")[2]
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return "localhost"


def compose(
    message: Message, *, sender: str, sender_name: str, thread: Receipt | None, at: datetime
) -> EmailMessage:
    """DeliveryError(permanent) where an address is none."""
    mail = EmailMessage(policy=_Policy(linesep="\r\n"))
    mail["From"] = _address(sender, sender_name)
    mail["To"] = _address(message.recipient.address, message.recipient.name)
    if message.reply_to is not None:
        mail["Reply-To"] = _address(message.reply_to, "")
    mail["Subject"] = safe.header(message.subject)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = message_id(message.key, sender)
    if thread is not None and _MESSAGE_ID.fullmatch(thread.id):
        mail["In-Reply-To"] = thread.id
        mail["References"] = thread.id
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"  # Exchange's own word for the same
    if message.urgent:
        mail["Importance"] = "high"
        mail["X-Priority"] = "1"
    mail["X-Listener-Key"] = safe.header(message.key)
    _fill(mail, message)
    return mail


def _address(address: str, name: str) -> Address:
    try:
        return Address(display_name=safe.header(name, 100), addr_spec=address)
    except (ValueError, IndexError):  # IndexError: how the standard library says "nothing there"
        raise DeliveryError("not an e-mail address", permanent=True) from None


def _fill(mail: EmailMessage, message: Message) -> None:
    # Quoted-printable: no relay has to rewrite it, and a signature put on the way still holds.
    mail.set_content(message.text, cte="quoted-printable")
    if message.html is None:
        return
    mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    parts = mail.get_payload()
    assert isinstance(parts, list)
    html = parts[1]
    assert isinstance(html, EmailMessage)
    for attachment in message.attachments:
        kind, _, subtype = attachment.mime.partition("/")
        html.add_related(
            attachment.content,
            maintype=kind,
            subtype=subtype,
            cid=f"<{attachment.name}>",
            filename=attachment.name,
            disposition="inline",
        )
