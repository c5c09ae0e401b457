"""Lines of text or JSONL made ready to be scored, in batches as they come."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO, RawIOBase
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from classifiers.classifier import Sample

MAX_LINE = 1 << 20  # bytes; a longer line is an error, its rest is passed over
CHUNK = 1 << 16  # bytes a read
WAITING = 4  # reads ahead

Form = Literal["auto", "jsonl", "lines"]
Line = tuple[int, bytes]
Part = list[Line] | OSError | None
"""What one read brought; None at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the input: a sample, or what is wrong with it."""

    line: int
    id: Any = None
    sample: Sample | None = None
    error: str | None = None


class _Wire(BaseModel):
    """One JSONL object; what it says besides is passed over."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: Any = None
    text: str
    title: str | None = None
    language: str | None = None
    network: str = ""
    kind: str = "post"
    rating: Annotated[float, Field(ge=1, le=5)] | None = None
    followers: Annotated[int, Field(ge=0)] | None = None


async def batches(file: Path, form: Form, size: int) -> AsyncIterator[list[Entry]]:
    """What has come, up to `size` at a time, so that a slow pipe is answered line by line."""
    parts: asyncio.Queue[Part] = asyncio.Queue(WAITING)
    _start_reading(file, parts)
    ended = False
    while not ended:
        taken = [await parts.get()]
        while not parts.empty():
            taken.append(parts.get_nowait())
        ended = taken[-1] is None
        lines = [line for part in taken for line in _checked(part) if line[1].strip()]
        if lines and form == "auto":
            opening = lines[0][1].lstrip(b"\xef\xbb\xbf \t")
            form = "jsonl" if opening.startswith(b"{") else "lines"
        entries = [entry_of(number, line, jsonl=form == "jsonl") for number, line in lines]
        for start in range(0, len(entries), size):
            yield entries[start : start + size]


def _checked(part: Part) -> list[Line]:
    if isinstance(part, OSError):
        raise part
    return part or []


def _start_reading(file: Path, parts: asyncio.Queue[Part]) -> None:
    """In a thread that nothing waits for: a terminal may never send another line."""
    loop = asyncio.get_running_loop()

    def hand_over(part: Part) -> None:
        asyncio.run_coroutine_threadsafe(parts.put(part), loop).result()

    def read() -> None:
        # The loop may have ended by now: nobody wants the rest.
        with suppress(RuntimeError, CancelledError):
            try:
                with _opened(file) as stream:
                    for lines in _lines(stream):
                        hand_over(lines)
            except OSError as error:
                hand_over(error)
            hand_over(None)

    threading.Thread(target=read, name="classify-input", daemon=True).start()


def _opened(file: Path) -> RawIOBase:
    # Not sys.stdin's own buffer: a thread that waits in it would hold up the end of the process.
    if str(file) == "-":
        return FileIO(sys.stdin.fileno(), closefd=False)
    return FileIO(file)


def _lines(stream: RawIOBase) -> Iterator[list[Line]]:
    """The lines that each read brings; of an endless one, no more than shows that it is too long."""
    number, rest = 0, b""
    while chunk := stream.read(CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        rest = rest[: MAX_LINE + 1]
        yield list(enumerate(whole, number + 1))
        number += len(whole)
    if rest:
        yield [(number + 1, rest)]


def entry_of(number: int, line: bytes, *, jsonl: bool) -> Entry:
    """Errors never quote the line."""
    if len(line) > MAX_LINE:
        return Entry(line=number, error=f"longer than {MAX_LINE} bytes")
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n")
    except UnicodeDecodeError:
        return Entry(line=number, error="not UTF-8")
    return _object(number, text) if jsonl else Entry(line=number, sample=Sample(text=text))


def _object(number: int, text: str) -> Entry:
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        return Entry(line=number, error="not JSON")
    if not isinstance(read, dict):
        return Entry(line=number, error='not an object with a "text"')
    try:
        wire = _Wire.model_validate(read)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(map(str, first["loc"]))
        return Entry(line=number, id=read.get("id"), error=f"{name}: {first['msg']}")
    values = {name: getattr(wire, name) for name in wire.model_fields_set - {"id"}}
    return Entry(line=number, id=wire.id, sample=Sample(**values))
