"""Calls to Slack through the hospital's way out: its Web API, its sockets, its response addresses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import aiohttp
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from connectors.policy import NetworkPolicy
from listener.config.alerting import SlackSettings
from listener.notifiers.base import DeliveryError
from listener.notifiers.network import proxy_for, with_login
from listener.notifiers.slack_errors import delivery_error

# The SDK writes whole requests, proxy and text included, at DEBUG: it never gets that level.
_sdk_log = logging.getLogger(f"{__name__}.sdk")
_sdk_log.setLevel(logging.WARNING)

WRITES = frozenset({"chat.postMessage", "chat.update", "chat.postEphemeral"})
TIMEOUT = 20.0  # seconds a call
HEARTBEAT = 20.0  # s between pings of ours: a line that is dead is noticed within 30 s
MAX_ENVELOPE = 1024 * 1024  # bytes
CLOSING = 2.0  # s for the closing handshake: Slack need not answer it


class SlackClient:
    """Opens its connections when first used; errors never hold a token or a text."""

    def __init__(self, settings: SlackSettings, *, network: NetworkPolicy) -> None:
        self._settings = settings
        self._network = network
        self._base = URL(settings.base_url)
        self._open_session: aiohttp.ClientSession | None = None

    async def call(self, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """One call with the bot's token; DeliveryError where it did not succeed."""
        try:
            return await self.request(method, arguments)
        except SlackApiError as error:
            raise delivery_error(error) from None

    async def request(
        self, method: str, arguments: Mapping[str, Any], *, token: SecretStr | None = None
    ) -> Mapping[str, Any]:
        """One call; SlackApiError where Slack answered no, DeliveryError where it did not answer."""
        client = self._sdk(token or self._settings.token)
        try:
            if method in WRITES:
                answer = await client.api_call(method, json=dict(arguments))
            else:  # methods that read take forms only
                answer = await client.api_call(method, data=dict(arguments))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise delivery_error(error) from None
        except AttributeError:  # how the SDK takes an answer that is JSON or text, but no object
            raise DeliveryError("Slack answered without sense", ambiguous=True) from None
        data = answer.data
        return data if isinstance(data, dict) else {}

    async def socket_url(self) -> URL:
        """A new socket's address, good for one connection; DeliveryError, permanent for a bad token.

        https://docs.slack.dev/reference/methods/apps.connections.open, scope connections:write.
        """
        token = self._settings.app_token
        if token is None:
            raise DeliveryError("slack.app_token is not set", permanent=True)
        try:
            answer = await self.request("apps.connections.open", {}, token=token)
        except SlackApiError as error:
            raise delivery_error(error) from None
        url = URL(str(answer.get("url") or ""))
        # Plain text only where the Web API itself is spoken to in plain text: a stand-in's.
        if url.scheme not in ("wss", self._base.scheme.replace("http", "ws")) or not url.host:
            raise DeliveryError("Slack gave no socket's address")
        return url

    async def connect(self, url: URL) -> aiohttp.ClientWebSocketResponse:
        """Open a socket; DeliveryError. Its address holds a ticket and is never told."""
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._session().ws_connect(
                    url,
                    heartbeat=HEARTBEAT,
                    max_msg_size=MAX_ENVELOPE,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSING),
                    proxy=self._proxy(url),
                )
        except aiohttp.WSServerHandshakeError as error:
            raise DeliveryError(f"Slack's socket answered {error.status}") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise delivery_error(error) from None

    async def respond(self, address: str, body: Mapping[str, Any]) -> None:
        """Answer an interaction at its response_url, which must be Slack's; DeliveryError."""
        url = self._checked(address)
        try:
            async with self._session().post(
                url, json=dict(body), allow_redirects=False, proxy=self._proxy(url)
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise delivery_error(error) from None
        if status != 200:
            raise DeliveryError(f"Slack's response_url answered {status}", permanent=status < 500)

    def _checked(self, address: str) -> URL:
        """Whoever could name another host would have us knock at doors inside the hospital's."""
        try:
            url = URL(address)
            origin = url.origin()
        except ValueError:
            raise DeliveryError("response_url is no address", permanent=True) from None
        base = self._base.origin()
        if origin not in (base, base.with_host(f"hooks.{base.host}")) or url.user:
            raise DeliveryError("response_url is not Slack's", permanent=True)
        return url

    def _sdk(self, token: SecretStr) -> AsyncWebClient:
        client = AsyncWebClient(
            token=token.get_secret_value(),
            base_url=self._settings.base_url,
            session=self._session(),
            # The SDK's own retry would post a second time where the first answer was cut.
            retry_handlers=[],
            logger=_sdk_log,
        )
        # Set even to nothing: else HTTPS_PROXY of the environment overrules [network].
        client.proxy = self._proxy(self._base)
        return client

    def _session(self) -> aiohttp.ClientSession:
        if self._open_session is None or self._open_session.closed:
            self._open_session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._network.tls(), limit=8),
                timeout=aiohttp.ClientTimeout(total=TIMEOUT, connect=10),
            )
        return self._open_session

    def _proxy(self, url: URL) -> str | None:
        proxy = proxy_for(self._network, url)
        return str(with_login(self._network, proxy)) if proxy else None

    async def close(self) -> None:
        if self._open_session is not None:
            await self._open_session.close()
