"""Lines of a file with their places, under a cap, whatever the bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

EXCERPT = 4096
"""Bytes of a bad line that the quarantine keeps."""


class BadLine(Exception):
    """A line that cannot be read; the message never holds its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`number` counts from 1; `end` is the offset of the next line."""

    number: int
    start: int
    end: int
    raw: bytes
    terminated: bool
    oversized: bool = False

    @property
    def blank(self) -> bool:
        return not self.raw.strip()


class Lines:
    """Reads on from an offset. `offset` and `number` always say where the next line begins."""

    def __init__(self, file: BinaryIO, *, offset: int = 0, number: int = 0, cap: int) -> None:
        self._file = file
        self._cap = cap
        self._inside = False
        self.back_to(offset=offset, number=number)

    def __iter__(self) -> Iterator[Line]:
        while (line := self.next()) is not None:
            yield line

    def next(self) -> Line | None:
        raw = self._file.readline(self._cap + 1)
        if not raw:
            return None
        length, terminated = len(raw), raw.endswith(b"\n")
        oversized = length > self._cap and not terminated
        if oversized:
            length += self._skip_rest()
            raw = raw[:EXCERPT]
        start = self.offset
        self.offset += length
        self.number += not self._inside
        self._inside = not (terminated or oversized)
        return Line(
            number=self.number,
            start=start,
            end=self.offset,
            raw=raw,
            terminated=terminated or oversized,
            oversized=oversized,
        )

    def back_to(self, *, offset: int, number: int) -> None:
        self.offset, self.number = offset, number
        self._file.seek(max(offset - 1, 0))
        # What follows a line that was taken before its newline came is the same line.
        self._inside = offset > 0 and self._file.read(1) != b"\n"

    def _skip_rest(self) -> int:
        skipped = 0
        while chunk := self._file.readline(self._cap):
            skipped += len(chunk)
            if chunk.endswith(b"\n"):
                break
        return skipped


def decode(line: Line, encoding: str | None) -> str:
    """The line's text without its newline or byte-order mark; raises BadLine."""
    if line.oversized:
        raise BadLine("longer than max_line")
    if b"\0" in line.raw:
        raise BadLine("holds NUL bytes")
    text = _decode(line.raw, encoding)
    return (text.removeprefix("\ufeff") if line.start == 0 else text).rstrip("\r\n")


def _decode(raw: bytes, encoding: str | None) -> str:
    for candidate in (encoding,) if encoding else ("utf-8", "cp1252"):
        try:
            return raw.decode(candidate)
        except UnicodeDecodeError:
            continue
    raise BadLine(f"not {encoding}" if encoding else "neither UTF-8 nor Windows-1252")
