"""The SSRF guard: no request leaves for a private place that the configuration does not allow."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from connectors.connector import Refused
from connectors.policy import NetworkPolicy

Address = IPv4Address | IPv6Address

_SCHEMES = frozenset({"http", "https", "ws", "wss"})
_NAT64 = IPv6Network("64:ff9b::/96")
# Azure's metadata and wire server stands on a public address; the other clouds' are link-local,
# unique-local or shared, which `is_global` already refuses.
_CLOUD_METADATA = frozenset({IPv4Address("168.63.129.16")})
# What a proxy's own resolver could find inside (RFC 6761, 6762, 8375, ICANN's .internal, usage).
_LOCAL_SUFFIXES = (
    ".localhost",
    ".local",
    ".localdomain",
    ".internal",
    ".intranet",
    ".intra",
    ".lan",
    ".home",
    ".home.arpa",
    ".corp",
    ".private",
)
_HOST_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NAME = re.compile(r"[\w-]+(\.[\w-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPattern:
    """One entry of allowed_hosts or no_proxy: a name or a network, perhaps on one port only."""

    name: str | None = None
    network: IPv4Network | IPv6Network | None = None
    port: int | None = None
    below: bool = False  # the name's subdomains too

    @classmethod
    def parse(cls, entry: str, *, suffix: bool = False) -> HostPattern:
        """Read `name`, `.suffix`, `*.suffix`, `IP`, `CIDR`, `[IPv6]`, each with an optional `:port`.

        With `suffix`, a plain name stands for its subdomains too (the custom of no_proxy).
        ValueError on anything else.
        """
        text = entry.strip().lower().rstrip(".")
        if (network := _network(text)) is not None:
            return cls(network=network)
        host, port = _split_port(text)
        if (network := _network(host)) is not None:
            return cls(network=network, port=port)
        below = suffix or host.startswith((".", "*."))
        name = host.removeprefix("*").removeprefix(".")
        if host == "*":
            return cls(port=port)
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a host, address or network: {entry!r}")
        return cls(name=_ascii(name), port=port, below=below)

    def matches(self, host: str, port: int | None, address: Address | None) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is not None:
            return address is not None and unwrapped(address) in self.network
        if self.name is None:
            return True
        return host == self.name or (self.below and host.endswith(f".{self.name}"))


class Guard:
    """Judges URLs before a request, and addresses at connect time."""

    def __init__(self, policy: NetworkPolicy) -> None:
        self._allowed = [HostPattern.parse(entry) for entry in policy.allowed_hosts]
        self._direct = [HostPattern.parse(entry, suffix=True) for entry in policy.no_proxy]
        self._proxy = policy.proxy_url

    def check(self, url: URL) -> None:
        """Refused when the URL's scheme, name or literal address may not be asked for."""
        host = canonical(url.raw_host or "")
        if url.scheme not in _SCHEMES or not host:
            raise Refused(f"only http, https, ws and wss URLs are followed, not {url.scheme!r}")
        address = literal(host)
        if address is None and not _is_name(url):
            raise Refused("not a host name")
        if self._is_allowed(host, url.port, address):
            return
        if address is not None:
            if not is_public(address):
                raise _refusal(host)
            return
        if self._is_proxy(host, url.port):
            raise _refusal(host)
        if self.is_proxied(url) and looks_local(host):
            raise _refusal(host)

    def is_proxied(self, url: URL) -> bool:
        """Whether the proxy, not we, connects (and resolves the name)."""
        if self._proxy is None:
            return False
        host = canonical(url.raw_host or "")
        address = literal(host)
        return not any(entry.matches(host, url.port, address) for entry in self._direct)

    def permits(self, host: str, port: int, resolved: str) -> bool:
        """Whether `host` may be reached at this resolved address. The proxy itself always may."""
        address = literal(resolved)
        if address is None:
            return False
        host = canonical(host)
        return (
            self._is_proxy(host, port)
            or self._is_allowed(host, port, address)
            or is_public(address)
        )

    def _is_allowed(self, host: str, port: int | None, address: Address | None) -> bool:
        return any(entry.matches(host, port, address) for entry in self._allowed)

    def _is_proxy(self, host: str, port: int | None) -> bool:
        proxy = self._proxy
        return proxy is not None and (host, port) == (canonical(proxy.raw_host or ""), proxy.port)


class GuardedResolver(AbstractResolver):
    """Checks the very addresses that the connection is then made to: a name that is rebound
    between a check and the connection gains nothing.
    """

    def __init__(self, guard: Guard, inner: AbstractResolver) -> None:
        self._guard = guard
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        permitted = [each for each in found if self._guard.permits(host, port, each["host"])]
        if found and not permitted:
            raise _refusal(host)
        return permitted

    async def close(self) -> None:
        await self._inner.close()


def literal(host: str) -> Address | None:
    """The address that a host spells, octal, decimal and shortened IPv4 forms included, or None."""
    bare = host.strip("[]").split("%")[0]
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(bare))
    except (OSError, UnicodeError, ValueError):
        return None


def unwrapped(address: Address) -> Address:
    """The IPv4 address inside an IPv4-mapped, 6to4 or NAT64 one; any other address as it is."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_public(address: Address) -> bool:
    inner = unwrapped(address)
    if inner in _CLOUD_METADATA or inner.is_multicast or inner.is_reserved:
        return False
    if isinstance(inner, IPv6Address) and inner.is_site_local:
        return False
    return inner.is_global


def looks_local(host: str) -> bool:
    """Whether a name can only mean something inside: no dot, or a suffix that no registry sells."""
    return "." not in host or host.endswith(_LOCAL_SUFFIXES)


def canonical(host: str) -> str:
    return host.lower().rstrip(".")


def host_key(url: URL) -> str:
    """What limits and circuits are kept by: the host, with its port where that is not the default."""
    host = canonical(url.raw_host or "")
    return host if url.is_default_port() else f"{host}:{url.port}"


def _refusal(host: str) -> Refused:
    return Refused(
        f"{host[:100]}: a private or local destination; if it is meant, add it to network.allowed_hosts"
    )


def _is_name(url: URL) -> bool:
    """What resolvers and proxies can take without choking: letters, digits, hyphens, short labels."""
    try:
        readable = url.host is not None  # decodes xn-- labels, and fails on false ones
    except ValueError:
        return False
    name = (url.raw_host or "").lower().removesuffix(".")
    return readable and len(name) <= 253 and _HOST_NAME.fullmatch(name) is not None


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None


def _split_port(text: str) -> tuple[str, int | None]:
    host, colon, port = text.rpartition(":")
    if colon and port.isdecimal() and int(port) < 65536:
        return host, int(port)
    return text, None


def _ascii(name: str) -> str:
    return canonical(URL.build(scheme="http", host=name).raw_host or name)
