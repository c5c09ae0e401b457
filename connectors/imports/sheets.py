"""Tables, as text or as a workbook's sheets: the first rows to find a header in, then the rows below it."""

from __future__ import annotations

import codecs
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any, Protocol

from python_calamine import CalamineWorkbook

from connectors.connector import Malformed
from connectors.file.columns import sniff, split_cells
from connectors.file.lines import BadLine, Lines, decode
from connectors.file.table import Dialect, delimiter_hint, read_row
from connectors.imports.members import BROKEN
from connectors.imports.settings import ImportSettings

MOST_PREAMBLE = 15
"""Rows that may stand above a header: a title, a period, a description."""
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]{0,200}?\br="([A-Z]{1,3})(\d{1,7})"')
_MOST_CELLS = 20_000_000
_CHUNK = 1 << 20
_EXACT = 1 << 53


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """`number` counts from 1, as a spreadsheet or an editor shows it."""

    number: int
    cells: tuple[str, ...]
    raw: bytes
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A row that may be the header, and where the rows below it begin."""

    headers: Sequence[str]
    below: Any


class Sheet(Protocol):
    name: str

    def heads(self) -> Iterator[Head]: ...

    def rows(self, head: Head) -> Iterator[SheetRow]: ...


class TextSheet:
    """A table as text, in whatever encoding and delimiter."""

    def __init__(self, data: bytes, settings: ImportSettings) -> None:
        self.name = ""
        self._settings = settings
        self._data = as_utf8(data, settings.encoding)
        self._cap = min(len(self._data) + 1, 1 << 24)

    def heads(self) -> Iterator[Head]:
        lines, delimiter, seen = self._lines(), self._settings.delimiter, 0
        for line in lines:
            try:
                text = decode(line, None)
            except BadLine:
                return
            if hinted := delimiter_hint(text):
                delimiter = hinted
            elif text.strip():
                seen += 1
                chosen = delimiter or sniff(text)
                yield Head(headers=split_cells(text, chosen), below=(line.end, line.number, chosen))
                if seen >= MOST_PREAMBLE:
                    return

    def rows(self, head: Head) -> Iterator[SheetRow]:
        offset, number, delimiter = head.below
        lines = self._lines()
        lines.back_to(offset=offset, number=number)
        dialect = Dialect(delimiter=delimiter, max_line=self._cap)
        while (row := read_row(lines, dialect, settled=True)) is not None:
            raw = self._data[row.first.start : lines.offset]
            yield SheetRow(number=row.first.number, cells=row.cells, raw=raw, error=row.error)

    def _lines(self) -> Lines:
        return Lines(BytesIO(self._data), cap=self._cap)


class GridSheet:
    """One sheet of a workbook."""

    def __init__(self, name: str, grid: Sequence[Sequence[object]]) -> None:
        self.name = name
        self._grid = grid

    def heads(self) -> Iterator[Head]:
        for index, row in enumerate(self._grid[:MOST_PREAMBLE]):
            if any(cell != "" for cell in row):
                yield Head(headers=[as_text(cell) for cell in row], below=index + 1)

    def rows(self, head: Head) -> Iterator[SheetRow]:
        for index, row in enumerate(self._grid[head.below :], start=head.below + 1):
            cells = tuple(as_text(cell) for cell in row)
            if any(cells):
                yield SheetRow(number=index, cells=cells, raw="\x1f".join(cells).encode())


def as_utf8(data: bytes, encoding: str | None) -> bytes:
    """The same text in UTF-8, unless it is already, or may be Windows-1252 (decoded line by line)."""
    if encoding:
        return data.decode(encoding, "replace").encode()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").encode()
    head = data[:512]
    if len(head) > 8 and head.count(0) * 3 > len(head):  # Excel's "Unicode text" that lost its mark
        return data.decode("utf-16-be" if head[0] == 0 else "utf-16-le", "replace").encode()
    return data


def is_book(data: bytes) -> bool:
    """An XLS; whether a ZIP is an XLSX is for who opens ZIPs to say."""
    return data.startswith(_OLD_WORKBOOK)


def read_workbook(data: bytes, max_size: int) -> Iterator[GridSheet]:
    """Every sheet, the whole of it. Raises Malformed, also where more than `max_size` bytes unpack."""
    if not is_book(data):
        _check_unpacked(data, max_size)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        for name in book.sheet_names:
            yield GridSheet(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False))
    except BaseException as error:
        # A damaged file may make the reader panic, which is no Exception.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise Malformed("a workbook that cannot be read: damaged, or with a password") from None
        raise


def as_text(cell: object) -> str:
    """A cell as its row would show it: whole numbers without a point, dates in ISO 8601."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return str(int(cell))
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return "" if cell is None else str(cell)


def _check_unpacked(data: bytes, max_size: int) -> None:
    """The reader of workbooks trusts what a file says of itself, and keeps a place for every cell
    between the first and the last: a few bytes could ask for gigabytes."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > max_size:
                raise Malformed(f"a workbook that unpacks to more than {max_size} bytes")
            for info in archive.infolist():
                width, height = _extent(archive, info)
                if width * height > _MOST_CELLS:
                    raise Malformed("a workbook whose sheet spans more cells than can be read")
    except BROKEN:
        raise Malformed("a workbook that cannot be read: damaged, or with a password") from None


def _extent(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[int, int]:
    width = height = 0
    rest = b""
    with archive.open(info) as member:
        while chunk := member.read(_CHUNK):
            text = rest + chunk
            for column, row in _CELL.findall(text):
                width, height = max(width, _column(column)), max(height, int(row))
            rest = text[-256:]
    return width, height


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
