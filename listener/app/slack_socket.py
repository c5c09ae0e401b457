"""Socket Mode: Slack's buttons reach us through a connection that we opened ourselves.

https://docs.slack.dev/apis/events-api/using-socket-mode. The SDK's own client keeps a used address
while it reconnects, leaves a gap at every renewal, waits alike for a bad token and a lost line, and
logs addresses with their tickets: only the connection is kept here, the calls remain the SDK's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import aiohttp
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from listener.app.slack_door import SlackDoor
from listener.notifiers.base import DeliveryError
from listener.notifiers.interactions import BadInteraction

log = logging.getLogger(__name__)

HELLO_WITHIN = 15.0  # s
LINGER = 30.0  # s that a socket is still read after Slack announced its end
STEADY = 60.0  # s after which a socket's end is no longer held against it
PAUSES = (1.0, 60.0)  # s between attempts: first, at most
HOPELESS = 300.0  # s where Slack refuses us for good: until somebody mends the token


class _Frame(BaseModel):
    """One message of the socket, as far as it matters here."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    type: Annotated[str, StringConstraints(max_length=64)]
    envelope_id: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    payload: dict[str, Any] | None = None


class SlackSocket:
    """`run` until cancelled; the door is told whether anybody can knock at it."""

    def __init__(
        self, door: SlackDoor, *, jitter: Callable[[float, float], float] = random.uniform
    ) -> None:
        self.door = door
        self._jitter = jitter
        self._readers: set[asyncio.Task[None]] = set()
        self._greeted = 0  # sockets that said hello and are still read
        self._trouble = ""

    async def run(self) -> None:
        loop, (pause, longest) = asyncio.get_running_loop(), PAUSES
        self.door.deaf_since = self.door.clock()
        try:
            while True:
                began = loop.time()
                wait = await self._serve()
                if loop.time() - began >= STEADY:
                    pause = PAUSES[0]
                    continue
                await asyncio.sleep(max(pause, wait) * self._jitter(0.5, 1.0))
                pause = min(pause * 2, longest)
        finally:
            await self._leave()

    async def _serve(self) -> float:
        """One socket, until another is wanted; then how many seconds to wait with it at least."""
        try:
            await self._follow()
        except DeliveryError as error:
            self._failed(str(error))
            if error.permanent:
                return HOPELESS
            return error.retry_after.total_seconds() if error.retry_after else 0.0
        except Exception as error:
            # Whatever it was, buttons that stay deaf until the next start would be worse.
            self._failed(type(error).__name__)
        return 0.0

    async def _follow(self) -> None:
        """Return once another socket is wanted; what this one still brings is read meanwhile."""
        client = self.door.client
        socket = await client.connect(await client.socket_url())
        ending = asyncio.Event()
        reader = asyncio.create_task(self._read(socket, ending))
        self._readers.add(reader)
        reader.add_done_callback(self._readers.discard)
        await ending.wait()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, ending: asyncio.Event) -> None:
        greeted = False
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HELLO_WITHIN) as limit:
                    async for frame in _frames(socket):
                        if frame.type == "hello" and not greeted:
                            greeted = True
                            self._arrived()
                            limit.reschedule(None)
                        if frame.type == "disconnect":
                            limit.reschedule(asyncio.get_running_loop().time() + LINGER)
                            ending.set()
                        await self._heed(socket, frame)
            if not greeted:
                self._failed("no hello came")
        finally:
            if greeted:
                self._departed()
            ending.set()
            await socket.close()

    async def _heed(self, socket: aiohttp.ClientWebSocketResponse, frame: _Frame) -> None:
        """Acknowledge, then act: Slack waits three seconds, a database sometimes longer."""
        if frame.envelope_id is None:
            return
        with contextlib.suppress(ConnectionError):  # it comes again, and acts once all the same
            await socket.send_str(json.dumps({"envelope_id": frame.envelope_id}))
        if frame.type != "interactive" or frame.payload is None:
            return
        try:
            self.door.take(frame.payload)
        except BadInteraction as error:
            log.warning("slack.bad_interaction error=%s", error)

    def _arrived(self) -> None:
        self._greeted += 1
        if self._trouble:
            log.info("slack.socket_back")
        self._trouble, self.door.deaf_since = "", None

    def _departed(self) -> None:
        self._greeted -= 1
        if not self._greeted:
            self.door.deaf_since = self.door.clock()

    def _failed(self, error: str) -> None:
        """Told once while it lasts."""
        if self._trouble != error:
            log.warning("slack.socket_away error=%s", error)
        self._trouble = error

    async def _leave(self) -> None:
        for reader in self._readers:
            reader.cancel()
        if self._readers:
            await asyncio.wait(self._readers, timeout=1.0)


async def _frames(socket: aiohttp.ClientWebSocketResponse) -> AsyncIterator[_Frame]:
    """What the socket brings until it ends, but for what makes no sense."""
    async for message in socket:
        if message.type is not aiohttp.WSMsgType.TEXT:
            return
        frame = _frame(message.data)
        if frame is not None:
            yield frame


def _frame(data: str) -> _Frame | None:
    try:
        return _Frame.model_validate_json(data)
    except ValidationError:
        log.warning("slack.bad_frame length=%d", len(data))
        return None
