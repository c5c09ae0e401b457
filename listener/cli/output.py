"""Tables for people, JSON for programs: the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import typer

WIDE = 200  # columns, where standard output is no terminal: nothing is cut for a file or a pipe

Row = Mapping[str, Any]


def show(
    rows: Sequence[Row],
    *,
    as_json: bool,
    columns: Sequence[str] | None = None,
    styles: Mapping[str, str] | None = None,
) -> None:
    """Print rows as a table, or as a JSON list of all their keys.

    `columns` chooses and orders what the table shows (default: the first row's keys); `styles`
    colours a cell by its text.
    """
    if as_json:
        print_json(list(rows))
        return
    if rows:
        _table(rows, columns or list(rows[0]), styles or {})


def print_json(value: Any) -> None:
    import orjson

    text = orjson.dumps(value, default=_plain, option=orjson.OPT_INDENT_2)
    typer.echo(text.decode())


def _table(rows: Sequence[Row], columns: Sequence[str], styles: Mapping[str, str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=WIDE)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        # Text, never markup: what networks and files say may hold brackets.
        cells = (_cell(row.get(column)) for column in columns)
        table.add_row(*(Text(cell, style=styles.get(cell, "")) for cell in cells))
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M %Z").strip()
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
