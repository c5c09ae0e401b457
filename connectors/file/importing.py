"""Everything in the file once: pages of lines from an offset, and later what was appended."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import BinaryIO, Literal

import orjson
from pydantic import BaseModel, Field

from connectors.connector import Malformed, Page
from connectors.file.columns import NoTable
from connectors.file.defaults import Defaults
from connectors.file.draft import Draft
from connectors.file.lines import BadLine, Lines, decode
from connectors.file.opened import is_settled, opened
from connectors.file.records import read_record
from connectors.file.settings import FileSettings
from connectors.file.table import Dialect, Unfinished, read_header, read_row, to_record

_HEAD = 1024


class Bookmark(BaseModel):
    """Where the import stands. `head`: the digest of the first `head_size` bytes, to know the file by."""

    v: Literal[1] = 1
    mode: Literal["import"] = "import"
    offset: int = Field(default=0, ge=0)
    line: int = Field(default=0, ge=0)
    head: str = ""
    head_size: int = Field(default=0, ge=0, le=_HEAD)


def read_import_page(settings: FileSettings, mark: Bookmark, at: datetime) -> Page:
    """The next page from `mark`, complete where it meets the file's end. Blocking."""
    with opened(settings.path) as file:
        mark = _same_file(file, mark)
        lines = Lines(file, offset=mark.offset, number=mark.line, cap=settings.max_line)
        defaults = Defaults.of(settings, at)
        draft = Draft()
        fill = _fill_from_table if settings.is_csv else _fill_from_objects
        ended = fill(draft, lines, settings, defaults, settled=is_settled(file, at))
        cursor = _bookmark(file, lines).model_dump(mode="json")
    return draft.page(cursor, complete=ended)


def _same_file(file: BinaryIO, mark: Bookmark) -> Bookmark:
    """The mark, or the beginning where the file was replaced or cut shorter."""
    file.seek(0, 2)
    if file.tell() < mark.offset or _digest(file, mark.head_size) != mark.head:
        return Bookmark()
    return mark


def _digest(file: BinaryIO, size: int) -> str:
    if not size:
        return ""
    file.seek(0)
    return hashlib.sha256(file.read(size)).hexdigest()[:16]


def _bookmark(file: BinaryIO, lines: Lines) -> Bookmark:
    size = min(lines.offset, _HEAD)
    head = _digest(file, size)
    return Bookmark(offset=lines.offset, line=lines.number, head=head, head_size=size)


def _fill_from_objects(
    draft: Draft, lines: Lines, settings: FileSettings, defaults: Defaults, *, settled: bool
) -> bool:
    while not draft.full:
        start, number = lines.offset, lines.number
        line = lines.next()
        if line is None:
            return True
        if line.blank:
            continue
        try:
            draft.add(read_record(parse_object(decode(line, settings.encoding)), defaults))
        except BadLine as error:
            if not (line.terminated or settled):
                lines.back_to(offset=start, number=number)  # still being written
                return True
            draft.reject(line, error)
    return False


def parse_object(text: str) -> object:
    """Raises BadLine."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadLine(f"not JSON (column {error.colno})") from None


def _fill_from_table(
    draft: Draft, lines: Lines, settings: FileSettings, defaults: Defaults, *, settled: bool
) -> bool:
    start, number = lines.offset, lines.number
    lines.back_to(offset=0, number=0)
    try:
        header = read_header(lines, settings)
        dialect = Dialect(
            delimiter=header.delimiter, encoding=settings.encoding, max_line=settings.max_line
        )
        if start > lines.offset:
            lines.back_to(offset=start, number=number)
        while not draft.full:
            start, number = lines.offset, lines.number
            row = read_row(lines, dialect, settled=settled)
            if row is None:
                return True
            try:
                draft.add(read_record(to_record(row, header), defaults))
            except BadLine as error:
                draft.reject(row.first, error)
    except Unfinished:
        lines.back_to(offset=start, number=number)
        return True
    except (NoTable, BadLine) as error:
        raise Malformed(f"{settings.path}: header: {error}") from None
    return False
