"""Whether the listener lives (/healthz), works (/readyz), and how much it does (/metrics)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from classifiers.client import ScorerClient
from listener.app.application import Application
from listener.app.vitals import Vitals
from listener.web import metrics

ANSWER_WITHIN = 2.0  # s for the database
TICK_RECENT = 90.0  # s


class Health:
    """Answers about the application that `current` gives: another one after each reload."""

    def __init__(self, current: Callable[[], Application | None], vitals: Vitals) -> None:
        self._current = current
        self._vitals = vitals

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return (
            web.get("/healthz", self.healthz),
            web.get("/readyz", self.readyz),
            web.get("/metrics", self.metrics),
        )

    async def healthz(self, _request: web.Request) -> web.Response:
        """Alive: the loop answers and the tick goes round. What 503 says, a restart may mend."""
        reasons = [] if self._vitals.tick.alive else ["the tick stands still"]
        return self._answer(reasons)

    async def readyz(self, _request: web.Request) -> web.Response:
        """Working: mentions are read, scored and judged now."""
        app = self._current()
        if app is None or not self._vitals.ready:
            return self._answer(["still starting"])
        reasons = []
        if not await _answers(app):
            reasons.append("the database does not answer")
        reasons += sorted({f"the database fails: {why}" for why in self._vitals.unwritten.values()})
        if isinstance(app.scorer, ScorerClient) and app.scorer.pid is None:
            reasons.append("the scorer is not running")
        if self._vitals.tick.age > TICK_RECENT:
            reasons.append(f"the last tick was {self._vitals.tick.age:.0f} s ago")
        return self._answer(reasons)

    async def metrics(self, _request: web.Request) -> web.Response:
        body = await metrics.exposition(self._current(), self._vitals)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _answer(self, reasons: list[str]) -> web.Response:
        status = {
            "status": "unavailable" if reasons else "ok",
            "reasons": reasons,
            "uptime_seconds": round(time.monotonic() - self._vitals.started_at, 1),
        }
        return web.json_response(status, status=503 if reasons else 200)


async def _answers(app: Application) -> bool:
    try:
        async with asyncio.timeout(ANSWER_WITHIN), app.database.read() as connection:
            await connection.execute(text("SELECT 1 FROM sources LIMIT 1"))
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
    return True
