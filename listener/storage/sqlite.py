"""SQLite's driver with one hop to its thread a statement, where aiosqlite's cursors take four."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import Iterable
from typing import Any, Self

import aiosqlite

_RETRY = 0.05  # s


class Cursor:
    """What SQLAlchemy asks of a cursor: one statement, its rows fetched and the cursor closed.

    A hop costs 40 µs whatever it carries, and a page of mentions takes some twenty statements.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> Self:
        await self._connection.in_thread(self._run, sqlite3.Cursor.execute, sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Any]) -> Self:
        await self._connection.in_thread(self._run, sqlite3.Cursor.executemany, sql, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []

    def _run(self, method: Any, sql: str, parameters: Iterable[Any]) -> None:
        cursor = self._connection.raw.cursor()
        try:
            method(cursor, sql, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


class Connection(aiosqlite.Connection):
    @property
    def raw(self) -> sqlite3.Connection:
        return self._conn

    async def in_thread(self, work: Any, *arguments: Any) -> None:
        await self._execute(work, *arguments)  # type: ignore[no-untyped-call]

    def cursor(self) -> Cursor:  # type: ignore[override]  # SQLAlchemy enters it, and never awaits
        return Cursor(self)


async def connect(path: str, *, busy_seconds: float) -> Connection:
    """Open a file, its directory being there; the connection lives in a thread of its own."""
    connection = Connection(lambda: _open(path, busy_seconds), 64)
    # A daemon that is killed waits for no thread.
    connection._thread.daemon = True
    try:
        await connection
    except Exception:
        # The thread still tells the loop that it ends: one that is closed by then means a traceback.
        await asyncio.to_thread(connection._thread.join)
        raise
    return connection


def _open(path: str, busy_seconds: float) -> sqlite3.Connection:
    if path != ":memory:":
        # What people said is nobody else's to read; SQLite gives its journals the file's own mode.
        # Never open a file that stands: closing it again would drop the locks that other
        # connections of this process hold on it (sqlite.org/howtocorrupt.html, 2.2).
        with contextlib.suppress(OSError):  # it stands, or SQLite says what is wrong just below
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(path, timeout=busy_seconds)
    _log_ahead(connection, time.monotonic() + busy_seconds)
    return connection


def _log_ahead(connection: sqlite3.Connection, until: float) -> None:
    """Switch to a write-ahead log, which the file keeps from then on.

    On a new file that somebody writes to, SQLite does not wait for this: it says "locked" at once.
    """
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.Error as error:
            if "locked" not in str(error) or time.monotonic() > until:
                connection.close()
                raise
        time.sleep(_RETRY)
