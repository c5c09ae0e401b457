"""Stand-in for Telegram: a channel's web preview, its widgets, and a bot's updates.

As the real one does, as far as is known: twenty messages a page in reading order, `before` and `q`,
a redirect to the landing page where there is no preview, an error widget for what is gone; updates
that are forgotten once a later offset is asked for. Built from what programs read, not recorded.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, ClassVar

from aiohttp import web

from tests.networks.standin import StandIn

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
CHANNEL = "chu_valmont"
TOKEN = "123456:AAEhBOweik9ai2o01F-VALMONT-jeton_de_test"


class Telegram(StandIn):
    can: ClassVar[frozenset[str]] = frozenset({"page_size", "spoil"})

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self.numbers: list[int] = []
        self.subscribers: dict[str, str] = {CHANNEL: "4.02K"}
        self.without_preview: dict[str, str] = {}  # channel → what its landing page counts
        self.gone: set[int] = set()
        self.etags = False
        self.updates: list[dict[str, Any]] = []
        self.webhook = False
        self.forgets = True  # updates below the offset that is asked for
        self.confirmed: list[int] = []  # offsets that were asked for

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/s/{channel}", self._preview)
        app.router.add_get("/{channel}/{number:\\d+}", self._widget)
        app.router.add_get("/bot{token}/getUpdates", self._get_updates)
        app.router.add_get("/{channel}", self._landing)

    def publish(self, count: int) -> list[str]:
        return [
            self.write(f"Le CHU de Valmont, message {len(self.messages)} 🚑") for _ in range(count)
        ]

    def write(self, text: str, *, html: str = "", skip: int = 0, **fields: Any) -> str:
        """Ids have holes: `skip` leaves some out, as albums and deletions do."""
        number = (self.numbers[-1] if self.numbers else 1) + 1 + skip
        at = START + timedelta(seconds=len(self.messages))
        message = {
            "post": f"{CHANNEL}/{number}",
            "text": html or escape(text).replace("\n", "<br/>"),
            "datetime": at.isoformat(),
            "views": "1.2K",
            "reactions": {"👍": "12", "😡": "1.5K"},
            **fields,
        }
        self.messages.append(message)
        self.numbers.append(number)
        return f"{CHANNEL}/{number}"

    async def _preview(self, request: web.Request) -> web.StreamResponse:
        channel = request.match_info["channel"]
        if channel not in self.subscribers:
            raise web.HTTPFound(f"/{channel}")
        listed = self._listed(channel, request.query)
        etag = f'"{len(self.messages)}-{len(listed)}"'
        if self.etags and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        html = "".join(wrapped(self.served(message)) for message in listed)
        nothing = "" if listed else '<div class="tme_no_messages_found">No posts found</div>'
        page = preview(self.subscribers[channel], html + nothing)
        headers = {"ETag": etag} if self.etags else {}
        return web.Response(text=page, content_type="text/html", headers=headers)

    def _listed(self, channel: str, query: Any) -> list[dict[str, Any]]:
        if channel != CHANNEL:
            return []
        before, size = query.get("before"), self.page_size or 20
        end = bisect_left(self.numbers, int(before)) if before else len(self.numbers)
        if "q" not in query:
            return [m for n, m in self._slice(end, size) if n not in self.gone]
        words = query["q"].lower()
        found = [m for n, m in self._slice(end, end) if words in m["text"].lower()]
        return found[-size:]

    def _slice(self, end: int, size: int) -> list[tuple[int, dict[str, Any]]]:
        start = max(0, end - size)
        return list(zip(self.numbers[start:end], self.messages[start:end], strict=True))

    async def _widget(self, request: web.Request) -> web.StreamResponse:
        number = int(request.match_info["number"])
        place = bisect_left(self.numbers, number)
        there = place < len(self.numbers) and self.numbers[place] == number
        html = '<div class="tgme_widget_message_error">Post not found</div>'
        if there and number not in self.gone:
            html = wrapped(self.messages[place])
        return web.Response(text=f"<html><body>{html}</body></html>", content_type="text/html")

    async def _landing(self, request: web.Request) -> web.StreamResponse:
        count = self.without_preview.get(request.match_info["channel"])
        extra = f'<div class="tgme_page_extra">{count} subscribers</div>' if count else ""
        page = (
            f'<html><body><div class="tgme_page">{extra}<a>View in Telegram</a></div></body></html>'
        )
        return web.Response(text=page, content_type="text/html")

    async def _get_updates(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != TOKEN:
            return _refused(401, "Unauthorized")
        if self.webhook:
            return _refused(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(request.query.get("offset", "0"))
        self.confirmed.append(offset)
        if self.forgets:
            self.updates = [u for u in self.updates if u["update_id"] >= offset]
        allowed = json.loads(request.query["allowed_updates"])
        waiting = (u for u in self.updates if u["update_id"] >= offset)
        listed = [u for u in waiting if any(kind in u for kind in allowed)]
        batch = listed[: self.page_size or int(request.query["limit"])]
        return web.json_response({"ok": True, "result": [self.served(u) for u in batch]})


class TelegramBot(Telegram):
    """The same messages, told to a bot that administers the channel."""

    can: ClassVar[frozenset[str]] = frozenset({"spoil"})

    def __init__(self, *, forgets: bool = True) -> None:
        super().__init__()
        self.forgets = forgets
        self.told = 0

    def publish(self, count: int) -> list[str]:
        ids = super().publish(count)
        for external_id in ids:
            number = int(external_id.rpartition("/")[2])
            self.tell("channel_post", number, text=f"Le CHU de Valmont, message {number}")
        return ids

    def tell(self, kind: str, number: int, **fields: Any) -> None:
        message = {
            "message_id": number,
            "date": int((START + timedelta(seconds=number)).timestamp()),
            "chat": {
                "id": -1001234567890,
                "type": "channel",
                "title": "CHU de Valmont",
                "username": CHANNEL,
            },
            **fields,
        }
        self.told += 1
        self.updates.append({"update_id": 700_000 + self.told, kind: message})


def _refused(code: int, words: str) -> web.StreamResponse:
    answer = {"ok": False, "error_code": code, "description": words}
    return web.json_response(answer, status=code)


def preview(subscribers: str, messages: str) -> str:
    return f"""<!doctype html><html><body class="widget_frame_base"><main class="tgme_main">
