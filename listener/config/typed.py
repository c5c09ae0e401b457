"""Walks a TOML document along the types that will hold it, to read the secrets that it only names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr

Reader = Callable[[Any], str]
"""From what stands in the file to the secret; raises ValueError saying what would be right."""


class Problems:
    """Every mistake found so far, one line each, and the keys that they are about."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.paths: set[str] = set()

    def add(self, path: str, complaint: str) -> None:
        self.paths.add(path)
        self.lines.append(f"{path}: {complaint}")

    def add_unless_known(self, path: str, complaint: str) -> None:
        """Leave out what may only follow from a mistake at or below the same key."""
        below = (f"{path}.", f"{path}[")
        if not any(known == path or known.startswith(below) for known in self.paths):
            self.add(path, complaint)


class _Unreadable(Exception):
    pass


def read_secrets(
    model: type[BaseModel], raw: Any, path: str, read: Reader, problems: Problems
) -> Any:
    """A copy of `raw` in which every SecretStr of `model` was read; unreadable ones are left out."""
    if not isinstance(raw, Mapping):
        return raw
    out = dict(raw)
    for name, field in model.model_fields.items():
        if name in out:
            where = f"{path}.{name}" if path else name
            try:
                out[name] = _read(field.annotation, out[name], where, read, problems)
            except _Unreadable:
                del out[name]
    return out


def _read(kind: Any, value: Any, where: str, read: Reader, problems: Problems) -> Any:
    if kind is SecretStr:
        try:
            return read(value)
        except ValueError as error:
            problems.add(where, str(error))
            raise _Unreadable from None
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return read_secrets(kind, value, where, read, problems)
    if get_origin(kind) in (tuple, list) and isinstance(value, list):
        return [
            _read(get_args(kind)[0], item, f"{where}[{index}]", read, problems)
            for index, item in enumerate(value)
        ]
    if get_origin(kind) is dict and isinstance(value, dict):
        return {
            key: _read(get_args(kind)[1], item, f"{where}.{key}", read, problems)
            for key, item in value.items()
        }
    if get_origin(kind) in (tuple, list, dict):
        return value
    # What is left has arguments only where it is a union, an Optional or an Annotated.
    for choice in get_args(kind):
        value = _read(choice, value, where, read, problems)
    return value
