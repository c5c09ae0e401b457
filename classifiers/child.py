"""One life of the scorer's process, from its first frame to its end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from classifiers import frames
from classifiers.classifier import ModelError

STOP_GRACE = 2.0  # s that a worker has to end once its stdin is closed


class ScorerError(Exception):
    """The batch was not scored; the next one may be."""


class ScorerCrashed(ScorerError):
    """The process ended while this batch was in its hands."""


class ScorerTimeout(ScorerError):
    """The process took too long over this batch and was ended."""


class ScorerFailed(ScorerError):
    """The process answered that it cannot score this batch."""


class ScorerUnavailable(ScorerError):
    """The process does not start: no batch will be scored until that is mended."""


@dataclass(slots=True, eq=False)
class Worker:
    """One life of the process."""

    process: asyncio.subprocess.Process
    versions: Mapping[str, str]
    reading: asyncio.Task[None] | None = None
    deadline: asyncio.Timeout | None = None

    async def read(self) -> dict[str, Any]:
        return await _read_frame(self.process)

    def write(self, frame: bytes) -> None:
        # A process that just died is found out by the reader, which alone decides who is to blame.
        with contextlib.suppress(ConnectionError, RuntimeError):
            assert self.process.stdin is not None
            self.process.stdin.write(frame)


async def launch(command: Sequence[str], patience: float) -> Worker:
    """Start it and hear its first frame, within `patience` seconds. ModelError, ScorerUnavailable."""
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    except OSError as error:
        raise ScorerUnavailable(f"the scorer does not start: {error.strerror}") from error
    worker = Worker(process=process, versions={})
    try:
        async with asyncio.timeout(patience):
            ready = await worker.read()
    except (TimeoutError, asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
        await end(worker, grace=0)
        raise ScorerUnavailable("the scorer ended or hung before it was ready") from error
    except BaseException:  # cancelled while starting: no orphan is left behind
        await end(worker, grace=0)
        raise
    if "ready" not in ready:
        await end(worker, grace=STOP_GRACE)
        raise (ModelError if ready.get("model") else ScorerUnavailable)(str(ready.get("error")))
    worker.versions = ready["ready"]
    return worker


async def end(worker: Worker, *, grace: float) -> None:
    """Close its stdin, give it `grace` seconds, then end it by force."""
    process = worker.process
    if worker.reading is not None and worker.reading is not asyncio.current_task():
        worker.reading.cancel()
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(grace):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _read_frame(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    header = await process.stdout.readexactly(frames.HEADER)
    body = await process.stdout.readexactly(frames.body_length(header))
    message: dict[str, Any] = orjson.loads(body)
    return message
