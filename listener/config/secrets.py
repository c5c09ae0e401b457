"""Secrets: named in the TOML, read from the environment, a file or systemd's credentials."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SOURCES = frozenset({"env", "file", "credential"})
HOW = 'write { env = "NAME" }, { file = "/path" } or { credential = "name" }'


class SecretText(str):
    """A secret that was resolved: no error message may show it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'**********'"


class SecretError(ValueError):
    """A secret is typed in the file, or is named but cannot be read."""


def resolve(value: Any, environ: Mapping[str, str] = os.environ) -> SecretText:
    """Read one secret by its reference; a secret typed in the file is refused unseen.

    Files are copied, mailed and committed. Trailing newlines are an editor's, not the secret's.
    """
    if isinstance(value, SecretText):
        return value
    if not isinstance(value, dict) or len(value) != 1 or not set(value) <= SOURCES:
        raise SecretError(f"a secret never stands in the file: {HOW}")
    ((source, name),) = value.items()
    if not isinstance(name, str) or not name:
        raise SecretError(f"should name a secret: {HOW}")
    secret = _read(source, name, environ)
    if not secret:
        raise SecretError(f"{source} {name} is empty")
    return SecretText(secret)


def _read(source: str, name: str, environ: Mapping[str, str]) -> str:
    if source == "env":
        if name not in environ:
            raise SecretError(f"environment variable {name} is not set")
        return environ[name].rstrip("\r\n")
    path = _path(source, name, environ)
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise SecretError(f"cannot read {path}: not text in UTF-8") from None
    except OSError as error:
        raise SecretError(f"cannot read {path}: {error.strerror}") from error
    except ValueError:  # a NUL in the name
        raise SecretError(f"should name a secret: {HOW}") from None


def _path(source: str, name: str, environ: Mapping[str, str]) -> Path:
    if source == "file":
        return Path(name)
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise SecretError(
            f"credential {name} needs systemd's LoadCredential= ($CREDENTIALS_DIRECTORY is not set)"
        )
    if Path(name).name != name:
        raise SecretError(f"credential {name!r} should be a bare name, as in LoadCredential=")
    return Path(folder) / name
