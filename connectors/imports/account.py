"""Tables that tell an account's days → its audience, a snapshot a day.

`views` of an audience are of the last 28 days: they are summed once 28 days in a row are there, and
told for none before. What is told of single days only, and cannot be summed (people reached, who may
be the same), is left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from connectors.file.cells import read_count
from connectors.imports.export import Export
from connectors.imports.scene import Item, Record, Scene

WINDOW = 28  # days
_PARTS = ("part", "part_2", "part_3")
_VIEWED = ("view", "vue", "impression")
_SAID_NETWORKS = ("instagram", "facebook")

WHOSE = 'figures of an account: say whose, as in account = "chu_valmont"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A row as it stands: its place, bytes and cells by field."""

    place: str
    raw: bytes
    cells: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of an account; `title`: what stood above the table."""

    told: Told
    on: date
    title: str


def read_days(
    rows: Iterable[Told], export: Export, scene: Scene, preamble: Sequence[str]
) -> Iterator[Item]:
    days = sorted(
        _days(rows, export, scene, " ".join(preamble)), key=lambda day: (day.title, day.on)
    )
    if days and not scene.account:
        yield Item(place=days[0].told.place, raw=days[0].told.raw, error=WHOSE)
        return
    followers = _followers(days, scene)
    recent: deque[tuple[date, int | None]] = deque(maxlen=WINDOW)
    for day in days:
        recent.append((day.on, _views(day)))
        views = _sum(recent)
        record = _record(day, export, scene, followers.get(day.on), views)
        yield Item.of(day.told.place, day.told.raw, [record] if record else [], scene)


def tells_new_followers_only(days: Sequence[dict[str, str]]) -> bool:
    """LinkedIn's "Total followers" of a day is the sum of that day's new ones."""
    sums = [
        (
            read_count(cells.get("followers", "")),
            [read_count(cells.get(part, "")) for part in _PARTS],
        )
        for cells in days
    ]
    return any(parts[0] is not None for _, parts in sums) and all(
        total == sum(part or 0 for part in parts) for total, parts in sums
    )


def _days(rows: Iterable[Told], export: Export, scene: Scene, title: str) -> Iterator[Day]:
    for told in rows:
        text = told.cells.get("day", "")
        moment = scene.moment(text)
        if moment is not None:
            on = moment.astimezone(scene.zone).date()
            yield Day(told=told, on=on, title=title.lower() if export.titled else "")
        elif len(told.cells) == 1:
            title = text  # of the next table below


def _views(day: Day) -> int | None:
    if day.title and not any(word in day.title for word in _VIEWED):
        return None
    return read_count(day.told.cells.get("views", ""))


def _sum(recent: deque[tuple[date, int | None]]) -> int | None:
    counts = [count for _, count in recent if count is not None]
    whole = len(counts) == WINDOW and recent[-1][0] - recent[0][0] == timedelta(days=WINDOW - 1)
    return sum(counts) if whole else None


def _followers(days: Sequence[Day], scene: Scene) -> dict[date, int]:
    counts = {day.on: read_count(day.told.cells.get("followers", "")) for day in days}
    if not tells_new_followers_only([day.told.cells for day in days]):
        return {on: count for on, count in counts.items() if count is not None}
    found: dict[date, int] = {}
    left = scene.followers
    for on in sorted(counts, reverse=True):
        if left is None or left < 0:
            break
        found[on] = left
        left -= counts[on] or 0
    return found


def _record(
    day: Day, export: Export, scene: Scene, followers: int | None, views: int | None
) -> Record | None:
    if followers is None and views is None:
        return None
    # One instant keeps one snapshot, and the tables of one day tell different figures.
    closing = datetime.combine(day.on + timedelta(days=1), time(), tzinfo=scene.zone)
    named = next((name for name in _SAID_NETWORKS if name in day.title), scene.network)
    return {
        "type": "audience",
        "network": export.network or named,
        "account": scene.account,
        "at": (closing - timedelta(seconds=1 + export.slot)).isoformat(),
        "followers": followers,
        "views": views,
    }
