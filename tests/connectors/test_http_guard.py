"""The SSRF guard: whatever the spelling, the redirect or the DNS answer, nothing private is reached."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from connectors.connector import Refused
from connectors.guard import Guard, HostPattern, is_public, literal
from connectors.http import NetworkPolicy
from tests.connectors.http_site import FREELY, LOCAL, Names, Site, client
from tests.networks.standin import Fault

PRIVATE = [
    "127.0.0.1",
    "127.1",
    "127.0.0.1.",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "017700000001",
    "0177.0.0.1",
    "0",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "168.63.129.16",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "①②⑦.⓪.⓪.①",
    "[::]",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:7f00:1::]",
    "[2001:0:53aa:64c::1]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fec0::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[2001:db8::1]",
]
PUBLIC = ["93.184.216.34", "[2606:2800:220:1:248:1893:25c8:1946]", "[64:ff9b::5db8:d822]"]
PROXIED = NetworkPolicy(proxy="http://proxy.valmont.example:3128", no_proxy=("direct.example",))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site().serving() as served:
        served.answers("/x", b"inside")
        yield served


@pytest.mark.parametrize("policy", [NetworkPolicy(), PROXIED], ids=["direct", "proxied"])
@pytest.mark.parametrize("host", PRIVATE)
def test_a_private_address_is_refused_in_any_spelling(host: str, policy: NetworkPolicy) -> None:
    for scheme in ("http", "https", "ws", "wss"):
        with pytest.raises(Refused):
            Guard(policy).check(URL(f"{scheme}://{host}/"))


@pytest.mark.parametrize("host", PUBLIC)
def test_a_public_address_is_not(host: str) -> None:
    Guard(NetworkPolicy()).check(URL(f"http://{host}/"))


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_is_judged_the_same_in_every_spelling(number: int) -> None:
    plain = literal(socket.inet_ntoa(number.to_bytes(4, "big")))
    assert plain is not None
    top, rest = number >> 24, number & 0xFFFFFF
    for spelling in (
        f"{number}",
        f"{number:#x}",
        f"0{number:o}",
        f"{top:#x}.{rest}",
        f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]",
        f"[64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}]",
    ):
        address = literal(spelling)
        assert address is not None
        assert is_public(address) == is_public(plain)


@given(st.text(max_size=30))
def test_no_host_breaks_the_guard(host: str) -> None:
    literal(host)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "intranet",
        "wiki.local",
        "x.internal",
        "nas.home.arpa",
    ],
)
def test_behind_a_proxy_a_name_that_only_means_something_inside_is_refused(host: str) -> None:
    with pytest.raises(Refused, match=r"network\.allowed_hosts"):
        Guard(PROXIED).check(URL(f"https://{host}/"))


def test_behind_a_proxy_other_names_are_its_own_to_resolve() -> None:
    Guard(PROXIED).check(URL("https://mastodon.example/"))


@pytest.mark.parametrize("policy", [NetworkPolicy(), PROXIED], ids=["direct", "proxied"])
@pytest.mark.parametrize(
    "host", ["a" * 64 + ".example", "a..example", ".example", "xn--a.example", "%00.example", "a b"]
)
def test_what_no_resolver_could_take_is_refused(host: str, policy: NetworkPolicy) -> None:
    with pytest.raises(Refused, match="not a host name"):
        Guard(policy).check(URL(f"http://{host}/"))


@pytest.mark.parametrize("policy", [PROXIED, NetworkPolicy(proxy="http://10.0.0.9:3128")])
def test_the_proxy_itself_is_no_destination(policy: NetworkPolicy) -> None:
    with pytest.raises(Refused):
        Guard(policy).check(URL(f"{policy.proxy}/metrics"))


def test_the_proxy_may_stand_inside() -> None:
    guard = Guard(PROXIED)
    assert guard.permits("proxy.valmont.example", 3128, "10.0.0.9")
    assert not guard.permits("proxy.valmont.example", 80, "10.0.0.9")
    assert not guard.permits("direct.example", 80, "10.0.0.9")


@pytest.mark.parametrize(
    ("entry", "url", "matches"),
    [
        ("blog.valmont.example", "http://blog.valmont.example/", True),
        ("Blog.Valmont.example.", "https://blog.valmont.example:8443/", True),
        ("blog.valmont.example:8443", "https://blog.valmont.example:8443/", True),
        ("blog.valmont.example:8443", "https://blog.valmont.example/", False),
        ("valmont.example", "https://blog.valmont.example/", False),
        (".valmont.example", "https://blog.valmont.example/", True),
        ("*.valmont.example", "https://blog.valmont.example/", True),
        (".valmont.example", "https://evilvalmont.example/", False),
        ("hôpital.example", "https://xn--hpital-ixa.example/", True),
        ("10.0.0.5", "http://10.0.0.5/", True),
        ("10.0.0.5", "http://[::ffff:10.0.0.5]/", True),
        ("10.0.0.5:8080", "http://10.0.0.5/", False),
        ("10.0.0.5:8080", "http://10.0.0.5:8080/", True),
        ("10.0.0.0/8", "http://10.9.9.9/", True),
        ("10.0.0.0/8", "http://11.0.0.1/", False),
        ("10.0.0.0/8:443", "https://10.9.9.9/", True),
        ("fd00::/8", "http://[fd12::1]/", True),
        ("[::1]", "http://[::1]/", True),
        ("[::1]:8080", "http://[::1]:8080/", True),
        ("[::1]:8080", "http://[::1]/", False),
    ],
)
def test_an_entry_of_the_allow_list_means_what_it_says(entry: str, url: str, matches: bool) -> None:
    target = URL(url)
    host = target.raw_host or ""
    assert HostPattern.parse(entry).matches(host, target.port, literal(host)) is matches


@pytest.mark.parametrize("entry", ["", "http://x/", "a b", "x:y", "10.0.0.0/99", "a..b", "-/-"])
def test_an_entry_that_means_nothing_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match="not a host"):
        HostPattern.parse(entry)


@pytest.mark.parametrize(
    ("entry", "url", "direct"),
    [
        ("valmont.example", "https://blog.valmont.example/", True),
        (".valmont.example", "https://valmont.example/", True),
        ("valmont.example", "https://evilvalmont.example/", False),
        ("localhost", "http://localhost:8080/", True),
        ("10.0.0.0/8", "http://10.1.1.1/", True),
        ("10.0.0.0/8", "http://ten.example/", False),
        ("*", "https://mastodon.example/", True),
    ],
)
def test_no_proxy_is_read_as_everybody_reads_it(entry: str, url: str, direct: bool) -> None:
    guard = Guard(NetworkPolicy(proxy="http://p.example:3128", no_proxy=(entry,)))
    assert guard.is_proxied(URL(url)) is not direct


# At connect time


async def test_nothing_local_is_reached_unless_it_is_allowed(site: Site) -> None:
    port = URL(site.base_url).port
    async with client(NetworkPolicy()) as http:
        for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"):
            with pytest.raises(Refused):
                await http.get(f"http://{host}:{port}/x")
            with pytest.raises(Refused):
                async with http.connect(f"ws://{host}:{port}/x"):
                    pass
    assert site.requests == []
    async with client(NetworkPolicy(allowed_hosts=(f"localhost:{port}",))) as http:
        assert (await http.get(f"http://localhost:{port}/x")).body == b"inside"


async def test_a_redirect_to_a_private_place_is_refused(site: Site) -> None:
    async with client(LOCAL) as http:
        for place in ("http://169.254.169.254/latest/meta-data", "//10.0.0.1/", "http://[::1]:22/"):
            site.faults.append(Fault(status=302, headers={"Location": place}))
            with pytest.raises(Refused, match="private or local"):
                await http.get(f"{site.base_url}/x")


async def test_a_stream_is_not_redirected_past_the_guard(site: Site) -> None:
    async with Site().serving() as other, client(LOCAL) as http:
        site.faults.append(Fault(status=302, headers={"Location": f"{other.base_url}/x"}))
        with pytest.raises(Refused, match="redirected"):
            async with http.connect(site.base_url.replace("http", "ws") + "/x"):
                pass
        assert other.requests == []


async def test_a_name_that_resolves_inside_is_refused(site: Site) -> None:
    names = Names(evil_example=["127.0.0.1"], six_example=["::1"])
    async with client(NetworkPolicy(), resolver=names) as http:
        for name in ("evil.example", "six.example"):
            with pytest.raises(Refused, match=rf"{name}.*private or local"):
                await http.get(f"http://{name}:{URL(site.base_url).port}/x")
    assert names.asked == ["evil.example", "six.example"]
    assert site.requests == []


async def test_a_name_rebound_between_two_looks_gains_nothing(site: Site) -> None:
    # Public when somebody looks first, inside when the connection is made.
    names = Names(rebound_example=["93.184.216.34", "127.0.0.1"])
    await names.resolve("rebound.example")
    async with client(NetworkPolicy(), resolver=names) as http:
        with pytest.raises(Refused):
            await http.get(f"http://rebound.example:{URL(site.base_url).port}/x")
    assert site.requests == []


async def test_an_allowed_name_may_resolve_inside(site: Site) -> None:
    names = Names(blog_valmont_example=["127.0.0.1"])
    async with client(
        NetworkPolicy(allowed_hosts=("blog.valmont.example",)), resolver=names
    ) as http:
        http.limit("blog.valmont.example", FREELY)
        answer = await http.get(f"http://blog.valmont.example:{URL(site.base_url).port}/x")
    assert answer.body == b"inside"
