"""Lists whose order the documentation does not tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from connectors.walk import Found


def not_older(found: Iterable[Found], floor: datetime) -> list[Found]:
    """A page as the walk may read it: it stops at a page that lies below its floor, which is right
    only where a page shows that it is newest first; elsewhere what is below the floor is left out."""
    items = list(found)
    if _newest_first(items):
        return items
    return [item for item in items if since(item.position, floor)]


def since(position: datetime | None, floor: datetime) -> bool:
    return position is None or position >= floor


def _newest_first(found: list[Found]) -> bool:
    """At least two different dates, none of which goes up."""
    dates = [item.position for item in found if item.position is not None]
    return len(set(dates)) > 1 and all(left >= right for left, right in pairwise(dates))
