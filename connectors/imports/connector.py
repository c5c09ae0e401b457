"""The import source: an export that people made by hand is read once, as the past."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import BaseModel, Field, ValidationError

from connectors.connector import Clock, ConnectorSettings, Cursor, Cursors, Page, Reject, Watched
from connectors.file.draft import PAGE_SIZE, page_of
from connectors.file.lines import EXCERPT
from connectors.imports.members import stamp_of
from connectors.imports.reading import read_items
from connectors.imports.scene import Item, Notes
from connectors.imports.settings import ImportSettings

if TYPE_CHECKING:
    from connectors.http import HttpClient


class Bookmark(BaseModel):
    """Where an import stands: after `items` items whose bytes have this digest.

    `told`: what it was told of the columns. `stamp`: of the file when it was read to its end.
    """

    v: Literal[1] = 1
    told: str = ""
    items: int = Field(default=0, ge=0)
    digest: str = ""
    stamp: list[int] = []


class ImportConnector:
    """Needs no network. Reads in a thread, a page at a time; what it gives never pages anybody.

    A file that grew goes on where it was; any other change has it read anew: ids are stable, so that
    what is known already changes nothing.
    """

    name: ClassVar[str] = "import"
    Settings: ClassVar[type[ConnectorSettings]] = ImportSettings
    backfill: ClassVar[bool] = True

    def __init__(
        self, settings: ImportSettings, *, http: HttpClient, watched: Watched, clock: Clock
    ) -> None:
        self._settings = settings
        self._clock = clock
        self.notes = Notes()
        """What the last reading found beside what it gave: how its columns were taken."""

    def hosts(self) -> Sequence[str]:
        return ()

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        mark = self._mark(cursors.get(""))
        stamp = await asyncio.to_thread(stamp_of, self._settings.path)
        if stamp and mark.stamp == stamp:
            yield Page(cursor=mark.model_dump(), complete=True)
            return
        walk = _Walk(self._settings, self._clock())
        try:
            await asyncio.to_thread(walk.go_to, mark)
            while not walk.ended:
                batch = await asyncio.to_thread(walk.batch)
                self.notes = walk.notes
                yield self._page(batch, walk, stamp)
        finally:
            with suppress(ValueError):  # cancelled while a thread reads on: it ends by itself
                walk.items.close()

    def _mark(self, cursor: Cursor | None) -> Bookmark:
        """The beginning where there is no cursor, or columns were told otherwise since."""
        told = _told(self._settings)
        with suppress(ValidationError):
            if cursor is not None and (mark := Bookmark.model_validate(cursor)).told == told:
                return mark
        return Bookmark(told=told)

    def _page(self, batch: Sequence[Item], walk: _Walk, stamp: list[int]) -> Page:
        entries = [entry for item in batch for entry in item.entries]
        rejects = [
            Reject(error=f"{item.place}: {item.error}", payload=item.raw[:EXCERPT])
            for item in batch
            if item.error is not None
        ]
        cursor = Bookmark(
            told=_told(self._settings),
            items=walk.count,
            digest=walk.digest,
            stamp=stamp if walk.ended else [],
        )
        return page_of(entries, rejects, cursor.model_dump(), complete=walk.ended)


class _Walk:
    """One reading of the file. Blocking, and in one thread at a time."""

    def __init__(self, settings: ImportSettings, at: datetime) -> None:
        self._settings = settings
        self._at = at
        self._begin()

    def _begin(self) -> None:
        self.notes = Notes()
        self.items = read_items(self._settings, self._at, self.notes)
        self.count = 0
        self.ended = False
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()[:32]

    def go_to(self, mark: Bookmark) -> None:
        """Pass over what was given before, where the file still begins with it."""
        for _ in self._taken(mark.items):
            pass
        if mark.items and self.digest != mark.digest:
            self.items.close()
            self._begin()

    def batch(self) -> list[Item]:
        """The next page's items; fewer than a page where the file ends."""
        found = list(self._taken(PAGE_SIZE))
        self.ended = len(found) < PAGE_SIZE
        return found

    def _taken(self, count: int) -> Iterator[Item]:
        for item in islice(self.items, count):
            self.count += 1
            self._hash.update(len(item.raw).to_bytes(8, "big") + item.raw)
            yield item


def _told(settings: ImportSettings) -> str:
    said = settings.model_dump_json(exclude={"path"})
    return hashlib.sha256(said.encode()).hexdigest()[:16]
