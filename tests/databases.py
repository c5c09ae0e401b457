"""Fresh, migrated databases for tests: SQLite always, PostgreSQL where a server listens."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from listener.storage import migrate
from listener.storage.database import Database, resolve_url
from listener.storage.tables import metadata

SERVER = os.environ.get("LISTENER_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")


def postgresql_listens() -> bool:
    server = make_url(SERVER)
    try:
        socket.create_connection((server.host or "127.0.0.1", server.port or 5432), 1).close()
    except OSError:
        return False
    return True


def sqlite_url(path: Path) -> URL:
    return resolve_url(f"sqlite:///{path}", path.parent)


def migrated(url: URL) -> None:
    """Raise a database to the head of the migrations."""

    async def run() -> None:
        database = Database(url)
        try:
            await migrate.upgrade(database)
        finally:
            await database.close()

    asyncio.run(run())


def copied(template: Path, folder: Path) -> URL:
    """A copy of a migrated SQLite file: quicker than migrating again."""
    return sqlite_url(Path(shutil.copyfile(template, folder / "listener.db")))


@contextmanager
def scratch_postgresql(name: str) -> Iterator[URL]:
    """A database of this name on the test server, dropped afterwards."""

    async def run(*statements: str) -> None:
        connection = await asyncpg.connect(SERVER)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    # Nobody needs these rows after a power cut.
    lazy = f'ALTER DATABASE "{name}" SET synchronous_commit = off'
    asyncio.run(run(drop, f'CREATE DATABASE "{name}"', lazy))
    try:
        yield make_url(SERVER).set(drivername="postgresql+asyncpg", database=name)
    finally:
        asyncio.run(run(drop))


_TABLES = [table.name for table in reversed(metadata.sorted_tables)]  # children before parents
_FULL = " UNION ALL ".join(f"SELECT '{n}' WHERE EXISTS (SELECT 1 FROM {n})" for n in _TABLES)
_ANEW = "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"


async def emptied(database: Database) -> None:
    """Delete what stands there: to truncate forty tables makes, and syncs, as many files."""
    async with database.write() as connection:
        full = {row[0] for row in await connection.execute(text(_FULL))}
        for name in _TABLES:
            if name in full:
                await connection.execute(text(f"DELETE FROM {name}"))
        await connection.execute(text(_ANEW))
