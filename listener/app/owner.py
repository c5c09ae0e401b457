"""Names this process in leases, and tells which owners of this machine are gone."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from listener.storage import leases
from listener.storage.database import Database


def owner_name() -> str:
    """place:pid:random: two daemons on one database never share it."""
    return f"{_place()}:{os.getpid()}:{os.urandom(4).hex()}"


def _place() -> str:
    """Where a process number means the same process: two containers may bear one host name."""
    try:
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:  # no Linux, hence no such containers
        namespace = 0
    return f"{socket.gethostname()[:28]}.{namespace}"


def is_gone(owner: str) -> bool:
    """Whether an owner was a process of this place that is no more; others' leases run out."""
    place, pid, _ = owner.rsplit(":", 2)
    if place != _place() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # somebody else's process bears the number now: wait for the lease
    return False


async def release_leases_of_the_dead(database: Database) -> None:
    """After a kill, what was in hand goes on at once: an alert does not wait for a lease."""
    async with database.read() as connection:
        gone = {owner for owner in await leases.owners(connection) if is_gone(owner)}
    if gone:
        async with database.write() as connection:
            await leases.release(connection, gone)
