"""Lists that end after so many results, whatever was found: asked by spans of time, halved while full."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import orjson

from connectors.reading import count


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Seconds since 1970; `until` None is "up to now"."""

    since: int
    until: int | None = None
    page: int = 1

    @property
    def begins(self) -> datetime:
        return datetime.fromtimestamp(self.since, tz=UTC)

    @property
    def ends(self) -> datetime | None:
        return datetime.fromtimestamp(self.until, tz=UTC) if self.until is not None else None


@dataclass(frozen=True, slots=True)
class Spans:
    """What a walk still has to ask, the next one first; it travels as the walk's token."""

    left: tuple[Span, ...]

    @classmethod
    def of(cls, token: str | None, since: datetime, until: datetime | None = None) -> Spans:
        """What a token holds; without one, or with one that cannot be read, all of it."""
        read = _read(token) if token is not None else ()
        if read:
            return cls(read)
        end = int(until.timestamp()) + 1 if until is not None else None
        return cls((Span(since=int(since.timestamp()), until=end),))

    @property
    def first(self) -> Span:
        return self.left[0]

    def turned(self) -> Spans:
        """The same span, its next page."""
        return Spans((replace(self.first, page=self.first.page + 1), *self.left[1:]))

    def ended(self) -> Spans:
        return Spans(self.left[1:])

    def below(self, instant: datetime) -> Spans:
        """What of the first span lies at `instant` and before it, then the others."""
        end = int(instant.timestamp()) + 1
        if end <= self.first.since:
            return self.ended()
        return Spans((replace(self.first, until=end, page=1), *self.left[1:]))

    def halved(self, at: datetime, shortest: timedelta) -> Spans | None:
        """The later half, the earlier one, then the others; None where a half would be too short.

        The halves overlap by two seconds: whether a network counts its ends in is not told.
        """
        first, least = self.first, max(2, int(shortest.total_seconds()))
        end = first.until if first.until is not None else int(at.timestamp()) + 1
        if end - first.since < 2 * least:
            return None
        middle = (first.since + end) // 2
        later = Span(since=middle - 1, until=first.until)
        return Spans((later, Span(since=first.since, until=middle + 1), *self.left[1:]))

    def token(self) -> str | None:
        if not self.left:
            return None
        return orjson.dumps([[one.since, one.until, one.page] for one in self.left]).decode()


def _read(token: str) -> tuple[Span, ...]:
    try:
        rows = orjson.loads(token)
    except orjson.JSONDecodeError:
        return ()
    spans = [_span(row) for row in rows] if isinstance(rows, list) else []
    return tuple(span for span in spans if span is not None) if None not in spans else ()


def _span(row: object) -> Span | None:
    since, until, page = row if isinstance(row, list) and len(row) == 3 else (None, None, None)
    begins, turn = count(since), count(page)
    if begins is None or turn is None or (until is not None and count(until) is None):
        return None
    return Span(since=begins, until=until, page=turn)
