"""The few statements that SQLite and PostgreSQL spell alike but SQLAlchemy keeps apart."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Table, bindparam, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

_LOCK = text("SELECT pg_advisory_xact_lock(n) FROM unnest(CAST(:numbers AS bigint[])) AS n")
_SHARED = text("SELECT pg_advisory_xact_lock_shared(:number, 0)")
_ALONE = text("SELECT pg_advisory_xact_lock(:number, 0)")
CHUNK = 500  # bound variables of an IN: far below SQLite's 32,766, and a plan worth caching


def insert(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """INSERT with ON CONFLICT, of the connection's own dialect."""
    return insert_into(connection.dialect.name, table)


def insert_into(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@lru_cache
def _insert_new(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    return insert_into(dialect, table).on_conflict_do_nothing()


def insert_new(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """INSERT that leaves what stands already alone. Built once: it costs more than running it."""
    return _insert_new(connection.dialect.name, table)


def each_of(name: str) -> BindParameter[Any]:
    """The right side of an IN, bound at execution, so that its statement is built once."""
    return bindparam(name, expanding=True)


async def lock_subjects(connection: AsyncConnection, subjects: Iterable[str]) -> None:
    """Hold the subjects until the transaction ends, in one order so that two pages never deadlock.

    Two pages of a five-mention count would otherwise both see too few. SQLite's writer is alone.
    """
    if connection.dialect.name == "sqlite":
        return
    numbers = sorted({zlib.crc32(subject.encode()) for subject in subjects})
    if numbers:
        await connection.execute(_LOCK, {"numbers": numbers})


_FORGETTING = 0x666F7267  # one number for all: people are seldom forgotten


async def hold_off_forgetting(connection: AsyncConnection) -> None:
    """Nobody is forgotten until the transaction ends; many pages may hold it at a time.

    Else a page that was read before would be written after. SQLite's writer is alone.
    """
    if connection.dialect.name != "sqlite":
        await connection.execute(_SHARED, {"number": _FORGETTING})


async def forget_alone(connection: AsyncConnection) -> None:
    """No page is written until the transaction ends."""
    if connection.dialect.name != "sqlite":
        await connection.execute(_ALONE, {"number": _FORGETTING})


def chunks(items: Iterable[Any]) -> Iterator[Sequence[Any]]:
    listed = list(items)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
