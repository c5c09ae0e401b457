"""Where the HTTP client's open circuits outlive the process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from connectors.breaker import BreakerState
from connectors.connector import Clock
from listener.storage.database import Database
from listener.storage.dialect import insert
from listener.storage.tables import breakers


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBreakers:
    """A connectors.breaker.BreakerStore over the database."""

    database: Database
    clock: Clock

    async def load(self) -> Mapping[str, BreakerState]:
        async with self.database.read() as connection:
            rows = list(await connection.execute(select(breakers.c.host, breakers.c.state)))
        return {host: _state(stored) for host, stored in rows}

    async def save(self, host: str, state: BreakerState) -> None:
        until = state.open_until.isoformat() if state.open_until else None
        values = {
            "state": {"failures": state.failures, "open_until": until},
            "updated_at": self.clock(),
        }
        async with self.database.write() as connection:
            await connection.execute(
                insert(connection, breakers)
                .values(host=host, **values)
                .on_conflict_do_update(index_elements=["host"], set_=values)
            )


def _state(stored: Mapping[str, object]) -> BreakerState:
    until = stored.get("open_until")
    return BreakerState(
        failures=int(str(stored.get("failures", 0))),
        open_until=datetime.fromisoformat(str(until)) if until else None,
    )
