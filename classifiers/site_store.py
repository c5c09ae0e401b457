"""The folder of what was learned on site: a folder a version, and a pointer to the one in force.

FOLDER/VERSION/{weights.npz, card.json, card.md}; FOLDER/current names the version in force on its
first line and those that were in force before it below. Imports no numerical library.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from classifiers.classifier import ModelError

SHIPPED = "shipped"  # in place of a version: nothing that was learned on site is in force
CURRENT = "current"
REMEMBERED = 20  # versions that were in force before
_VERSION = re.compile(r"\d{8}-[0-9a-f]{8}")
_REMEDY = "train again with `listener train`, or go back with `listener models rollback`"


def name_of(weights: bytes, day: str) -> str:
    """The version of these weights: `day` as YYYYMMDD and the first digits of their hash."""
    return f"{day}-{hashlib.sha256(weights).hexdigest()[:8]}"


def current(folder: Path) -> str:
    """The version in force, or SHIPPED."""
    return _line_of_succession(folder)[0]


def versions(folder: Path) -> list[dict[str, Any]]:
    """The cards of all versions that can be read, the newest first."""
    cards = []
    for path in folder.glob("*/card.json"):
        if _VERSION.fullmatch(path.parent.name):
            with contextlib.suppress(ModelError):
                cards.append(read_card(folder, path.parent.name))
    return sorted(cards, key=lambda card: (str(card["trained_at"]), card["version"]), reverse=True)


def read_card(folder: Path, version: str) -> dict[str, Any]:
    """What is known of a version. ModelError where there is none."""
    path = _place(folder, version) / "card.json"
    try:
        card: dict[str, Any] = json.loads(path.read_bytes())
        card["sha256"], card["trained_at"], card["verdict"], card["version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} is missing or unreadable: {_REMEDY}") from error
    return card


def read_weights(folder: Path, version: str) -> bytes:
    """The file of a version's weights, as it was measured. ModelError where it is not."""
    card = read_card(folder, version)
    path = _place(folder, version) / "weights.npz"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} is missing or unreadable: {_REMEDY}") from error
    if hashlib.sha256(content).hexdigest() != card["sha256"]:
        raise ModelError(f"{path} is not the file that was measured (sha256): {_REMEDY}")
    return content


def keep(folder: Path, weights: bytes, card: Mapping[str, Any], text: str) -> None:
    """Write a version whole or not at all; the one in force stays in force."""
    place = _place(folder, card["version"])
    draft = folder / f".{card['version']}.draft"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    sealed = {**card, "sha256": hashlib.sha256(weights).hexdigest()}
    _write(draft / "weights.npz", weights)
    _write(draft / "card.json", json.dumps(sealed, indent=2, sort_keys=True).encode() + b"\n")
    _write(draft / "card.md", text.encode())
    shutil.rmtree(place, ignore_errors=True)  # the same weights, learned again
    draft.rename(place)


def promote(folder: Path, version: str) -> None:
    """Put a version in force. ModelError where it is missing or altered."""
    if version != SHIPPED:
        read_weights(folder, version)
    before = _line_of_succession(folder)
    if before[0] != version:
        _point(folder, [version, *before])


def roll_back(folder: Path) -> str:
    """Go back to what was in force before; gives it. ModelError where nothing was."""
    _, *before = _line_of_succession(folder)
    if not before:
        raise ModelError("the shipped models are in force, and nothing was before them")
    if before[0] != SHIPPED:
        read_weights(folder, before[0])
    _point(folder, before)
    return before[0]


def _line_of_succession(folder: Path) -> list[str]:
    try:
        lines = (folder / CURRENT).read_text("ascii").split()
    except (OSError, ValueError):
        return [SHIPPED]
    known = [line for line in lines if line == SHIPPED or _VERSION.fullmatch(line)]
    return known or [SHIPPED]


def _point(folder: Path, line: list[str]) -> None:
    draft = folder / f".{CURRENT}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(draft, "".join(f"{version}\n" for version in line[:REMEMBERED]).encode())
    draft.replace(folder / CURRENT)


def _place(folder: Path, version: str) -> Path:
    if not _VERSION.fullmatch(version):
        raise ModelError(f"{version!r} is no version: `listener models` lists them")
    return folder / version


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
