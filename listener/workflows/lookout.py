"""Looks whether something is wrong while no mention arrives: bursts, blindness, what must last."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from listener.domain.burst import BurstFact
from listener.domain.coverage import CoverageFact
from listener.storage.database import Database
from listener.workflows.judgement import Judgement


async def _nothing(_at: datetime) -> tuple[()]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookout:
    database: Database
    judgement: Judgement
    bursts: Callable[[datetime], Awaitable[Sequence[BurstFact]]] = _nothing
    coverage: Callable[[datetime], Awaitable[Sequence[CoverageFact]]] = _nothing

    async def look(self, at: datetime) -> int:
        """Evaluate what is known without a page; how many alerts were put in the outbox."""
        bursts, coverage = await self.bursts(at), await self.coverage(at)
        async with self.database.write() as connection:
            return await self.judgement.look(connection, at, bursts=bursts, coverage=coverage)
