"""Stand-in for the YouTube Data API v3 and for the channels' public feeds.

As the real one does, by its documentation: a wrong key is a 400, a spent quota a 403 with its
reason, at most 50 videos or 100 comments a page and 50 ids a call, page
tokens belong to their list, a search in order of date ends after 500 results and holds entities,
figures are digits in strings, a thread brings five replies, an empty list of uploads does not exist.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from tests.networks.standin import StandIn
from tests.networks.youtube_wire import (
    Item,
    as_hit,
    as_listed,
    comment,
    dates_of,
    entry_of,
    iso,
    parts_of,
    refusal,
    video_id,
)

KEY = "cle-de-valmont"
OWN = "UCchuDeValmont0123456789"
PEER = "UCchuDeBremont0123456789"
_START = datetime(2026, 3, 2, 8, tzinfo=UTC)
_PACIFIC = ZoneInfo("America/Los_Angeles")


class Youtube(StandIn):
    """`kind` says what `publish` adds: "uploads" of the hospital, "search" hits, or "comments"."""

    can = frozenset({"page_size", "empty_pages", "spoil"})

    def __init__(self, kind: str = "uploads") -> None:
        super().__init__()
        self.kind = kind
        self.videos: dict[str, Item] = {}  # in order of publication
        self.uploads: dict[str, list[Item]] = {OWN: [], PEER: []}
        self.hits: list[Item] = []
        self.threads: list[Item] = []
        self.replies: dict[str, list[Item]] = {}
        self.disabled: set[str] = set()  # videos without comments
        self.forbidden: set[str] = set()  # whose comments are not for everybody
        self.handles = {"@chuvalmont": OWN}
        self.hidden_subscribers = False
        self.strict = False  # a comment that is gone has the whole call called not found
        self.searches_a_day = self.searches_left = 1_000_000
        self.units_a_day = self.units_left = 1_000_000
        self._day: date | None = None  # in California, of the last call
        self.failing = 0  # answers of processingFailure still to come
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._number = 0

    def publish(self, count: int) -> list[str]:
        if self.kind == "comments":
            return [self.comment()["id"] for _ in range(count)]
        return [self.video(searched=self.kind == "search")["id"] for _ in range(count)]

    def video(self, channel: str | None = None, *, searched: bool = False, **fields: Any) -> Item:
        """One more video, a second after the last one."""
        number, self._number = self._number, self._number + 1
        channel = channel or ("UCvoisinDeValmont0123456" if searched else OWN)
        at = _START + timedelta(seconds=number)
        item: Item = {
            "id": video_id(number),
            "snippet": {
                "publishedAt": iso(at),
                "channelId": channel,
                "title": f"L'accueil du CHU de Valmont & vous, épisode {number}",
                "description": "Une visite. https://chu-valmont.example/visite",
                "channelTitle": "Valmont Santé",
                "tags": ["santé"],
                "defaultAudioLanguage": "fr-FR",
                **fields,
            },
            "statistics": {"viewCount": f"{number + 10}", "likeCount": "3", "commentCount": "0"},
        }
        self.videos[item["id"]] = item
        (self.hits if searched else self.uploads.setdefault(channel, [])).append(item)
        return item

    def comment(self, video: str = "vid99999999", **fields: Any) -> Item:
        number, self._number = self._number, self._number + 1
        at = _START + timedelta(seconds=number)
        thread_id = f"Ug{number:022d}Ag"
        text = f"Neuf heures d'attente, honte {number}"
        thread: Item = {
            "id": thread_id,
            "snippet": {
                "videoId": video,
                "topLevelComment": comment(thread_id, at, text, **fields),
                "totalReplyCount": 0,
            },
        }
        self.threads.append(thread)
        self._count(video, 1)
        return thread

    def reply(self, thread: Item, at: datetime | None = None, **fields: Any) -> Item:
        number, self._number = self._number, self._number + 1
        at = at or _START + timedelta(seconds=number)
        answers = self.replies.setdefault(thread["id"], [])
        own_id = f"{thread['id']}.r{number:06d}"
        made = comment(own_id, at, "Nous vous répondons", parentId=thread["id"], **fields)
        answers.append(made)
        thread["snippet"]["totalReplyCount"] = len(answers)
        thread["replies"] = {"comments": answers[-5:]}
        self._count(thread["snippet"]["videoId"], 1)
        return made

    def _count(self, video: str, more: int) -> None:
        if (item := self.videos.get(video)) is not None:
            statistics = item["statistics"]
            statistics["commentCount"] = str(int(statistics["commentCount"]) + more)

    def calls(self, method: str) -> list[web.Request]:
        return [request for request in self.requests if request.path.endswith(f"/{method}")]

    def routes(self, app: web.Application) -> None:
        base = "/youtube/v3"
        for method, answer in {
            "search": self._search,
            "playlistItems": self._playlist,
            "videos": self._videos,
            "channels": self._channels,
            "commentThreads": self._threads,
            "comments": self._comments,
        }.items():
            app.router.add_get(f"{base}/{method}", self._metered(method, answer))
        app.router.add_get("/feeds/videos.xml", self._feed)

    @property
    def api(self) -> str:
        return f"{self.base_url}/youtube/v3"

    def rate_limited(self) -> web.StreamResponse:
        return refusal(403, "quotaExceeded", "The request cannot be completed")

    def _metered(self, method: str, answer: Callable[[web.Request], web.Response]) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            if request.headers.get("X-Goog-Api-Key") != KEY:
                return refusal(400, "badRequest", "API key not valid. Please pass a valid API key.")
            if not self._pays(method):
                return self.rate_limited()
            if self.failing:
                self.failing -= 1
                return refusal(400, "processingFailure")
            return answer(request)

        return handle

    def _pays(self, method: str) -> bool:
        """Every call costs, whatever comes of it; at midnight, Pacific time, both are full again."""
        today = self.now().astimezone(_PACIFIC).date()
        if self._day is not None and today > self._day:
            self.searches_left, self.units_left = self.searches_a_day, self.units_a_day
        self._day = today
        kind = "searches_left" if method == "search" else "units_left"
        left = getattr(self, kind)
        setattr(self, kind, left - 1)
        return bool(left > 0)

    def _search(self, request: web.Request) -> web.Response:
        query = request.query
        if query.get("type") != "video" or query.get("order") != "date" or not query.get("q"):
            return refusal(400, "invalidSearchFilter")
        dates = dates_of(self.hits)
        start = bisect_left(dates, query["publishedAfter"])
        end = bisect_left(dates, query.get("publishedBefore", "9"))
        first = max(start, end - 500)
        return self._page(request, self.hits, first, end, 50, as_hit)

    def _playlist(self, request: web.Request) -> web.Response:
        uploads = self.uploads.get(f"UC{request.query['playlistId'][2:]}", [])
        if not uploads:
            return refusal(404, "playlistNotFound")
        return self._page(request, uploads, 0, len(uploads), 50, as_listed)

    def _threads(self, request: web.Request) -> web.Response:
        query = request.query
        if query.get("order") != "time" or query.get("textFormat") != "plainText":
            return refusal(400, "operationNotSupported")
        video = query.get("videoId")
        if video in self.disabled:
            return refusal(403, "commentsDisabled")
        if video in self.forbidden:
            return refusal(403, "forbidden")
        if video is not None and video not in self.videos:
            return refusal(404, "videoNotFound")
        threads = self.threads
        if video is not None:
            threads = [t for t in threads if t["snippet"]["videoId"] == video]
        return self._page(request, threads, 0, len(threads), 100, lambda thread: thread)

    def _comments(self, request: web.Request) -> web.Response:
        parent = request.query.get("parentId")
        if parent is None:
            ids = set(request.query["id"].split(","))
            known = [t["snippet"]["topLevelComment"] for t in self.threads]
            known += [reply for replies in self.replies.values() for reply in replies]
            found = [c for c in known if c["id"] in ids]
            if self.strict and len(found) < len(ids):
                return refusal(404, "commentNotFound")
            return web.json_response({"items": found})
        if parent not in {thread["id"] for thread in self.threads}:
            return refusal(404, "commentNotFound")
        replies = self.replies.get(parent, [])
        return self._page(request, replies, 0, len(replies), 100, lambda reply: reply)

    def _videos(self, request: web.Request) -> web.Response:
        ids = request.query["id"].split(",")
        if len(ids) > 50:
            return refusal(400, "invalidFilters")
        parts = {"id", *request.query["part"].split(",")}
        found = [self.videos[i] for i in ids if i in self.videos]
        return web.json_response({"items": [parts_of(item, parts) for item in found]})

    def _channels(self, request: web.Request) -> web.Response:
        handle = request.query.get("forHandle")
        ids = [self.handles.get(handle, "")] if handle else request.query["id"].split(",")
        if len(ids) > 50:
            return refusal(400, "invalidFilters")
        parts = {"id", *request.query["part"].split(",")}
        items = [parts_of(self._channel(i), parts) for i in ids if i in self.uploads]
        return web.json_response({"items": items} if items else {"pageInfo": {"totalResults": 0}})

    def _channel(self, channel: str) -> Item:
        return {
            "id": channel,
            "snippet": {"title": "CHU de Valmont", "customUrl": "@chuvalmont"},
            "statistics": {
                "viewCount": "52000",
                "subscriberCount": "0" if self.hidden_subscribers else "1230",
                "hiddenSubscriberCount": self.hidden_subscribers,
                "videoCount": str(len(self.uploads[channel])),
            },
        }

    def _page(
        self,
        request: web.Request,
        items: Sequence[Item],
        first: int,
        end: int,
        most: int,
        shape: Callable[[Item], Item],
    ) -> web.Response:
        """Newest first. A token stands for its place among the items, counted from the oldest."""
        limit = self.page_size or min(int(request.query.get("maxResults", "5")), most)
        kind, empty, place = request.path.rpartition("/")[2], self.empty_pages, end
        if (token := request.query.get("pageToken")) is not None:
            given, _, rest = token.partition(".")
            if given != kind or rest.count(".") != 1:
                return refusal(400, "invalidPageToken")
            place, empty = (int(part) for part in rest.split("."))
        if empty and place > first:
            body: Item = {"items": [], "nextPageToken": f"{kind}.{place}.{empty - 1}"}
            return web.json_response(body)
        low = max(first, place - limit)
        body = {"items": [self.served(shape(items[i])) for i in range(place - 1, low - 1, -1)]}
        if low > first:
            body["nextPageToken"] = f"{kind}.{low}.{self.empty_pages}"
        return web.json_response(body)

    async def _feed(self, request: web.Request) -> web.StreamResponse:
        channel = request.query.get("channel_id", "")
        if channel not in self.uploads:
            return web.Response(status=404)
        entries = "".join(entry_of(item) for item in reversed(self.uploads[channel][-15:]))
        return web.Response(
            text='<?xml version="1.0" encoding="UTF-8"?><feed '
            'xmlns:yt="http://www.youtube.com/xml/schemas/2015" '
            'xmlns:media="http://search.yahoo.com/mrss/" xmlns="http://www.w3.org/2005/Atom">'
            f"<id>yt:channel:{channel}</id><title>Valmont</title>{entries}</feed>",
            content_type="text/xml",
        )
