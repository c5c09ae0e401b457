"""A child process for what is too heavy or too blocking for the loop's: JSON lines in, JSON lines out."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping
from typing import Any

import orjson

IDLE = 60.0  # seconds that a process waits for more: the next page of an evening finds it warm
LONGEST = 1024 * 1024  # bytes of one answer
# Of the environment only what a process needs to run: no proxy but [network]'s, and no secret.
_PASSED_ON = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LANG", "LC_ALL", "TZ", "TMPDIR")


class ChildError(Exception):
    """The process gave no answer. `late`: it was ended over it, and may have done its work."""

    def __init__(self, message: str, *, late: bool = False) -> None:
        super().__init__(message)
        self.late = late


class Child:
    """Runs `python -m module`: one process a request at a time, the last one kept warm for a while."""

    def __init__(
        self, module: str, *, environment: Mapping[str, str] | None = None, idle: float = IDLE
    ) -> None:
        self._command = (sys.executable, "-m", module)
        self._environment = plain_environment() | dict(environment or {})
        self._idle = idle
        self._free: asyncio.subprocess.Process | None = None
        self._ending: asyncio.TimerHandle | None = None
        self._running: set[asyncio.subprocess.Process] = set()

    async def ask(self, request: Mapping[str, Any], *, within: float) -> dict[str, Any]:
        """One answer within so many seconds, the start of a process included; ChildError."""
        process, self._free = self._free, None
        try:
            async with asyncio.timeout(within):
                if process is None or process.returncode is not None:
                    process = await self._start()
                answer = await _exchange(process, request)
        except TimeoutError:
            await self._end(process)
            raise ChildError("no answer in time", late=True) from None
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            await self._end(process)
            raise ChildError(f"the process ended: {type(error).__name__}") from None
        except BaseException:  # cancelled: no orphan is left behind
            await self._end(process)
            raise
        await self._keep(process)
        return answer

    async def warm(self) -> None:
        """Start a process ahead of what it will be asked; one that is asked nothing ends by itself."""
        if self._free is not None:
            return
        try:
            await self._keep(await self._start())
        except OSError as error:
            raise ChildError(f"no process: {type(error).__name__}") from None

    async def _start(self) -> asyncio.subprocess.Process:
        pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=pipe,
            stdout=pipe,
            stderr=nothing,
            env=self._environment,
            limit=LONGEST,
        )
        self._running.add(process)
        return process

    async def _keep(self, process: asyncio.subprocess.Process) -> None:
        if self._free is not None or self._idle <= 0:
            await self._end(process)
            return
        self._free = process
        if self._ending is not None:
            self._ending.cancel()
        self._ending = asyncio.get_running_loop().call_later(self._idle, self._let_go)

    def _let_go(self) -> None:
        process, self._free = self._free, None
        if process is not None and process.stdin is not None:
            process.stdin.close()  # it ends by itself at the end of its input
            self._running.discard(process)

    async def _end(self, process: asyncio.subprocess.Process | None) -> None:
        if process is None:
            return
        self._running.discard(process)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def close(self) -> None:
        """End every process; what was asked of them fails."""
        if self._ending is not None:
            self._ending.cancel()
        self._free = None
        for process in list(self._running):
            await self._end(process)


async def _exchange(
    process: asyncio.subprocess.Process, request: Mapping[str, Any]
) -> dict[str, Any]:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(orjson.dumps(request) + b"\n")
    await process.stdin.drain()
    line = await process.stdout.readline()
    if not line.endswith(b"\n"):
        raise asyncio.IncompleteReadError(line, None)
    answer: dict[str, Any] = orjson.loads(line)
    return answer


def plain_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
