"""The Bluesky connector's session, and what it reads again with or without an account."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.bluesky import BlueskyConnector
from connectors.bluesky.session import FileSessions, Session
from connectors.connector import (
    Unauthorized,
)
from connectors.mention import Deletion, MentionKey
from tests.connectors.bluesky.support import NOON, PASSWORD, Make, drain, ids
from tests.networks.bluesky import Bluesky


async def test_an_expired_token_is_refreshed_without_a_new_session(
    make: Make, network: Bluesky
) -> None:
    connector = make()
    await drain(connector, {})
    network.expire()
    network.publish(2)
    assert len(ids(await drain(connector, {}))) == 2
    assert (network.sessions, network.refreshes) == (1, 1)


async def test_a_refused_refresh_makes_one_new_session(make: Make, network: Bluesky) -> None:
    connector = make()
    await drain(connector, {})
    network.expire()
    network.refresh_works = False
    await drain(connector, {})
    assert network.sessions == 2


async def test_a_restart_uses_the_session_of_the_last_run(
    make: Make, network: Bluesky, tmp_path: Path
) -> None:
    kept = tmp_path / "state" / "bluesky.json"
    await drain(make(session_file=kept), {})
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    await drain(make(session_file=kept), {})
    assert network.sessions == 1
    await drain(make(session_file=kept, identifier="autre.example.com"), {})
    assert network.sessions == 2, "another account never uses this one's session"


@pytest.mark.parametrize("content", [b"", b"[]", b'{"accessJwt": 5}', b"\xff\xfe"])
async def test_a_damaged_session_file_is_made_again(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "session"
    path.write_bytes(content)
    assert await FileSessions(path).load() is None
    session = Session(account="a@b", access="secret-1", refresh="secret-2")
    await FileSessions(path).save(session)
    assert await FileSessions(path).load() == session
    assert "secret" not in repr(session)


async def test_without_an_account_the_error_says_what_to_do(make: Make) -> None:
    connector = make(identifier=None, app_password=None)
    with pytest.raises(Unauthorized, match=r"app_password .*stream = true"):
        await drain(connector, {})
    assert await drain(make(identifier=None, app_password=None, stream=True), {}) == []


async def test_a_wrong_password_is_said_without_being_shown(make: Make, network: Bluesky) -> None:
    network.password = "changed"
    with pytest.raises(Unauthorized) as refused:
        await drain(make(), {})
    assert PASSWORD not in str(refused.value)
    assert PASSWORD not in repr(make()._settings)


def test_half_a_credential_is_refused() -> None:
    with pytest.raises(ValidationError, match="go together"):
        BlueskyConnector.Settings.model_validate({"identifier": "veille.example.com"})


async def test_counts_are_read_again_25_a_call_and_what_is_gone_is_deleted(
    make: Make, network: Bluesky
) -> None:
    uris = network.publish(30)
    gone = network.posts.pop(3)["uri"]
    keys = [MentionKey(network="bluesky", external_id=uri) for uri in [*uris, "not an address"]]
    pages = [page async for page in make().refresh(keys)]
    assert len(network.calls("getPosts")) == 2
    figures = {e.key.external_id: e for page in pages for e in page.engagements}
    assert len(figures) == 29
    assert figures[uris[5]].shares == 3
    deletions = [deletion for page in pages for deletion in page.deletions]
    assert deletions == [Deletion(network="bluesky", external_id=gone, seen_at=NOON)]


async def test_counts_can_be_read_without_an_account(make: Make, network: Bluesky) -> None:
    (uri,) = network.publish(1)
    connector = make(identifier=None, app_password=None)
    keys = [MentionKey(network="bluesky", external_id=uri)]
    (page,) = [page async for page in connector.refresh(keys)]
    assert [figures.key.external_id for figures in page.engagements] == [uri]
    assert network.sessions == 0


async def test_an_author_who_blocks_our_account_has_deleted_nothing(
    make: Make, network: Bluesky
) -> None:
    (uri,) = network.publish(1)
    network.blocked = {uri}
    keys = [MentionKey(network="bluesky", external_id=uri)]
    public = network.base_url.replace("127.0.0.1", "localhost")
    for public_url in (public, "http://127.0.0.1:9"):
        connector = make(public_url=public_url)
        (page,) = [page async for page in connector.refresh(keys)]
        assert page.deletions == []
    network.posts.clear()
    (page,) = [page async for page in make(public_url=public).refresh(keys)]
    assert [deletion.external_id for deletion in page.deletions] == [uri]


def test_hosts_are_those_that_the_configuration_reaches(make: Make, network: Bluesky) -> None:
    official = {"base_url": "https://bsky.social"}
    assert make(**official).hosts() == ("public.api.bsky.app:443", "bsky.social:443")
    keyless = {"identifier": None, "app_password": None, "stream": True}
    assert make(**official, **keyless).hosts() == (
        "public.api.bsky.app:443",
        "jetstream2.us-east.bsky.network:443",
    )
