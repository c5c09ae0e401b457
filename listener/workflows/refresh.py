"""Reads again the figures of young and growing mentions, sooner the faster they grow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from connectors.connector import Refreshing
from connectors.mention import MentionKey
from listener.domain.timing import YOUNG
from listener.storage.database import Database
from listener.storage.seal import Sealer, SealError
from listener.storage.tables import mention_links, mentions
from listener.workflows.collect import Collector, Poll, Source
from listener.workflows.draft import LINK

BATCH = 500
ABSENT = timedelta(days=1)  # for mentions of a source that is switched off, and may come back
AGAIN = timedelta(minutes=30)  # where the answer says nothing of a mention, it is asked for again


@dataclass(slots=True, kw_only=True)
class Refresher:
    database: Database
    sealer: Sealer
    collector: Collector
    exercise_id: str = ""

    async def refresh(self, sources: Mapping[str, Source], at: datetime) -> list[Poll]:
        """Ask each source for the figures that are due."""
        polls = []
        for source_id, keys in (await self._due(at)).items():
            source = sources.get(source_id)
            if source is not None and isinstance(source.connector, Refreshing) and keys:
                pages = source.connector.refresh(keys)
                polls.append(await self.collector.refresh(source, pages))
                if polls[-1].error is not None:
                    continue
            await self._put_off(source_id, source.origin.verify_every if source else ABSENT, at)
        return polls

    async def _put_off(self, source_id: str, verify_every: timedelta | None, at: datetime) -> None:
        """What has had its time and was asked for in vain must not stand in the way of the others."""
        async with self.database.write() as connection:
            await connection.execute(
                update(mentions)
                .where(
                    mentions.c.source_id == source_id,
                    mentions.c.exercise_id == self.exercise_id,
                    mentions.c.refresh_at == at + AGAIN,  # no answer has moved it
                    mentions.c.occurred_at <= at - YOUNG,
                )
                .values(refresh_at=at + verify_every if verify_every else None)
            )

    async def _due(self, at: datetime) -> dict[str, list[MentionKey]]:
        """Keys by source; each is put off first, so that two daemons never ask for the same."""
        async with self.database.write() as connection:
            rows = (
                await connection.execute(
                    select(
                        mentions.c.id,
                        mentions.c.network,
                        mentions.c.source_id,
                        mention_links.c.sealed,
                    )
                    .join(mention_links, mention_links.c.mention_id == mentions.c.id)
                    .where(
                        mentions.c.refresh_at <= at,
                        mentions.c.exercise_id == self.exercise_id,
                        mentions.c.deleted_at.is_(None),
                    )
                    .order_by(mentions.c.refresh_at)
                    .limit(BATCH)
                    .with_for_update(of=mentions, skip_locked=True)
                )
            ).all()
            if rows:
                await connection.execute(
                    update(mentions)
                    .where(mentions.c.id.in_([row.id for row in rows]))
                    .values(refresh_at=at + AGAIN)
                )
        found: dict[str, list[MentionKey]] = {}
        for row in rows:
            keys = found.setdefault(row.source_id, [])
            if (key := self._key(row.network, row.sealed)) is not None:
                keys.append(key)
        return found

    def _key(self, network: str, sealed: bytes) -> MentionKey | None:
        try:
            external_id = self.sealer.open_json(sealed, LINK)["external_id"]
        except SealError:
            return None  # sealed under a key that is gone: its figures cannot be asked for
        return MentionKey(network=network, external_id=external_id)
