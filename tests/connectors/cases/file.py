"""Files under contract: served by the disk."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from aiohttp import web

from connectors.connector import Connector
from connectors.file import FileConnector, FileSettings
from tests.connectors.case import NOON, WATCHED, Case, Means
from tests.networks.standin import StandIn


class Lines(StandIn):
    """A JSONL file that somebody else appends to; served by the disk."""

    def routes(self, app: web.Application) -> None:
        raise NotImplementedError

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[Self]:
        with TemporaryDirectory() as folder:
            self.path = Path(folder) / "export.jsonl"
            self.path.touch()
            self.published = 0
            yield self

    def publish(self, count: int) -> list[str]:
        ids = [str(self.published + number) for number in range(count)]
        self.published += count
        with self.path.open("a", encoding="utf-8") as lines:
            for external_id in ids:
                post = {
                    "external_id": external_id,
                    "published_at": NOON.isoformat(),
                    "text": "Le CHU de Valmont",
                }
                lines.write(json.dumps(post) + "\n")
        return ids


def _lines(network: Lines, means: Means) -> Connector:
    settings = FileSettings(path=network.path, network="forum")
    return FileConnector(settings, http=means.http, watched=WATCHED, clock=means.clock)


CASES = (Case("file", Lines, _lines, over_http=False),)
