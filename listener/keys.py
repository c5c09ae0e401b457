"""The keys that the listener makes for itself at its first start, and reads ever after."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from listener.config.load import ConfigError

KEY_BYTES = 32
NAMES = ("pseudonym", "encryption")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """32 bytes each. Without them, pseudonyms cannot be met again nor links be opened."""

    pseudonym: bytes = field(repr=False)
    encryption: bytes = field(repr=False)


def load_keys(state_dir: Path) -> Keys:
    """The keys of `state_dir`/keys, made there if the folder does not exist yet.

    Raises ConfigError where a key is missing, cut, or readable by others: a new key in the place
    of a lost one would silently cut off everything that was stored under the old.
    """
    folder = state_dir / "keys"
    try:
        if not folder.exists():
            _make(folder)
        _refuse_open(folder, 0o700)
        return Keys(**{name: _read(folder / name) for name in NAMES})
    except OSError as error:
        raise ConfigError([f"{error.filename or folder}: {error.strerror}"]) from error


def _make(folder: Path) -> None:
    """Both keys or none, even through a crash: written aside, then renamed into place."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = Path(tempfile.mkdtemp(prefix=".keys-", dir=folder.parent))
    try:
        for name in NAMES:
            _write(aside / name, secrets.token_bytes(KEY_BYTES))
        _flush(aside)
        aside.rename(folder)
        _flush(folder.parent)
    except OSError:
        shutil.rmtree(aside, ignore_errors=True)
        # Another process may have been first: its keys are then as good as ours.
        if not (folder / NAMES[0]).exists():
            raise


def _write(path: Path, key: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> bytes:
    if not path.exists():
        raise ConfigError([f"{path}: is missing beside the other keys: restore it from a backup"])
    _refuse_open(path, 0o600)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        problem = f"holds {len(key)} bytes instead of {KEY_BYTES}: restore it from a backup"
        raise ConfigError([f"{path}: {problem}"])
    return key


def _refuse_open(path: Path, wanted: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise ConfigError(
            [f"{path}: others may read it (mode {mode:o}): say chmod {wanted:o} {path}"]
        )
