"""Two transactions made to meet: on PostgreSQL one waits for the other's lock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest
from sqlalchemy import text

from connectors.connector import Page
from listener.storage.database import Database
from listener.storage.dialect import lock_subjects
from listener.workflows.process import Processor
from tests.listener.house import ORIGIN

# SQLite has one writer at a time: there nothing meets.
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
PATIENCE = 20.0  # s, on a busy machine
_BLOCKED = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


async def until_blocked(database: Database) -> None:
    """Wait until somebody waits for a lock."""
    async with asyncio.timeout(PATIENCE), database.read() as connection:
        while not (await connection.execute(_BLOCKED)).scalar_one():
            await connection.rollback()
            await asyncio.sleep(0.01)


@asynccontextmanager
async def held_up(processor: Processor, said: Page, at: datetime) -> AsyncIterator[None]:
    """A page that has been read and scored, and waits for its subject while the body runs."""
    async with processor.database.write() as other:
        await lock_subjects(other, ["chu"])
        writing = asyncio.create_task(processor.process(said, ORIGIN, at))
        await until_blocked(processor.database)
        yield
    await writing
