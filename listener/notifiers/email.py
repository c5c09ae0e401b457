"""E-mail: through the hospital's mail server, into a folder of .eml files, or both."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from pathlib import Path

from connectors.connector import Clock
from connectors.policy import NetworkPolicy
from listener.config.alerting import EmailSettings
from listener.notifiers.base import CannotTell, DeliveryError, Message, Receipt
from listener.notifiers.kept import copy_path, remove_older, write_private
from listener.notifiers.mime import compose, message_id
from listener.notifiers.smtp import SmtpServer

log = logging.getLogger(__name__)

SUFFIX = ".eml"


class EmailNotifier:
    """Where `host` is None, writing the .eml is the delivery; else it is a copy of what was taken."""

    name = "email"

    def __init__(
        self,
        settings: EmailSettings,
        *,
        network: NetworkPolicy,
        clock: Clock,
        sender_name: str = "",
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._sender_name = sender_name
        self._server = SmtpServer(settings, network) if settings.host else None

    async def send(self, message: Message, *, thread: Receipt | None = None) -> Receipt:
        at = self._clock()
        mail = compose(
            message,
            sender=self._settings.sender,
            sender_name=self._sender_name,
            thread=thread,
            at=at,
        )
        content = mail.as_bytes()
        if self._server is not None:
            await self._server.submit(self._settings.sender, message.recipient.address, content)
        details = await self._keep(message.key, content)
        return Receipt(channel=self.name, id=str(mail["Message-ID"]), sent_at=at, details=details)

    async def _keep(self, key: str, content: bytes) -> dict[str, str]:
        if self._settings.outbox is None:
            if self._server is None:
                raise DeliveryError("neither email.host nor email.outbox is set", permanent=True)
            return {}
        path = eml_path(self._settings.outbox, key)
        try:
            await asyncio.to_thread(write_private, path, content)
        except OSError as error:
            if self._server is None:
                raise DeliveryError(f"email.outbox: {error.strerror}") from None
            # The message is delivered: a full disk must not have it sent a second time.
            log.warning("email.copy_failed", extra={"error": error.strerror})
            return {}
        return {"eml": str(path)}

    async def find(
        self, message: Message, *, since: datetime, thread: Receipt | None = None
    ) -> Receipt | None:
        """A mail server cannot be asked: it is sent again under the same Message-ID."""
        if self._server is not None or self._settings.outbox is None:
            raise CannotTell
        path = eml_path(self._settings.outbox, message.key)
        if not await asyncio.to_thread(path.is_file):
            return None
        return Receipt(
            channel=self.name,
            id=message_id(message.key, self._settings.sender),
            sent_at=self._clock(),
            details={"eml": str(path)},
        )

    async def withdraw(self, receipt: Receipt) -> bool:
        """The copy goes; what a mail server took is beyond reach, hence False where there is one."""
        if self._settings.outbox is not None and (kept := receipt.details.get("eml")):
            path = self._settings.outbox / Path(str(kept)).name
            try:
                await asyncio.to_thread(path.unlink, missing_ok=True)
            except OSError as error:
                raise DeliveryError(f"email.outbox: {error.strerror}") from None
        return self._server is None

    async def expire(self, before: datetime) -> None:
        """Remove the copies written before an instant: they show texts that expire with it."""
        if self._settings.outbox is not None:
            await asyncio.to_thread(remove_older, self._settings.outbox, before, {SUFFIX})

    async def check(self) -> str:
        if self._server is not None:
            return await self._server.check()
        if self._settings.outbox is None:
            raise DeliveryError("neither email.host nor email.outbox is set", permanent=True)
        return f"files in {self._settings.outbox}"

    async def close(self) -> None:
        return None


def eml_path(folder: Path, key: str) -> Path:
    return copy_path(folder, key, SUFFIX)
