"""Who looked at posts that may reveal patients, and at how many: never at which."""

from __future__ import annotations

import getpass
import os
from datetime import datetime
from pathlib import Path

import orjson

ACCESSES = "restricted-access.jsonl"


def note_access(state_dir: Path, count: int, at: datetime) -> Path:
    """Add one line, {"at", "user", "shown"}, to a file that is the listener's alone; gives its path."""
    path = state_dir / ACCESSES
    line = orjson.dumps({"at": at, "user": _user(), "shown": count}, option=orjson.OPT_UTC_Z)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
        file.write(line + b"\n")
    return path


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        return str(os.getuid())
