"""The engine and its transactions, one way on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from pydantic import SecretStr
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from listener.storage.sqlite import connect

BUSY_SECONDS = 30  # how long a writer waits for another process's transaction
DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}


def _dumps(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a network's id beyond 64 bits, a lone surrogate: rare, and slower
        return json.dumps(value)


ENGINE: dict[str, Any] = {
    "json_serializer": _dumps,
    "json_deserializer": json.loads,
    "hide_parameters": True,  # errors would quote what was said
}


class DatabaseError(Exception):
    """The database cannot be used; the message says what would help."""


def resolve_url(url: str, state_dir: Path, password: SecretStr | None = None) -> URL:
    """`sqlite` alone is a file in the state directory; drivers are ours to choose."""
    if url == "sqlite":
        url = f"sqlite:///{state_dir / 'listener.db'}"
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseError("database.url should look like postgresql://user@host/name") from error
    driver = DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise DatabaseError(f"database.url: {parsed.get_backend_name()!r} is not sqlite/postgresql")
    parsed = parsed.set(drivername=driver)
    return parsed.set(password=password.get_secret_value()) if password else parsed


class Database:
    """Short write transactions, and reads beside them.

    On SQLite a write begins IMMEDIATE and writers of this process queue on a lock of ours, so
    that they wait in order rather than poll the file.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._writer = asyncio.Lock()
        self.engine = self._sqlite() if self.is_sqlite else self._postgresql()

    def _sqlite(self) -> AsyncEngine:
        if self.url.database and self.url.database != ":memory:":
            _make_folder(Path(self.url.database).parent)
        path = self.url.database or ":memory:"
        engine = create_async_engine(
            self.url,
            async_creator=lambda: connect(path, busy_seconds=BUSY_SECONDS),
            pool_size=4,
            max_overflow=4,
            **ENGINE,
        )
        event.listen(engine.sync_engine, "connect", _configure_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine

    def _postgresql(self) -> AsyncEngine:
        return create_async_engine(
            self.url, pool_size=5, max_overflow=5, pool_pre_ping=True, **ENGINE
        )

    @asynccontextmanager
    async def write(self, *, durable: bool = False) -> AsyncIterator[AsyncConnection]:
        """One transaction, committed at the end, rolled back on any error.

        `durable`: it outlives a power cut, as on PostgreSQL every one does.
        """
        if not self.is_sqlite:
            async with self.engine.begin() as connection:
                yield connection
            return
        async with self._writer, self.engine.connect() as connection:
            if durable:
                await _set_synchronous(connection, "FULL")
            try:
                await connection.execution_options(sqlite_begin="IMMEDIATE")
                async with connection.begin():
                    yield connection
            finally:
                if durable:
                    await _set_synchronous(connection, "NORMAL")

    @asynccontextmanager
    async def read(self, *, snapshot: bool = False) -> AsyncIterator[AsyncConnection]:
        """`snapshot`: every statement sees the same instant, as on SQLite each read does."""
        async with self.engine.connect() as connection:
            if snapshot and not self.is_sqlite:
                await connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    async def settle(self) -> None:
        """On SQLite, empty the write-ahead log into the file: erased bytes stand in it until then."""
        if not self.is_sqlite:
            return
        async with self._writer, self.engine.connect() as connection:
            await connection.execution_options(sqlite_begin="")
            await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        await self.engine.dispose()


async def _set_synchronous(connection: AsyncConnection, level: str) -> None:
    """Only outside a transaction: SQLite does not change it within one."""
    await connection.execution_options(sqlite_begin="")
    async with connection.begin():
        await connection.exec_driver_sql(f"PRAGMA synchronous={level}")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise DatabaseError(f"{folder}: {error.strerror}: the database's folder") from error


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling begins too late; `_begin_sqlite` says BEGIN itself.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        # A power cut may undo the last commits, whole: their cursors go back with them, and the
        # pages are read again. A crash of the process loses nothing. What nobody would give us
        # again is written with `durable`.
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "secure_delete=ON",  # an erased text leaves no bytes behind
        "cache_size=-16000",
        "wal_autocheckpoint=4000",  # pages, 16 MB: each checkpoint waits for the disk
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    if mode:
        connection.exec_driver_sql(f"BEGIN {mode}")


def explain(error: BaseException, url: URL) -> str:
    """What an operator can do about a database error, in one line without any secret."""
    original = getattr(error, "orig", None) or error
    cause = getattr(original, "__cause__", None) or original
    text = str(cause)
    where = url.render_as_string(hide_password=True)
    if isinstance(cause, sqlite3.OperationalError):
        if "locked" in text or "busy" in text:
            return f"{where}: locked by another process for over {BUSY_SECONDS} s"
        if "full" in text:
            return f"{where}: the disk is full: free some space, nothing was lost"
        if "unable to open" in text:
            return f"{where}: cannot be opened: check that the folder exists and is writable"
        if "readonly" in text:
            return f"{where}: read-only: check the file's owner and permissions"
    return f"{where}: {type(cause).__name__}: {text.splitlines()[0] if text else 'no detail'}"
