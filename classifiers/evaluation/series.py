"""Counts of mentions read from files, and the windows in which somebody saw an anomaly."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

COLUMNS = ("timestamp", "value")
FIRST_ROWS = 100  # that tell the interval

Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Counts in order of their instants (UTC where a file names no zone)."""

    name: str
    instants: tuple[datetime, ...]
    counts: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def interval(self) -> timedelta:
        """The usual time between two counts; of the first ones, since the later are the future."""
        steps = [(b - a).total_seconds() for a, b in pairwise(self.instants[:FIRST_ROWS])]
        return timedelta(seconds=median(steps)) if steps else timedelta(minutes=5)

    @property
    def days(self) -> float:
        """How long was counted, the last interval included."""
        return (self.instants[-1] - self.instants[0] + self.interval) / timedelta(days=1)

    def replaced(self, counts: Sequence[int]) -> Series:
        """Other counts at the same instants."""
        return Series(name=self.name, instants=self.instants, counts=tuple(counts))


def read_series(path: Path) -> Series:
    """A CSV file with the columns timestamp (ISO 8601) and value (a count; others are ignored).

    ValueError, naming file and line: a column that lacks, a row that cannot be read, an instant
    that is not later than the one before, a file without rows.
    """
    instants: list[datetime] = []
    counts: list[int] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            for line, row in _rows(path, file):
                instant, count = _parsed(path, line, row)
                if instants and instant <= instants[-1]:
                    raise ValueError(f"{path}:{line}: {row[0]} is not later than the row before")
                instants.append(instant)
                counts.append(count)
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}:{len(counts) + 2}: not UTF-8 text") from error
        except csv.Error as error:
            raise ValueError(f"{path}:{len(counts) + 2}: {error}") from error
    if not counts:
        raise ValueError(f"{path}:2: no row of counts")
    return Series(name=path.stem, instants=tuple(instants), counts=tuple(counts))


def _rows(path: Path, file: Iterator[str]) -> Iterator[tuple[int, tuple[str, str]]]:
    reader = csv.reader(file)
    header = [name.strip().lower() for name in next(reader, [])]
    for column in COLUMNS:
        if column not in header:
            raise ValueError(f"{path}:1: no column {column!r}")
    timestamp, value = (header.index(column) for column in COLUMNS)
    for row in reader:
        if not row:
            continue
        if len(row) <= max(timestamp, value):
            raise ValueError(
                f"{path}:{reader.line_num}: {len(row)} columns, {len(header)} expected"
            )
        yield reader.line_num, (row[timestamp].strip(), row[value].strip())


def _parsed(path: Path, line: int, row: tuple[str, str]) -> tuple[datetime, int]:
    try:
        instant = aware(row[0])
    except ValueError as error:
        raise ValueError(f"{path}:{line}: not a timestamp: {row[0]!r}") from error
    try:
        value = float(row[1])
    except ValueError as error:
        raise ValueError(f"{path}:{line}: not a count: {row[1]!r}") from error
    if not math.isfinite(value) or value < 0 or value != int(value):
        raise ValueError(f"{path}:{line}: not a count: {row[1]!r}")
    return instant, int(value)


def aware(text: str) -> datetime:
    """An ISO 8601 instant, in UTC where it names no zone."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def read_windows(path: Path) -> dict[str, tuple[Window, ...]]:
    """Windows by name of series, from NAB's JSON: `{"realTweets/…_AAPL.csv": [[start, end], …]}`.

    ValueError, naming the file and the key: anything else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path}: not an object of lists of windows by file")
    return {key: _windows(path, key, pairs) for key, pairs in content.items()}


def _windows(path: Path, key: str, pairs: object) -> tuple[Window, ...]:
    try:
        windows = sorted((aware(start), aware(end)) for start, end in pairs)  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {key!r}: not a list of [start, end]: {error}") from error
    if any(end < start for start, end in windows):
        raise ValueError(f"{path}: {key!r}: a window ends before it starts")
    return tuple(windows)


def windows_of(name: str, windows: Mapping[str, tuple[Window, ...]]) -> tuple[Window, ...]:
    """Those of the series `name`, whose key may have a folder, a suffix or a longer name.

    `AAPL` is found under `AAPL`, `AAPL.csv`, `realTweets/Twitter_volume_AAPL.csv`, and the reverse.
    KeyError: under none, or under several.
    """
    stems = {key: Path(key).stem.lower() for key in windows}
    wanted = name.lower()
    exact = [key for key, stem in stems.items() if stem == wanted]
    alike = [key for key, stem in stems.items() if _tail(stem) == _tail(wanted)]
    found = exact or alike
    if len(found) != 1:
        raise KeyError(name)
    return windows[found[0]]


def _tail(stem: str) -> str:
    return stem.rsplit("_", 1)[-1]
