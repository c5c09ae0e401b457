"""What YouTube's stand-in answers with: comments, refusals, and a video's shape in each list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from aiohttp import web

Item = dict[str, Any]


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def video_id(number: int) -> str:
    return f"vid{number:08d}"


def comment(comment_id: str, at: datetime, text: str, **fields: Any) -> Item:
    snippet = {
        "authorDisplayName": "@claire-de-valmont",
        "authorChannelId": {"value": "UCclaireDeValmont0123456"},
        "textDisplay": text,
        "textOriginal": text,
        "likeCount": 2,
        "publishedAt": iso(at),
        "updatedAt": iso(at),
        **fields,
    }
    return {"kind": "youtube#comment", "id": comment_id, "snippet": snippet}


def refusal(status: int, reason: str, message: str = "refused") -> web.Response:
    error = {"code": status, "message": message, "errors": [{"reason": reason, "message": message}]}
    return web.json_response({"error": error}, status=status)


def dates_of(items: Sequence[Item]) -> Sequence[str]:
    return _Dates(items)


class _Dates(Sequence[str]):
    """The dates of items, looked at only where a bisection looks."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]["snippet"]["publishedAt"]


def parts_of(item: Item, parts: set[str]) -> Item:
    return {name: value for name, value in item.items() if name in parts}


def as_hit(item: Item) -> Item:
    snippet = {k: v for k, v in item["snippet"].items() if k in _HIT}
    snippet["title"] = escape(snippet["title"]).replace("&#x27;", "&#39;")
    return {"id": {"kind": "youtube#video", "videoId": item["id"]}, "snippet": snippet}


_HIT = frozenset({"publishedAt", "channelId", "title", "description", "channelTitle"})


def as_listed(item: Item) -> Item:
    own = item["snippet"]
    return {
        "id": f"UU{item['id']}",
        "snippet": {
            **{k: v for k, v in own.items() if k in _HIT},
            "resourceId": {"kind": "youtube#video", "videoId": item["id"]},
            "videoOwnerChannelId": own["channelId"],
        },
        "contentDetails": {"videoId": item["id"], "videoPublishedAt": own["publishedAt"]},
    }


def entry_of(item: Item) -> str:
    own = item["snippet"]
    return (
        f"<entry><id>yt:video:{item['id']}</id><yt:videoId>{item['id']}</yt:videoId>"
        f"<title>{escape(own['title'])}</title>"
        f'<link rel="alternate" href="https://www.youtube.com/watch?v={item["id"]}"/>'
        f"<author><name>{escape(own['channelTitle'])}</name>"
        f"<uri>https://www.youtube.com/channel/{own['channelId']}</uri></author>"
        f"<published>{own['publishedAt']}</published><updated>{own['publishedAt']}</updated>"
        f"<media:group><media:description>{escape(own['description'])}</media:description>"
        f'<media:community><media:starRating count="3" average="5.00" min="1" max="5"/>'
        f'<media:statistics views="{item["statistics"]["viewCount"]}"/></media:community>'
        "</media:group></entry>"
    )
