"""CSV as people export it: any delimiter, French headers, records over several lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connectors.file.cells import to_record as record_of
from connectors.file.columns import fields_of, require_text, sniff, split_cells
from connectors.file.lines import BadLine, Line, Lines, decode
from connectors.file.settings import FileSettings

_MOST_LINES = 500


class Unfinished(Exception):
    """The file ends inside a record: more may come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """`fields` by column; None is a column that is ignored. `end`, `lines`: where the rows begin."""

    fields: tuple[str | None, ...]
    delimiter: str
    end: int
    lines: int


def read_header(lines: Lines, settings: FileSettings) -> Header:
    """Reads on to the header; raises NoTable, BadLine, or Unfinished where none has come yet."""
    delimiter = settings.delimiter
    for line in lines:
        text = decode(line, settings.encoding)
        if not line.terminated:
            break
        if hinted := delimiter_hint(text):
            delimiter = hinted
        elif text.strip():
            chosen = delimiter or sniff(text)
            headers = split_cells(text, chosen)
            fields = fields_of(headers, settings.columns)
            require_text(headers, fields)
            return Header(fields=fields, delimiter=chosen, end=line.end, lines=line.number)
    raise Unfinished


def delimiter_hint(line: str) -> str | None:
    """Excel's own first line, "sep=;"."""
    match = re.fullmatch(r'"?sep=(.)"?', line.strip("\r\n"))
    return match[1] if match else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`first` is its first line; `error` says why it has no cells."""

    first: Line
    cells: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a table's text is cut into cells."""

    delimiter: str
    encoding: str | None = None
    max_line: int = 1 << 20


def read_row(lines: Lines, dialect: Dialect, *, settled: bool) -> Row | None:
    """The next record, None at the end; raises Unfinished unless the file is `settled`.

    A record that cannot be read costs its first line only: an unclosed quote must not swallow
    what follows.
    """
    first = next((line for line in lines if not line.blank), None)
    if first is None:
        return None
    try:
        physical = _physical(first, lines, dialect, settled=settled)
        return Row(first=first, cells=_parse(physical, dialect.delimiter))
    except BadLine as error:
        lines.back_to(offset=first.end, number=first.number)
        return Row(first=first, error=str(error))


def _parse(physical: Iterator[str], delimiter: str) -> tuple[str, ...]:
    try:
        return tuple(next(csv.reader(physical, delimiter=delimiter, strict=True)))
    except csv.Error:
        raise BadLine("not a CSV record (quotes?)") from None


def _physical(first: Line, lines: Lines, dialect: Dialect, *, settled: bool) -> Iterator[str]:
    """The lines that the CSV reader asks for: more than one where a quote is open."""
    line: Line | None = first
    while line is not None:
        if not (line.terminated or settled):
            raise Unfinished
        if line.end - first.start > dialect.max_line or line.number - first.number > _MOST_LINES:
            raise BadLine("a quote is never closed")
        yield decode(line, dialect.encoding) + "\n"
        line = lines.next()
    if not settled:
        raise Unfinished


def to_record(row: Row, header: Header) -> dict[str, Any]:
    """The row's cells as the JSONL object that says the same. Raises BadLine."""
    if row.error is not None:
        raise BadLine(row.error)
    return record_of(named_cells(row.cells, header.fields))


def named_cells(cells: tuple[str, ...], fields: tuple[str | None, ...]) -> dict[str, str]:
    """What is not blank, by field. Raises BadLine where cells stand beyond the last header."""
    if any(cell.strip() for cell in cells[len(fields) :]):
        raise BadLine(f"{len(cells)} cells under {len(fields)} headers")
    return {
        field: cell.strip()
        for field, cell in zip(fields, cells, strict=False)
        if field and cell.strip()
    }
