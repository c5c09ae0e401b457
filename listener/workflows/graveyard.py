"""The tombstones once more, in a file beside the database: an old back-up of it knows nothing of them."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from listener.storage import erasure
from listener.storage.database import Database
from listener.storage.dialect import forget_alone

log = logging.getLogger(__name__)

Name = tuple[str, str]  # kind, ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Graveyard:
    """One line a tombstone: its kind and its keyed hash."""

    path: Path

    def add(self, names: Collection[Name]) -> None:
        """Append what does not stand there yet, and see it on the disk. Raises OSError."""
        new = set(names) - self.names()
        if not new:
            return
        lines = "".join(json.dumps(name) + "\n" for name in sorted(new))
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())

    def names(self) -> set[Name]:
        if not self.path.exists():
            return set()
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        return {name for line in lines if (name := _name(line)) is not None}

    async def restore(self, database: Database, at: datetime) -> int:
        """Erase again what an older database brought back; how many mentions."""
        names = self.names()
        if not names:
            return 0
        async with database.read() as connection:
            missing = names - await erasure.buried(connection, {ref for _, ref in names})
        if not missing:
            return 0
        by: dict[str, set[str]] = {}
        for kind, ref in missing:
            by.setdefault(kind, set()).add(ref)
        authors = by.get("author", set())
        async with database.write() as connection:
            await forget_alone(connection)
            found = await erasure.find_mentions(
                connection,
                {
                    "ref": by.get("mention", set()),
                    "author_ref": authors,
                    "author_id_ref": authors,
                    "url_ref": by.get("link", set()),
                },
            )
            refs = [target.ref for target in await erasure.targets(connection, found)]
            unreadable = await erasure.quarantined(connection, [*refs, *by.get("mention", ())])
            await erasure.erase_quarantine(connection, unreadable)
            await erasure.erase_mentions(connection, found, at=at)
            await erasure.unname(connection, by.get("handle", set()))
            await erasure.bury(connection, missing, at=at)
        await database.settle()
        log.warning("privacy.forgotten_again mentions=%d tombstones=%d", len(found), len(missing))
        return len(found)


def _name(line: str) -> Name | None:
    """None for a line that a crash cut short."""
    try:
        kind, ref = json.loads(line)
    except (ValueError, TypeError):
        return None
    return (kind, ref) if isinstance(kind, str) and isinstance(ref, str) else None
