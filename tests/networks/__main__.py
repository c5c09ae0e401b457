"""Serves the stand-ins, all or some, with a configuration to run `listener` against.

python -m tests.networks --folder /tmp/town
listener --config /tmp/town/config.toml run
listener --config /tmp/town/config.toml sources
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.networks.town import HOUSES, town

_NETWORKS = frozenset(name for name in sys.modules if name.startswith("tests.networks."))


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.networks", description=__doc__)
    names = sorted(house.name for house in HOUSES)
    parser.add_argument("names", nargs="*", choices=[[], *names], help="all unless some are named")
    parser.add_argument("--folder", type=Path, required=True, help="receives config.toml")
    parser.add_argument("--every", default="30s", help="between two polls of a source")
    parser.add_argument("--first", type=int, default=20, help="posts that each has at the start")
    parser.add_argument("--rate", type=float, default=6.0, help="posts a minute on each afterwards")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    async with town(options.folder, names=options.names, every=options.every) as served:
        for name, network in served.items():
            print(f"{name}  {network.base_url}", flush=True)
        print(f"listener --config {options.folder / 'config.toml'} run", flush=True)
        await _talk(served, first=options.first, pause=60.0 / options.rate)


async def _talk(served: Mapping[str, Any], *, first: int, pause: float) -> None:
    """People go on posting, everywhere at once."""
    published = dict.fromkeys(served, 0)
    _publish(served, published, first)
    while True:
        await asyncio.sleep(pause)
        _publish(served, published, 1)
        told = ", ".join(f"{name} {count}" for name, count in published.items())
        print(told, file=sys.stderr, flush=True)


def _publish(served: Mapping[str, Any], published: dict[str, int], count: int) -> None:
    """Stand-ins date their posts a second apart, from a morning that is long past: here, up to now."""
    for name, network in served.items():
        now = datetime.now(UTC).replace(microsecond=0)
        for module in [module for key, module in sys.modules.items() if key in _NETWORKS]:
            for begin in ("START", "_START"):
                if hasattr(module, begin):
                    setattr(module, begin, now - timedelta(seconds=published[name] + count))
        network.now = lambda: datetime.now(UTC)
        published[name] += len(network.publish(count))


if __name__ == "__main__":
    asyncio.run(main())
