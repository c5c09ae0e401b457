"""The Graph API's errors are named by the next move, its tokens stay in headers, its links hold none."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from connectors.connector import (
    ConnectorError,
    Malformed,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from connectors.graph import (
    BadField,
    Denied,
    Deprecated,
    Gone,
    Graph,
    changes_of,
    data_of,
    next_token,
    page_params,
    proof,
)
from connectors.http import HttpClient, NetworkPolicy, NotFound
from tests.networks.standin import StandIn

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOKEN = "jeton-tres-secret"
SECRET = "secret-de-l-application"


class Answering(StandIn):
    """Answers every call with `status`, `headers` and `body`."""

    def __init__(self) -> None:
        super().__init__()
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body: Any = {"data": []}

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/{path:.*}", self._answer)

    async def _answer(self, _request: web.Request) -> web.Response:
        return web.json_response(self.body, status=self.status, headers=self.headers)

    def fails(self, code: int, *, status: int = 400, **more: Any) -> None:
        message = f"(#{code}) {more.pop('message', 'no')}: access_token={TOKEN}"
        self.status, self.body = status, {"error": {"code": code, "message": message, **more}}


@asynccontextmanager
async def graphs() -> AsyncIterator[tuple[Answering, Graph]]:
    async def no_wait(_seconds: float) -> None:
        return None

    async def token() -> str:
        return TOKEN

    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with (
        Answering().serving() as network,
        HttpClient(policy, clock=lambda: NOON, sleep=no_wait) as http,
    ):
        base = f"{network.base_url}/v25.0/"
        yield network, Graph(http, base, token=token, clock=lambda: NOON, app_secret=SECRET)


async def failure(network: Answering, graph: Graph) -> ConnectorError:
    with pytest.raises(ConnectorError) as raised:
        await graph.get("valmont/feed", {"fields": "id"})
    assert network.requests
    return raised.value


@pytest.mark.parametrize(
    ("code", "more", "named"),
    [
        (1, {}, Unavailable),
        (2, {}, Unavailable),
        (4, {}, RateLimited),
        (17, {}, RateLimited),
        (32, {}, RateLimited),
        (613, {}, RateLimited),
        (80001, {}, RateLimited),
        (10, {}, Denied),
        (200, {}, Denied),
        (283, {}, Denied),
        (3, {}, Denied),
        (190, {"error_subcode": 463}, Unauthorized),
        (102, {}, Unauthorized),
        (12, {}, Deprecated),
        (24, {}, Gone),
        (803, {}, Gone),
        (100, {"error_subcode": 33}, Gone),
        ("190", {}, Unauthorized),
        ("100", {"error_subcode": "33"}, Gone),
        (100, {}, BadField),
        (100, {"message": "missing permission or reviewable feature"}, Denied),
        (100, {"message": "Pages Public Content Access requires"}, Denied),
        (100, {"message": "lacks permissions", "error_subcode": 33}, Gone),
        (100, {"message": "Invalid appsecret_proof provided"}, Unauthorized),
        (999, {"is_transient": True}, Unavailable),
        (999, {}, Malformed),
        ("douze", {}, Malformed),
    ],
)
async def test_an_error_is_named_by_its_code(
    code: Any, more: dict[str, Any], named: type[ConnectorError]
) -> None:
    async with graphs() as (network, graph):
        network.fails(code, **more)
        error = await failure(network, graph)
    assert type(error) is named
    assert TOKEN not in str(error) and TOKEN not in repr(error)


async def test_a_dead_token_tells_what_to_do() -> None:
    async with graphs() as (network, graph):
        network.fails(190, status=401)
        error = await failure(network, graph)
    assert "listener login" in str(error)
    assert not isinstance(error, Denied)


async def test_a_quota_without_a_time_waits_a_quarter_of_an_hour() -> None:
    async with graphs() as (network, graph):
        network.fails(4, status=403)
        error = await failure(network, graph)
    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(minutes=15)


@pytest.mark.parametrize("status", [400, 403])
async def test_a_quota_waits_as_long_as_the_business_use_case_says(status: int) -> None:
    usage = {"100200": [{"type": "pages", "call_count": 98, "estimated_time_to_regain_access": 37}]}
    async with graphs() as (network, graph):
        network.fails(32, status=status)
        network.headers = {"X-Business-Use-Case-Usage": json.dumps(usage)}
        error = await failure(network, graph)
    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(minutes=37)


@pytest.mark.parametrize("headers", ['{"a": 3}', "[]", "not json", '{"p": [null, {"type": 1}]}'])
async def test_usage_headers_of_another_shape_are_passed_over(headers: str) -> None:
    async with graphs() as (network, graph):
        network.headers = {"X-App-Usage": headers, "X-Business-Use-Case-Usage": headers}
        assert await graph.get("valmont/feed") == {"data": []}


@pytest.mark.parametrize("body", [[], None, 5, "x"])
async def test_what_is_no_object_is_malformed(body: Any) -> None:
    async with graphs() as (network, graph):
        network.body = body
        assert isinstance(await failure(network, graph), Malformed)


async def test_an_error_that_says_nothing_goes_by_its_status() -> None:
    async with graphs() as (network, graph):
        network.status, network.body = 404, {"error": {}}
        assert type(await failure(network, graph)) is NotFound
        network.status = 403
        assert type(await failure(network, graph)) is Unauthorized


async def test_the_token_travels_in_a_header_and_is_proven() -> None:
    async with graphs() as (network, graph):
        await graph.get("/valmont/feed", {"limit": 5})
        request = network.requests[0]
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in str(request.url) and SECRET not in str(request.url)
    assert request.query["appsecret_proof"] == proof(TOKEN, SECRET)
    assert request.path == "/v25.0/valmont/feed"


def test_the_proof_is_the_token_signed_with_the_secret() -> None:
    # RFC 4231, test case 2
    signed = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert proof("what do ya want for nothing?", "Jefe") == signed


def paging(link: str | None, after: str | None = None) -> dict[str, Any]:
    cursors = {"cursors": {"before": "B", "after": after}} if after else {}
    return {"data": [], "paging": {**cursors, **({"next": link} if link else {})}}


def test_only_a_next_link_means_another_page() -> None:
    assert next_token(paging(None, "QVFI")) is None
    assert next_token({"data": []}) is None
    assert next_token(paging("https://graph.facebook.com/v25.0/1/feed?after=QVFI", "QVFI"))


def test_a_token_asks_for_the_next_page_and_holds_no_credential() -> None:
    link = "https://graph.facebook.com/v25.0/1/feed?access_token=S&appsecret_proof=P&after=QV%3D%3D"
    for answer in (paging(link), paging(link, "QV==")):
        token = next_token(answer)
        assert token is not None and "S" not in token and "P" not in token
        assert page_params(token) == {"after": "QV=="}


def test_lists_that_page_by_time_or_offset_are_followed_too() -> None:
    by_time = "https://graph.facebook.com/v25.0/1/feed?access_token=S&until=17&__paging_token=e_1&x"
    assert page_params(next_token(paging(by_time))) == {"until": "17", "__paging_token": "e_1"}
    by_offset = "https://graph.facebook.com/v25.0/1/feed?access_token=S&offset=25"
    assert page_params(next_token(paging(by_offset))) == {"offset": "25"}


def test_a_next_link_that_leads_nowhere_ends_the_list() -> None:
    assert next_token(paging("https://graph.facebook.com/v25.0/1/feed?access_token=S")) is None
    assert page_params(None) == {}


def test_a_stored_token_that_was_tampered_with_sends_no_credential() -> None:
    assert page_params("access_token=S&appsecret_proof=P&until=17") == {"until": "17"}


@pytest.mark.parametrize("data", [None, {}, "x", 5])
def test_an_edge_without_a_list_is_malformed(data: Any) -> None:
    with pytest.raises(Malformed):
        data_of({"data": data})


def test_the_changes_of_a_call_come_in_order_with_their_entry_time() -> None:
    body = {
        "object": "page",
        "entry": [
            {"id": "1", "time": 17, "changes": [{"field": "feed", "value": {"verb": "add"}}]},
            {"id": "1", "changes": [{"field": "mention", "value": {"verb": "remove"}}, 5]},
            {"id": "1", "messaging": [{"message": {}}]},
            "x",
        ],
    }
    assert changes_of(body) == [
        ("feed", {"verb": "add"}, 17),
        ("mention", {"verb": "remove"}, None),
    ]


@pytest.mark.parametrize("body", [None, [], {"entry": 5}, {"entry": [{"changes": {}}]}])
def test_a_call_of_another_shape_holds_no_changes(body: Any) -> None:
    assert changes_of(body) == []
