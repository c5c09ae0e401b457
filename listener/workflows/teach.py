"""What people labelled and what posts became, as a request to the process that learns from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers import frames
from listener.domain.labelling import is_held
from listener.storage import labels, mentions, snapshots
from listener.storage.finished import finished
from listener.workflows.draft import reading_of
from listener.workflows.gather import Item
from listener.workflows.process import Processor

WATCHED = timedelta(hours=24)  # posts gather nearly all they ever get within a day
MOST = 5000  # finished posts, the newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Teacher:
    processor: Processor

    async def request(self, at: datetime, *, since: datetime | None = None) -> dict[str, Any]:
        """`labels` and `history`, as classifiers.training.site reads them. Holds texts: keep it in memory."""
        async with self.processor.database.read() as connection:
            taught = await labels.taught(connection, since=since)
            await self.processor.gatherer.refresh_baseline(connection, at)
            history = await self._history(connection)
        rows = [
            {
                "text": item.text,
                "language": item.language,
                "word": item.word,
                "held": is_held(item.text_hash, item.id),
            }
            for item in taught
        ]
        return {"at": at.isoformat(timespec="seconds"), "labels": rows, "history": history}

    async def _history(self, connection: AsyncConnection) -> list[Mapping[str, Any]]:
        hashes = await finished(connection, watched=WATCHED, limit=MOST)
        known = await mentions.by_id(connection, hashes)
        readings = await snapshots.readings(connection, hashes)
        history: list[Mapping[str, Any]] = []
        for number, text_hash in hashes.items():
            stored = known[number]
            taken = [reading_of(row, stored.occurred_at) for row in readings[number]]
            item = Item(known=stored)
            sample = self.processor.gatherer.sample(item, taken, stored.weight)
            held = is_held(text_hash, number)
            history.append({"sample": frames.pack_sample(sample), "held": held})
        return history
