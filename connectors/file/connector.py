"""The file source: an import feeds the past, a replay plays live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from pydantic import BaseModel, ValidationError

from connectors.connector import Clock, ConnectorSettings, Cursor, Cursors, Page, Watched
from connectors.file.draft import PAGE_SIZE
from connectors.file.importing import Bookmark, read_import_page
from connectors.file.replay import Moment, Played, due, index, read_moments, tempo_of
from connectors.file.settings import FileSettings

if TYPE_CHECKING:
    from connectors.http import HttpClient

M = TypeVar("M", bound=BaseModel)


class FileConnector:
    """Needs no network. Reads in a thread, a page at a time."""

    name: ClassVar[str] = "file"
    Settings: ClassVar[type[ConnectorSettings]] = FileSettings

    def __init__(
        self, settings: FileSettings, *, http: HttpClient, watched: Watched, clock: Clock
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._indexed: tuple[tuple[int, int] | None, list[Moment]] | None = None

    @property
    def backfill(self) -> bool:
        """What it yields is the past: baselines and digests, never alerts."""
        return self._settings.mode == "import"

    def hosts(self) -> Sequence[str]:
        return ()

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        pages = self._import if self.backfill else self._replay
        async for page in pages(cursors.get("")):
            yield page

    async def _import(self, cursor: Cursor | None) -> AsyncIterator[Page]:
        mark, complete = _read(Bookmark, cursor) or Bookmark(), False
        while not complete:
            page = await asyncio.to_thread(read_import_page, self._settings, mark, self._clock())
            mark, complete = Bookmark.model_validate(page.cursor), page.complete
            yield page

    async def _replay(self, cursor: Cursor | None) -> AsyncIterator[Page]:
        at, played = self._clock(), _read(Played, cursor)
        moments = await asyncio.to_thread(self._index, played)
        if not moments:
            yield Page(complete=True)
            return
        played = played or Played(
            start=at, origin=moments[0].at, extent=max(m.offset for m in moments) + 1
        )
        ready = due(moments, played, self._settings, at)
        for first in range(0, max(len(ready), 1), PAGE_SIZE):
            batch = ready[first : first + PAGE_SIZE]
            page, played = await self._play(batch, played, last=first + PAGE_SIZE >= len(ready))
            yield page

    def _index(self, played: Played | None) -> list[Moment]:
        version = _version(self._settings.path)
        if self._indexed is None or self._indexed[0] != version:
            moments = index(self._settings, played, self._clock())
            self._indexed = version, moments
        return self._indexed[1]

    async def _play(
        self, batch: list[Moment], played: Played, *, last: bool
    ) -> tuple[Page, Played]:
        tempo = tempo_of(played, self._settings)
        draft = await asyncio.to_thread(read_moments, self._settings, batch, tempo)
        if batch:
            played = played.model_copy(update={"at": batch[-1].at, "offset": batch[-1].offset})
        return draft.page(played.model_dump(mode="json"), complete=last), played


def _read(kind: type[M], cursor: Cursor | None) -> M | None:
    """None where there is no cursor, or one of the other mode: the file is then read anew."""
    try:
        return kind.model_validate(cursor)
    except ValidationError:
        return None


def _version(path: Path) -> tuple[int, int] | None:
    """Changes when the file does."""
    try:
        status = path.stat()
    except OSError:
        return None  # opening it says why
    return status.st_size, status.st_mtime_ns
