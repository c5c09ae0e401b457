"""Slack's Web API as far as a bot that posts needs it: tokens, scopes, blocks, limits, history.

By itself: python -m tests.networks.slack --port 8099 (messages are listed at /stored).
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from tests.networks.slack_blocks import errors_of, too_long
from tests.networks.slack_conversations import Conversations
from tests.networks.slack_live import APP_TOKEN, Live
from tests.networks.slack_wire import BOT, Posted, Refusal, is_true, metadata_of, parsed_of
from tests.networks.standin import StandIn

TOKEN = "xoxb-valmont-test-token"
CHANNEL = "C0VALMONT01"
ALL_SCOPES = frozenset(
    [
        "chat:write",
        "channels:history",
        "groups:history",
        "im:history",
        "im:write",
        "channels:read",
        "dnd:read",
    ]
)
NOT_DISTURBED = {"dnd_enabled": False, "next_dnd_start_ts": 1, "next_dnd_end_ts": 1}
TEXT_LENGTH = 40_000


class SlackApi(StandIn):
    """`errors` are answered to the next posts; `cuts` posts are kept, then their answer is cut."""

    def __init__(
        self,
        *,
        token: str = TOKEN,
        app_token: str = APP_TOKEN,
        rate: float = 1.0,
        burst: int = 1000,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self.token = token
        self.app_token = app_token
        self.live = Live(self)
        self.conversations = Conversations(self)
        self.dnd: dict[str, dict[str, Any]] = {}  # by member, as dnd.info tells it
        self.scopes = set(ALL_SCOPES)
        self.channels = {CHANNEL: "alertes", "C0ARCHIVE01": "archive", "C0OTHERS001": "autres"}
        self.joined = {CHANNEL, "C0ARCHIVE01"}
        self.archived = {"C0ARCHIVE01"}
        self.messages: list[Posted] = []
        self.errors: deque[str | None] = deque()
        self.refusals: dict[str, str] = {}  # method → error, for as long as it stands
        self.cuts = 0
        self.page_size = 1000
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: dict[str, tuple[float, float]] = {}
        self._last_ts = 0.0

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/"

    def routes(self, app: web.Application) -> None:
        for method, handler in {
            "auth.test": self.auth_test,
            "chat.postMessage": self.post,
            "chat.update": self.update,
            "chat.delete": self.delete,
            "chat.postEphemeral": self.live.whisper,
            "apps.connections.open": self.live.open,
            "dnd.info": self.dnd_info,
            "conversations.history": self.conversations.history,
            "conversations.replies": self.conversations.replies,
            "conversations.list": self.conversations.list,
            "conversations.open": self.conversations.open,
        }.items():
            app.router.add_route("*", f"/api/{method}", self._method(method, handler))
        self.live.routes(app)
        app.router.add_get("/stored", self.stored)

    def publish(self, count: int) -> list[str]:
        raise NotImplementedError("Slack is written to here, not read from")

    def _method(self, method: str, handler: Callable[..., Any]) -> Any:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                arguments = await self._arguments(request, method)
                if method in self.refusals:
                    raise Refusal(self.refusals[method])
                result = handler(request, arguments)
                return (
                    result if isinstance(result, web.StreamResponse) else web.json_response(result)
                )
            except Refusal as refusal:
                return web.json_response(refusal.answer)

        return answer

    async def _arguments(self, request: web.Request, method: str) -> dict[str, Any]:
        arguments: dict[str, Any] = dict(request.query)
        if request.content_type == "application/json":
            # Methods that read take no JSON: Slack acts as if nothing had been given.
            if method.startswith("chat."):
                arguments |= await request.json()
        else:
            arguments |= dict(await request.post())
        _, _, bearer = request.headers.get("Authorization", "").partition("Bearer ")
        token = bearer or arguments.pop("token", "")
        if not token:
            raise Refusal("not_authed")
        app_level = method == "apps.connections.open"
        if app_level and token == self.token:
            raise Refusal("not_allowed_token_type")
        if token != (self.app_token if app_level else self.token):
            raise Refusal("invalid_auth")
        return arguments

    def _needs(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Refusal("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))

    def auth_test(self, request: web.Request, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {"ok": True, "team": "Valmont", "user": "veille", "user_id": BOT, "team_id": "T0V"}

    # chat.*

    def post(self, request: web.Request, arguments: Mapping[str, Any]) -> Any:
        self._needs("chat:write")
        channel = self._writable(str(arguments.get("channel", "")))
        if self.errors and (error := self.errors.popleft()) is not None:
            raise Refusal(error)
        if not self._spend(channel):
            headers = {"Retry-After": "1"}
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers=headers
            )
        message = self._checked(channel, arguments)
        self.messages.append(message)
        if self.cuts:
            self.cuts -= 1
            request.transport.abort()
            raise ConnectionResetError
        shown = message.wire(metadata=True)
        return {"ok": True, "channel": channel, "ts": message.ts, "message": shown}

    def _writable(self, channel: str) -> str:
        if re.fullmatch(r"[UW][A-Z0-9]+", channel):
            return f"D{channel[1:]}"
        by_name = {name: known for known, name in self.channels.items()}
        channel = by_name.get(channel.lstrip("#"), channel)
        if channel not in self.channels and not channel.startswith("D"):
            raise Refusal("channel_not_found")
        if channel in self.archived:
            raise Refusal("is_archived")
        if not channel.startswith("D") and channel not in self.joined:
            raise Refusal("not_in_channel")
        return channel

    def _spend(self, channel: str) -> bool:
        now = self._clock()
        left, since = self._buckets.get(channel, (float(self._burst), now))
        left = min(self._burst, left + (now - since) * self._rate)
        self._buckets[channel] = (left - 1 if left >= 1 else left, now)
        return left >= 1

    def _checked(self, channel: str, arguments: Mapping[str, Any]) -> Posted:
        text, blocks = arguments.get("text") or "", parsed_of(arguments.get("blocks")) or []
        if not text and not blocks:
            raise Refusal("no_text")
        if len(text) > TEXT_LENGTH:
            raise Refusal("msg_too_long")
        if blocks and (found := errors_of(blocks)):
            raise Refusal("invalid_blocks", errors=found, response_metadata={"messages": found})
        if too_long(blocks):
            raise Refusal("msg_blocks_too_long")
        thread = arguments.get("thread_ts")
        if thread and not any((m.channel, m.ts) == (channel, thread) for m in self.messages):
            raise Refusal("thread_not_found")
        return Posted(
            channel=channel,
            ts=self._next_ts(),
            text=text,
            blocks=blocks,
            metadata=metadata_of(arguments.get("metadata")),
            thread_ts=thread,
            broadcast=is_true(arguments.get("reply_broadcast")),
            options={name: arguments.get(name) for name in ("unfurl_links", "parse", "link_names")},
        )

    def _next_ts(self) -> str:
        self._last_ts = max(self._clock(), self._last_ts + 0.000_01)
        return f"{self._last_ts:.6f}"

    def _found(self, arguments: Mapping[str, Any]) -> Posted:
        wanted = (arguments.get("channel"), arguments.get("ts"))
        for message in self.messages:
            if (message.channel, message.ts) == wanted:
                return message
        raise Refusal("message_not_found")

    def update(self, request: web.Request, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self._needs("chat:write")
        message = self._found(arguments)
        if self.errors and (error := self.errors.popleft()) is not None:
            raise Refusal(error)
        text, blocks = arguments.get("text") or "", parsed_of(arguments.get("blocks")) or []
        if not text and not blocks:
            raise Refusal("no_text")
        if blocks and (found := errors_of(blocks)):
            raise Refusal("invalid_blocks", errors=found)
        if too_long(blocks):
            raise Refusal("msg_blocks_too_long")
        # Without new metadata the old one stays; an empty object takes it away.
        if (metadata := parsed_of(arguments.get("metadata"))) is not None:
            message.metadata = metadata_of(metadata) if metadata else None
        message.text, message.blocks = text, blocks
        message.updates += 1
        return {"ok": True, "channel": message.channel, "ts": message.ts, "text": message.text}

    def delete(self, request: web.Request, arguments: Mapping[str, Any]) -> dict[str, Any]:
        message = self._found(arguments)
        self.messages.remove(message)
        return {"ok": True, "channel": message.channel, "ts": message.ts}

    def dnd_info(self, request: web.Request, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self._needs("dnd:read")
        user = str(arguments.get("user", ""))
        if not re.fullmatch(r"[UW][A-Z0-9]+", user):
            raise Refusal("user_not_found")
        return {"ok": True, **NOT_DISTURBED, **self.dnd.get(user, {})}

    async def stored(self, request: web.Request) -> web.Response:
        """Not Slack's: what a test in another process asks for."""
        shown = [
            {"key": m.key, "channel": m.channel} | m.wire(metadata=True) for m in self.messages
        ]
        return web.json_response(shown)


async def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--rate", type=float, default=1.0, help="messages a second and channel")
    parser.add_argument("--burst", type=int, default=5)
    options = parser.parse_args()
    api = SlackApi(token=options.token, rate=options.rate, burst=options.burst)
    async with api.serving(options.port):
        print(f"base_url = {api.api_url}  token = {api.token}  channel = {CHANNEL}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
