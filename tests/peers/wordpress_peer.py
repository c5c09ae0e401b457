"""A real WordPress on PHP's own server with a MariaDB of its own: Debian's packages, nothing shared."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path("/usr/share/wordpress")
SOURCES = Path(__file__).parent / "wordpress"


def missing() -> str | None:
    """What has to be installed first; None where everything is here."""
    tools = ("php", "mariadbd", "mariadb-install-db", "mariadb")
    absent = [tool for tool in tools if shutil.which(tool, path=_path()) is None]
    if not (PACKAGE / "wp-load.php").exists():
        absent.append(str(PACKAGE))
    if os.geteuid() != 0:
        absent.append("root, to run MariaDB as its own user")
    return f"no real WordPress here: {', '.join(absent)} (see tests/README.md)" if absent else None


@dataclass(frozen=True)
class WordPress:
    url: str
    environment: dict[str, str]

    def seed(self, action: str, **variables: str) -> None:
        command = [_tool("php"), str(SOURCES / "seed.php"), action]
        _run(command, env={**self.environment, **variables})


@contextmanager
def running() -> Iterator[WordPress]:
    """An installed, empty French blog; both servers are ended by their ids when the test is over."""
    # Not pytest's own folder: that one is closed to other users, and MariaDB runs as one.
    with tempfile.TemporaryDirectory(prefix="wordpress-peer-") as folder:
        yield from _installed(Path(folder))


def _installed(folder: Path) -> Iterator[WordPress]:
    shutil.copytree(PACKAGE, folder / "root", symlinks=False, ignore_dangling_symlinks=True)
    root = folder / "root"
    shutil.copy(SOURCES / "settings.php", root / "wp-config.php")
    shutil.copy(SOURCES / "router.php", root / "peer-router.php")
    port = _free_port()
    environment = {
        **os.environ,
        "PEER_ROOT": str(root),
        "PEER_HTTP_PORT": str(port),
        "PEER_SOCKET": str(folder / "db.sock"),
        "PHP_CLI_SERVER_WORKERS": "2",
    }
    with _database(folder), _php(root, port, environment):
        peer = WordPress(url=f"http://127.0.0.1:{port}/", environment=environment)
        peer.seed("install")
        yield peer


@contextmanager
def _database(folder: Path) -> Iterator[None]:
    data, door = folder / "db", folder / "db.sock"
    data.mkdir()
    for place in (folder, data):
        shutil.chown(place, "mysql", "mysql")
        place.chmod(0o755)
    _run(
        [_tool("mariadb-install-db"), "--no-defaults", "--user=mysql", f"--datadir={data}",
         "--auth-root-authentication-method=normal", "--skip-test-db"]
    )  # fmt: skip
    server = subprocess.Popen(
        [_tool("mariadbd"), "--no-defaults", "--user=mysql", f"--datadir={data}", f"--socket={door}",
         "--skip-networking", f"--pid-file={folder / 'db.pid'}", "--innodb-flush-log-at-trx-commit=0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _until(door.exists)
        _run([_tool("mariadb"), "--no-defaults", f"--socket={door}", "-uroot", "-e",
              "CREATE DATABASE valmont CHARACTER SET utf8mb4"])  # fmt: skip
        yield
    finally:
        _end(server)


@contextmanager
def _php(root: Path, port: int, environment: dict[str, str]) -> Iterator[None]:
    server = subprocess.Popen(
        [_tool("php"), "-S", f"127.0.0.1:{port}", "-t", str(root), str(root / "peer-router.php")],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _until(lambda: _listens(port))
        yield
    finally:
        # PHP's workers are its children and outlive it: the whole group of this one goes.
        os.killpg(server.pid, 15)
        _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _run(command: list[str], env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-800:]} {done.stderr[-800:]}"


def _until(ready: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "a peer did not start"
        time.sleep(0.1)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin"


def _tool(name: str) -> str:
    return shutil.which(name, path=_path()) or name
