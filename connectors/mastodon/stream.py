"""The live end of a stream: frames in, pages out, each feed's position moved as posts arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from aiohttp import ClientWebSocketResponse, WSMsgType
from pydantic import ValidationError

from connectors.connector import Clock, Keep, Page, Reject, Unauthorized, Unavailable
from connectors.mastodon.api import Item, notification_item, rejected, status_item
from connectors.mastodon.feeds import Feed
from connectors.mastodon.known import KnownPosts
from connectors.mastodon.mentions import NETWORK, words_of
from connectors.mastodon.position import Position
from connectors.mastodon.reading import Server
from connectors.mastodon.wire import Frame, Status
from connectors.mention import Deletion

_DATA = (WSMsgType.TEXT, WSMsgType.BINARY)
_ENDED = (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR)


@dataclass(slots=True)
class _Pending:
    """What one feed has gathered since its last page."""

    feed: Feed
    keep: Keep | None = None
    position: Position | None = None
    statuses: list[Status] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    moved: bool = False

    @property
    def size(self) -> int:
        return len(self.statuses) + len(self.deletions) + len(self.rejects)

    def clear(self) -> None:
        self.statuses, self.deletions, self.rejects, self.moved = [], [], [], False


class Live:
    """One multiplexed WebSocket: https://docs.joinmastodon.org/methods/streaming/#websocket.

    A `delete` names the post by the instance's id: it becomes a Deletion where this process has
    seen the post. Of one seen before a restart, a re-read learns later (404).
    """

    flush_after = 0.5  # seconds from the first post gathered
    flush_at = 100  # posts
    cursor_every = 5.0  # seconds, when nothing matched
    silence_after = timedelta(minutes=1)  # then a page says that all is read, though nothing came

    def __init__(
        self,
        socket: ClientWebSocketResponse,
        server: Server,
        known: KnownPosts,
        *,
        clock: Clock,
    ) -> None:
        self._socket = socket
        self._server = server
        self._known = known
        self._clock = clock
        self._told = clock()
        self._pending: dict[tuple[str, ...], _Pending] = {}

    async def subscribe(self, feed: Feed, keep: Keep | None) -> None:
        subscription = dict(feed.subscription or ())
        # Frames name their stream as ["hashtag", "chu"], without the parameters' names.
        self._pending[tuple(subscription.values())] = _Pending(feed, keep)
        try:
            await self._socket.send_json({"type": "subscribe", **subscription})
        except ConnectionError:
            raise self._closed() from None

    def start(self, feed: Feed, position: Position) -> None:
        for pending in self._pending.values():
            if pending.feed == feed:
                pending.position = position

    async def pages(self) -> AsyncIterator[Page]:
        """Until the connection ends, which is Unavailable; what was gathered is given before."""
        while True:
            ended = await self._gather()
            for page in await self._flush():
                yield page
            if ended:
                raise self._closed()

    def _closed(self) -> Unavailable:
        return Unavailable(f"{self._server.api.host} closed the stream")

    async def _gather(self) -> bool:
        """Fill the pending pages until one of the limits is met; True once the connection ended."""
        now = asyncio.get_running_loop().time
        deadline = now() + self.cursor_every
        while (size := self._size()) < self.flush_at and (wait := deadline - now()) > 0:
            try:
                message = await self._socket.receive(timeout=wait)
            except TimeoutError:
                return False
            if message.type in _ENDED:
                return True
            if message.type in _DATA:
                self._take(message.data)
            if size == 0 and self._size() > 0:
                deadline = min(deadline, now() + self.flush_after)
        return False

    def _size(self) -> int:
        return sum(pending.size for pending in self._pending.values())

    async def _flush(self) -> list[Page]:
        at = self._clock()
        silent = at - self._told >= self.silence_after
        self._told = at if silent else self._told
        return [
            await self._page(pending, at)
            for pending in self._pending.values()
            if silent or pending.moved or pending.size
        ]

    async def _page(self, pending: _Pending, at: datetime) -> Page:
        content = await self._server.reader.read(pending.statuses, at=at)
        page = Page(
            feed=pending.feed.name,
            mentions=content.mentions,
            engagements=content.engagements,
            deletions=tuple(pending.deletions),
            rejects=(*pending.rejects, *content.rejects),
            cursor=pending.position.dump() if pending.position else None,
            complete=True,
        )
        pending.clear()
        return page

    def _take(self, data: str | bytes) -> None:
        try:
            frame = Frame.model_validate_json(data)
        except ValidationError:
            self._unread(data, "a frame that is not JSON")
            return
        if frame.status in (401, 403):
            raise Unauthorized(f"{self._server.api.host} refuses a subscription to its stream")
        if frame.event == "delete":
            self._delete(str(frame.payload))
            return
        read = _READERS.get(frame.event)
        pending = self._pending.get(tuple(frame.stream))
        if read is None or pending is None:
            return  # filters, announcements and private conversations are not for us
        item = read(_loads(frame.payload))
        if item is None:
            self._unread(data, f"an unreadable {frame.event} event")
            return
        self._add(pending, item, is_new=frame.event != "status.update")

    def _add(self, pending: _Pending, item: Item, *, is_new: bool) -> None:
        if is_new and pending.position is not None:
            if item.entry.id in pending.position.seen:
                return  # the catch-up gave it
            pending.position = pending.position.arrived(item.entry)
            pending.moved = True
        status = item.status and (item.status.reblog or item.status)
        if status is not None and (pending.keep is None or pending.keep(words_of(status))):
            pending.statuses.append(status)

    def _delete(self, local_id: str) -> None:
        for pending in self._pending.values():
            pending.statuses = [s for s in pending.statuses if s.id != local_id]
        known = self._known.get(self._server.api.host, local_id)
        first = next(iter(self._pending.values()), None)
        if known is None or first is None:
            return
        gone = Deletion(network=NETWORK, seen_at=self._clock(), external_id=known.uri)
        if all(deletion.external_id != known.uri for deletion in first.deletions):
            first.deletions.append(gone)

    def _unread(self, data: str | bytes, error: str) -> None:
        payload = data.encode() if isinstance(data, str) else data
        for pending in list(self._pending.values())[:1]:
            pending.rejects.append(rejected(payload, error))


_READERS: dict[str, Callable[[dict[str, Any]], Item | None]] = {
    "update": status_item,
    "status.update": status_item,
    "notification": notification_item,
}


def _loads(payload: object) -> dict[str, Any]:
    """JSON in a string; some servers send the object itself."""
    if isinstance(payload, str):
        try:
            payload = orjson.loads(payload)
        except orjson.JSONDecodeError:
            return {}
    return payload if isinstance(payload, dict) else {}
