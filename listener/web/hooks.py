"""/hooks/<source>: where networks call us. Checked, committed to the inbox, and only then answered."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from connectors.webhook import Answer, Call, Forged, Receiving
from listener.app.application import Application
from listener.app.vitals import Vitals
from listener.workflows.collect import Source

log = logging.getLogger(__name__)

ANSWER_WITHIN = 2.5  # s: LinkedIn and Meta wait three
MAX_BODY = 1024 * 1024  # bytes
TELL_AGAIN = 300.0  # s: whoever knocks without a key must not fill the log


class Hooks:
    """Serves the sources of the application that `current` gives; `received` wakes the reader."""

    def __init__(
        self,
        current: Callable[[], Application | None],
        vitals: Vitals,
        received: Callable[[], None],
    ) -> None:
        self._current = current
        self._vitals = vitals
        self._received = received
        self._told: dict[str, float] = {}
        self._working: set[asyncio.Task[web.Response]] = set()

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return (
            web.get("/hooks/{source}", self.call, allow_head=False),
            web.post("/hooks/{source}", self.call),
        )

    async def call(self, request: web.Request) -> web.Response:
        """404 tells a stranger nothing: neither which sources exist nor which of them are called."""
        app = self._current()
        if app is None:
            return web.Response(status=503, headers={"Retry-After": "10"})
        source = app.sources.get(request.match_info["source"])
        if source is None or not isinstance(source.connector, Receiving):
            return web.Response(status=404)
        try:
            return await self._in_time(self._answered(request, app, source, source.connector))
        except Forged:
            self._count(source.id, "forged")
            self._tell(source.id)
            return web.Response(status=403)
        except web.HTTPRequestEntityTooLarge:
            self._count(source.id, "too_large")
            raise
        except (TimeoutError, SQLAlchemyError, OSError) as error:
            # Not kept, so not acknowledged: the network calls again.
            self._count(source.id, "failed")
            log.error("hook.failed source=%s error=%s", source.id, type(error).__name__)
            return web.Response(status=503, headers={"Retry-After": "30"})

    async def _answered(
        self, request: web.Request, app: Application, source: Source, connector: Receiving
    ) -> web.Response:
        call = await _call(request, app)
        answer = connector.answer(call)
        if answer.keep:
            is_new = await app.receiver.keep(source, call)
            self._count(source.id, "kept" if is_new else "repeated")
            self._received()
        return _response(answer)

    async def _in_time(self, work: Coroutine[Any, Any, web.Response]) -> web.Response:
        """Raises TimeoutError once the time is over, and lets go what cannot be interrupted.

        SQLite waits for another process's writer in its thread, and so would whoever cancels it.
        """
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait((task,), timeout=ANSWER_WITHIN)
        if not task.done():
            task.cancel()
            raise TimeoutError
        return task.result()

    def _ended(self, task: asyncio.Task[web.Response]) -> None:
        self._working.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, or the event loop complains that nobody did

    def _count(self, source_id: str, outcome: str) -> None:
        self._vitals.hooks[source_id, outcome] += 1

    def _tell(self, source_id: str) -> None:
        now = time.monotonic()
        if now - self._told.get(source_id, -TELL_AGAIN) >= TELL_AGAIN:
            self._told[source_id] = now
            log.warning("hook.forged source=%s", source_id)


async def _call(request: web.Request, app: Application) -> Call:
    return Call(
        method=request.method,
        query=dict(request.query),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
        received_at=app.clock(),
    )


def _response(answer: Answer) -> web.Response:
    return web.Response(
        status=answer.status,
        body=answer.body,
        content_type=answer.content_type,
        headers={"X-Content-Type-Options": "nosniff"},
    )
