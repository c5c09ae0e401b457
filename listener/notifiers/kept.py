"""Copies of messages in a folder: one file a message, private, found again by its key."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path


def copy_path(folder: Path, key: str, suffix: str) -> Path:
    """One file a message, the same for every attempt; found again by its key to be erased."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", key).strip(".-")[:80]
    return folder / f"{plain}-{hashlib.sha256(key.encode()).hexdigest()[:10]}{suffix}"


def write_private(path: Path, content: bytes) -> None:
    """Whole or not at all, readable by the listener alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Named after the file: what a kill leaves half-written, the next attempt writes over.
    part = path.with_name(f".{path.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def remove_older(folder: Path, before: datetime, suffixes: Collection[str]) -> None:
    """Remove copies last written before an instant. Blocking."""
    for path in folder.glob("*"):
        if path.suffix not in suffixes:
            continue
        with contextlib.suppress(FileNotFoundError):  # somebody else was first
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
