"""A page while it is being filled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from connectors.connector import Cursor, Page, Reject
from connectors.file.lines import EXCERPT, Line
from connectors.file.records import Entry
from connectors.mention import AudienceSnapshot, Deletion, Engagement, Mention

PAGE_SIZE = 100


@dataclass(slots=True)
class Draft:
    entries: list[Entry] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return len(self.entries) + len(self.rejects) >= PAGE_SIZE

    def add(self, entries: Iterable[Entry]) -> None:
        self.entries.extend(entries)

    def reject(self, line: Line, error: object) -> None:
        said = f"line {line.number}: {error}"
        self.rejects.append(Reject(error=said, payload=line.raw[:EXCERPT]))

    def page(self, cursor: Cursor, *, complete: bool) -> Page:
        return page_of(self.entries, self.rejects, cursor, complete=complete)


def page_of(
    entries: Sequence[Entry], rejects: Sequence[Reject], cursor: Cursor, *, complete: bool
) -> Page:
    """A page of what was read, sorted by what it is."""
    return Page(
        mentions=[entry for entry in entries if isinstance(entry, Mention)],
        engagements=[entry for entry in entries if isinstance(entry, Engagement)],
        deletions=[entry for entry in entries if isinstance(entry, Deletion)],
        audiences=[entry for entry in entries if isinstance(entry, AudienceSnapshot)],
        rejects=rejects,
        cursor=cursor,
        complete=complete,
    )
