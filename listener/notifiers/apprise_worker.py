"""The process that holds Apprise: it blocks, weighs 50 MB, and logs addresses.

`python -m listener.notifiers.apprise_worker` answers each JSON line with one. A request is
`{"url", "title", "body", "ca_file"}`, or `{"trial": [url, …]}`, which sends nothing and names the hosts
that would have been asked. Answers hold no address and no text.
"""

from __future__ import annotations

import json
import logging
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import requests
from apprise import Apprise, AppriseAsset, NotifyFormat
from requests.adapters import HTTPAdapter

CONNECT, READ = 5.0, 15.0  # seconds; Apprise's own four are too few for an SMS gateway


@dataclass(slots=True)
class Exchange:
    """What became of the last HTTP request of a message: plugins only say yes or no."""

    status: int | None = None
    retry_after: str | None = None
    error: str = ""  # unreached · certificate · lost

    def answered(self, response: requests.Response) -> None:
        self.status, self.error = response.status_code, ""
        self.retry_after = response.headers.get("Retry-After")

    def failed(self, error: Exception) -> None:
        self.status = None
        self.error = _cause(error)


def _cause(error: Exception) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "certificate"
    if isinstance(error, requests.exceptions.ProxyError):
        return "proxy"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "unreached"
    if isinstance(error, requests.exceptions.ConnectionError) and _never_left(error):
        return "unreached"
    return "lost"


def _never_left(error: Exception) -> bool:
    """Whether no connection was made: what broke later may have been taken."""
    return "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)


@contextmanager
def watched(ca_file: str | None) -> Iterator[Exchange]:
    """Every request of every plugin: longer time limits, certificates always checked, outcome noted."""
    seen = Exchange()
    send, pooled = HTTPAdapter.send, HTTPAdapter.build_connection_pool_key_attributes
    context = _tls(ca_file)

    def sending(self: HTTPAdapter, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs |= {"timeout": (CONNECT, READ), "verify": True}
        try:
            response = send(self, request, *args, **kwargs)
        except Exception as error:
            seen.failed(error)
            raise
        seen.answered(response)
        return response

    def trusting(self: HTTPAdapter, *args: Any, **kwargs: Any) -> Any:
        host, pool = pooled(self, *args, **kwargs)
        return host, {**pool, "ssl_context": context}

    with (
        mock.patch.object(HTTPAdapter, "send", sending),
        mock.patch.object(HTTPAdapter, "build_connection_pool_key_attributes", trusting),
    ):
        yield seen


def _tls(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
        # In-house authorities often lack what the strict profile asks for.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


@dataclass(slots=True)
class Hosts:
    """Stands before the network: notes who is asked for, and lets nothing out."""

    asked: list[str] = field(default_factory=list)

    def resolve(self, host: Any, port: Any, *_args: Any, **_kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        self.asked.append(f"{name}:{port}")
        raise socket.gaierror("a dry run")

    def connect(self, _socket: Any, address: Any) -> None:
        self.asked.append(":".join(str(part) for part in address[:2]))
        raise OSError("a dry run")


@contextmanager
def no_network() -> Iterator[Hosts]:
    hosts = Hosts()
    with (
        mock.patch.object(socket, "getaddrinfo", hosts.resolve),
        mock.patch.object(socket.socket, "connect", hosts.connect),
    ):
        yield hosts


def answer(request: dict[str, Any]) -> dict[str, Any]:
    if "trial" in request:
        tried = [trial(url) for url in request["trial"]]
        return max(tried, key=lambda said: len(said.get("hosts", ())))
    plugin = _plugin(request["url"])
    if plugin is None:
        return {"ok": False, "error": "address"}
    with watched(request.get("ca_file")) as seen:
        taken = plugin.notify(
            body=request["body"], title=request["title"], body_format=NotifyFormat.TEXT
        )
    return {
        "ok": bool(taken),
        "service": str(plugin.service_name),
        "error": seen.error,
        "status": seen.status,
        "retry_after": seen.retry_after,
    }


def trial(url: str) -> dict[str, Any]:
    """Whether an address is understood, and whom it would ask."""
    plugin = _plugin(url)
    if plugin is None:
        return {"ok": False, "error": "address"}
    with no_network() as hosts:
        plugin.notify(body="-", title="", body_format=NotifyFormat.TEXT)
    asked = list(dict.fromkeys(hosts.asked))
    return {"ok": True, "service": str(plugin.service_name), "hosts": asked}


def _plugin(url: str) -> Any:
    # No storage of its own: what it would keep may hold a number.
    return Apprise.instantiate(url, asset=AppriseAsset(async_mode=False))


def main() -> None:
    logging.disable(logging.CRITICAL)  # Apprise's lines hold addresses and texts
    # Plugins that print would break into the answers.
    replies, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        try:
            said = answer(json.loads(line))
        except Exception as error:
            said = {"ok": False, "error": "fault", "kind": type(error).__name__}
        replies.write(json.dumps(said) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
