"""Labelled texts from a file: JSONL, or tab-separated with a header."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Rows = list[tuple[int, Mapping[str, Any]]]

LIMIT = 10_000_000  # characters of one field: csv's own is too small for a long thread


def read_rows(path: Path, columns: Sequence[str]) -> Rows:
    """Line and content of each row of `path`, which has all of `columns`.

    ValueError, naming file and line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows: Rows = list(_jsonl(path, file) if _is_json(path) else _table(path, file))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8") from error
    if not rows:
        raise ValueError(f"{path}: no rows")
    for number, row in rows:
        missing = [name for name in columns if row.get(name) is None]
        if missing:
            raise ValueError(f"{path}, line {number}: no {' and no '.join(missing)}")
        if not isinstance(row["text"], str):
            raise ValueError(f"{path}, line {number}: text is {row['text']!r}, not a text")
    return rows


def read_binary(path: Path) -> tuple[list[str], list[bool]]:
    """Texts, and whether each one's label is 1."""
    rows = read_rows(path, ("text", "label"))
    known = {"0": False, "1": True, "False": False, "True": True}
    for line, row in rows:
        if str(row["label"]) not in known:
            raise ValueError(f"{path}, line {line}: label is {row['label']!r}, not 0 or 1")
    return [row["text"] for _, row in rows], [known[str(row["label"])] for _, row in rows]


def _is_json(path: Path) -> bool:
    """Told by the content: a file's name may say anything."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return next((line for line in file if line.strip()), "").lstrip().startswith("{")


def _jsonl(path: Path, file: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path}, line {number}: not JSON") from error
        if not isinstance(row, dict):
            raise ValueError(f"{path}, line {number}: not an object")
        yield number, row


def _table(path: Path, file: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    csv.field_size_limit(LIMIT)
    # A quotation mark in a tab-separated post is a quotation mark.
    reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        if "text" not in (reader.fieldnames or ()):
            raise ValueError(f"{path}, line 1: no column named text (tab-separated, with a header)")
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num + 1}: {error}") from error
