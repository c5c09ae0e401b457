"""HttpClient as a connector sees it: answers, errors by next move, redirects, secrets kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from connectors.connector import (
    Closed,
    ConnectorError,
    Malformed,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
)
from connectors.http import HttpClient, Limits, NetworkPolicy, NotFound, Validators
from tests.connectors.http_site import LOCAL, Naps, Site, client, talking
from tests.networks.standin import Fault


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site().serving() as served:
        yield served


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with client() as opened:
        yield opened


async def test_an_answer_is_given_back_whole(site: Site, http: HttpClient) -> None:
    site.answers("/a", b'{"items": [1]}', headers={"Content-Type": "application/json"})
    answer = await http.get(f"{site.base_url}/a", params={"q": "CHU de Valmont", "page": 2})
    assert answer.json() == {"items": [1]}
    assert answer.status == 200
    assert site.requests[0].query == {"q": "CHU de Valmont", "page": "2"}


async def test_we_say_who_we_are_and_how_to_reach_us(site: Site) -> None:
    policy = NetworkPolicy(
        allowed_hosts=("127.0.0.1",), contact="https://valmont.example/bot\r\nX: y"
    )
    async with client(policy) as http:
        await http.get(site.base_url)
    agent = site.requests[0].headers["User-Agent"]
    assert agent.startswith("hospital-listener/")
    assert agent.endswith(" (+https://valmont.example/botX: y)")


async def test_a_page_that_has_not_changed_is_not_read_again(site: Site, http: HttpClient) -> None:
    async def page(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"v1"':
            return web.Response(status=304)
        return web.Response(body=b"new", headers={"ETag": '"v1"', "Last-Modified": "yesterday"})

    site.pages["/feed"] = page
    first = await http.get(f"{site.base_url}/feed")
    assert first.validators == Validators(etag='"v1"', last_modified="yesterday")
    second = await http.get(f"{site.base_url}/feed", validators=first.validators)
    assert second.not_modified
    assert second.body == b""
    assert site.requests[1].headers["If-Modified-Since"] == "yesterday"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Malformed),
        (401, Unauthorized),
        (403, Unauthorized),
        (404, NotFound),
        (410, Closed),
        (422, Malformed),
    ],
)
async def test_a_status_is_named_by_the_next_move(
    site: Site, http: HttpClient, status: int, error: type[ConnectorError]
) -> None:
    site.answers("/x", b"why", status=status)
    answer = await http.get(f"{site.base_url}/x")
    with pytest.raises(error):
        answer.raise_for_status()


async def test_a_server_that_stumbles_is_asked_again(site: Site) -> None:
    naps = Naps()
    site.answers("/x", b"well")
    site.faults.extend([Fault(status=500), Fault(status=502)])
    async with client(sleep=naps) as http:
        assert (await http.get(f"{site.base_url}/x")).body == b"well"
    assert len(naps.taken) == 2
    assert 0 <= naps.taken[0] <= 0.5
    assert 0 <= naps.taken[1] <= 1.0


async def test_a_server_that_stays_down_is_unavailable(site: Site, http: HttpClient) -> None:
    site.faults.extend([Fault(status=503)] * 3)
    with pytest.raises(Unavailable, match=r"127.0.0.1:\d+: status 503"):
        await http.get(f"{site.base_url}/x")
    assert len(site.requests) == 3


async def test_a_post_is_never_sent_twice(site: Site, http: HttpClient) -> None:
    site.faults.append(Fault(status=500))
    with pytest.raises(Unavailable):
        await http.post(f"{site.base_url}/x", json={"a": 1})
    assert len(site.requests) == 1


async def test_a_post_carries_json_or_a_form(site: Site, http: HttpClient) -> None:
    bodies: list[str] = []

    async def page(request: web.Request) -> web.Response:
        bodies.append(f"{request.content_type} {await request.text()}")
        return web.Response()

    site.pages["/x"] = page
    await http.post(f"{site.base_url}/x", json={"é": [1]})
    await http.post(f"{site.base_url}/x", data={"a": "b c"})
    assert bodies == ['application/json {"é":[1]}', "application/x-www-form-urlencoded a=b+c"]


async def test_a_put_is_sent_once_as_it_stands(site: Site, http: HttpClient) -> None:
    sent: list[tuple[str, str, str]] = []

    async def page(request: web.Request) -> web.Response:
        sent.append((request.method, request.raw_path, await request.text()))
        return web.Response(status=500)

    site.pages["/x"] = page
    with pytest.raises(Unavailable):
        await http.put(f"{site.base_url}/x?signed=a%40b", data=b"1\n2", encoded=True)
    assert sent == [("PUT", "/x?signed=a%40b", "1\n2")]


async def test_html_where_json_was_promised_is_malformed_and_kept(
    site: Site, http: HttpClient
) -> None:
    site.answers("/x", b"<html>Connexion</html>", headers={"Content-Type": "text/html"})
    answer = await http.get(f"{site.base_url}/x")
    with pytest.raises(Malformed, match="text/html") as caught:
        answer.json()
    assert caught.value.payload == b"<html>Connexion</html>"


async def test_a_post_cut_in_the_middle_of_an_emoji_does_not_cost_the_page(
    site: Site, http: HttpClient
) -> None:
    site.answers("/x", rb'[{"text": "bravo \ud83d"}, {"likes": NaN, "text": "suite"}]')
    items = (await http.get(f"{site.base_url}/x")).json()
    assert items == [{"text": "bravo \ufffd"}, {"likes": None, "text": "suite"}]


@pytest.mark.parametrize("depth", [100_000])
async def test_json_nested_beyond_reason_is_malformed(
    site: Site, http: HttpClient, depth: int
) -> None:
    site.answers("/x", b"[" * depth + b"]" * depth)
    answer = await http.get(f"{site.base_url}/x")
    with pytest.raises(Malformed):
        answer.json()


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("été".encode(), "text/html", "été"),
        ("été".encode("cp1252"), "text/html", "été"),
        ("l’été à 3 €".encode("cp1252"), "text/html; charset=iso-8859-1", "l’été à 3 €"),
        ("été".encode("utf-8-sig"), "text/html; charset=iso-8859-1", "été"),
        ("été".encode("utf-16"), "text/xml", "été"),
        ("été".encode(), "text/html; charset=latin-42", "été"),
        ("été".encode(), "text/html; charset=punycode", "été"),
        (b"caf\xe9 \x81", "text/html; charset=utf-8", "café \ufffd"),
    ],
    ids=["utf-8", "cp1252", "latin-1", "mark", "utf-16", "unknown", "not a text codec", "mixed"],
)
async def test_text_is_read_as_it_was_written(
    site: Site, http: HttpClient, body: bytes, content_type: str, text: str
) -> None:
    site.answers("/x", body, headers={"Content-Type": content_type})
    assert (await http.get(f"{site.base_url}/x")).text() == text


# Redirects


def redirecting(status: int, location: str) -> Fault:
    return Fault(status=status, headers={"Location": location})


async def test_a_move_for_good_is_told_and_a_detour_is_not(site: Site, http: HttpClient) -> None:
    site.answers("/new", b"here")
    site.answers("/old", status=301, headers={"Location": "/new"})
    site.answers("/busy", status=302, headers={"Location": "/old"})
    moved = await http.get(f"{site.base_url}/old")
    assert moved.body == b"here"
    assert moved.redirected_permanently_to == moved.url == f"{site.base_url}/new"
    detoured = await http.get(f"{site.base_url}/busy")
    assert detoured.url == f"{site.base_url}/new"
    assert detoured.redirected_permanently_to is None


async def test_a_redirect_loop_is_refused(site: Site, http: HttpClient) -> None:
    site.answers("/x", status=302, headers={"Location": "/x?again=1"})
    with pytest.raises(Refused, match="more than 5 redirects"):
        await http.get(f"{site.base_url}/x")
    assert len(site.requests) == 6


async def test_credentials_do_not_follow_to_another_host(site: Site) -> None:
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1", "localhost"))
    async with Site().serving() as other, client(policy) as http:
        away = other.base_url.replace("127.0.0.1", "localhost") + "/b"
        other.answers("/b")
        site.answers("/a", status=302, headers={"Location": away})
        secrets = {"Authorization": "Bearer t", "apikey": "k", "Cookie": "c", "Accept": "x/y"}
        await http.get(f"{site.base_url}/a", headers=secrets)
        assert site.requests[0].headers["apikey"] == "k"
        received = other.requests[0].headers
        assert not {"Authorization", "apikey", "Cookie"} & set(received)
        assert received["Accept"] == "x/y"


async def test_credentials_stay_on_a_redirect_within_the_host(site: Site, http: HttpClient) -> None:
    site.answers("/b")
    site.answers("/a", status=307, headers={"Location": "/b"})
    await http.post(f"{site.base_url}/a", headers={"Authorization": "Bearer t"}, data=b"x")
    assert [request.method for request in site.requests] == ["POST", "POST"]
    assert site.requests[1].headers["Authorization"] == "Bearer t"


async def test_a_body_is_not_carried_to_another_host(site: Site, http: HttpClient) -> None:
    async with Site().serving() as other:
        site.answers("/a", status=307, headers={"Location": f"{other.base_url}/b"})
        with pytest.raises(Refused, match="another host"):
            await http.post(f"{site.base_url}/a", json={"password": "p"})
        assert other.requests == []


async def test_a_post_answered_see_other_becomes_a_get(site: Site, http: HttpClient) -> None:
    site.answers("/b", b"done")
    site.answers("/a", status=303, headers={"Location": "/b"})
    assert (await http.post(f"{site.base_url}/a", json={"a": 1})).body == b"done"
    assert site.requests[1].method == "GET"
    assert "Content-Type" not in site.requests[1].headers


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://x/y", "http://", "http://[::"])
async def test_a_redirect_to_nowhere_good_is_refused(
    site: Site, http: HttpClient, location: str
) -> None:
    site.answers("/a", status=302, headers={"Location": location})
    with pytest.raises(Refused):
        await http.get(f"{site.base_url}/a")


# Cuts, lies and slowness


async def test_a_validator_that_is_no_text_is_not_kept(http: HttpClient) -> None:
    async def talk(_reader, writer) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: "\xff\xfe"\r\n\r\n')
        await writer.drain()

    async with talking(talk) as url:
        assert (await http.get(url)).validators == Validators()


async def test_a_body_cut_in_the_middle_is_unavailable(http: HttpClient) -> None:
    async def talk(_reader, writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it")
        writer.close()

    async with talking(talk) as url:
        with pytest.raises(Unavailable, match="cut"):
            await http.get(url)


async def test_what_is_not_http_is_malformed(http: HttpClient) -> None:
    async def talk(_reader, writer) -> None:
        writer.write(b"220 smtp.valmont.example ESMTP\r\n")
        writer.close()

    async with talking(talk) as url:
        with pytest.raises(Malformed, match="not HTTP"):
            await http.get(url)


async def test_a_content_length_too_short_spoils_no_later_answer(http: HttpClient) -> None:
    answers = [b"hello, and what I did not tell", b"hello"]

    async def talk(_reader, writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + answers.pop(0))
        await writer.drain()

    async with talking(talk) as url:
        with pytest.raises(Malformed, match="not HTTP"):
            await http.get(url)
        assert (await http.get(url)).body == b"hello"


async def test_a_server_that_trickles_is_given_up(http: HttpClient) -> None:
    async def talk(_reader, writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with talking(talk) as url:
        http.limit("127.0.0.1", Limits(total=0.15, idle=10, attempts=1))
        with pytest.raises(Unavailable, match="timed out"):
            await http.get(url)


async def test_a_server_that_falls_silent_is_given_up(http: HttpClient) -> None:
    async def talk(_reader, writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome")
        await asyncio.sleep(30)

    async with talking(talk) as url:
        http.limit("127.0.0.1", Limits(total=30, idle=0.1, attempts=1))
        with pytest.raises(Unavailable, match="timed out"):
            await http.get(url)


async def test_nobody_listening_is_unavailable(http: HttpClient) -> None:
    async with talking(lambda _reader, _writer: None) as url:
        pass
    with pytest.raises(Unavailable, match="cannot be reached"):
        await http.get(url)


# Secrets


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500, body=b"s3cret"),
        Fault(status=429, body=b"s3cret", headers={"Retry-After": "600"}),
        Fault(status=302, headers={"Location": "http://10.0.0.1/?t=s3cret"}),
        Fault(status=200, headers={"Content-Encoding": "gzip"}, body=b"s3cret"),
    ],
)
async def test_no_error_log_or_repr_tells_a_secret(
    site: Site, fault: Fault, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    site.faults.extend([fault] * 20)
    async with client() as http:
        for _ in range(6):
            with pytest.raises(ConnectorError) as caught:
                await http.get(
                    f"{site.base_url}/bots3cret/x?token=s3cret",
                    params={"access_token": "s3cret"},
                    headers={"Authorization": "Bearer s3cret"},
                )
            assert "s3cret" not in str(caught.value) + repr(caught.value)
            assert caught.value.__suppress_context__ or caught.value.__context__ is None
        site.faults.clear()
        answer = await http.get(f"{site.base_url}/s3cret") if fault.status == 200 else None
        assert "s3cret" not in repr(answer)
    printed = capsys.readouterr()
    assert "s3cret" not in caplog.text + printed.out + printed.err


async def test_a_url_that_is_none_is_refused_without_being_repeated(http: HttpClient) -> None:
    for url in ("http://[s3cret", "s3cret", "http://a:s3cret@", "http://x:99999999/s3cret"):
        with pytest.raises(Refused) as caught:
            await http.get(url)
        assert "s3cret" not in str(caught.value)


async def test_credentials_in_a_url_become_a_header(site: Site, http: HttpClient) -> None:
    site.answers("/feed")
    url = site.base_url.replace("http://", "http://user:p%40ss@") + "/feed"
    answer = await http.get(url)
    assert site.requests[0].headers["Authorization"] == "Basic dXNlcjpwQHNz"
    assert answer.url == f"{site.base_url}/feed"


async def test_a_client_used_outside_its_block_says_so() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await HttpClient(LOCAL).get("http://127.0.0.1/")


async def test_an_unreadable_authority_stops_the_start(tmp_path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(Refused, match=rf"network.ca_file .*{name}"):
            async with HttpClient(NetworkPolicy(ca_file=tmp_path / name)):
                pass


async def test_a_spent_quota_is_told_as_rate_limited(site: Site, http: HttpClient) -> None:
    site.answers(
        "/x", status=403, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "900"}
    )
    with pytest.raises(RateLimited) as caught:
        await http.get(f"{site.base_url}/x")
    assert caught.value.retry_after.total_seconds() == 900


async def test_an_encoded_address_is_sent_as_it_stands(site: Site, http: HttpClient) -> None:
    path = "/rest/posts/urn%3Ali%3Ashare%3A1"
    seen: list[str] = []

    async def page(request: web.Request) -> web.Response:
        seen.append(request.raw_path)
        return web.json_response({})

    site.pages["/rest/posts/urn:li:share:1"] = page
    await http.get(site.base_url + path, encoded=True)
    await http.get(site.base_url + path)
    assert seen == [path, "/rest/posts/urn:li:share:1"]
