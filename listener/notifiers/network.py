"""The hospital's way out, for channels: its proxy, the hosts reached without it, its private CA."""

from __future__ import annotations

import asyncio
import socket

from yarl import URL

from connectors.guard import Guard
from connectors.policy import NetworkPolicy
from listener.config.models import NetworkSettings
from listener.notifiers.base import DeliveryError

MAX_HEAD = 16 * 1024  # bytes of a proxy's answer before the blank line


def policy_of(settings: NetworkSettings) -> NetworkPolicy:
    return NetworkPolicy(**{name: getattr(settings, name) for name in type(settings).model_fields})


def proxy_for(policy: NetworkPolicy, url: URL) -> URL | None:
    """The proxy that a connection to this address goes through, or None."""
    return policy.proxy_url if Guard(policy).is_proxied(url) else None


def with_login(policy: NetworkPolicy, proxy: URL) -> URL:
    """The proxy's address with its login inside, for libraries that take it no other way.

    aiohttp encodes it as Latin-1; proxies read UTF-8 (RFC 7617), so UTF-8's bytes are spelled out.
    """
    if policy.proxy_user is None:
        return proxy
    password = policy.proxy_password.get_secret_value() if policy.proxy_password else ""
    user, password = (text.encode().decode("latin-1") for text in (policy.proxy_user, password))
    return proxy.with_user(user).with_password(password)


async def tunnel(policy: NetworkPolicy, proxy: URL, host: str, port: int) -> socket.socket:
    """A socket to host:port through the proxy (RFC 9110, 9.3.6 CONNECT); DeliveryError otherwise."""
    if proxy.scheme != "http":
        raise DeliveryError("mail goes through http:// proxies only", permanent=True)
    assert proxy.raw_host is not None and proxy.port is not None
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(proxy.raw_host, proxy.port, type=socket.SOCK_STREAM)
    family, kind, protocol, _, address = found[0]
    sock = socket.socket(family, kind, protocol)
    sock.setblocking(False)
    try:
        await loop.sock_connect(sock, address)
        await loop.sock_sendall(sock, _request(policy, host, port))
        _judge(await _head(loop, sock))
    except BaseException:  # also a cancellation: the socket has no other owner yet
        sock.close()
        raise
    return sock


def _request(policy: NetworkPolicy, host: str, port: int) -> bytes:
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    headers = {"Host": target, "User-Agent": policy.user_agent(), **policy.proxy_headers()}
    lines = [f"CONNECT {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


async def _head(loop: asyncio.AbstractEventLoop, sock: socket.socket) -> bytes:
    head = bytearray()
    # One byte at a time: what follows the blank line is the mail server's greeting, not ours to eat.
    while not head.endswith(b"\r\n\r\n"):
        byte = await loop.sock_recv(sock, 1)
        if not byte or len(head) > MAX_HEAD:
            raise DeliveryError("the proxy broke off its answer")
        head += byte
    return bytes(head)


def _judge(head: bytes) -> None:
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    status = words[1].decode("latin-1") if len(words) > 1 else "?"
    if not status.startswith("2"):
        raise DeliveryError(f"the proxy answered {status[:3]} to CONNECT")
