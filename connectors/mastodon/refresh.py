"""Reads again the counts of posts already seen, and learns of those that are gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Sequence

from connectors.connector import Clock, ConnectorError, Page
from connectors.mastodon.api import BATCH
from connectors.mastodon.known import KnownPosts
from connectors.mastodon.mentions import NETWORK
from connectors.mastodon.reading import Server
from connectors.mastodon.wire import Status
from connectors.mention import Deletion

Located = dict[str, str]
"""URIs by their id on one instance."""


class Refresh:
    """Asks, for each post, its own server where that is read, else one that showed it.

    A post whose id on an instance is neither remembered nor part of its URI is resolved by search
    where there is a token, and left as it is otherwise. Gone (404, 410) means deleted.
    """

    def __init__(self, servers: Sequence[Server], known: KnownPosts, clock: Clock) -> None:
        self._servers = servers
        self._known = known
        self._clock = clock

    async def pages(self, uris: Collection[str]) -> AsyncIterator[Page]:
        located, lost = self._locate(uris)
        failures: list[ConnectorError] = []
        for server in self._servers:
            try:
                for chunk in _chunks(located[server.api.host]):
                    yield await self._page(server, chunk)
                if server.api.has_token and lost:
                    yield await self._resolved(server, lost)
            except ConnectorError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def _locate(self, uris: Collection[str]) -> tuple[dict[str, Located], list[str]]:
        located: dict[str, Located] = defaultdict(dict)
        lost: list[str] = []
        for uri in dict.fromkeys(uris):
            # Its own server first: only there the figures are whole.
            for host in sorted(self._hosts(), key=lambda host: f"://{host}/" not in uri):
                if local_id := self._known.local_id(host, uri):
                    located[host][local_id] = uri
                    break
            else:
                lost.append(uri)
        return located, lost

    def _hosts(self) -> Iterator[str]:
        return (server.api.host for server in self._servers)

    async def _page(self, server: Server, chunk: Located) -> Page:
        found = await server.api.statuses(chunk) if server.instance.batches else []
        missing = set(chunk) - {status.id for status in found}
        gone: list[str] = []
        for local_id in sorted(missing):
            # An answer for many leaves out what is gone, and what it fails to read: ask again.
            status = await server.api.status(local_id)
            if status is None:
                gone.append(chunk[local_id])
            else:
                found.append(status)
        return await self._told(server, found, gone)

    async def _resolved(self, server: Server, uris: Collection[str]) -> Page:
        found = [status for uri in uris if (status := await server.api.resolved(uri)) is not None]
        return await self._told(server, found, ())

    async def _told(self, server: Server, found: Sequence[Status], gone: Collection[str]) -> Page:
        at = self._clock()
        content = await server.reader.read(found, at=at)
        return Page(
            feed=f"{server.api.host}/refresh",
            mentions=[mention for mention in content.mentions if mention.edited_at],
            engagements=content.engagements,
            deletions=[Deletion(network=NETWORK, seen_at=at, external_id=uri) for uri in gone],
            rejects=content.rejects,
        )


def _chunks(located: Located) -> Iterator[Located]:
    pairs = list(located.items())
    for start in range(0, len(pairs), BATCH):
        yield dict(pairs[start : start + BATCH])
