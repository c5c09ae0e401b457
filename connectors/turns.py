"""One poll over several feeds of a source: what one of them fails in costs no other its turn."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass

from connectors.budget import BudgetSpent
from connectors.connector import (
    Clock,
    ConnectorError,
    Cursors,
    Gap,
    Malformed,
    Page,
    RateLimited,
    Unavailable,
)
from connectors.graph import BadField
from connectors.reading import instant, mapping

log = logging.getLogger(__name__)
_PASSING = (RateLimited, Unavailable, Malformed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One feed, and how it is read; `kind` names it in the log, where its own name may not stand."""

    feed: str
    kind: str
    read: Callable[[], AsyncIterator[Page]]


def longest_waiting_first(turns: Iterable[Turn], cursors: Cursors) -> list[Turn]:
    """A quota that ends every poll early must not starve the same feeds each time."""
    return sorted(turns, key=lambda turn: read_up_to(turn.feed, cursors))


def read_up_to(feed: str, cursors: Cursors) -> float:
    """The mark of a feed's cursor as a unix instant; 0 where it was never read."""
    read = instant(mapping(cursors.get(feed)).get("mark"))
    return read.timestamp() if read is not None else 0.0


async def in_turn(turns: Sequence[Turn], *, refused: set[str], clock: Clock) -> AsyncIterator[Page]:
    """Every feed's pages; what failed is raised at the end.

    What may pass is raised; a lasting refusal only where nothing at all could be read, else it is
    told once, as a gap (`refused` remembers it), also for the polls at which nothing else is due. A
    budget of our own that is spent stops its feed;
    the network's own "wait" stops the round, since its other feeds would fare no better.
    """
    failures: list[tuple[Turn, ConnectorError]] = []
    read_any = in_peace = False
    for turn in turns:
        try:
            async for page in turn.read():
                read_any = True
                yield page
            in_peace = True
            refused.discard(turn.feed)
        except ConnectorError as error:
            failures.append((turn, error))
            if isinstance(error, RateLimited) and not isinstance(error, BudgetSpent):
                break
    for turn, failure in failures:
        if read_any and _lasts(failure) and turn.feed not in refused:
            refused.add(turn.feed)
            log.warning("%s refused: %s", turn.kind, type(failure).__name__)
            gap = Gap(since=None, until=clock(), reason=f"{turn.kind}: {failure}")
            yield Page(feed=turn.feed, gaps=(gap,))
    told = refused if in_peace else frozenset()
    left = [error for turn, error in failures if turn.feed not in told or not _lasts(error)]
    _raise_worst(left, read_any=read_any)


def _lasts(error: ConnectorError) -> bool:
    return isinstance(error, BadField) or not isinstance(error, _PASSING)


def _raise_worst(errors: Sequence[ConnectorError], *, read_any: bool) -> None:
    for kind in _PASSING:
        for error in errors:
            if isinstance(error, kind) and not _lasts(error) and not isinstance(error, BudgetSpent):
                raise error
    if errors and not read_any:
        raise min(errors, key=lambda error: isinstance(error, BudgetSpent))
