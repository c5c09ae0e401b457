"""Erases a person everywhere the listener wrote, and leaves a tombstone that says: never again."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.privacy import Pseudonyms
from listener.notifiers.base import Amending, DeliveryError, Notifier
from listener.storage import erasure, outbox
from listener.storage.database import Database
from listener.storage.seal import Sealer, SealError
from listener.storage.sources import QUARANTINE
from listener.storage.tables import (
    incident_mentions,
    mention_links,
    mentions,
    quarantine,
)
from listener.workflows.deliver import Compose, Undeliverable, receipt_of
from listener.workflows.draft import LINK

log = logging.getLogger(__name__)

ENOUGH = 40  # characters of an excerpt that tell a message which shows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Who or what is to be forgotten: one of an author, a link or a mention."""

    network: str | None = None
    author: str | None = None  # handle or id, with `network`
    link: str | None = None
    mention: int | None = None  # our own number, as `listener mentions` shows it


@dataclass(slots=True, kw_only=True)
class Forgotten:
    """What was erased, in counts."""

    mentions: int = 0
    texts: int = 0  # of others, that named the author
    quarantined: int = 0
    amended: int = 0  # sent messages that were changed or withdrawn
    out_of_reach: int = 0  # sent messages that nobody can take back, e.g. delivered e-mails


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetter:
    database: Database
    pseudonyms: Pseudonyms
    sealer: Sealer
    notifiers: Mapping[str, Notifier]
    compose: Compose

    async def forget(self, wanted: Wanted, at: datetime) -> Forgotten:
        """Erase, bury, and mend what was sent. Running it again changes nothing."""
        done = Forgotten()
        async with self.database.write() as connection:
            ids = await self._bury(connection, wanted, at)
            traces = await self._traces(connection, ids)
            refs = await self._refs(connection, ids)
            done.mentions = await erasure.erase_mentions(connection, ids, at=at)
            done.quarantined = await erasure.erase_quarantine(connection, refs)
            done.quarantined += await self._quarantined(connection, wanted, traces)
            if wanted.author is not None:
                done.texts = await self._unname(connection, wanted.author)
            letters = await outbox.shown(connection, await self._incidents(connection, ids))
        for letter, receipt in letters:
            if await self._amend(letter, receipt, at):
                done.amended += 1
            else:
                done.out_of_reach += 1
        log.info("privacy.forgotten mentions=%d messages=%d", done.mentions, done.amended)
        return done

    async def _bury(self, connection: AsyncConnection, wanted: Wanted, at: datetime) -> list[int]:
        """Leave the tombstones; the mentions that they cover."""
        if wanted.author is not None and wanted.network is not None:
            ref = self.pseudonyms.author(wanted.network, wanted.author)
            await erasure.bury(connection, "author", ref, at=at)
            return await erasure.find_mentions(
                connection, {"author_ref": [ref], "author_id_ref": [ref]}
            )
        if wanted.link is not None:
            ref = self.pseudonyms.link(wanted.link)
            await erasure.bury(connection, "link", ref, at=at)
            found = await erasure.find_mentions(connection, {"url_ref": [ref]})
        else:
            found = [wanted.mention] if wanted.mention is not None else []
        for mention_ref in await self._refs(connection, found):
            await erasure.bury(connection, "mention", mention_ref, at=at)
        return found

    async def _refs(self, connection: AsyncConnection, ids: Collection[int]) -> list[str]:
        rows = await connection.execute(select(mentions.c.ref).where(mentions.c.id.in_(list(ids))))
        return [row.ref for row in rows]

    async def _traces(self, connection: AsyncConnection, ids: Collection[int]) -> list[str]:
        """Strings that betray a mention in a payload: its link, its id, its first words."""
        rows = await connection.execute(
            select(mentions.c.text, mention_links.c.sealed)
            .outerjoin(mention_links, mention_links.c.mention_id == mentions.c.id)
            .where(mentions.c.id.in_(list(ids)))
        )
        traces: set[str] = set()
        for text, sealed in rows:
            if text and len(text) >= ENOUGH:
                traces.add(text[:ENOUGH])
            if sealed is not None:
                try:
                    traces.update(self.sealer.open_json(sealed, LINK).values())
                except SealError:
                    continue  # sealed under a lost key: nobody can read it either
        return sorted(trace for trace in traces if trace)

    async def _quarantined(
        self, connection: AsyncConnection, wanted: Wanted, traces: Sequence[str]
    ) -> int:
        """Payloads that could not be read may hold the person all the same: look inside."""
        names = [name for name in (wanted.author, wanted.link) if name]
        needles = [needle.encode() for needle in (*names, *traces)]
        rows = list(await connection.execute(select(quarantine.c.id, quarantine.c.sealed)))
        found = [row.id for row in rows if _holds(self._opened(row.sealed), needles)]
        if found:
            await connection.execute(quarantine.delete().where(quarantine.c.id.in_(found)))
        return len(found)

    def _opened(self, sealed: bytes) -> bytes:
        try:
            return self.sealer.open(sealed, QUARANTINE)
        except SealError:
            return b""

    async def _unname(self, connection: AsyncConnection, author: str) -> int:
        """Take the author's pseudonym out of what others wrote to them."""
        name = self.pseudonyms.handle(author)
        result = await connection.execute(
            update(mentions)
            .where(or_(mentions.c.text.contains(name), mentions.c.title.contains(name)))
            .values(
                text=func.replace(mentions.c.text, name, "@…"),
                title=func.replace(mentions.c.title, name, "@…"),
            )
        )
        return int(result.rowcount)

    async def _incidents(self, connection: AsyncConnection, ids: Collection[int]) -> list[int]:
        rows = await connection.execute(
            select(incident_mentions.c.incident_id)
            .where(incident_mentions.c.mention_id.in_(list(ids)))
            .distinct()
        )
        return [row.incident_id for row in rows]

    async def _amend(self, letter: outbox.Letter, receipt: Mapping[str, Any], at: datetime) -> bool:
        """Take a sent message back, or say it again without what was erased; False if neither."""
        notifier = self.notifiers.get(letter.channel)
        if notifier is None:
            return False
        try:
            if isinstance(notifier, Amending):
                await notifier.amend(await self.compose(letter, at), receipt_of(receipt))
                return True
            return await notifier.withdraw(receipt_of(receipt))
        except (DeliveryError, Undeliverable) as error:
            log.warning("privacy.not_amended channel=%s error=%s", letter.channel, error)
            return False


def _holds(payload: bytes, needles: Sequence[bytes]) -> bool:
    folded = payload.lower()
    return any(needle.lower() in folded for needle in needles)
