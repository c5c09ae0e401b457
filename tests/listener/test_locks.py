"""What keeps other processes off a SQLite file stays held, whatever else is opened meanwhile."""

from __future__ import annotations

import subprocess
import sys

from listener.storage.database import Database
from tests import databases

# The bytes of the file on which each open connection holds a shared lock (sqlite.org/lockingv3.html).
PROBE = """
import fcntl, sys
with open(sys.argv[1], "rb+") as file:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
"""


async def test_opening_another_connection_drops_no_lock(sqlite_template, tmp_path) -> None:
    url = databases.copied(sqlite_template, tmp_path)
    database = Database(url)
    async with database.read() as first, database.read(), database.read():
        await first.exec_driver_sql("SELECT count(*) FROM sources")
        probe = subprocess.run([sys.executable, "-c", PROBE, str(url.database)], check=False)
        assert probe.returncode != 0, "another process may take the file from under us"
    await database.close()
