"""One Jetstream connection: where to resume, what was missed, and pages every half second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import timedelta

import aiohttp
from yarl import URL

from connectors.bluesky.attached import POST
from connectors.bluesky.jetstream import FrameError, Frames, from_microseconds, to_microseconds
from connectors.connector import (
    Clock,
    Cursor,
    Cursors,
    Gap,
    Keep,
    Malformed,
    Page,
    Unavailable,
)
from connectors.http import HttpClient
from connectors.reading import count, mapping, string

FEED = "jetstream"
_FLUSH_EVERY = 0.5  # s
_CURSOR_EVERY = 5.0  # s
_REWIND_US = 5_000_000
_LIVE_US = 15_000_000  # an event this young means that the backlog is read
_BURST = 128  # frames between two breaths of the event loop: a few milliseconds
_MAX_FRAME = 1_000_000  # bytes; the server skips what is larger, the socket takes a little more
_DATA = (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where the stream was left. A sequence number means something to the host that gave it only.

    `seen`: an event stood there; a mark that was only reckoned proves no gap.
    """

    time_us: int
    seen: bool = False
    host: str | None = None
    seq: int | None = None

    def to_cursor(self) -> Cursor:
        body = {"time_us": self.time_us, "seen": self.seen, "host": self.host, "seq": self.seq}
        return {"v": 1, **body}


def read_mark(cursor: Cursor | None) -> Mark | None:
    kept = mapping(cursor)
    time_us = count(kept.get("time_us"))
    if time_us is None:
        return None
    return Mark(
        time_us=time_us,
        seen=kept.get("seen") is True,
        host=string(kept.get("host")),
        seq=count(kept.get("seq")),
    )


class Jetstream:
    """Pages of one connection. A cut ends in Unavailable: the caller connects again from its cursor."""

    def __init__(
        self,
        http: HttpClient,
        url: URL,
        *,
        clock: Clock,
        keep: Keep,
        handles: Mapping[str, str],
        domains: Sequence[str],
        look_back: timedelta,
    ) -> None:
        self._http = http
        self._url = url
        self._second = url.path.endswith("subscribeEvents")
        self._host = url.authority
        self._clock = clock
        self._keep = keep
        self._handles = handles
        self._domains = domains
        self._look_back = look_back

    async def pages(self, cursors: Cursors) -> AsyncGenerator[Page, None]:
        mark = read_mark(cursors.get(FEED))
        if mark is None:
            mark = Mark(time_us=to_microseconds(self._clock() - self._look_back))
        by_seq = self._second and mark.seq is not None and mark.host == self._host
        try:
            async with aclosing(self._connection(mark, by_seq=by_seq, clamped=False)) as pages:
                async for page in pages:
                    yield page
        except _CursorRefused:
            # The sequence number has left the server's window; a date is moved up to its floor.
            clamped = mark.seen
            async with aclosing(self._connection(mark, by_seq=False, clamped=clamped)) as pages:
                async for page in pages:
                    yield page

    async def _connection(
        self, mark: Mark, *, by_seq: bool, clamped: bool
    ) -> AsyncGenerator[Page, None]:
        frames = Frames(self._keep, self._handles, self._domains)
        frames.clamped = clamped
        url = str(self._url.with_query(self._params(mark, by_seq=by_seq)))
        try:
            async with (
                self._http.connect(url, max_message=2 * _MAX_FRAME) as socket,
                aclosing(self._flushes(socket, frames, mark)) as pages,
            ):
                async for page in pages:
                    yield page
        except Malformed:
            if by_seq:
                raise _CursorRefused from None
            raise
        except FrameError as error:
            raise Unavailable(f"Jetstream ended the stream: {error.name}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(f"Jetstream: {type(error).__name__}") from None

    def _params(self, mark: Mark, *, by_seq: bool) -> list[tuple[str, str]]:
        size = ("maxMessageSizeBytes", str(_MAX_FRAME))
        position = mark.seq if by_seq else max(0, mark.time_us - _REWIND_US)
        if not self._second:
            return [("wantedCollections", POST), size, ("cursor", str(position))]
        kinds = [("kinds", "commit"), ("kinds", "account"), ("collections", POST)]
        return [*kinds, size, ("cursor", str(position))]

    async def _flushes(
        self, socket: aiohttp.ClientWebSocketResponse, frames: Frames, mark: Mark
    ) -> AsyncGenerator[Page, None]:
        loop = asyncio.get_running_loop()
        gap_open = mark.seen
        moved = loop.time()
        closed = False
        while not closed:
            closed = await _read(socket, frames, until=loop.time() + _FLUSH_EVERY)
            idle = loop.time() - moved >= _CURSOR_EVERY
            if not (frames.batch.urgent or idle or closed):
                continue
            moved = loop.time()
            gaps = self._missed(mark, frames) if gap_open else []
            gap_open = gap_open and frames.first_us is None
            mark_now = self._mark(mark, frames)
            quiet = frames.last_us is None or mark_now == mark
            yield self._page(frames, mark_now, gaps, quiet=quiet and not closed)
            mark = mark_now
        raise Unavailable("Jetstream closed the connection")

    def _page(self, frames: Frames, mark: Mark, gaps: list[Gap], *, quiet: bool) -> Page:
        at = self._clock()
        batch = frames.take()
        return Page(
            feed=FEED,
            mentions=batch.mentions,
            deletions=batch.deletions(at),
            rejects=batch.rejects,
            gaps=gaps,
            cursor=mark.to_cursor(),
            complete=quiet or to_microseconds(at) - mark.time_us < _LIVE_US,
        )

    def _mark(self, mark: Mark, frames: Frames) -> Mark:
        last = frames.last_us
        if last is None:
            return mark
        # A server whose clock runs ahead must not send the next connection into the future.
        time_us = min(last, to_microseconds(self._clock()))
        return replace(mark, time_us=time_us, seen=True, host=self._host, seq=frames.seq)

    def _missed(self, mark: Mark, frames: Frames) -> list[Gap]:
        """v2 says when it starts later than asked. v1 does not: its first event then comes after the
        one that the mark stands on, which it was asked to repeat."""
        first = frames.first_us
        if first is None:
            return []
        late = not self._second and first > mark.time_us + _REWIND_US
        if not (late or frames.clamped):
            return []
        since, until = from_microseconds(mark.time_us), from_microseconds(first)
        return [Gap(since=min(since, until), until=until, reason="Jetstream keeps no longer past")]


class _CursorRefused(Exception):
    """v2 answered 400 to a sequence number."""


async def _read(socket: aiohttp.ClientWebSocketResponse, frames: Frames, *, until: float) -> bool:
    """Frames into the batch until it is full or the time has come; True once the socket is closed."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout_at(until):
            while not frames.batch.full and loop.time() < until:
                for _ in range(_BURST):
                    message = await socket.receive()
                    if message.type not in _DATA:
                        return True
                    frames.feed(message.data)
                    if frames.batch.full:
                        break
                # A backlog is received without ever waiting: give the others their turn.
                await asyncio.sleep(0)
    except TimeoutError:
        pass
    return False
