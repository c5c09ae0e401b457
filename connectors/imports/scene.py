"""What is known around a row while its table is read, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.file.defaults import Defaults
from connectors.file.lines import BadLine
from connectors.file.records import Entry, read_record
from connectors.imports.moments import read_moment

NETWORK = "import"
"""Of rows that name none, where nobody says it."""
Record = dict[str, Any]
"""What one row says, in the shape that `connectors.file` reads."""


@dataclass(slots=True, kw_only=True)
class Scene:
    """`at`: when the export was made, as far as its file tells; its figures are of then.

    `guess_tables`, `guess_objects`: whether what is no known export may be read by its headers or
    keys. An archive of somebody's own data holds letters beside what was said in public.
    """

    network: str
    zone: ZoneInfo
    at: datetime
    account: str | None = None
    followers: int | None = None
    month_first: bool = False
    scope: str = ""
    guess_tables: bool = True
    guess_objects: bool = True

    def moment(self, text: str) -> datetime | None:
        return read_moment(text, self.zone, month_first=self.month_first, near=self.at)

    def when(self, text: str | None) -> datetime | str | None:
        """A date for a record; what is none is left, for the record's reader to say so."""
        moment = self.moment(text) if text else None
        return moment or text or None

    def defaults(self) -> Defaults:
        return Defaults(network=self.network, zone=self.zone, at=self.at, scope=self.scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One row or object: what it says, or why it cannot be read. `place` is never its content."""

    place: str
    raw: bytes
    entries: tuple[Entry, ...] = ()
    error: str | None = None

    @classmethod
    def of(cls, place: str, raw: bytes, records: Iterable[Record], scene: Scene) -> Item:
        try:
            defaults = scene.defaults()
            entries = tuple(e for record in records for e in read_record(record, defaults))
        except BadLine as error:
            return cls(place=place, raw=raw, error=str(error))
        return cls(place=place, raw=raw, entries=entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """How one table or document was taken; `ignored`: the headers that nothing was made of."""

    place: str
    format: str
    network: str
    columns: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


@dataclass(slots=True)
class Notes:
    """What reading found beside the items: for the person who brings the file."""

    tables: list[Understood] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
