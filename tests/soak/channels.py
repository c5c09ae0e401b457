"""Channels that take their time to answer, so that a kill can fall between their answer and our commit."""

from __future__ import annotations

import asyncio
import random

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.networks.slack import SlackApi
from tests.networks.smtp import SmtpStandIn
from tests.networks.standin import Handler


class Pace:
    """How long a channel keeps its answers back; `answering` is set whenever it does."""

    def __init__(self, rng: random.Random, longest: float) -> None:
        self._rng = rng
        self._longest = longest
        self.answering = asyncio.Event()

    async def hold(self) -> None:
        self.answering.set()
        await asyncio.sleep(self._rng.uniform(0.0, self._longest))


class SlowSlack(SlackApi):
    """Keeps a message, then takes up to `longest` seconds to say so."""

    def __init__(self, pace: Pace, *, rate: float, burst: int) -> None:
        super().__init__(rate=rate, burst=burst)
        self.pace = pace
        self.refused = 0

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await super()._guard(request, handler)
        if request.path.endswith("chat.postMessage"):
            self.refused += response.status == 429
            await self.pace.hold()
        return response


class SlowSmtp(SmtpStandIn):
    """Keeps a mail, then takes its time; now and then it says that it is too busy (RFC 5321, 4.2)."""

    def __init__(self, pace: Pace, rng: random.Random, *, busy: float) -> None:
        super().__init__()
        self.pace = pace
        self._rng = rng
        self._busy = busy
        self.refused = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self._rng.random() < self._busy:
            self.refused += 1
            return "451 4.3.2 Please try again later"
        reply = await super().handle_DATA(server, session, envelope)
        await self.pace.hold()
        return reply
