"""The mastodon-mock package, served on loopback: another author's reading of the API."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOKEN = "mock_token"  # the mock's own, of its account testuser


def program() -> str | None:
    return os.environ.get("MASTODON_MOCK") or shutil.which("mastodon_mock")


def missing() -> str | None:
    return None if program() else "mastodon-mock is not installed (see tests/README.md)"


@contextmanager
def running() -> Iterator[str]:
    """Its base URL; the process is ended with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program() or "", "serve", "--in-memory", "--host", "127.0.0.1", "--port", str(port)]
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=10)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/api/v2/instance", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError("mastodon-mock did not start")
