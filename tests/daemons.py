"""`listener run` as its own process, to be waited for, told to stop, or killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

COMMAND = (sys.executable, "-m", "listener")
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")  # of the environment: no proxy, no secret of ours


class DaemonProcess:
    """In a process group of its own, its words in `log`; what it tells systemd is listened to."""

    def __init__(self, config: Path, *, log: Path, environ: Mapping[str, str] | None = None):
        self.config = config
        self.log = log
        self._environ = {name: os.environ[name] for name in KEPT if name in os.environ}
        self._environ |= environ or {}
        self._process: asyncio.subprocess.Process | None = None
        self._told = _Told()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it ended by itself."""
        return self._process is not None and self._process.returncode is not None

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]

    async def start(self) -> None:
        environ = {**self._environ, "NOTIFY_SOCKET": self._told.address}
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *COMMAND,
                *("run", "--config", str(self.config)),
                cwd=self.config.parent,
                env=environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def ready(self, within: float = 30.0) -> None:
        """Until it tells systemd READY; AssertionError with its last words where it ends instead."""
        assert self._process is not None
        ended = asyncio.create_task(self._process.wait())
        told = asyncio.create_task(self._told.wait_for("READY=1"))
        await asyncio.wait((ended, told), timeout=within, return_when=asyncio.FIRST_COMPLETED)
        ready = told.done()
        for task in (ended, told):
            task.cancel()
        assert ready, f"not ready: {self.last_words()}"

    async def kill(self, *, alone: bool = False) -> int:
        """SIGKILL to it and its children, or to it `alone`; how many processes it left behind."""
        assert self._process is not None
        children = self._children()
        with contextlib.suppress(ProcessLookupError):
            if alone:
                os.kill(self.pid, signal.SIGKILL)
            else:
                os.killpg(self.pid, signal.SIGKILL)
        await self._process.wait()
        return await asyncio.to_thread(_left, children)

    async def stop(self, within: float = 15.0) -> int:
        """SIGTERM; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(within):
            return await self._process.wait()

    def hang_up(self) -> None:
        """SIGHUP: read the configuration again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def _children(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self.pid).children(recursive=True)
        return []

    async def close(self) -> None:
        if self._process is not None and self._process.returncode is None:
            await self.kill()
        self._told.close()


@asynccontextmanager
async def running(
    config: Path, *, log: Path, environ: Mapping[str, str] | None = None
) -> AsyncIterator[DaemonProcess]:
    """A daemon that is ready; killed at the end unless it was stopped."""
    daemon = DaemonProcess(config, log=log, environ=environ)
    try:
        await daemon.start()
        await daemon.ready()
        yield daemon
    finally:
        await daemon.close()


def _left(children: list[psutil.Process]) -> int:
    """Children that outlive their parent by five seconds."""
    until = time.monotonic() + 5.0
    while (alive := [child for child in children if _lives(child)]) and time.monotonic() < until:
        time.sleep(0.02)
    for process in alive:
        process.kill()
    return len(alive)


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        # In a container nobody may come to bury an orphan.
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


class _Told:
    """The service manager's end of the readiness protocol."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind("")  # Linux chooses an abstract name
        self.address = "@" + self._socket.getsockname()[1:].decode()

    async def wait_for(self, word: str) -> None:
        loop = asyncio.get_running_loop()
        while word not in (await loop.sock_recv(self._socket, 4096)).decode().split("\n"):
            pass

    def close(self) -> None:
        self._socket.close()
