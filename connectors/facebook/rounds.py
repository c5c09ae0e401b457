"""One poll over the Page's feeds: what one of them fails in costs no other its turn."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta

from connectors.connector import (
    Clock,
    ConnectorError,
    Cursor,
    Cursors,
    Gap,
    Malformed,
    Page,
    RateLimited,
    Unavailable,
)
from connectors.graph import BadField, Denied, Deprecated
from connectors.http import NotFound
from connectors.reading import instant, mapping

log = logging.getLogger(__name__)
_PASSING = (RateLimited, Unavailable, Malformed)
_ASK_AGAIN = timedelta(hours=1)
_BARRED = "barred_at"


@dataclass(slots=True)
class Tally:
    """`counts=False` marks a feed that has nothing of its own to say when the others are refused."""

    cursors: Cursors
    clock: Clock
    stopped: bool = False  # the network asked us to wait: its other feeds would fare no better
    _read_any: bool = False
    _barred: bool = False
    _failed: list[ConnectorError] = field(default_factory=list)
    _refused: list[tuple[str, Cursor, ConnectorError]] = field(default_factory=list)

    async def reading(
        self, feed: str, pages: AsyncGenerator[Page, None], *, counts: bool = True
    ) -> AsyncIterator[Page]:
        """The pages of a feed, unless it was refused lately; its failure is kept for the end.

        A token that has ended (Unauthorized) and a Page that is gone (Closed) end the poll.
        """
        latest: Cursor = {"v": 1, **mapping(self.cursors.get(feed))}
        if self.stopped:
            return
        if self._is_barred(latest):
            self._barred = True
            return
        try:
            async with aclosing(pages):
                async for page in pages:
                    latest = page.cursor or latest
                    self._read_any = self._read_any or (counts and not page.gaps)
                    yield page
        except RateLimited as error:
            self.stopped = True
            self._failed.append(error)
        except (BadField, Denied, Deprecated, NotFound) as error:
            log.warning("facebook.feed_refused feed=%s error=%s", feed, error)
            self._refused.append((feed, latest, error))
        except (Unavailable, Malformed) as error:
            log.warning("facebook.feed_failed feed=%s error=%s", feed, type(error).__name__)
            self._failed.append(error)

    def refusals(self) -> Iterator[Page]:
        """Told once; the cursor remembers when, and keeps where the feed stood."""
        if not self._read_any:
            return
        at = self.clock()
        for feed, cursor, error in self._refused:
            told = () if _BARRED in cursor else (Gap(since=None, until=at, reason=str(error)),)
            yield Page(feed=feed, gaps=told, cursor={**cursor, "v": 1, _BARRED: at.isoformat()})

    def raise_worst(self) -> None:
        """What may pass, first; a refusal only where nothing at all could be read."""
        for kind in _PASSING:
            for error in self._failed:
                if isinstance(error, kind):
                    raise error
        if self._refused and not self._read_any:
            raise self._refused[0][2]
        if self._barred and not self._read_any:
            raise Denied("the application lacks a permission: asked again within the hour")

    def _is_barred(self, cursor: Cursor) -> bool:
        since = instant(cursor.get(_BARRED))
        return since is not None and timedelta(0) <= self.clock() - since < _ASK_AGAIN
