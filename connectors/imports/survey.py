"""How an import is understood, before anything of it is kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from connectors.file.records import Entry
from connectors.imports.reading import read_items
from connectors.imports.scene import Item, Notes
from connectors.imports.settings import ImportSettings
from connectors.mention import AudienceSnapshot, Engagement, Mention

FIRST = 10
Told = tuple[Mention | AudienceSnapshot, Engagement | None]


@dataclass(slots=True)
class Survey:
    """`first`: the first mentions and accounts' days, with their figures. `counts`: by network and
    kind. `set_aside`: what cannot be read, and why. Dates are those of what was said, in UTC."""

    notes: Notes = field(default_factory=Notes)
    first: list[Told] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    set_aside: list[str] = field(default_factory=list)
    oldest: datetime | None = None
    newest: datetime | None = None


def survey(settings: ImportSettings, at: datetime) -> Survey:
    """Reads all of it and keeps little. Raises a ConnectorError as a poll would. Blocking."""
    found = Survey()
    for item in read_items(settings, at, found.notes):
        if item.error is not None:
            found.set_aside.append(f"{item.place}: {item.error}")
        _count(found, item)
    return found


def peek(settings: ImportSettings, at: datetime) -> None:
    """Raises the ConnectorError with which a poll would begin. Blocking."""
    items = read_items(settings, at, Notes())
    next(items, None)
    items.close()


def _count(found: Survey, item: Item) -> None:
    figures = {entry.key: entry for entry in item.entries if isinstance(entry, Engagement)}
    for entry in item.entries:
        kind = _kind(entry)
        if not isinstance(entry, Mention | AudienceSnapshot):
            continue
        found.counts[entry.network, kind] += 1
        told = entry.published_at if isinstance(entry, Mention) else entry.taken_at
        if told is not None:
            found.oldest = min(found.oldest or told, told)
            found.newest = max(found.newest or told, told)
        if len(found.first) < FIRST:
            taken = figures.get(entry.key) if isinstance(entry, Mention) else None
            found.first.append((entry, taken))


def _kind(entry: Entry) -> str:
    return entry.kind.value if isinstance(entry, Mention) else "audience"
