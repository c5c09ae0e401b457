"""SQLite's driver: what fails leaves nothing running."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from listener.storage.sqlite import connect


async def test_a_connection_that_fails_leaves_no_thread_behind(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    for _ in range(20):
        with pytest.raises(sqlite3.OperationalError):
            await connect(str(tmp_path), busy_seconds=1)  # a folder
        left = set(threading.enumerate()) - before
        assert not [thread for thread in left if "connection_worker" in thread.name]