<div class="tgme_channel_info"><div class="tgme_channel_info_header_title"><span>CHU de Valmont</span></div>
<div class="tgme_channel_info_counters">
<div class="tgme_channel_info_counter"><span class="counter_value">{subscribers}</span> <span class="counter_type">subscribers</span></div>
<div class="tgme_channel_info_counter"><span class="counter_value">214</span> <span class="counter_type">photos</span></div>
</div></div><section class="tgme_channel_history js-message_history">{messages}</section></main></body></html>"""


def wrapped(message: dict[str, Any]) -> str:
    reactions = message.get("reactions")
    counted = "".join(
        f'<span class="tgme_reaction"><i class="emoji"><b>{escape(str(emoji))}</b></i>{escape(str(n))}</span>'
        for emoji, n in (reactions.items() if isinstance(reactions, dict) else ())
    )
    text = message.get("text")
    words = (
        f'<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>'
        if text
        else ""
    )
    post = escape(str(message.get("post")), quote=True)
    return f"""<div class="tgme_widget_message_wrap js-widget_message_wrap">
<div class="tgme_widget_message {message.get("kind", "")} js-widget_message" data-post="{post}">
<div class="tgme_widget_message_bubble">
<div class="tgme_widget_message_author"><a class="tgme_widget_message_owner_name" href="https://t.me/{CHANNEL}"><span>CHU de Valmont</span></a></div>
{message.get("before", "")}{words}{message.get("after", "")}
<div class="tgme_widget_message_reactions js-message_reactions">{counted}</div>
<div class="tgme_widget_message_footer"><div class="tgme_widget_message_info">
<span class="tgme_widget_message_views">{escape(str(message.get("views")))}</span>
<span class="tgme_widget_message_meta">{message.get("meta", "")}<a class="tgme_widget_message_date" href="https://t.me/{post}">
<time datetime="{escape(str(message.get("datetime")), quote=True)}" class="time">08:00</time></a></span>
</div></div></div></div></div>"""
