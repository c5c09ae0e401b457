"""What the daemon weighs with ten idle sources, and how soon it is ready and scoring."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import sys
import time
from contextlib import AbstractContextManager, AsyncExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks.measure import Measure, tell
from tests.listener.service import Service, service
from tests.networks.bluesky import Bluesky
from tests.networks.mastodon import Mastodon
from tests.networks.rss import FeedServer
from tests.networks.wordpress import WordpressServer

SETTLED = 20.0  # s after it is ready: every source was read once, and idles
QUICK = 8.0
PATIENCE = 60.0
MB = 2**20
PASSWORD = "abcd-efgh-ijkl-mnop"

CONFIG = """
state_dir = "state"
[hospital]
name = "CHU de Valmont"
[[watch]]
id = "chu"
names = ["CHU de Valmont"]
hashtags = ["chuvalmont"]
[[source]]
id = "archive"
connector = "file"
every = "5m"
path = "posts.jsonl"
[alerts]
critical = ["console"]
warning = ["console"]
fallback = "console"
[network]
allowed_hosts = ["127.0.0.1"]
[service]
port = 0
"""
SOURCE = (
    '[[source]]\nid = "{connector}-{number}"\nconnector = "{connector}"\nevery = "5m"\n{keys}\n'
)


def run(*, quick: bool) -> list[Measure]:
    return asyncio.run(_measure(QUICK if quick else SETTLED))


async def _measure(settled: float) -> list[Measure]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        content = CONFIG + "".join(await _sources(stack))
        (folder / "config.toml").write_text(content, "utf-8")
        post = {"network": "forum", "external_id": "1", "text": "Merci au CHU de Valmont"}
        (folder / "posts.jsonl").write_text(json.dumps(post) + "\n", "utf-8")
        # The first start makes keys and tables, too; the second is what a restart takes.
        with _started(folder) as daemon:
            begun = time.perf_counter()
            await asyncio.to_thread(daemon.wait_for, "READY=1")
            scoring = await _until_scored(folder / "state" / "listener.db", begun)
            daemon.signal(signal.SIGTERM)
            await asyncio.to_thread(daemon.ended)
        begun = time.perf_counter()
        with _started(folder) as daemon:
            await asyncio.to_thread(daemon.wait_for, "READY=1")
            ready = time.perf_counter() - begun
            await asyncio.sleep(settled)
            loop, whole = weigh(daemon)
    return [
        Measure(name="both processes", value=whole / MB, unit="MB (PSS)", at_most=400.0),
        Measure(name="the loop's process", value=loop / MB, unit="MB (PSS)", at_most=150.0),
        Measure(name="ready to poll", value=ready, unit="s", at_most=3.0),
        Measure(name="first mention scored", value=scoring, unit="s", at_most=6.0),
    ]


def _started(folder: Path) -> AbstractContextManager[Service]:
    return service(folder, "--config", "config.toml", environ={"BLUESKY_PASSWORD": PASSWORD})


def weigh(daemon: Service) -> tuple[int, int]:
    """PSS in bytes of the daemon's own process, and with its children's."""
    own = psutil.Process(daemon.process.pid)
    loop = own.memory_full_info().pss
    return loop, loop + sum(c.memory_full_info().pss for c in own.children(recursive=True))


async def _sources(stack: AsyncExitStack) -> list[str]:
    """Nine sources of four networks, which answer and have nothing new to say."""
    found: list[tuple[str, str]] = []
    for _ in range(3):
        feed = await stack.enter_async_context(FeedServer().serving())
        found.append(("rss", f'url = "{feed.base_url}/feed/"'))
    for _ in range(2):
        site = await stack.enter_async_context(WordpressServer().serving())
        found.append(("wordpress", f'url = "{site.base_url}/blog/"'))
        instance = await stack.enter_async_context(Mastodon().serving())
        found.append(("mastodon", f'base_url = "{instance.base_url}"'))
        network = await stack.enter_async_context(Bluesky().serving())
        account = 'identifier = "veille.example"\napp_password = { env = "BLUESKY_PASSWORD" }'
        found.append(("bluesky", f'base_url = "{network.base_url}"\n{account}'))
    return [
        SOURCE.format(connector=connector, number=number, keys=keys)
        for number, (connector, keys) in enumerate(found)
    ]


async def _until_scored(path: Path, begun: float) -> float:
    """Seconds from `begun` until a mention stands in the database with its score."""
    while time.perf_counter() - begun < PATIENCE:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            (scored,) = database.execute(
                "SELECT count(*) FROM mentions WHERE scored_at IS NOT NULL"
            ).fetchone()
        if scored:
            return time.perf_counter() - begun
        await asyncio.sleep(0.02)
    raise RuntimeError("nothing was scored")


if __name__ == "__main__":
    tell(run(quick="--quick" in sys.argv))
