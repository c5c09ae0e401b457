"""A file source in the hands of a test."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from connectors.connector import (
    Cursors,
    Page,
    Watched,
)
from connectors.file import FileConnector, FileSettings
from connectors.mention import Mention

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Hands:
    """A clock that the test moves."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def source(path: Path, clock: Hands | None = None, **keys: object) -> FileConnector:
    keys = {"network": "file"} | keys  # named, so that ids stay as they are written
    return FileConnector(
        FileSettings(path=path, **keys), http=None, watched=Watched(), clock=clock or Hands()
    )


async def read(connector: FileConnector, cursors: Cursors | None = None) -> list[Page]:
    """One poll; `cursors` is brought up to date as the listener does."""
    cursors = {} if cursors is None else cursors
    pages = []
    async for page in connector.poll(cursors):
        pages.append(page)
        if page.cursor is not None:
            cursors[page.feed] = json.loads(json.dumps(page.cursor))
    return pages


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def errors(pages: list[Page]) -> list[str]:
    return [reject.error for page in pages for reject in page.rejects]


def jsonl(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")
    return path


def post(number: int, **keys: object) -> dict[str, object]:
    return {"external_id": str(number), "text": f"Message {number}"} | keys
