"""Secrets: named in the TOML, read from the environment, a file or systemd's credentials."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SOURCES = frozenset({"env", "file", "credential"})
HOW = 'write { env = "NAME" }, { file = "/path" } or { credential = "name" }'


class SecretText(str):
    """A secret that was resolved: tells a value read safely from one typed in the TOML."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'**********'"


class SecretError(ValueError):
    """A secret is named but cannot be read."""


def is_reference(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and set(value) <= SOURCES


def resolve(reference: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> SecretText:
    """Read one secret; trailing newlines are an editor's, not the secret's."""
    ((source, name),) = reference.items()
    if not isinstance(name, str) or not name:
        raise SecretError(f"should name a secret: {HOW}")
    if source == "env":
        if name not in environ:
            raise SecretError(f"environment variable {name} is not set")
        return SecretText(environ[name])
    return SecretText(_read(_path(source, name, environ)))


def _path(source: str, name: str, environ: Mapping[str, str]) -> Path:
    if source == "file":
        return Path(name)
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if folder is None:
        raise SecretError(
            f"credential {name} needs systemd's LoadCredential= ($CREDENTIALS_DIRECTORY is not set)"
        )
    return Path(folder) / name


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(f"cannot read {path}: {type(error).__name__}") from error
