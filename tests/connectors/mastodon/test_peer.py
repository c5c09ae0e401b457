"""Against mastodon-mock, where it is installed: a server that we did not write."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from connectors.connector import Cursors
from connectors.http import HttpClient, NetworkPolicy
from connectors.mastodon import MastodonConnector, MastodonSettings
from connectors.mention import Kind
from tests.connectors.mastodon.driving import WATCHED, drain, ids, mentions
from tests.peers import mastodon_mock

pytestmark = pytest.mark.skipif(
    mastodon_mock.missing() is not None, reason=mastodon_mock.missing() or "installed"
)


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with mastodon_mock.running() as url:
        yield url


async def call(method: str, url: str, **fields: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {mastodon_mock.TOKEN}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, url, json=fields or None) as answer,
    ):
        body: dict[str, Any] = await answer.json()
        return body


async def test_a_thread_is_followed_re_read_and_deleted(mock: str) -> None:
    """One story, as starting the mock takes longer than all of it."""
    statuses = f"{mock}/api/v1/statuses"
    settings = MastodonSettings.model_validate(
        {"base_url": mock, "access_token": mastodon_mock.TOKEN, "search": False}
    )
    cursors: Cursors = {}
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with HttpClient(policy) as http:
        connector = MastodonConnector(
            settings, http=http, watched=WATCHED, clock=lambda: datetime.now(UTC)
        )
        assert ids(await drain(connector, cursors)) == []
        first = await call("POST", statuses, status="Neuf heures aux urgences #chuvalmont")
        for number in range(45):
            await call(
                "POST",
                statuses,
                status=f"Moi aussi, {number} #chuvalmont",
                in_reply_to_id=first["id"],
            )
        found = {m.external_id: m for m in mentions(await drain(connector, cursors))}
        assert len(found) == 46
        assert {m.parent_id for m in found.values() if m.kind is Kind.REPLY} == {first["uri"]}
        assert ids(await drain(connector, cursors)) == []

        await call("POST", f"{statuses}/{first['id']}/favourite")
        pages = [page async for page in connector.refresh([found[first["uri"]].key])]
        assert [e.reactions for page in pages for e in page.engagements] == [1]
        await call("DELETE", f"{statuses}/{first['id']}")
        pages = [page async for page in connector.refresh([found[first["uri"]].key])]
        assert [d.external_id for page in pages for d in page.deletions] == [first["uri"]]
