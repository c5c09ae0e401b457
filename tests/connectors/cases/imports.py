"""Imports under contract: exports on the disk, that grow between two polls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from aiohttp import web

from connectors.connector import Connector
from connectors.imports import ImportConnector, ImportSettings
from tests.connectors.case import NOON, WATCHED, Case, Means
from tests.connectors.imports.exports import csv, xlsx
from tests.networks.standin import StandIn

HEADER = ["Identifiant", "Date", "Texte"]


class Export(StandIn):
    """A CSV that a newer export replaces; served by the disk."""

    name = "export.csv"

    def routes(self, app: web.Application) -> None:
        raise NotImplementedError

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[Self]:
        with TemporaryDirectory() as folder:
            self.path = Path(folder) / self.name
            self.rows: list[list[str]] = []
            self.write()
            yield self

    def publish(self, count: int) -> list[str]:
        ids = [f"n{len(self.rows) + number}" for number in range(count)]
        self.rows += [[external_id, NOON.isoformat(), "Le CHU de Valmont"] for external_id in ids]
        self.write()
        return ids

    def write(self) -> None:
        self.path.write_text(csv([HEADER, *self.rows]), encoding="utf-8")


class Workbook(Export):
    """The same as a spreadsheet."""

    name = "export.xlsx"

    def write(self) -> None:
        self.path.write_bytes(xlsx({"Posts": [HEADER, *self.rows]}))


def _import(network: Export, means: Means) -> Connector:
    settings = ImportSettings(path=network.path, network="forum")
    return ImportConnector(settings, http=means.http, watched=WATCHED, clock=means.clock)


CASES = (
    Case("import", Export, _import, over_http=False),
    Case("import-workbook", Workbook, _import, over_http=False),
)
