"""Stand-in for an account's server (PDS): sessions, search, notifications, posts and profiles.

As the real one does: search wants a token, tokens expire with 400 ExpiredToken, an unknown page
token or parameter is 400 InvalidRequest, at most 100 posts a page and 25 addresses a call.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from tests.networks.standin import StandIn

AUTHOR = "did:plc:valmontais"
_START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def post_view(number: int, at: datetime, **record: Any) -> dict[str, Any]:
    return {
        "uri": f"at://{AUTHOR}/app.bsky.feed.post/3k{number:08d}",
        "cid": f"bafy{number}",
        "author": {"did": AUTHOR, "handle": "claire.example.com", "displayName": "Claire"},
        "record": {
            "$type": "app.bsky.feed.post",
            "text": f"Le CHU de Valmont, message {number}",
            "createdAt": iso(at),
            "langs": ["fr"],
            **record,
        },
        "indexedAt": iso(at),
        "likeCount": number % 7,
        "repostCount": 1,
        "quoteCount": 2,
        "replyCount": 0,
        "labels": [],
    }


def error(name: str, status: int = 400) -> web.Response:
    return web.json_response({"error": name, "message": "refused"}, status=status)


class Bluesky(StandIn):
    """`posts` newest last. `max_hits` is how deep a search can be paged."""

    def __init__(self, password: str = "abcd-efgh-ijkl-mnop") -> None:
        super().__init__()
        self.password = password
        self.posts: list[dict[str, Any]] = []
        self.notifications: list[dict[str, Any]] = []
        self.blocked: set[str] = set()  # hidden from the account, not from the public
        self.followers = {AUTHOR: 1234, "did:plc:chu": 5120}
        self.handles = {"chu.valmont.example": "did:plc:chu"}
        self.max_hits = 100_000
        self.knows_reasons = True  # older servers list every notification whatever is asked
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.sessions = 0
        self.refreshes = 0
        self.refresh_works = True
        self.token = ""

    def publish(self, count: int) -> list[str]:
        first = len(self.posts)
        step = timedelta(seconds=1)
        new = [post_view(n, _START + n * step) for n in range(first, first + count)]
        self.posts += new
        return [view["uri"] for view in new]

    def expire(self) -> None:
        """The token in use is no longer taken."""
        self.token = "expired"

    def calls(self, method: str) -> list[web.Request]:
        return [request for request in self.requests if request.path.endswith(method)]

    def routes(self, app: web.Application) -> None:
        server = "/xrpc/com.atproto.server"
        app.router.add_post(f"{server}.createSession", self._create)
        app.router.add_post(f"{server}.refreshSession", self._refresh)
        app.router.add_get("/xrpc/app.bsky.feed.searchPosts", self._search)
        app.router.add_get("/xrpc/app.bsky.feed.getPosts", self._get_posts)
        app.router.add_get("/xrpc/app.bsky.actor.getProfiles", self._profiles)
        app.router.add_get("/xrpc/app.bsky.notification.listNotifications", self._listed)
        app.router.add_get("/xrpc/com.atproto.identity.resolveHandle", self._resolve)

    def rate_limited(self) -> web.StreamResponse:
        reset = int((self.now() + timedelta(minutes=4)).timestamp())
        headers = {
            "ratelimit-limit": "3000",
            "ratelimit-remaining": "0",
            "ratelimit-reset": f"{reset}",
        }
        return web.json_response({"error": "RateLimitExceeded"}, status=429, headers=headers)

    async def _create(self, request: web.Request) -> web.Response:
        if (await request.json()).get("password") != self.password:
            return error("AuthenticationRequired", 401)
        self.sessions += 1
        return self._tokens()

    async def _refresh(self, request: web.Request) -> web.Response:
        if not self.refresh_works or "refresh" not in request.headers.get("Authorization", ""):
            return error("ExpiredToken")
        self.refreshes += 1
        return self._tokens()

    def _tokens(self) -> web.Response:
        self.token = f"access-{self.sessions}-{self.refreshes}"
        return web.json_response(
            {
                "accessJwt": self.token,
                "refreshJwt": f"refresh-{self.sessions}",
                "did": "did:plc:chu",
            }
        )

    def _refusal(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization")
        if given is None:
            return error("AuthMissing", 401)
        return None if given == f"Bearer {self.token}" else error("ExpiredToken")

    async def _search(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        query = request.query
        if not query.get("q") or not 1 <= int(query.get("limit", "25")) <= 100:
            return error("InvalidRequest")
        since, until = query.get("since", ""), query.get("until", "9")
        found = [p for p in reversed(self.posts) if since <= str(p.get("indexedAt")) < until]
        return self._page(request, "posts", found[: self.max_hits])

    async def _listed(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        reasons = request.query.getall("reasons", []) if self.knows_reasons else []
        found = [n for n in reversed(self.notifications) if not reasons or n["reason"] in reasons]
        return self._page(request, "notifications", found)

    def _page(self, request: web.Request, key: str, found: list[dict[str, Any]]) -> web.Response:
        token = request.query.get("cursor", "")
        if token and not token.startswith("after:"):
            return error("InvalidRequest")
        start, limit = int(token[6:] or 0), int(request.query["limit"])
        body: dict[str, Any] = {key: found[start : start + limit]}
        if start + limit < len(found):
            body["cursor"] = f"after:{start + limit}"
        return web.json_response(body)

    async def _get_posts(self, request: web.Request) -> web.Response:
        uris = request.query.getall("uris", [])
        if len(uris) > 25:
            return error("InvalidRequest")
        hidden = self.blocked if "Authorization" in request.headers else set()
        found = [p for p in self.posts if p["uri"] in uris and p["uri"] not in hidden]
        return web.json_response({"posts": found})

    async def _profiles(self, request: web.Request) -> web.Response:
        actors = request.query.getall("actors", [])
        if len(actors) > 25:
            return error("InvalidRequest")
        dids = [self.handles.get(actor, actor) for actor in actors]
        named = {did: handle for handle, did in self.handles.items()}
        profiles = [
            {"did": d, "handle": named.get(d, "a.example"), "followersCount": self.followers[d]}
            for d in dids
            if d in self.followers
        ]
        return web.json_response({"profiles": profiles})

    async def _resolve(self, request: web.Request) -> web.Response:
        did = self.handles.get(request.query.get("handle", ""))
        return web.json_response({"did": did}) if did else error("InvalidRequest")
