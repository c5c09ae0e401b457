"""The scorer seen from the event loop: a child process that may crash, hang or be absent.

Imports neither numpy nor scikit-learn. Requests are pipelined and answered in order, so a crash or
a time-out is the doing of the oldest unanswered one: that one fails, and the others are sent again
to a fresh process.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from classifiers import frames
from classifiers.child import (
    STOP_GRACE,
    ScorerCrashed,
    ScorerError,
    ScorerFailed,
    ScorerTimeout,
    ScorerUnavailable,
    Worker,
    end,
    launch,
)
from classifiers.classifier import ModelError, Sample, Score
from classifiers.stories.proposals import Proposal, Representative

__all__ = [
    "ScorerClient",
    "ScorerCrashed",
    "ScorerError",
    "ScorerFailed",
    "ScorerTimeout",
    "ScorerUnavailable",
]

log = logging.getLogger(__name__)

MEMORY_MB = 1024  # of address space; resident memory is far less
RETRY_START = 5.0  # s before a worker that did not start is tried again
BISECT_SHARE = 0.25  # of the time-out, for the parts of a batch that is being bisected
COMMAND = (sys.executable, "-m", "classifiers.worker", "--memory-mb", str(MEMORY_MB))


@dataclass(slots=True, eq=False)
class _Request:
    number: int
    frame: bytes
    timeout: float
    answer: asyncio.Future[Any]  # scores of samples, or proposals about representatives


@dataclass(slots=True, eq=False)
class ScorerClient:
    """`timeout`: seconds that one batch may take once the process has it in hand."""

    command: Sequence[str] = COMMAND
    timeout: float = 10.0
    start_timeout: float = 30.0
    restarts: int = field(default=0, init=False)  # lives that a crash or a time-out cost so far
    _worker: Worker | None = field(default=None, init=False)
    _pending: deque[_Request] = field(default_factory=deque, init=False)
    _numbers: int = field(default=0, init=False)
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _failure: tuple[float, str] | None = field(default=None, init=False)
    _resuming: asyncio.Task[None] | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        """The process, for those who measure it; None while there is none."""
        return self._worker.process.pid if self._worker else None

    @property
    def idle(self) -> bool:
        """Whether it runs, and nobody waits for it."""
        return self._worker is not None and not self._pending

    async def start(self) -> Mapping[str, str]:
        """Start the process, unless it runs; the classifiers' versions.

        ModelError when a model is missing or altered, ScorerUnavailable when it does not start.
        """
        async with self._starting:
            if self._worker is None:
                self._worker = await launch(self.command, self.start_timeout)
                self._worker.reading = asyncio.create_task(self._read_answers(self._worker))
                for request in self._pending:
                    self._worker.write(request.frame)
            return self._worker.versions

    async def score(
        self, samples: Sequence[Sample], *, patience: float | None = None
    ) -> list[list[Score]]:
        """One list of scores a sample. ScorerError, of the kind that says what happened.

        `patience` (s) stands in for the client's `timeout` for this batch.
        """
        if not samples:
            return []
        packed = [frames.pack_sample(sample) for sample in samples]
        found: list[list[Score]] = await self._ask({"samples": packed}, patience)
        return found

    async def propose(self, representatives: Sequence[Representative]) -> list[Proposal]:
        """Which stories seem to be one. ScorerError, of the kind that says what happened."""
        if not representatives:
            return []
        packed = frames.pack_representatives(representatives)
        found: list[Proposal] = await self._ask({"representatives": packed})
        return found

    async def _ask(self, message: Mapping[str, Any], patience: float | None = None) -> Any:
        worker = await self._running()
        self._numbers += 1
        request = _Request(
            number=self._numbers,
            frame=frames.encode({"id": self._numbers, **message}),
            timeout=self.timeout if patience is None else patience,
            answer=asyncio.get_running_loop().create_future(),
        )
        self._pending.append(request)
        worker.write(request.frame)
        if len(self._pending) == 1 and worker.deadline is not None:
            worker.deadline.reschedule(self._due())
        return await request.answer

    async def score_or_bisect(
        self, samples: Sequence[Sample]
    ) -> tuple[list[list[Score] | None], list[int]]:
        """Scores, None for each poison item, and the poison items' indexes.

        A batch that fails is halved until the items that cannot be scored stand alone. None is
        given up at its first failure: the machine may be to blame. ScorerUnavailable goes through.
        """
        try:
            return list(await self.score(samples)), []
        except ScorerUnavailable:
            raise
        except ScorerError as error:
            log.warning("scorer.bisecting size=%d error=%s", len(samples), type(error).__name__)
        scores: list[list[Score] | None] = [None] * len(samples)
        poison: list[int] = []
        await self._bisect(samples, range(len(samples)), scores, poison)
        return scores, poison

    async def stop(self) -> None:
        """End the process gently, then by force. What was not answered is not scored."""
        if self._resuming is not None:
            self._resuming.cancel()
            await asyncio.wait([self._resuming])
        async with self._starting:
            worker, self._worker = self._worker, None
            if worker is not None:
                await end(worker, grace=STOP_GRACE)
                if worker.reading is not None:
                    await asyncio.wait([worker.reading])
        self._fail_all(ScorerUnavailable("the scorer was stopped"))

    async def _bisect(
        self,
        samples: Sequence[Sample],
        indexes: range,
        scores: list[list[Score] | None],
        poison: list[int],
    ) -> None:
        middle = (len(indexes) + 1) // 2
        for part in (indexes[:middle], indexes[middle:]):
            if not part:
                continue
            try:
                found = await self.score(
                    [samples[i] for i in part], patience=self.timeout * BISECT_SHARE
                )
            except ScorerUnavailable:
                raise
            except ScorerError:
                if len(part) > 1:
                    await self._bisect(samples, part, scores, poison)
                    continue
                poison.append(part[0])
                log.warning("scorer.poison_item")
                continue
            for i, row in zip(part, found, strict=True):
                scores[i] = row

    async def _running(self) -> Worker:
        if self._worker is not None:
            return self._worker
        now = asyncio.get_running_loop().time()
        if self._failure is not None and now - self._failure[0] < RETRY_START:
            raise ScorerUnavailable(self._failure[1])
        try:
            await self.start()
        except (ModelError, ScorerUnavailable) as error:
            self._failure = (now, str(error))
            raise ScorerUnavailable(str(error)) from error
        self._failure = None
        if self._worker is None:  # it died at once, or was stopped meanwhile
            raise ScorerUnavailable("the scorer ended as soon as it had started")
        return self._worker

    async def _read_answers(self, worker: Worker) -> None:
        while True:
            try:
                async with asyncio.timeout_at(self._due()) as worker.deadline:
                    answer = await worker.read()
            except TimeoutError:
                return await self._bury(worker, ScorerTimeout("the scorer took too long"))
            # ValueError: what came is no frame, so the process cannot be trusted any more.
            except (asyncio.IncompleteReadError, ConnectionError, ValueError):
                return await self._bury(worker, ScorerCrashed("the scorer's process ended"))
            worker.deadline = None
            self._settle(answer)

    def _due(self) -> float | None:
        """When the oldest unanswered request will have taken too long."""
        if not self._pending:
            return None
        return asyncio.get_running_loop().time() + self._pending[0].timeout

    def _settle(self, answer: Mapping[str, Any]) -> None:
        if not self._pending or answer.get("id") != self._pending[0].number:
            return
        future = self._pending.popleft().answer
        if future.done():  # the caller went away
            return
        if "error" in answer:
            future.set_exception(ScorerFailed(str(answer["error"])))
            return
        if "proposals" in answer:
            future.set_result(frames.unpack_proposals(answer["proposals"]))
            return
        future.set_result(frames.unpack_scores(answer["scores"]))

    async def _bury(self, worker: Worker, fate: ScorerError) -> None:
        if self._worker is not worker:  # stopped on purpose
            return
        self._worker = None
        self.restarts += 1
        log.warning("scorer.lost error=%s pending=%d", type(fate).__name__, len(self._pending))
        if self._pending:
            guilty = self._pending.popleft().answer
            if not guilty.done():
                guilty.set_exception(fate)
        await end(worker, grace=0)
        if self._pending:
            self._resuming = asyncio.create_task(self._resume())

    async def _resume(self) -> None:
        """Give the innocent requests, still pending, to a fresh process."""
        try:
            await self.start()
        except (ModelError, ScorerUnavailable) as error:
            self._fail_all(ScorerUnavailable(str(error)))

    def _fail_all(self, error: ScorerError) -> None:
        while self._pending:
            future = self._pending.popleft().answer
            if not future.done():
                future.set_exception(error)
