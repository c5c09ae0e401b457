"""Slack's other half: what it tells an app when people press buttons, by socket or signed call.

https://docs.slack.dev/apis/events-api/using-socket-mode and
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aiohttp import WSMsgType, web

from tests.networks.slack_wire import Posted, Refusal

if TYPE_CHECKING:
    from tests.networks.slack import SlackApi

APP_TOKEN = "xapp-1-A0VALMONT01-valmont-test-token"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
# Slack shows a warning sign after 3 s: the benchmark of latency measures how near we come to it.
PATIENCE = 20.0  # s, on a busy machine
SOCKETS = 10  # at most an app
USES = 5  # of a response_url


@dataclass
class Whisper:
    """What one person alone sees."""

    user: str
    channel: str
    text: str
    thread_ts: str | None = None
    by: str = "response_url"


@dataclass
class Place:
    """Where a press's response_url leads."""

    user: str
    channel: str
    uses: int = USES


@dataclass
class Live:
    """The sockets that an app opened, and what Slack sends down one of them."""

    api: SlackApi
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    opened: int = 0  # sockets in all
    acknowledged: list[str] = field(default_factory=list)  # envelope ids, as they came
    took: list[float] = field(default_factory=list)  # s from each envelope to its acknowledgement
    whispers: list[Whisper] = field(default_factory=list)
    greets: bool = True
    hooks_base: str = ""  # of response_urls, where it is not the stand-in's own address
    sockets_base: str = ""
    _tickets: set[str] = field(default_factory=set)
    _places: dict[str, Place] = field(default_factory=dict)
    _waiting: dict[str, asyncio.Event] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/link/", self.link)
        app.router.add_post("/actions/{place}", self.respond)

    def open(self, request: web.Request, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """apps.connections.open"""
        ticket = secrets.token_urlsafe(8)
        self._tickets.add(ticket)
        base = self.sockets_base or self.api.base_url.replace("http", "ws", 1)
        return {"ok": True, "url": f"{base}/link/?ticket={ticket}&app_id=A0VALMONT01"}

    async def link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=408)
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        self.opened += 1
        self.sockets.append(socket)
        try:
            if len(self.sockets) > SOCKETS:
                await self._say(socket, type="disconnect", reason="too_many_websockets")
                return socket
            if self.greets:
                info = {"app_id": "A0VALMONT01"}
                await self._say(socket, type="hello", num_connections=1, connection_info=info)
            self._changed.set()
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._hear(json.loads(message.data))
        finally:
            self.sockets.remove(socket)
        return socket

    def _hear(self, said: Mapping[str, Any]) -> None:
        envelope = said["envelope_id"]
        self.acknowledged.append(envelope)
        if envelope in self._waiting:
            self._waiting[envelope].set()

    async def connected(self, count: int = 1, *, within: float = PATIENCE) -> None:
        """Wait until an app has opened so many sockets in all."""
        async with asyncio.timeout(within):
            while self.opened < count or not self.sockets:
                self._changed.clear()
                await self._changed.wait()

    async def deliver(
        self, payload: Mapping[str, Any], *, envelope: str = "", retry: int = 0
    ) -> str:
        """Send one envelope; AssertionError where nobody acknowledges it in time."""
        envelope = envelope or secrets.token_hex(8)
        self._waiting[envelope] = heard = asyncio.Event()
        body = {"envelope_id": envelope, "type": "interactive", "payload": payload}
        body |= {"accepts_response_payload": False}
        body |= {"retry_attempt": retry, "retry_reason": "timeout"} if retry else {}
        assert self.sockets, "no socket is open"
        began = time.monotonic()
        await self._say(self.sockets[-1], **body)
        try:
            await asyncio.wait_for(heard.wait(), PATIENCE)
        except TimeoutError:
            raise AssertionError(f"no acknowledgement within {PATIENCE:.0f} s") from None
        self.took.append(time.monotonic() - began)
        return envelope

    async def press(self, message: Posted, action: str, **options: Any) -> dict[str, Any]:
        """Somebody presses a button of a message that was posted; gives back Slack's payload."""
        payload = self.payload(message, action, **options)
        await self.deliver(payload)
        return payload

    def payload(
        self, message: Posted, action: str, *, user: str = "U0CAMILLE1", option: str = ""
    ) -> dict[str, Any]:
        """What Slack tells of a press; AssertionError where the message has no such button."""
        element = _element(message, action)
        now = self.api._next_ts()
        pressed = {
            "type": element["type"],
            "action_id": action,
            "block_id": "b1",
            "action_ts": now,
        }
        if element["type"] == "button":
            pressed |= {"text": element["text"], "value": element["value"]}
        else:
            chosen = [o for o in element["options"] if o["value"].endswith(f":{option}")]
            assert chosen, f"nothing to choose: {option}"
            pressed |= {"selected_option": chosen[0], "placeholder": element["placeholder"]}
        container = {"type": "message", "message_ts": message.ts, "channel_id": message.channel}
        container |= {"thread_ts": message.thread_ts} if message.thread_ts else {}
        return {
            "type": "block_actions",
            "user": {"id": user, "username": "camille", "name": "camille", "team_id": "T0V"},
            "api_app_id": "A0VALMONT01",
            "token": "legacy-verification-token",
            "container": container | {"is_ephemeral": False},
            "trigger_id": f"{now}.T0V",
            "team": {"id": "T0V", "domain": "valmont"},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": message.channel, "name": "alertes"},
            "message": message.wire(metadata=True),
            "state": {"values": {}},
            "response_url": self.response_url(user, message.channel),
            "actions": [pressed],
        }

    def response_url(self, user: str, channel: str) -> str:
        place = secrets.token_urlsafe(8)
        self._places[place] = Place(user=user, channel=channel)
        return f"{self.hooks_base or self.api.base_url}/actions/{place}"

    async def respond(self, request: web.Request) -> web.Response:
        place = self._places.get(request.match_info["place"])
        if place is None or place.uses == 0:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        place.uses -= 1
        said = await request.json()
        if not said.get("text") or said.get("response_type") != "ephemeral":
            return web.Response(status=400, text="no_text")
        self.whispers.append(
            Whisper(place.user, place.channel, said["text"], said.get("thread_ts"))
        )
        return web.Response(text="ok")

    def whisper(self, request: web.Request, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """chat.postEphemeral"""
        self.api._needs("chat:write")
        channel = self.api._writable(str(arguments.get("channel", "")))
        user, text = str(arguments.get("user", "")), arguments.get("text") or ""
        if not user.startswith(("U", "W")):
            raise Refusal("user_not_in_channel")
        if not text:
            raise Refusal("no_text")
        whisper = Whisper(user, channel, text, arguments.get("thread_ts"), by="chat.postEphemeral")
        self.whispers.append(whisper)
        return {"ok": True, "message_ts": self.api._next_ts()}

    async def disconnect(self, reason: str = "warning") -> None:
        """Announce a socket's end, as Slack does every hour or so."""
        await self._say(self.sockets[-1], type="disconnect", reason=reason)

    def cut(self) -> None:
        """Break every socket without a word."""
        for socket in self.sockets:
            transport = socket._req.transport if socket._req else None
            assert transport is not None
            transport.abort()

    @staticmethod
    async def _say(socket: web.WebSocketResponse, **body: Any) -> None:
        await socket.send_str(json.dumps(body))


def signed(
    payload: Mapping[str, Any], *, at: float, secret: str = SIGNING_SECRET
) -> tuple[bytes, dict[str, str]]:
    """A call of Slack's to an app's own address: its body and headers."""
    body = urlencode({"payload": json.dumps(payload)}).encode()
    base = f"v0:{at:.0f}:".encode() + body
    signature = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return body, {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": f"{at:.0f}",
        "X-Slack-Signature": f"v0={signature}",
    }


def _element(message: Posted, action: str) -> Mapping[str, Any]:
    for block in message.blocks:
        for element in block.get("elements", ()) if block["type"] == "actions" else ():
            if element["action_id"] == action:
                return element
    raise AssertionError(f"no button {action} in the message")
