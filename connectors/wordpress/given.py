"""Which items were given, day by day, written small: a site numbers them one after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Self


class Given:
    """Numbers by the day (UTC) of their publication.

    Thousands of comments in a row cost a few bytes of the cursor, scattered ones two or three each.
    """

    def __init__(self, days: Mapping[str, Iterable[int]] | None = None) -> None:
        self._days = {day: set(numbers) for day, numbers in (days or {}).items()}

    @classmethod
    def load(cls, node: Mapping[str, Any]) -> Self:
        """Raises ValueError or TypeError where the cursor is damaged."""
        return cls({str(day): list(_read(written)) for day, written in node.items()})

    def dump(self) -> dict[str, str]:
        return {day: " ".join(_runs(numbers)) for day, numbers in sorted(self._days.items())}

    def has(self, number: int, at: datetime) -> bool:
        return number in self._days.get(_day(at), ())

    def add(self, number: int, at: datetime) -> None:
        self._days.setdefault(_day(at), set()).add(number)

    def discard(self, number: int) -> None:
        for numbers in self._days.values():
            numbers.discard(number)

    def missing(self, since: datetime, found: Collection[int]) -> list[int]:
        """Those of `since`'s day and later that a listing of all of it did not show."""
        first = _day(since)
        days = (numbers for day, numbers in self._days.items() if day >= first)
        return sorted({number for numbers in days for number in numbers if number not in found})

    def forget_before(self, at: datetime) -> None:
        first = _day(at)
        self._days = {day: numbers for day, numbers in self._days.items() if day >= first}


def _day(at: datetime) -> str:
    return at.date().isoformat()


def _runs(numbers: Iterable[int]) -> Iterator[str]:
    """ "120:28 3": 28 numbers from 120 on, then one that is 3 after the last of them."""
    end, start, last = 0, None, 0
    for number in sorted(numbers):
        if start is None or number > last + 1:
            if start is not None:
                yield _run(start - end, last - start + 1)
                end = last
            start = number
        last = number
    if start is not None:
        yield _run(start - end, last - start + 1)


def _run(gap: int, length: int) -> str:
    return f"{gap}:{length}" if length > 1 else str(gap)


def _read(written: str) -> Iterator[int]:
    end = 0
    for run in written.split():
        gap, _, length = run.partition(":")
        start = end + int(gap)
        end = start + int(length or 1) - 1
        yield from range(start, end + 1)
