"""The few statements that SQLite and PostgreSQL spell alike but SQLAlchemy keeps apart."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

CHUNK = 500  # bound variables of an IN: far below SQLite's 32,766, and a plan worth caching


def insert(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """INSERT with ON CONFLICT, of the connection's own dialect."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


async def lock_subjects(connection: AsyncConnection, subjects: Iterable[str]) -> None:
    """Hold the subjects until the transaction ends, in one order so that two pages never deadlock.

    Two pages of a five-mention count would otherwise both see too few. SQLite's writer is alone.
    """
    if connection.dialect.name == "sqlite":
        return
    for subject in sorted(set(subjects)):
        number = zlib.crc32(subject.encode())
        await connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": number})


def chunks(items: Iterable[Any]) -> Iterator[Sequence[Any]]:
    listed = list(items)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
