"""Slack's conversations.*, as far as a bot reads them: history, threads, channels, direct messages."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.networks.slack_wire import Posted, Refusal, is_true

if TYPE_CHECKING:
    from tests.networks.slack import SlackApi


@dataclass
class Conversations:
    """What stands in the channels of a stand-in."""

    api: SlackApi

    def history(self, request: web.Request, arguments: Mapping[str, Any]) -> dict[str, Any]:
        found = [m for m in self._readable(arguments) if not m.thread_ts or m.broadcast]
        return self._page(found[::-1], arguments)

    def replies(self, request: web.Request, arguments: Mapping[str, Any]) -> dict[str, Any]:
        root = arguments.get("ts")
        inside = self._readable(arguments)
        if not any(m.ts == root for m in self.api.messages):
            raise Refusal("thread_not_found")
        # The root comes first whatever `oldest` says.
        first = [m for m in self.api.messages if m.ts == root]
        return self._page(first + [m for m in inside if m.thread_ts == root], arguments)

    def _readable(self, arguments: Mapping[str, Any]) -> list[Posted]:
        channel = str(arguments.get("channel", ""))
        if channel not in self.api.channels and not channel.startswith("D"):
            raise Refusal("channel_not_found")
        self.api._needs("im:history" if channel.startswith("D") else "channels:history")
        if channel in self.api.channels and channel not in self.api.joined:
            raise Refusal("not_in_channel")
        oldest = float(arguments.get("oldest") or 0)
        return [m for m in self.api.messages if m.channel == channel and float(m.ts) > oldest]

    def _page(self, found: list[Posted], arguments: Mapping[str, Any]) -> dict[str, Any]:
        metadata = is_true(arguments.get("include_all_metadata"))
        size = min(int(arguments.get("limit") or 100), self.api.page_size)
        start = int(base64.b64decode(arguments.get("cursor") or "")[5:] or 0)
        page = [m.wire(metadata=metadata) for m in found[start : start + size]]
        more = start + size < len(found)
        cursor = base64.b64encode(f"next:{start + size}".encode()).decode() if more else ""
        answer = {"ok": True, "messages": page, "has_more": more}
        return answer | ({"response_metadata": {"next_cursor": cursor}} if more else {})

    def list(self, request: web.Request, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self.api._needs("channels:read")
        known = [
            {"id": c, "name": n, "is_member": c in self.api.joined}
            for c, n in self.api.channels.items()
        ]
        return {"ok": True, "channels": known, "response_metadata": {"next_cursor": ""}}

    def open(self, request: web.Request, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self.api._needs("im:write")
        user = str(arguments.get("users", ""))
        if not re.fullmatch(r"[UW][A-Z0-9]+", user):
            raise Refusal("user_not_found")
        return {"ok": True, "channel": {"id": f"D{user[1:]}"}}
