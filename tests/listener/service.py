"""`listener run` as a process of its own, and the service manager's end of its notifications."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LISTENER = (sys.executable, "-c", "from listener.__main__ import main; main()")
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")  # of the environment: no proxy, no secret of ours
PATIENCE = 30.0  # s, on a busy machine

CONFIG = """
state_dir = "state"
[hospital]
name = "CHU de Valmont"
[[watch]]
id = "chu"
names = ["CHU de Valmont"]
[[source]]
id = "archive"
connector = "file"
path = "posts.jsonl"
[alerts]
critical = ["console"]
warning = ["console"]
fallback = "console"
[service]
port = {port}
"""


class Service:
    """One daemon, its words in `log`, what it tells systemd in `told`."""

    def __init__(self, folder: Path, *arguments: str, environ: Mapping[str, str] | None = None):
        self.log = folder / "log"
        self.told: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("")  # Linux chooses an abstract name
        address = "@" + self._socket.getsockname()[1:].decode()
        base = {name: os.environ[name] for name in KEPT if name in os.environ}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*LISTENER, "run", *arguments],
                cwd=folder,
                env={**base, "NOTIFY_SOCKET": address, **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_for(self, word: str) -> None:
        """Until it tells systemd a word from now on; AssertionError with its log where it does not."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self._socket.settimeout(0.2)
            try:
                told = self._socket.recv(4096).decode().split("\n")
            except TimeoutError:
                assert self.process.poll() is None, self.log.read_text()
                continue
            self.told += told
            if any(line.startswith(word) for line in told):
                return
        raise AssertionError(f"never told {word}: {self.log.read_text()}")

    def logged(self, event: str) -> dict[str, Any]:
        """The first line of an event, waited for."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for line in self.log.read_text("utf-8").splitlines():
                if line.startswith("{") and json.loads(line)["event"] == event:
                    return dict(json.loads(line))
            time.sleep(0.05)
        raise AssertionError(f"never logged {event}: {self.log.read_text()}")

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self, within: float = PATIENCE) -> int:
        return self.process.wait(within)

    def get(self, path: str) -> tuple[int, str]:
        port = self.logged("web.listening")["port"]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._socket.close()


@contextmanager
def service(
    folder: Path, *arguments: str, environ: Mapping[str, str] | None = None
) -> Iterator[Service]:
    started = Service(folder, *arguments, environ=environ)
    try:
        yield started
    finally:
        started.close()


def house(folder: Path, *, port: int = 0, more: str = "") -> Path:
    """A configuration of its own in a folder, with a file of posts to read."""
    folder.mkdir(parents=True, exist_ok=True)
    post = {"network": "forum", "external_id": "1", "text": "Merci au CHU de Valmont"}
    (folder / "posts.jsonl").write_text(json.dumps(post) + "\n", "utf-8")
    path = folder / "config.toml"
    path.write_text(CONFIG.format(port=port) + more, "utf-8")
    return path
