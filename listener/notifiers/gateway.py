"""What every `[[channel]]` shares: copies in a folder, and receipts that name the message."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.connector import Clock
from listener.config.channels import ChannelSettings
from listener.notifiers.base import CannotTell, DeliveryError, Message, Receipt
from listener.notifiers.kept import copy_path, remove_older, write_private

log = logging.getLogger(__name__)

SUFFIX = ".txt"


class Gateway(ABC):
    """Where there is no `url`, writing the copy is the delivery; else it is a copy of what was taken."""

    def __init__(self, settings: ChannelSettings, *, clock: Clock) -> None:
        self.name = settings.id
        self._settings = settings
        self._clock = clock

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    @abstractmethod
    async def _submit(self, message: Message, url: str) -> dict[str, Any]:
        """Hand one message over; what the receipt should remember. DeliveryError otherwise."""

    @abstractmethod
    async def _try(self, url: str) -> str:
        """Reach it without sending; in a few words what was found. DeliveryError otherwise."""

    def copy_of(self, message: Message) -> str:
        """What is kept of a message: who it was for, and its words."""
        told = message.recipient
        return f"{told.name or 'team'} <{told.address}>\n\n{message.text.rstrip()}\n"

    async def send(self, message: Message, *, thread: Receipt | None = None) -> Receipt:
        details: dict[str, Any] = {}
        if self._settings.url is not None:
            details = await self._submit(message, self._settings.url.get_secret_value())
        details |= await self._keep(message)
        return Receipt(channel=self.name, id=message.key, sent_at=self._clock(), details=details)

    async def _keep(self, message: Message) -> dict[str, str]:
        outbox = self._settings.outbox
        if outbox is None:
            return {}
        path = copy_path(outbox, message.key, SUFFIX)
        try:
            await asyncio.to_thread(write_private, path, self.copy_of(message).encode())
        except OSError as error:
            if self._settings.url is None:
                raise DeliveryError(f"outbox: {error.strerror}") from None
            # The message is delivered: a full disk must not have it sent a second time.
            log.warning("gateway.copy_failed channel=%s error=%s", self.name, error.strerror)
            return {}
        return {"copy": str(path)}

    async def find(
        self, message: Message, *, since: datetime, thread: Receipt | None = None
    ) -> Receipt | None:
        """A gateway cannot be asked what it took; a folder can."""
        outbox = self._settings.outbox
        if self._settings.url is not None or outbox is None:
            raise CannotTell
        path = copy_path(outbox, message.key, SUFFIX)
        if not await asyncio.to_thread(path.is_file):
            return None
        details = {"copy": str(path)}
        return Receipt(channel=self.name, id=message.key, sent_at=self._clock(), details=details)

    async def withdraw(self, receipt: Receipt) -> bool:
        """The copy goes; what a gateway took is beyond reach, unless it never showed a post."""
        if self._settings.outbox is not None and (kept := receipt.details.get("copy")):
            path = self._settings.outbox / Path(str(kept)).name
            try:
                await asyncio.to_thread(path.unlink, missing_ok=True)
            except OSError as error:
                raise DeliveryError(f"outbox: {error.strerror}") from None
        silent = self._settings.form == "short" or self._settings.excerpt == "none"
        return self._settings.url is None or silent

    async def expire(self, before: datetime) -> None:
        """Remove the copies written before an instant: they may show texts that expire with it."""
        if self._settings.outbox is not None:
            await asyncio.to_thread(remove_older, self._settings.outbox, before, {SUFFIX})

    async def check(self) -> str:
        if self._settings.url is not None:
            return await self._try(self._settings.url.get_secret_value())
        return f"files in {self._settings.outbox}"

    async def close(self) -> None:
        return None
