"""Walks that money cut short: put by, so that tomorrow's posts are read before yesterday's rest.

A walk goes from the newest post down. Where a budget ends it, its upper end becomes the feed's mark
and what is left below is shelved under a feed of its own, read with the money that live posts
leave. What leaves X's window of seven days before that is told as a gap.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from connectors.connector import Cursor, Gap, Page
from connectors.reading import instant, mapping, mappings

_MAX_SHELVED = 40
_SLACK = timedelta(hours=1)  # an unfinished walk would lose the moving edge at each poll anew
_REASON = "left X's seven-day window before the budget let us read it"


def rest_name(feed: str) -> str:
    return f"{feed}:rest"


def shelved(feed: str, walk: Cursor | None, rest: Cursor | None) -> list[Page]:
    """The pages that put an unfinished walk by; none where nothing is left, or the shelf is full.

    The shelf is written first: a crash in between reads something twice, and loses nothing.
    """
    kept = mapping(walk)
    under_way = mapping(kept.get("walk"))
    waiting = walks(rest)
    if instant(under_way.get("upper")) is None or len(waiting) >= _MAX_SHELVED:
        return []
    onward = {
        "v": 1,
        "mark": under_way.get("upper"),
        "seen": under_way.get("fresh"),
        "seen_from": under_way.get("fresh_from"),
    }
    return [
        Page(feed=rest_name(feed), cursor={"v": 1, "walks": [kept, *waiting]}),
        Page(feed=feed, cursor=onward),
    ]


def walks(rest: Cursor | None) -> list[dict[str, Any]]:
    return [walk for walk in mappings(mapping(rest).get("walks")) if mapping(walk.get("walk"))]


def within(cursor: Cursor | None, earliest: datetime) -> tuple[Cursor | None, Gap | None]:
    """A cursor that asks for nothing older than `earliest`, and the stretch given up by that.

    None as the cursor: a walk of which X has nothing left.
    """
    kept = mapping(cursor)
    under_way = mapping(kept.get("walk"))
    floor = instant((under_way or kept).get("floor" if under_way else "mark"))
    if floor is None or floor >= earliest:
        return cursor, None
    if not under_way:
        return {**kept, "mark": earliest.isoformat()}, _gap(floor, earliest)
    raised = earliest + _SLACK
    reached = _reached(under_way)
    if reached is not None and reached <= raised:
        return None, _gap(floor, reached) if reached > floor else None
    lifted = {**under_way, "floor": raised.isoformat()}
    mark = max(instant(kept.get("mark")) or raised, raised).isoformat()
    return {**kept, "mark": mark, "walk": lifted}, _gap(floor, raised)


def _reached(under_way: dict[str, Any]) -> datetime | None:
    """How far down the walk has read."""
    return instant(under_way.get("oldest")) or instant(under_way.get("upper"))


def finished(cursor: Cursor) -> Cursor:
    """The cursor of a walk whose rest is out of reach: done, up to where it began."""
    under_way = mapping(cursor.get("walk"))
    return {
        "v": 1,
        "mark": under_way.get("upper"),
        "seen": under_way.get("fresh"),
        "seen_from": under_way.get("fresh_from"),
    }


def _gap(since: datetime, until: datetime) -> Gap:
    return Gap(since=min(since, until), until=until, reason=_REASON)
