"""One request as a value, where a redirect takes it, and what its failures are called."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlencode

import aiohttp
import orjson
from multidict import CIMultiDict
from yarl import URL

from connectors.connector import ConnectorError, Malformed, Refused, Unavailable

Query = Mapping[str, str | int | float] | Sequence[tuple[str, str | int | float]]

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
# An origin that we were sent to learns nothing else: API keys travel in headers of any name.
_SHARED_OVER_ORIGINS = frozenset(
    {"accept", "accept-language", "if-none-match", "if-modified-since", "user-agent"}
)
_REFUSED_BY_PROXY = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for; its repr shows neither query, header nor body."""

    method: str
    url: URL = field(repr=False)
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict, repr=False)
    body: bytes | None = field(default=None, repr=False)

    @classmethod
    def build(
        cls,
        method: str,
        url: str,
        *,
        params: Query | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        data: Mapping[str, str] | bytes | None = None,
        encoded: bool = False,
    ) -> Request:
        target = parsed(url, encoded=encoded)
        sent = CIMultiDict(headers or {})
        if target.user is not None:
            sent.setdefault("Authorization", _basic(target.user, target.password or ""))
            target = target.with_user(None)
        body: bytes | None = data if isinstance(data, bytes) else None
        if json is not None:
            body = orjson.dumps(json)
            sent.setdefault("Content-Type", "application/json")
        elif isinstance(data, Mapping):
            body = urlencode(data).encode()
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return cls(method=method, url=target.extend_query(params or {}), headers=sent, body=body)

    def redirected(self, status: int, location: str) -> Request:
        """The request that follows a redirect (RFC 9110 §15.4).

        Credentials stay with the origin they were meant for; Refused when a body would leave it.
        """
        target = self.url.join(parsed(location))
        headers, method, body = self.headers, self.method, self.body
        if status not in (307, 308) and method != "GET":
            method, body = "GET", None
            headers = CIMultiDict((k, v) for k, v in headers.items() if k.lower() != "content-type")
        if not _same_origin(self.url, target):
            if body is not None:
                raise Refused("a redirect would carry our data to another host")
            headers = CIMultiDict(
                (k, v) for k, v in headers.items() if k.lower() in _SHARED_OVER_ORIGINS
            )
        if target.user is not None:
            target = target.with_user(None)
        return Request(method=method, url=target, headers=headers, body=body)


def parsed(url: str, *, encoded: bool = False) -> URL:
    """Refused, without repeating it, when it is no URL. `encoded`: every %3A of it is kept as it is."""
    try:
        return URL(url, encoded=encoded).with_fragment(None)
    except ValueError:
        raise Refused("not a URL that can be followed") from None


@contextmanager
def naming_failures(host: str) -> Iterator[None]:
    """Turn the transport's errors into ours; theirs hold URLs, hence `from None`."""
    try:
        yield
    except ConnectorError as error:
        raise _located(error, host) from None
    except aiohttp.ClientHttpProxyError as error:
        raise proxy_failure(error.status, host) from None
    except aiohttp.ClientConnectorCertificateError:
        raise Unavailable(
            f"{host}: its certificate is not trusted here (behind a proxy that opens TLS, "
            "set network.ca_file)"
        ) from None
    except aiohttp.InvalidURL:
        raise Refused(f"{host}: not a URL that can be followed") from None
    except aiohttp.ClientResponseError:
        raise Malformed(f"{host}: what it answers is not HTTP") from None
    except TimeoutError:
        raise Unavailable(f"{host}: timed out") from None
    except aiohttp.ClientPayloadError:
        raise Unavailable(f"{host}: the answer was cut") from None
    except (aiohttp.ClientError, OSError) as error:
        raise Unavailable(f"{host}: cannot be reached ({type(error).__name__})") from None


def proxy_failure(status: int, host: str) -> ConnectorError:
    if status in _REFUSED_BY_PROXY:
        return Refused(f"{host}: the proxy refuses us (status {status}), see [network]")
    return Unavailable(f"{host}: the proxy cannot reach it (status {status})")


def _located(error: ConnectorError, host: str) -> ConnectorError:
    message = str(error)
    if not message.startswith(host.rpartition(":")[0] or host):
        error.args = (f"{host}: {message}",)
    return error


def _same_origin(left: URL, right: URL) -> bool:
    if left.raw_host != right.raw_host:
        return False
    upgraded = (left.scheme, right.scheme) == ("http", "https")
    if upgraded and left.is_default_port() and right.is_default_port():
        return True
    return (left.scheme, left.port) == (right.scheme, right.port)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
