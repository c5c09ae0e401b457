"""Stand-in for the X API v2: search, counts, lookups, timelines, quotes, rules, stream, compliance.

As X does: bearer token, 10 to 100 results newest first, a page token that means nothing elsewhere,
seven days of search, a since_id older than that refused, every resource charged once a UTC day
(`bill` holds what it comes to), partial errors with 200, rate limits that end at a unix instant.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from tests.networks.x_operations import OWN_TOKEN, TOKEN, Json, XOperations, problem

__all__ = ["OWN_TOKEN", "TOKEN", "X", "iso", "snowflake", "user"]

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
WINDOW = timedelta(days=7)
_EPOCH_MS = 1_288_834_974_657
_MAX_QUERY = 512


def snowflake(at: datetime, sequence: int = 0) -> str:
    return str(((round(at.timestamp() * 1000) - _EPOCH_MS) << 22) + sequence)


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def user(user_id: str, username: str, **fields: Any) -> Json:
    return {
        "id": user_id,
        "username": username,
        "name": "Claire de Valmont",
        "verified": False,
        "public_metrics": {"followers_count": 214, "tweet_count": 77, "listed_count": 1},
        **fields,
    }


class X(XOperations):
    """`posts` newest last; `mentions`, `own` and `quotes` hold the other lists by id."""

    can = frozenset({"page_size", "empty_pages", "spoil"})

    def __init__(self) -> None:
        super().__init__()
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.posts: list[Json] = []
        self.lists: dict[str, list[Json]] = {}  # by path, beside the search's
        self.users = {"501": user("501", "claire_v")}
        self.gone: dict[str, str] = {}  # post id → the problem's type
        self.bill: dict[str, set[str]] = {"posts": set(), "users": set()}
        self.counted = 0
        self._number = 0
        self._empty: dict[str, int] = {}

    def publish(self, count: int) -> list[str]:
        return [self.post()["id"] for _ in range(count)]

    def post(self, *, at: datetime | None = None, to: str | None = None, **fields: Any) -> Json:
        """One more post, a second after the last one; `to` names another list than the search's."""
        number, self._number = self._number, self._number + 1
        made = at or START + timedelta(seconds=number)
        own_id = snowflake(made, number % 4096)
        item = {
            "id": own_id,
            "edit_history_tweet_ids": [own_id],
            "text": "Neuf heures d'attente au CHU de Valmont",
            "author_id": "501",
            "conversation_id": own_id,
            "created_at": iso(made),
            "lang": "fr",
            "possibly_sensitive": False,
            "public_metrics": {
                "like_count": 3,
                "reply_count": 1,
                "retweet_count": 2,
                "quote_count": 0,
                "impression_count": 480,
            },
            "entities": {"hashtags": [{"start": 0, "end": 4, "tag": "chuvalmont"}]},
            **fields,
        }
        (self.posts if to is None else self.lists.setdefault(to, [])).append(item)
        return item

    def calls(self, ending: str) -> list[web.Request]:
        return [request for request in self.requests if request.path.endswith(ending)]

    def routes(self, app: web.Application) -> None:
        super().routes(app)
        router = app.router
        router.add_get("/tweets/search/recent", self._search)
        router.add_get("/tweets/counts/recent", self._counts)
        router.add_get("/tweets", self._lookup)
        router.add_get("/tweets/{id}/quote_tweets", self._listed)
        router.add_get("/users/by", self._users)
        router.add_get("/users", self._users)
        router.add_get("/users/{id}/mentions", self._listed)
        router.add_get("/users/{id}/tweets", self._listed)

    def rate_limited(self) -> web.StreamResponse:
        headers = {
            "x-rate-limit-limit": "450",
            "x-rate-limit-remaining": "0",
            "x-rate-limit-reset": str(int(self.now().timestamp()) + 600),
        }
        body = {"title": "Too Many Requests", "status": 429}
        return web.json_response(body, status=429, headers=headers)

    async def _search(self, request: web.Request) -> web.Response:
        query = request.query.get("query", "")
        if refused := self._unauthorized(request):
            return refused
        if not 0 < len(query) <= _MAX_QUERY:
            return _invalid("query", query, "Invalid query length")
        size = int(request.query.get("max_results", "10"))
        if not 10 <= size <= 100:
            return _invalid("max_results", str(size), "is not between 10 and 100")
        return self._outside_window(request) or self._page(request, self.posts, "next_token", size)

    def _outside_window(self, request: web.Request) -> web.Response | None:
        earliest = self.now() - WINDOW
        since_id, start = request.query.get("since_id"), request.query.get("start_time")
        if since_id is not None and int(since_id) < int(snowflake(earliest)):
            said = f"'since_id' must be a tweet id created after {iso(earliest)}."
            return _invalid("since_id", since_id, said)
        if start is not None and datetime.fromisoformat(start) < earliest:
            return _invalid(
                "start_time", start, f"'start_time' must be on or after {iso(earliest)}"
            )
        return None

    async def _counts(self, request: web.Request) -> web.Response:
        if refused := self._unauthorized(request, app_only=True) or self._outside_window(request):
            return refused
        self.counted += 1
        first, end = self._range(request, self.posts, "next_token")
        total = max(0, end - first)
        return web.json_response({"data": [], "meta": {"total_tweet_count": total}})

    async def _listed(self, request: web.Request) -> web.Response:
        if refused := self._unauthorized(request):
            return refused
        size = int(request.query.get("max_results", "10"))
        return self._page(
            request, self.lists.get(request.path.lstrip("/"), []), "pagination_token", size
        )

    def _range(self, request: web.Request, posts: list[Json], token_name: str) -> tuple[int, int]:
        query = request.query
        first, end = 0, len(posts)
        if "since_id" in query:
            first = bisect_left(posts, int(query["since_id"]) + 1, key=_order)
        elif "start_time" in query:
            first = bisect_left(posts, _at(query["start_time"]), key=_order)
        if "until_id" in query:
            end = bisect_left(posts, int(query["until_id"]), key=_order)
        if "end_time" in query:
            end = min(end, bisect_left(posts, _at(query["end_time"]), key=_order))
        if token_name in query:
            end = bisect_left(posts, int(query[token_name].rpartition("x")[2]), key=_order)
        return first, end

    def _page(
        self, request: web.Request, posts: list[Json], token_name: str, size: int
    ) -> web.Response:
        token = request.query.get(token_name, "")
        if token and not token.startswith("b26"):
            return _invalid(token_name, token, "Invalid next_token")
        first, end = self._range(request, posts, token_name)
        key = f"{request.path}{end}"
        if first < end and self._empty.setdefault(key, self.empty_pages) > 0:
            self._empty[key] -= 1
            above = f"b26{self._empty[key]}x{_order(posts[end - 1]) + 1}"
            return web.json_response({"meta": {"result_count": 0, "next_token": above}})
        start = max(first, end - min(size, self.page_size or size))
        page = posts[start:end][::-1]
        if not page:
            return web.json_response({"meta": {"result_count": 0}})
        self.bill["posts"].update(str(post["id"]) for post in page)
        meta = {"result_count": len(page), "newest_id": page[0]["id"], "oldest_id": page[-1]["id"]}
        if start > first:
            meta["next_token"] = f"b26x{page[-1]['id']}"
        return web.json_response({"data": [self.served(post) for post in page], "meta": meta})

    async def _lookup(self, request: web.Request) -> web.Response:
        ids = [i for i in request.query.get("ids", "").split(",") if i]
        if refused := self._unauthorized(request):
            return refused
        if not 0 < len(ids) <= 100:
            return _invalid("ids", "", "between 1 and 100")
        known = {p["id"]: p for held in (self.posts, *self.lists.values()) for p in held}
        found = [known[i] for i in ids if i in known and i not in self.gone]
        self.bill["posts"].update(post["id"] for post in found)
        errors = [
            {
                "value": i,
                "resource_id": i,
                "parameter": "ids",
                "resource_type": "tweet",
                "title": "Not Found Error",
                "detail": "Could not find tweet",
                "type": f"https://api.twitter.com/2/problems/{self.gone.get(i, 'resource-not-found')}",
            }
            for i in ids
            if i in self.gone or i not in known
        ]
        answer: Json = {"data": found} if found else {}
        return web.json_response({**answer, **({"errors": errors} if errors else {})})

    async def _users(self, request: web.Request) -> web.Response:
        if refused := self._unauthorized(request):
            return refused
        ids = request.query.get("ids", "").split(",")
        names = request.query.get("usernames", "").split(",")
        found = [u for u in self.users.values() if u["id"] in ids or u["username"].lower() in names]
        self.bill["users"].update(u["id"] for u in found)
        return web.json_response({"data": found} if found else {"errors": []})


def _order(post: Json) -> int:
    return int(post["id"])


def _at(written: str) -> int:
    return int(snowflake(datetime.fromisoformat(written)))


def _invalid(name: str, value: str, said: str) -> web.Response:
    errors = [{"parameters": {name: [value]}, "message": said}]
    return problem("invalid-request", 400, title="Invalid Request", errors=errors)
