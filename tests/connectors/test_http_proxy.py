"""A hospital's closed network: one proxy with a login and a private CA, nothing else reachable."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import WSMsgType, web
from pydantic import SecretStr
from yarl import URL

from connectors.connector import Refused, Unavailable
from connectors.http import NetworkPolicy
from tests.connectors.http_site import Names, Site, client
from tests.networks.proxy import ForwardProxy, PrivateAuthority

NETWORK = "mastodon.example"


@asynccontextmanager
async def serving_tls(site: Site, context: ssl.SSLContext) -> AsyncIterator[tuple[str, int]]:
    app = web.Application(middlewares=[site._guard])
    site.routes(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield runner.addresses[0]
    finally:
        await runner.cleanup()


def policy(server: ForwardProxy, ca_file: Path | None = None, **other: object) -> NetworkPolicy:
    login = {"proxy_user": server.user, "proxy_password": SecretStr(server.password)}
    return NetworkPolicy(**{"proxy": server.url, "ca_file": ca_file, **login, **other})


async def greet(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_str(f"hello {request.headers.get('Authorization')}")
    await socket.close()
    return socket


def nowhere() -> Names:
    """A DNS that knows nothing: to ask it at all is an error."""
    return Names()


@pytest.fixture
def authority() -> PrivateAuthority:
    return PrivateAuthority()


@pytest.fixture
def site() -> Site:
    site = Site()
    site.answers("/x", b"well")
    site.pages["/stream"] = greet
    return site


async def test_https_and_websockets_go_through_connect_with_the_private_authority(
    site: Site, authority: PrivateAuthority, tmp_path: Path
) -> None:
    ca_file = authority.write(tmp_path / "ca.pem")
    proxy = ForwardProxy()
    async with serving_tls(site, authority.server(NETWORK)) as address, proxy.serving():
        proxy.names[NETWORK] = address
        async with client(policy(proxy, ca_file), resolver=nowhere()) as http:
            secret = {"Authorization": "Bearer t"}
            answer = await http.get(f"https://{NETWORK}/x", params={"q": "v"}, headers=secret)
            assert answer.body == b"well"
            async with http.connect(f"wss://{NETWORK}/stream", headers=secret) as socket:
                message = await socket.receive()
                assert (message.type, message.data) == (WSMsgType.TEXT, "hello Bearer t")
    assert set(proxy.seen) == {f"CONNECT {NETWORK}:443"}
    assert proxy.refused == []
    for request in site.requests:
        assert "Proxy-Authorization" not in request.headers


async def test_plain_http_is_forwarded_with_the_login_that_only_the_proxy_sees(site: Site) -> None:
    proxy = ForwardProxy()
    async with site.serving(), proxy.serving():
        proxy.names[NETWORK] = ("127.0.0.1", URL(site.base_url).port)
        async with client(policy(proxy), resolver=nowhere()) as http:
            for _ in range(2):
                assert (await http.get(f"http://{NETWORK}/x?a=1")).body == b"well"
    assert proxy.seen == [f"GET {NETWORK}:80"] * 2
    assert site.requests[0].headers["Host"] == NETWORK
    assert "Proxy-Authorization" not in site.requests[0].headers


async def test_a_proxy_that_opens_tls_needs_its_authority(
    site: Site, authority: PrivateAuthority, tmp_path: Path
) -> None:
    proxy = ForwardProxy(opens_tls=authority)
    async with site.serving(), proxy.serving():
        proxy.names[NETWORK] = ("127.0.0.1", URL(site.base_url).port)
        async with client(policy(proxy), resolver=nowhere()) as http:
            with pytest.raises(Unavailable, match=r"certificate.*network\.ca_file"):
                await http.get(f"https://{NETWORK}/x")
        trusting = policy(proxy, authority.write(tmp_path / "ca.pem"))
        async with client(trusting, resolver=nowhere()) as http:
            assert (await http.get(f"https://{NETWORK}/x")).body == b"well"
            async with http.connect(f"wss://{NETWORK}/stream") as socket:
                assert (await socket.receive()).data == "hello None"


@pytest.mark.parametrize("scheme", ["http", "https", "wss"])
async def test_a_wrong_login_is_told_without_being_shown(site: Site, scheme: str) -> None:
    proxy = ForwardProxy({NETWORK: ("127.0.0.1", 9)})
    async with proxy.serving():
        wrong = policy(proxy, proxy_password=SecretStr("s3cret"))
        assert "s3cret" not in repr(wrong)
        async with client(wrong, resolver=nowhere()) as http:
            with pytest.raises(Refused, match=r"proxy refuses us \(status 407\)") as caught:
                if scheme == "wss":
                    await http.connect(f"{scheme}://{NETWORK}/x").__aenter__()
                await http.get(f"{scheme}://{NETWORK}/x")
    assert "s3cret" not in str(caught.value)
    assert proxy.seen == []


async def test_a_host_that_the_proxy_forbids_is_refused() -> None:
    proxy = ForwardProxy()
    async with proxy.serving(), client(policy(proxy), resolver=nowhere()) as http:
        with pytest.raises(Refused, match=r"proxy refuses us \(status 403\)"):
            await http.get(f"https://{NETWORK}/x")


async def test_a_proxy_that_is_down_is_unavailable() -> None:
    proxy = ForwardProxy()
    async with proxy.serving():
        pass
    async with client(policy(proxy), resolver=nowhere()) as http:
        with pytest.raises(Unavailable, match=NETWORK):
            await http.get(f"https://{NETWORK}/x")


async def test_a_proxy_named_inside_is_resolved_and_reached(site: Site) -> None:
    proxy = ForwardProxy()
    async with site.serving(), proxy.serving():
        proxy.names[NETWORK] = ("127.0.0.1", URL(site.base_url).port)
        names = Names(proxy_valmont_example=["127.0.0.1"])
        by_name = f"http://proxy.valmont.example:{URL(proxy.url).port}"
        async with client(policy(proxy, proxy=by_name), resolver=names) as http:
            assert (await http.get(f"http://{NETWORK}/x")).body == b"well"
    assert set(names.asked) == {"proxy.valmont.example"}


async def test_what_no_proxy_names_is_reached_directly_and_still_guarded(site: Site) -> None:
    proxy = ForwardProxy()
    async with site.serving(), proxy.serving():
        port = URL(site.base_url).port
        direct = {"no_proxy": ("valmont.example",)}
        names = Names(blog_valmont_example=["127.0.0.1"])
        async with client(policy(proxy, **direct), resolver=names) as http:
            with pytest.raises(Refused, match="private or local"):
                await http.get(f"http://blog.valmont.example:{port}/x")
        allowed = policy(proxy, **direct, allowed_hosts=("blog.valmont.example",))
        async with client(allowed, resolver=names) as http:
            assert (await http.get(f"http://blog.valmont.example:{port}/x")).body == b"well"
    assert proxy.seen == proxy.refused == []


async def test_a_redirect_through_the_proxy_to_the_inside_is_refused(site: Site) -> None:
    proxy = ForwardProxy()
    async with site.serving(), proxy.serving():
        here = ("127.0.0.1", URL(site.base_url).port)
        proxy.names |= {NETWORK: here, "127.0.0.1": here, "intranet": here, "2130706433": here}
        async with client(policy(proxy), resolver=nowhere()) as http:
            for place in (
                "http://127.0.0.1/x",
                "http://intranet/x",
                "http://2130706433/x",
                proxy.url,
            ):
                site.answers("/go", status=302, headers={"Location": place})
                with pytest.raises(Refused, match="private or local"):
                    await http.get(f"http://{NETWORK}/go")
    assert proxy.seen == [f"GET {NETWORK}:80"] * 4


@pytest.mark.parametrize(
    "proxy", ["socks5://p:1", "proxy.example:3128", "http://", "http://u:s3@p:1"]
)
def test_a_proxy_written_wrongly_is_told_at_once_without_its_password(proxy: str) -> None:
    with pytest.raises(ValueError, match="proxy must") as caught:
        NetworkPolicy(proxy=proxy)
    assert "s3" not in str(caught.value)
