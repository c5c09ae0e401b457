"""Stand-in for a Mastodon instance: timelines, search, notifications, statuses and the stream.

As the real one does: at most 40 posts a page, `min_id` gives what immediately follows and
`since_id` the newest only, search and notifications want a user token, rate limits end at an
ISO 8601 date. `opaque=True` plays a server with ULIDs that knows no min_id; `fixed=True` one that
ignores every bound.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from aiohttp import WSMsgType, web

from tests.networks.standin import StandIn

TOKEN = "jeton-de-valmont"
_START = datetime(2026, 3, 2, 8, tzinfo=UTC)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

Post = dict[str, Any]


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def snowflake(at: datetime, sequence: int = 0) -> str:
    return str((int(at.timestamp() * 1000) << 16) + sequence)


def ulid(at: datetime, sequence: int) -> str:
    number = (int(at.timestamp() * 1000) << 80) + sequence
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def account(acct: str = "claire", **fields: Any) -> dict[str, Any]:
    name = acct.partition("@")[0]
    return {
        "id": "1001",
        "username": name,
        "acct": acct,
        "display_name": "Claire de Valmont",
        "note": "<p>Randonneuse</p>",
        "url": f"https://valmont.example/@{name}",
        "uri": f"https://valmont.example/users/{name}",
        "followers_count": 321,
        "noindex": False,
        **fields,
    }


def status(status_id: str, at: datetime, **fields: Any) -> Post:
    return {
        "id": status_id,
        "created_at": iso(at),
        "in_reply_to_id": None,
        "spoiler_text": "",
        "visibility": "public",
        "language": "fr",
        "uri": f"https://valmont.example/users/claire/statuses/{status_id}",
        "url": f"https://valmont.example/@claire/{status_id}",
        "replies_count": 1,
        "reblogs_count": 2,
        "favourites_count": 3,
        "quotes_count": 4,
        "edited_at": None,
        "content": "<p>Le CHU de Valmont, encore</p>",
        "reblog": None,
        "account": account(),
        "media_attachments": [],
        "mentions": [],
        "tags": [{"name": "chuvalmont", "url": "https://valmont.example/tags/chuvalmont"}],
        "card": None,
        "poll": None,
        **fields,
    }


def error(message: str, code: int) -> web.Response:
    return web.json_response({"error": message}, status=code)


class Mastodon(StandIn):
    """`posts` are in the instance's order, newest last; each may be changed in place."""

    can = frozenset({"page_size", "spoil"})

    def __init__(self, *, opaque: bool = False, fixed: bool = False) -> None:
        super().__init__()
        self.opaque = opaque
        self.fixed = fixed
        self.posts: list[Post] = []
        self.elsewhere: list[Post] = []  # known to the instance, on no timeline
        self.notifications: list[dict[str, Any]] = []
        self.accounts: dict[str, dict[str, Any]] = {}
        self._number = 0
        self._tagged: dict[str, tuple[tuple[int, int], list[Post]]] = {}
        self.describes_itself = True
        self.timelines_access: dict[str, dict[str, str]] = {}
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.sockets: list[web.WebSocketResponse] = []
        self.subscriptions: list[dict[str, str]] = []

    def publish(self, count: int) -> list[str]:
        return [self.post()["uri"] for _ in range(count)]

    def post(self, **fields: Any) -> Post:
        """One more post, a second after the last one."""
        number, self._number = self._number, self._number + 1
        at = _START + timedelta(seconds=number)
        own_id = ulid(at, number) if self.opaque else snowflake(at, number)
        uri = f"{self.base_url}/users/claire/statuses/{own_id}"
        made = status(own_id, at, **{"uri": uri, **fields})
        self.posts.append(made)
        return made

    def notify(self, post: Post, kind: str = "mention") -> dict[str, Any]:
        number = len(self.notifications) + 1
        made = {
            "id": str(number),
            "type": kind,
            "created_at": post["created_at"],
            "account": post["account"],
            "status": post,
        }
        self.notifications.append(made)
        return made

    def calls(self, ending: str) -> list[web.Request]:
        return [request for request in self.requests if request.path.endswith(ending)]

    async def push(self, event: str, payload: object, *stream: str) -> None:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        frame = {"stream": list(stream), "event": event, "payload": text}
        for socket in self.sockets:
            await socket.send_json(frame)

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/api/v2/instance", self._instance)
        app.router.add_get("/api/v1/timelines/tag/{tag}", self._tag)
        app.router.add_get("/api/v1/timelines/public", self._public)
        app.router.add_get("/api/v2/search", self._search)
        app.router.add_get("/api/v1/notifications", self._notified)
        app.router.add_get("/api/v1/statuses", self._statuses)
        app.router.add_get("/api/v1/statuses/{id}", self._status)
        app.router.add_get("/api/v1/accounts/lookup", self._lookup)
        app.router.add_get("/api/v1/streaming", self._stream)

    def rate_limited(self) -> web.StreamResponse:
        headers = {
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": iso(self.now() + timedelta(minutes=4)),
        }
        return web.json_response({"error": "Too many requests"}, status=429, headers=headers)

    def _has_token(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {TOKEN}"

    async def _instance(self, _request: web.Request) -> web.Response:
        if not self.describes_itself:
            return error("Not Found", 404)
        return web.json_response(
            {
                "domain": "valmont.example",
                "version": "0.17.0" if self.opaque else "4.5.2",
                "api_versions": {} if self.opaque else {"mastodon": 7},
                "configuration": {"timelines_access": self.timelines_access},
            }
        )

    async def _tag(self, request: web.Request) -> web.Response:
        tag = request.match_info["tag"]
        kept, stamp = self._tagged.get(tag), (len(self.posts), id(self.posts))
        # Ten thousand posts are not gone through again for each of two hundred pages.
        if kept is None or kept[0] != stamp:
            kept = (stamp, [post for post in self.posts if _first_tag(post).get("name") == tag])
            self._tagged[tag] = kept
        return self._page(request, kept[1])

    async def _public(self, request: web.Request) -> web.Response:
        return self._page(request, self.posts)

    async def _search(self, request: web.Request) -> web.Response:
        query = request.query.get("q", "")
        if not self._has_token(request):
            return error("Search queries that resolve remote resources are not supported", 401)
        if query.startswith("http"):
            found = [p for p in (*self.posts, *self.elsewhere) if p["uri"] == query]
            return web.json_response({"accounts": [], "statuses": found, "hashtags": []})
        words = query.strip('"').lower()
        found = [p for p in self.posts if words in str(p["content"]).lower()]
        # Here min_id is a lower bound: the newest come first all the same.
        bounds = {"since_id" if k == "min_id" else k: v for k, v in request.query.items()}
        return web.json_response({"statuses": self.select(found, bounds)})

    async def _notified(self, request: web.Request) -> web.Response:
        if not self._has_token(request):
            return error("This method requires an authenticated user", 422)
        types = request.query.getall("types[]", [])
        return self._page(request, [n for n in self.notifications if n["type"] in types])

    async def _lookup(self, request: web.Request) -> web.StreamResponse:
        found = self.accounts.get(request.query.get("acct", ""))
        return web.json_response(found) if found else error("Record not found", 404)

    async def _statuses(self, request: web.Request) -> web.Response:
        ids = request.query.getall("id[]", [])
        if self.opaque:
            return error("Not Found", 404)
        if len(ids) > 20:
            return error("Too many statuses", 422)
        known = (*self.posts, *self.elsewhere)
        return web.json_response([post for post in known if post["id"] in ids])

    async def _status(self, request: web.Request) -> web.Response:
        for post in (*self.posts, *self.elsewhere):
            if post["id"] == request.match_info["id"]:
                return web.json_response(post)
        return error("Record not found", 404)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if not self._has_token(request):
            return error("The access token is invalid", 401)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.subscriptions.append(message.json())
        return socket

    def _page(self, request: web.Request, posts: list[dict[str, Any]]) -> web.Response:
        page = self.select(posts, request.query)
        if not page or self.fixed:
            return web.json_response(page)
        base = f"{self.base_url}{request.path}?limit=40"
        links = [f'<{base}&max_id={page[-1]["id"]}>; rel="next"']
        links += [f'<{base}&min_id={page[0]["id"]}>; rel="prev"']
        served = [self.served(post) for post in page]
        return web.json_response(served, headers={"Link": ", ".join(links)})

    def select(self, posts: list[dict[str, Any]], query: Any) -> list[dict[str, Any]]:
        limit = self.page_size or min(int(query.get("limit", "20")), 40)
        posts.sort(key=_order)
        if self.fixed:
            return posts[::-1][:limit]
        low = query.get("since_id") if self.opaque else query.get("min_id", query.get("since_id"))
        first = bisect_right(posts, _rank(low), key=_order) if low else 0
        end = bisect_left(posts, _rank(query["max_id"]), key=_order) if "max_id" in query else None
        if "min_id" in query and not self.opaque:
            end = min(first + limit, len(posts) if end is None else end)
        return posts[first:end][::-1][:limit]


def _order(post: Post) -> tuple[int, str]:
    return _rank(str(post["id"]))


def _first_tag(post: Post) -> dict[str, Any]:
    return next((tag for tag in post.get("tags") or () if isinstance(tag, dict)), {})


@cache
def _rank(post_id: str) -> tuple[int, str]:
    return (int(post_id), "") if post_id.isdecimal() else (0, post_id)
