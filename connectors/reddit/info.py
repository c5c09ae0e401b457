"""Reads things again by their names: figures, edits, and what is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.connector import Reject
from connectors.mention import Deletion
from connectors.reading import mapping, string
from connectors.reddit.api import Api, children_of
from connectors.reddit.wire import NETWORK, Seen, read_thing, rejected

INFO = 100  # names a call


@dataclass(slots=True, kw_only=True)
class Info:
    found: dict[str, Seen] = field(default_factory=dict)
    deletions: list[Deletion] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    @property
    def gone(self) -> list[str]:
        return [deletion.external_id for deletion in self.deletions if deletion.external_id]


async def read_info(api: Api, names: Sequence[str], at: datetime) -> Info:
    """https://www.reddit.com/dev/api/#GET_api_info

    What was erased comes back without its text, what Reddit has purged not at all: both are gone.
    """
    answer = await api.get("/api/info", {"id": ",".join(names)})
    info = Info()
    unreadable: set[str] = set()
    for child in children_of(answer):
        try:
            seen = read_thing(child, at)
        except ValueError as error:
            info.rejects.append(rejected(child, error))
            unreadable.add(string(mapping(mapping(child).get("data")).get("name")) or "")
            continue
        if seen.deletion is not None:
            info.deletions.append(seen.deletion)
        info.found[seen.name] = seen
    # An answer with an item whose name cannot be read proves nothing about those that it lacks.
    if not unreadable:
        missing = [name for name in names if name not in info.found]
        info.deletions += [
            Deletion(network=NETWORK, seen_at=at, external_id=name) for name in missing
        ]
    return info
