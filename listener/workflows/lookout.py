"""Looks whether something is wrong while no mention arrives: bursts, blindness, what must last."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.burst import BurstFact
from listener.domain.coverage import CoverageFact
from listener.storage.database import Database
from listener.workflows.judgement import Judgement


async def _nothing(_at: datetime) -> tuple[()]:
    return ()


async def _forget(_connection: AsyncConnection, _bursts: Sequence[BurstFact]) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookout:
    """`judged` is told, in the transaction that judged them, which bursts were."""

    database: Database
    judgement: Judgement
    bursts: Callable[[datetime], Awaitable[Sequence[BurstFact]]] = _nothing
    judged: Callable[[AsyncConnection, Sequence[BurstFact]], Awaitable[None]] = _forget
    coverage: Callable[[datetime], Awaitable[Sequence[CoverageFact]]] = _nothing

    async def look(self, at: datetime) -> int:
        """Evaluate what is known without a page; how many alerts were put in the outbox."""
        bursts, coverage = await self.bursts(at), await self.coverage(at)
        async with self.database.write() as connection:
            alerts = await self.judgement.look(connection, at, bursts=bursts, coverage=coverage)
            await self.judged(connection, bursts)
        return alerts
