"""Erases a person everywhere the listener wrote, and leaves tombstones that say: never again."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.privacy import Pseudonyms
from listener.storage import erasure, labels, sources
from listener.storage.database import Database
from listener.storage.dialect import forget_alone
from listener.storage.erasure import Target
from listener.storage.seal import Sealer, SealError
from listener.workflows.draft import LINK
from listener.workflows.graveyard import Graveyard
from listener.workflows.mend import Beyond, Fate, Mender
from listener.workflows.traces import Traces

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Who or what is to be forgotten: one of an author, a link or a mention."""

    network: str | None = None
    author: str | None = None  # handle or id, with `network`
    link: str | None = None
    mention: int | None = None  # our own number, as `listener mentions` shows it

    def __post_init__(self) -> None:
        given = [self.author, self.link, self.mention]
        if sum(item is not None for item in given) != 1:
            raise ValueError("one of an author, a link and a mention is to be forgotten")
        if (self.author is None) != (self.network is None):
            raise ValueError("an author is known by a network")


@dataclass(slots=True, kw_only=True)
class Forgotten:
    """What was erased, in counts."""

    mentions: int = 0
    texts: int = 0  # of others, that named the author
    labelled: int = 0  # of `mentions`, that classifiers may have learned from
    quarantined: int = 0
    amended: int = 0  # sent messages that were changed or withdrawn
    waiting: int = 0  # sent messages whose channel is away: tried again by the daemon
    beyond: list[Beyond] = field(default_factory=list)  # sent, and nobody can take them back


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetter:
    database: Database
    pseudonyms: Pseudonyms
    sealer: Sealer
    mender: Mender
    graveyard: Graveyard

    async def preview(self, wanted: Wanted) -> int:
        """How many mentions would be erased."""
        async with self.database.read() as connection:
            return len(await self._targets(connection, wanted))

    async def forget(self, wanted: Wanted, at: datetime) -> Forgotten:
        """Erase and bury in one transaction, then mend what was sent. Again, it changes nothing.

        What is still to be mended is planned in that transaction: a crash or a channel that is
        away leaves it to the daemon.
        """
        done = Forgotten()
        async with self.database.write() as connection:
            await forget_alone(connection)
            targets = await self._targets(connection, wanted)
            ids = [target.id for target in targets]
            await self._bury(connection, wanted, targets, at)
            done.quarantined = await self._clear_quarantine(connection, wanted, targets)
            done.labelled = await labels.labelled(connection, ids)
            done.mentions = await erasure.erase_mentions(connection, ids, at=at)
            naming = await self._unname(connection, wanted)
            done.texts = len(naming)
            shown = {target.id: target.occurred_at for target in targets} | naming
            errands = await self.mender.plan(connection, shown, at)
        await self.database.settle()
        for errand in errands:
            mended = await self.mender.mend_planned(errand, at)
            done.amended += mended.fate is Fate.AMENDED
            done.waiting += mended.fate is Fate.WAITING
            if mended.beyond is not None:
                done.beyond.append(mended.beyond)
        log.info("privacy.forgotten mentions=%d messages=%d", done.mentions, done.amended)
        return done

    async def _targets(self, connection: AsyncConnection, wanted: Wanted) -> list[Target]:
        """The mentions that are meant and not erased yet."""
        if wanted.mention is not None:
            return await erasure.targets(connection, [wanted.mention])
        if wanted.link is not None:
            by = {"url_ref": [self.pseudonyms.link(wanted.link)]}
            return await erasure.targets(connection, await erasure.find_mentions(connection, by))
        return await self._of_author(connection, self._author(wanted))

    def _author(self, wanted: Wanted) -> str:
        return self.pseudonyms.author(wanted.network or "", wanted.author or "")

    async def _of_author(self, connection: AsyncConnection, ref: str) -> list[Target]:
        """By handle, by id, and by the other of the two where a mention carries both."""
        refs, found = {ref}, list[Target]()
        while True:
            by = {"author_ref": refs, "author_id_ref": refs}
            found = await erasure.targets(connection, await erasure.find_mentions(connection, by))
            known = refs | {ref for target in found for ref in target.author_refs}
            if known == refs:
                return found
            refs = known

    async def _bury(
        self, connection: AsyncConnection, wanted: Wanted, targets: Sequence[Target], at: datetime
    ) -> None:
        """Tombstones under every name by which a poll or an import may bring them back."""
        names: set[tuple[str, str]] = {("mention", target.ref) for target in targets}
        if wanted.author is not None:
            names.add(("author", self._author(wanted)))
            names |= {("author", ref) for target in targets for ref in target.author_refs}
            names |= {("handle", name) for name in self._written(wanted.author)}
        if wanted.link is not None:
            names.add(("link", self.pseudonyms.link(wanted.link)))
        shared = await erasure.shared_links(connection, targets)
        links = {target.url_ref for target in targets if target.url_ref}
        names |= {("link", ref) for ref in links - shared}
        await erasure.bury(connection, names, at=at)
        # Before the commit: a crash in between erases at the next start what was asked for.
        self.graveyard.add(names)

    def _written(self, author: str) -> set[str]:
        """What stands in others' texts for the author: whole, or without the instance."""
        handle = author.lstrip("@")
        return {self.pseudonyms.handle(name) for name in (handle, handle.partition("@")[0]) if name}

    async def _clear_quarantine(
        self, connection: AsyncConnection, wanted: Wanted, targets: Sequence[Target]
    ) -> int:
        """Payloads that could not be read may hold the person all the same: look inside."""
        traces = Traces.of(
            names=[wanted.author] if wanted.author else [],
            links=[wanted.link] if wanted.link else [],
            texts=[text for target in targets for text in (target.title, target.text) if text],
            sealed=[value for target in targets for value in self._opened(target.sealed)],
        )
        found = await erasure.quarantined(connection, [target.ref for target in targets])
        async for number, sealed in sources.all_quarantined(connection):
            if traces.stand_in(self._payload(sealed)):
                found.add(number)
        await erasure.erase_quarantine(connection, found)
        return len(found)

    def _payload(self, sealed: bytes) -> bytes:
        try:
            return self.sealer.open(sealed, sources.QUARANTINE)
        except SealError:
            return b""  # sealed under a lost key: nobody can read it either

    def _opened(self, sealed: bytes | None) -> Collection[str]:
        """The link and the network's own id of a mention."""
        if sealed is None:
            return ()
        try:
            values: dict[str, str] = self.sealer.open_json(sealed, LINK)
        except SealError:
            return ()
        return values.values()

    async def _unname(self, connection: AsyncConnection, wanted: Wanted) -> dict[int, datetime]:
        """Take the author's pseudonym out of what others wrote to them; which, and of when."""
        if wanted.author is None:
            return {}
        return await erasure.unname(connection, self._written(wanted.author))
