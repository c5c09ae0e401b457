"""The connector against a real Bluesky network (PLC, PDS and AppView of @atproto/dev-env).

Runs where LISTENER_PEERS is set and a PDS listens on 127.0.0.1:2583. Its search is a substring one
that ignores `since`: it shows sessions, paging, counts and deletions, not search semantics.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from connectors.bluesky import BlueskyConnector
from connectors.connector import Cursors, Watched
from connectors.http import HttpClient, NetworkPolicy, utc_now
from connectors.mention import Kind, MentionKey
from tests.connectors.bluesky.support import drain, ids

PDS = "http://localhost:2583"
JETSTREAM = "ws://localhost:6008/subscribe"  # a bridge that turns the network's firehose into v1
PASSWORD = "invented-password"


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True


@pytest.fixture
def peer() -> str:
    if "LISTENER_PEERS" not in os.environ:
        pytest.skip("LISTENER_PEERS is unset")
    if not _listens(2583):
        pytest.skip("no Bluesky network listens on 127.0.0.1:2583")
    return PDS


class Person:
    """An account of the peer network that writes posts."""

    def __init__(self, session: aiohttp.ClientSession, answer: dict[str, Any]) -> None:
        self._session = session
        self.did, self.handle = answer["did"], answer["handle"]
        self._headers = {"Authorization": f"Bearer {answer['accessJwt']}"}

    async def call(self, method: str, **body: Any) -> dict[str, Any]:
        url = f"{PDS}/xrpc/com.atproto.repo.{method}"
        repo = {"repo": self.did, "collection": "app.bsky.feed.post"}
        async with self._session.post(url, json={**repo, **body}, headers=self._headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(self, text: str, **record: Any) -> dict[str, Any]:
        created = utc_now().isoformat().replace("+00:00", "Z")
        return await self.call(
            "createRecord", record={"text": text, "createdAt": created, **record}
        )


@pytest.fixture
async def claire(peer: str) -> AsyncIterator[Person]:
    async with aiohttp.ClientSession() as session:
        name = f"c{uuid4().hex[:10]}"
        body = {"handle": f"{name}.test", "email": f"{name}@example.com", "password": PASSWORD}
        url = f"{peer}/xrpc/com.atproto.server.createAccount"
        async with session.post(url, json=body) as answer:
            yield Person(session, await answer.json())


async def test_a_real_network_is_read_from_the_session_to_the_deletion(claire: Person) -> None:
    term = f"valmont{uuid4().hex[:8]}"
    settings = BlueskyConnector.Settings.model_validate(
        {"base_url": PDS, "identifier": claire.handle, "app_password": PASSWORD}
    )
    async with HttpClient(NetworkPolicy(allowed_hosts=("localhost",))) as http:
        connector = BlueskyConnector(
            settings, http=http, watched=Watched(terms=(term,)), clock=utc_now
        )
        first = await claire.post(f"le CHU, {term} 0")
        parent = {"uri": first["uri"], "cid": first["cid"]}
        written = [first["uri"]]
        for number in range(1, 250):
            reply = {"reply": {"parent": parent, "root": parent}} if number == 1 else {}
            written.append((await claire.post(f"😡 {term} {number}", **reply))["uri"])
        cursors: Cursors = {}
        found: list[str] = []
        mentions = []
        async with asyncio.timeout(30):
            while len(found) < len(written):  # its index follows by seconds
                pages = await drain(connector, cursors)
                found += ids(pages)
                mentions += [mention for page in pages for mention in page.mentions]
        assert sorted(found) == sorted(written)
        (answer,) = [mention for mention in mentions if mention.kind is Kind.REPLY]
        assert answer.parent_id == first["uri"]
        assert answer.author.handle == claire.handle
        assert utc_now() - answer.published_at < timedelta(minutes=5)
        await claire.call("deleteRecord", rkey=written[-1].rpartition("/")[2])
        async with asyncio.timeout(30):
            while True:
                keys = [MentionKey(network="bluesky", external_id=uri) for uri in written[-25:]]
                (page,) = [page async for page in connector.refresh(keys)]
                if page.deletions:
                    break
        assert [deletion.external_id for deletion in page.deletions] == [written[-1]]
        assert len(page.engagements) == 24


async def test_posts_of_a_real_network_arrive_by_the_stream(claire: Person) -> None:
    if not _listens(6008):
        pytest.skip("no Jetstream bridge listens on 127.0.0.1:6008")
    term = f"valmont{uuid4().hex[:8]}"
    settings = BlueskyConnector.Settings(base_url=PDS, stream=True, jetstream_url=JETSTREAM)
    async with HttpClient(NetworkPolicy(allowed_hosts=("localhost",))) as http:
        connector = BlueskyConnector(
            settings, http=http, watched=Watched(keep=lambda text: term in text), clock=utc_now
        )
        first = await claire.post(f"😡 {term}")  # before the stream opens: it looks back
        await claire.post("il pleut")
        found: list[str] = []
        async with asyncio.timeout(20), aclosing(connector.stream({})) as pages:
            async for page in pages:
                found += ids([page])
                if len(found) == 1:
                    second = await claire.post(f"encore {term}")
                if len(found) >= 2:
                    break
        assert found == [first["uri"], second["uri"]]
