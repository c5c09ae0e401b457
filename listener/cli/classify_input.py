"""Lines of text or JSONL made ready to be scored, in batches as they come."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from classifiers.classifier import Sample

MAX_LINE = 1 << 20  # bytes; a longer line is an error, its rest is passed over
WAITING = 1000  # lines read ahead

Form = Literal["auto", "jsonl", "lines"]
Line = tuple[int, bytes]


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
    lines: asyncio.Queue[Line | OSError | None] = asyncio.Queue(WAITING)
    _start_reading(file, lines)
    ended = False
    while not ended:
        raw: list[Line] = []
        taken = [await lines.get()]
        while len(taken) < size and not lines.empty():
            taken.append(lines.get_nowait())
        for item in taken:
            if isinstance(item, OSError):
                raise item
            if item is None:
                ended = True
            elif item[1].strip():
                raw.append(item)
        if raw and form == "auto":
            form = "jsonl" if raw[0][1].lstrip(b"\xef\xbb\xbf \t").startswith(b"{") else "lines"
        if raw:
            yield [entry_of(number, line, jsonl=form == "jsonl") for number, line in raw]


def _start_reading(file: Path, lines: asyncio.Queue[Line | OSError | None]) -> None:
    """In a thread that nothing waits for: a terminal may never send another line."""
    loop = asyncio.get_running_loop()

    def hand_over(item: Line | OSError | None) -> None:
        asyncio.run_coroutine_threadsafe(lines.put(item), loop).result()

    def read() -> None:
        # The loop may have ended by now: nobody wants the rest.
        with suppress(RuntimeError, CancelledError):
            try:
                with _opened(file) as stream:
                    for number, line in _numbered(stream):
                        hand_over((number, line))
            except OSError as error:
                hand_over(error)
            hand_over(None)

    threading.Thread(target=read, name="classify-input", daemon=True).start()


def _opened(file: Path) -> IO[bytes]:
    # Not sys.stdin's own buffer: a thread that waits in it would hold up the end of the process.
    return open(sys.stdin.fileno() if str(file) == "-" else file, "rb", closefd=str(file) != "-")


def _numbered(stream: IO[bytes]) -> Any:
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        yield number, line
        while len(line) > MAX_LINE and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE + 1)


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
