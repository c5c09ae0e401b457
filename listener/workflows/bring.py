"""Brings one file in by hand: through the collector like any source, from its beginning."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import ClassVar

from connectors.connector import ConnectorSettings, Cursors, Page
from connectors.imports import ImportConnector
from listener.workflows.collect import Source

SOURCE = "import"
"""The source of what is brought in by hand and belongs to no configured one."""


@dataclass(kw_only=True)
class Brought:
    """An import that remembers no earlier one: what is known already is told apart by its ids.

    Its pages move no cursor, so that a source of the same id goes on where it was.
    """

    name: ClassVar[str] = ImportConnector.name
    Settings: ClassVar[type[ConnectorSettings]] = ImportConnector.Settings
    backfill: ClassVar[bool] = True

    connector: ImportConnector
    set_aside: list[str] = field(default_factory=list)
    audiences: int = 0

    def hosts(self) -> Sequence[str]:
        return ()

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        async for page in self.connector.poll({}):
            self.set_aside += [reject.error for reject in page.rejects]
            self.audiences += len(page.audiences)
            yield replace(page, cursor=None)


def source_of(
    brought: Brought, *, source_id: str = SOURCE, about: tuple[str, ...] = (), weight: float = 1.0
) -> Source:
    """`about`: the subjects that all of it concerns, whatever its words."""
    every = timedelta(days=1)  # never scheduled
    return Source(id=source_id, connector=brought, every=every, about=about, weight=weight)
