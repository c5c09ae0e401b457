"""Reads and scores a walk's next page while the one before it is written."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from classifiers.classifier import Sample
from connectors.connector import ConnectorError, Page, Unavailable
from listener.workflows.draft import Draft
from listener.workflows.scoring import Scored, Scorer

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Ahead:
    """A page whose scoring may have begun before its turn to be written.

    The scores are a guess: what an earlier page brings may change what a mention concerns or what
    is known of it. They serve where the sample turns out to be the very same, and nowhere else.
    """

    page: Page
    drafts: list[Draft]
    samples: dict[str, Sample] = field(default_factory=dict)  # by ref
    scoring: asyncio.Task[tuple[list[Any], list[int]]] | None = None

    def score(self, scorer: Scorer) -> None:
        if self.samples:
            wanted = scorer.score_or_bisect(list(self.samples.values()))
            self.scoring = asyncio.ensure_future(wanted)

    async def known(self) -> dict[str, tuple[Sample, Scored, bool]]:
        """Sample, scores and whether it was poison, by ref. Raises ScorerError."""
        if self.scoring is None:
            return {}
        scores, poison = await self.scoring
        return {
            ref: (sample, scores[index], index in poison)
            for index, (ref, sample) in enumerate(self.samples.items())
        }

    def drop(self) -> None:
        """Nobody will ask for the scores."""
        if self.scoring is not None and not self.scoring.cancel() and not self.scoring.cancelled():
            self.scoring.exception()  # looked at, or the event loop complains that nobody did


async def named(pages: Any, source_id: str) -> AsyncGenerator[Page]:
    """The pages; a fault of the connector's is raised as its source's failure, and told to ops."""
    try:
        async with aclosing(pages):
            async for page in pages:
                yield page
    except (ConnectorError, GeneratorExit):
        raise
    except Exception as error:
        # A library that chokes on one network's answers must not leave that source silently dead.
        log.exception("source.fault source=%s", source_id)
        raise Unavailable(f"a fault of ours: {type(error).__name__}") from None


async def read_ahead(pages: Any, begin: Callable[[Page], Ahead]) -> AsyncGenerator[Ahead]:
    """The pages in order, each begun as it comes; one at most waits while another is in hand.

    What the connector raises is raised here, after its last page.
    """
    waiting: asyncio.Queue[Ahead | None] = asyncio.Queue()
    room = asyncio.Semaphore(0)

    async def read() -> None:
        # One task from the first page to the last: a connector's time-outs live in it.
        try:
            async with aclosing(pages):
                async for page in pages:
                    waiting.put_nowait(begin(page))
                    await room.acquire()
        finally:
            waiting.put_nowait(None)

    reader = asyncio.create_task(read())
    ahead: Ahead | None = None
    try:
        while (ahead := await waiting.get()) is not None:
            room.release()
            yield ahead
            ahead.drop()
        await reader
    finally:
        reader.cancel()
        await asyncio.wait([reader])
        for left in (ahead, *(waiting.get_nowait() for _ in range(waiting.qsize()))):
            if left is not None:
                left.drop()
