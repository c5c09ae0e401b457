"""A file of labels, as people fill it in: JSONL."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from classifiers.themes import THEMES
from listener.domain.labelling import NO, SENTIMENT, YES, Word, check

FLAGS = {"private": "patient_privacy", "about": "about_hospital", "toxic": "toxicity"}


def read(path: Path) -> dict[int, Word]:
    """What each line says of its mention, by id; lines that say nothing are left out.

    ValueError, naming the line, where one cannot be understood: nothing is half imported.
    """
    found: dict[int, Word] = {}
    for number, row in _rows(path):
        try:
            word = _word(row)
            check(word)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}, line {number}: {error}") from error
        mention = row.get("id")
        if not isinstance(mention, int) or isinstance(mention, bool):
            raise ValueError(f"{path}, line {number}: no id, which is a mention's number")
        if word:
            found[mention] = word
    return found


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: not JSON") from error
        if not isinstance(row, dict):
            raise ValueError(f"{path}, line {number}: not an object")
        yield number, row


def _word(row: Mapping[str, Any]) -> dict[str, str]:
    word: dict[str, str] = {}
    if (tone := row.get("sentiment")) is not None:
        word[SENTIMENT] = str(tone)
    if (themes := row.get("themes")) is not None:
        word |= _themes(themes)
    for key, name in FLAGS.items():
        if (value := row.get(key)) is not None:
            if not isinstance(value, bool):
                raise ValueError(f"{key} is {value!r}, not true or false")
            word[name] = YES if value else NO
    return word


def _themes(named: Any) -> dict[str, str]:
    """A list is all of a text's themes: those that it does not name are not among them."""
    if not isinstance(named, list) or not all(isinstance(theme, str) for theme in named):
        raise ValueError(f"themes is {named!r}, not a list of names")
    if unknown := set(named) - set(THEMES):
        raise ValueError(f"no theme is called {', '.join(sorted(unknown))}: {', '.join(THEMES)}")
    return {theme: YES if theme in named else NO for theme in THEMES}
