"""One poll of an X source: what it was given, and how its feeds fared."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from connectors.budget import BudgetSpent
from connectors.connector import (
    ConnectorError,
    Cursors,
    Malformed,
    Page,
    RateLimited,
    Unavailable,
)
from connectors.x.feeds import Feed

PASSING = (RateLimited, Unavailable, Malformed)
_FREE_AGAIN = timedelta(hours=1)  # what costs nothing is not kept waiting for the next day's money

Reading = Callable[[Feed, Cursors, set[str]], AsyncGenerator[Page, None]]


@dataclass(slots=True, kw_only=True)
class Turn:
    """`asides` failed beside the lists: told once, they make no source fail."""

    cursors: Cursors
    given: set[str] = field(default_factory=set)  # a post may stand in several feeds
    failures: list[tuple[str, ConnectorError]] = field(default_factory=list)
    asides: list[tuple[str, ConnectorError]] = field(default_factory=list)
    read_any: bool = False

    @property
    def cut(self) -> bool:
        """X itself is away: nothing else would fare better."""
        return any(isinstance(error, Unavailable) for _, error in self.failures)

    def take(self, page: Page) -> None:
        self.read_any = self.read_any or page.complete or bool(page.mentions)
        if page.cursor is not None:
            self.cursors[page.feed] = page.cursor

    def to_tell(self) -> Sequence[tuple[str, ConnectorError]]:
        """What is told as a gap: lasting refusals, while other lists are read."""
        lasting = [(feed, e) for feed, e in self.failures if not isinstance(e, PASSING)]
        asides = [(feed, e) for feed, e in self.asides if not isinstance(e, RateLimited)]
        return [*asides, *(lasting if self.read_any else ())]

    def raise_worst(self) -> None:
        """What may pass; else, where nothing at all was read, a spent budget or a lasting refusal."""
        errors = [error for _, error in self.failures]
        for kind in PASSING:
            for error in errors:
                if isinstance(error, kind) and not isinstance(error, BudgetSpent):
                    raise error
        if self.read_any or not errors:
            return
        for error in errors:
            if isinstance(error, BudgetSpent):
                wait = min(error.retry_after or _FREE_AGAIN, _FREE_AGAIN)
                raise BudgetSpent(error.budget, retry_after=wait)
        raise errors[0]
