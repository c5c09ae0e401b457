"""What keeps other processes off a SQLite file stays held, whatever else is opened meanwhile."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading

import pytest
from sqlalchemy.exc import OperationalError

from listener.storage import database as storage
from listener.storage.database import Database
from tests import databases

# The bytes of the file on which each open connection holds a shared lock (sqlite.org/lockingv3.html).
PROBE = """
import fcntl, sys
with open(sys.argv[1], "rb+") as file:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
"""


@pytest.mark.parametrize("held", ["IMMEDIATE", "EXCLUSIVE"])
async def test_who_opens_a_new_file_waits_for_whoever_writes_to_it(tmp_path, held) -> None:
    url = databases.sqlite_url(tmp_path / "new.db")
    other = sqlite3.connect(str(url.database), isolation_level=None, check_same_thread=False)
    other.execute(f"BEGIN {held}")
    ending = threading.Timer(0.3, other.execute, ["COMMIT"])
    ending.start()
    database = Database(url)
    async with database.read() as connection:
        mode = (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar_one()
    ending.join()
    other.close()
    await database.close()
    assert mode == "wal"


async def test_a_new_file_that_stays_locked_is_said(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(storage, "BUSY_SECONDS", 0.2)
    url = databases.sqlite_url(tmp_path / "new.db")
    other = sqlite3.connect(str(url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    database = Database(url)
    with pytest.raises(OperationalError, match="locked"):
        async with database.read():
            pass
    other.close()
    await database.close()


async def test_opening_another_connection_drops_no_lock(sqlite_template, tmp_path) -> None:
    url = databases.copied(sqlite_template, tmp_path)
    database = Database(url)
    async with database.read() as first, database.read(), database.read():
        await first.exec_driver_sql("SELECT count(*) FROM sources")
        probe = subprocess.run([sys.executable, "-c", PROBE, str(url.database)], check=False)
        assert probe.returncode != 0, "another process may take the file from under us"
    await database.close()
