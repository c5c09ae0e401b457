"""A webhook: figures as signed JSON, for a system of the hospital's own.

The receiver recomputes HMAC-SHA256 of `timestamp + "." + body` with the shared secret, compares it in
constant time with the hexadecimal `v1` of `X-Listener-Signature: t=timestamp,v1=…`, and refuses old
timestamps. A repeated `Idempotency-Key` is the same message.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import aiohttp
import orjson
from yarl import URL

from connectors.connector import Clock
from connectors.policy import NetworkPolicy
from listener.config.channels import ADDRESS, ChannelSettings
from listener.notifiers.apprise import addressed, answered
from listener.notifiers.base import DeliveryError, Message
from listener.notifiers.gateway import Gateway
from listener.notifiers.network import proxy_for, with_login

TIMEOUT = 15.0  # seconds
REDIRECTS = range(300, 400)


class WebhookNotifier(Gateway):
    """One POST a message; redirects are not followed, since the signature is for one address."""

    def __init__(self, settings: ChannelSettings, *, network: NetworkPolicy, clock: Clock) -> None:
        super().__init__(settings, clock=clock)
        self._network = network
        self._session: aiohttp.ClientSession | None = None

    async def _submit(self, message: Message, url: str) -> dict[str, Any]:
        body = body_of(message)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.key,
            **self._signed(body),
        }
        status = await self._ask("POST", addressed(url, message.recipient.address), headers, body)
        return {"status": status}

    def _signed(self, body: bytes) -> dict[str, str]:
        if self._settings.secret is None:
            return {}
        secret = self._settings.secret.get_secret_value().encode()
        return {"X-Listener-Signature": signature(secret, body, int(self._clock().timestamp()))}

    async def _ask(self, method: str, url: str, headers: dict[str, str], body: bytes) -> int:
        target = URL(url)
        proxy = proxy_for(self._network, target)
        try:
            async with self._opened().request(
                method,
                target,
                headers=headers,
                data=body or None,
                allow_redirects=False,
                proxy=with_login(self._network, proxy) if proxy else None,
            ) as response:
                if method == "POST" and not 200 <= response.status < 300:
                    raise self._refused(response)
                return response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _lost(error) from None

    def _refused(self, response: aiohttp.ClientResponse) -> DeliveryError:
        if response.status in REDIRECTS:
            return DeliveryError(
                "it answered with a redirect: give its last address", permanent=True
            )
        return answered(response.status, response.headers, self._clock())

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._network.tls(), limit=4),
                timeout=aiohttp.ClientTimeout(total=TIMEOUT, connect=5),
                headers={"User-Agent": self._network.user_agent()},
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def _try(self, url: str) -> str:
        status = await self._ask("HEAD", addressed(url, ""), {}, b"")
        host = URL(url.replace(ADDRESS, "")).host
        return f"{host} answers ({status} to HEAD); only a test message tries it"

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def body_of(message: Message) -> bytes:
    """The message as its receiver gets it; the text is in it only where the channel may show posts."""
    return orjson.dumps({"key": message.key, **message.figures}, option=orjson.OPT_SORT_KEYS)


def signature(secret: bytes, body: bytes, timestamp: int) -> str:
    signed = hmac.new(secret, f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"t={timestamp},v1={signed.hexdigest()}"


def _lost(error: Exception) -> DeliveryError:
    """Never holds the address: its path may be a secret."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return DeliveryError(f"the proxy answered {error.status}")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return DeliveryError("its certificate is not trusted (network.ca_file)")
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return DeliveryError(f"it was not reached: {type(error).__name__}")
    if isinstance(error, aiohttp.InvalidURL):
        return DeliveryError("its address is not one", permanent=True)
    return DeliveryError(f"its answer was lost: {type(error).__name__}", ambiguous=True)
