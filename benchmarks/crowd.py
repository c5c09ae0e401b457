"""What the daemon weighs with a hundred sources read in parallel; none starves, no host is hurried."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Measure, tell
from benchmarks.memory import CONFIG, MB, PASSWORD, SOURCE, weigh
from tests.listener.service import Service, service
from tests.networks.bluesky import Bluesky
from tests.networks.mastodon import Mastodon
from tests.networks.rss import FeedServer
from tests.networks.standin import StandIn
from tests.networks.wordpress import WordpressServer

SERVERS = 5  # of each network; five sources share each
SHARED_BY = 5
EVERY = 15.0  # s between two polls of a source
LASTS = 90.0  # s
QUICK = 40.0
POSTS = 200  # that each network has at the start
PUBLISHED = 2  # posts a second on each of them afterwards
RATE, BURST = 2.0, 10  # requests, as the Mastodon sources are told
WINDOW = 10.0  # s over which a host's requests are counted


def run(*, quick: bool) -> list[Measure]:
    return asyncio.run(_measure(QUICK if quick else LASTS))


async def _measure(lasts: float) -> list[Measure]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        networks, sources = await _town(stack)
        (folder / "config.toml").write_text(CONFIG + "".join(sources), "utf-8")
        post = {"network": "forum", "external_id": "1", "text": "Merci au CHU de Valmont"}
        (folder / "posts.jsonl").write_text(json.dumps(post) + "\n", "utf-8")
        environ = {"BLUESKY_PASSWORD": PASSWORD}
        with service(folder, "--config", "config.toml", environ=environ) as daemon:
            await asyncio.to_thread(daemon.wait_for, "READY=1")
            heaviest = await _live(daemon, networks, lasts)
            lags = _lags(folder / "state" / "listener.db")
        hosts = [n.asked_at for n in networks if isinstance(n, Mastodon)]
        return [
            Measure(name="100 sources", value=heaviest / MB, unit="MB (PSS)", at_most=400.0),
            Measure(name="sources read", value=float(len(lags)), unit="of 101", at_least=101.0),
            Measure(
                name="longest since a source was read",
                value=max(lags),
                unit=f"s, of polls every {EVERY:g}",
                at_most=2 * EVERY,
            ),
            Measure(
                name=f"most requests to a host in {WINDOW:g} s",
                value=float(max(_most(asked) for asked in hosts)),
                unit="requests",
                at_most=BURST + RATE * WINDOW,
            ),
        ]


async def _town(stack: AsyncExitStack) -> tuple[list[StandIn], list[str]]:
    networks: list[StandIn] = []
    sources: list[str] = []
    for _ in range(SERVERS):
        feed = await stack.enter_async_context(FeedServer().serving())
        site = await stack.enter_async_context(WordpressServer().serving())
        instance = await stack.enter_async_context(Mastodon().serving())
        sky = await stack.enter_async_context(Bluesky().serving())
        account = 'identifier = "veille.example"\napp_password = { env = "BLUESKY_PASSWORD" }'
        polite = f"requests_per_second = {RATE}\nburst = {BURST}"
        keys = {
            "rss": f'url = "{feed.base_url}/feed/"',
            "wordpress": f'url = "{site.base_url}/blog/"',
            "mastodon": f'base_url = "{instance.base_url}"\n{polite}',
            "bluesky": f'base_url = "{sky.base_url}"\n{account}',
        }
        for network in (feed, site, instance, sky):
            network.publish(POSTS)
            networks.append(network)
        for connector, told in keys.items():
            for _ in range(SHARED_BY):
                source = SOURCE.format(connector=connector, number=len(sources), keys=told)
                sources.append(source.replace('every = "5m"', f'every = "{EVERY:g}s"'))
    return networks, sources


async def _live(daemon: Service, networks: Sequence[StandIn], lasts: float) -> int:
    """The heaviest moment, in bytes, while posts go on coming."""
    heaviest = 0
    for _second in range(int(lasts)):
        await asyncio.sleep(1.0)
        for network in networks:
            network.publish(PUBLISHED)
        heaviest = max(heaviest, weigh(daemon)[1])
    return heaviest


def _lags(path: Path) -> list[float]:
    """Seconds since the last success of every source that had one."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        rows = database.execute(
            "SELECT last_success_at FROM sources WHERE last_success_at IS NOT NULL AND id != 'archive'"
        ).fetchall()
        archive = database.execute(
            "SELECT count(*) FROM sources WHERE last_success_at IS NOT NULL AND id = 'archive'"
        ).fetchone()
    now = datetime.now(UTC)
    lags = [
        (now - datetime.fromisoformat(at).replace(tzinfo=UTC)).total_seconds() for (at,) in rows
    ]
    return lags + [0.0] * archive[0]  # it is read every five minutes


def _most(asked: Sequence[float]) -> int:
    return max(
        (bisect_right(asked, at + WINDOW) - start for start, at in enumerate(asked)), default=0
    )


if __name__ == "__main__":
    tell(run(quick="--quick" in sys.argv))
