"""The networks' own calls: kept in the inbox before they are answered, read like any page afterwards."""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from connectors.connector import ConnectorError, Malformed, RateLimited, Unauthorized, Unavailable
from connectors.webhook import Call, Receiving
from listener.storage import inbox
from listener.storage.database import Database
from listener.storage.inbox import Kept
from listener.storage.seal import Sealer, SealError
from listener.workflows.ahead import named
from listener.workflows.collect import Collector, Source
from listener.workflows.standing import Standing

log = logging.getLogger(__name__)

CALL = b"call"
LEASE = timedelta(minutes=5)
BACKOFF_START = timedelta(seconds=30)
BACKOFF_MAX = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)
REMEMBER = timedelta(days=7)  # Meta repeats a call for 36 hours


@dataclass(slots=True, kw_only=True)
class Receiver:
    database: Database
    sealer: Sealer
    collector: Collector
    standing: Standing
    owner: str

    async def keep(self, source: Source, call: Call) -> bool:
        """Commit a call that the connector wants kept; False where it stands there already."""
        sealed = self.sealer.seal(_dumped(call), CALL)
        async with self.database.write(durable=True) as connection:
            return await inbox.keep(
                connection, source.id, _fingerprint(call), sealed, at=call.received_at
            )

    async def read(self, sources: Mapping[str, Source], at: datetime) -> int:
        """Read what is due, oldest first; how many calls were dealt with.

        A stop is heeded between two calls; what is left of a batch is anybody's again at once.
        """
        async with self.database.write() as connection:
            left = await inbox.claim(
                connection,
                sources=[s.id for s in sources.values() if isinstance(s.connector, Receiving)],
                abandoned=at - GIVE_UP_AFTER,
                owner=self.owner,
                at=at,
                lease=LEASE,
            )
        dealt_with = 0
        try:
            while left and self._may_go_on(at):
                await self._deal_with(left[0], sources, at)
                left.pop(0)
                dealt_with += 1
        finally:
            if left:
                async with self.database.write() as connection:
                    await inbox.release(connection, left, owner=self.owner)
        return dealt_with

    def _may_go_on(self, since: datetime) -> bool:
        """Beyond its lease, a batch would be read by another daemon, too."""
        in_time = self.collector.clock() - since < LEASE / 2
        return in_time and not self.collector.stopping.is_set()

    async def _deal_with(self, kept: Kept, sources: Mapping[str, Source], at: datetime) -> None:
        source = sources.get(kept.source_id)
        if source is None or not isinstance(source.connector, Receiving):
            await self._done(kept, at, "given up: no such source now")
        else:
            await self._read(kept, source, source.connector, at)

    async def _read(self, kept: Kept, source: Source, connector: Receiving, at: datetime) -> None:
        try:
            call = _loaded(self.sealer.open_json(kept.sealed, CALL), kept.received_at)
            async for page in named(connector.receive(call), source.id):
                await self.collector.take(source, page)
        except (RateLimited, Unavailable, Unauthorized, SealError) as error:
            await self._later(kept, at, at + _pause(kept, error), str(error))
        except Malformed as error:
            await self.standing.set_aside(source.id, error)
            await self._done(kept, at, str(error))
        except ConnectorError as error:
            await self._done(kept, at, str(error))
        else:
            await self._done(kept, at, None)

    async def _done(self, kept: Kept, at: datetime, error: str | None) -> None:
        if error is not None:
            log.warning("inbox.unreadable source=%s detail=%s", kept.source_id, error)
        async with self.database.write() as connection:
            await inbox.done(connection, kept, at=at, error=error)

    async def _later(self, kept: Kept, at: datetime, until: datetime, error: str) -> None:
        if at - kept.received_at > GIVE_UP_AFTER:
            await self._done(kept, at, f"given up: {error}")
            return
        async with self.database.write() as connection:
            await inbox.postpone(connection, kept, until=until, error=error)

    async def expire(self, at: datetime) -> None:
        async with self.database.write() as connection:
            await inbox.expire(connection, before=at - REMEMBER)


def _pause(kept: Kept, error: ConnectorError | SealError) -> timedelta:
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return error.retry_after
    if isinstance(error, Unauthorized):
        return BACKOFF_MAX  # somebody must act first
    backoff: timedelta = BACKOFF_START * 2 ** min(kept.attempts, 10)
    return min(backoff, BACKOFF_MAX)


def _fingerprint(call: Call) -> str:
    """Of what was said: a repeated call may carry another date or delivery number."""
    return blake2b(call.body, digest_size=16).hexdigest()


def _dumped(call: Call) -> dict[str, object]:
    """Without credentials: they have served, and only the network's own headers tell of the body."""
    return {
        "method": call.method,
        "headers": {
            name: value
            for name, value in call.headers.items()
            if name.startswith("x-") or name == "content-type"
        },
        "body": base64.b64encode(call.body).decode(),
    }


def _loaded(kept: Mapping[str, object], received_at: datetime) -> Call:
    headers = kept["headers"]
    return Call(
        method=str(kept["method"]),
        headers=headers if isinstance(headers, dict) else {},
        body=base64.b64decode(str(kept["body"])),
        received_at=received_at,
    )
