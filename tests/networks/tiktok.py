"""Stand-in for TikTok: the Research API's search, comments and accounts, the Display API's own list.

As the documentation says: tokens of two hours, at most thirty days and 100 videos a query, newest ids
first, a page by `cursor` and `search_id` together, errors with a code whatever the status, ids of 64
bits as numbers in one API and as strings in the other, a quota that ends at midnight, UTC.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from aiohttp import web

from tests.networks.standin import StandIn

KEY = "cle-de-valmont"
SECRET = "secret-de-valmont"
HANDLE = "chuvalmont"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)

Video = dict[str, Any]


def refusal(status: int, code: str, message: str = "refused") -> web.Response:
    error = {"code": code, "message": message, "log_id": "20260302"}
    return web.json_response({"data": {}, "error": error}, status=status)


def answer(data: Video) -> web.Response:
    return web.json_response(
        {"data": data, "error": {"code": "ok", "message": "", "log_id": "2026"}}
    )


class Tiktok(StandIn):
    """`videos` are kept oldest first. `kind` says what `publish` adds: videos "found" by a search,
    "own" ones, or "comments" under one that was found before."""

    can: ClassVar[frozenset[str]] = frozenset({"page_size", "empty_pages", "spoil"})

    def __init__(self, kind: str = "found") -> None:
        super().__init__()
        self.kind = kind
        self.videos: list[Video] = []
        self.times: list[int] = []
        self.comments: dict[int, list[Video]] = {}  # by video, and replies by comment
        self.followers = {HANDLE: 1_230, "chubremont": 800}
        self.searches: dict[str, tuple[int, int]] = {}  # what a search_id stands for
        self.tokens = {"jeton-de-la-personne"}
        self.granted = 0
        self.forgets_searches = False
        self.hidden: set[int] = set()  # shown by no query, once
        self.bodies: list[tuple[str, Video]] = []
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def video(self, at: datetime | None = None, **fields: Any) -> Video:
        number = len(self.videos)
        at = at or START + timedelta(seconds=number)
        made = {
            "id": (int(at.timestamp()) << 32) + number,
            "video_description": f"Neuf heures d'attente au CHU de Valmont {number} #chuvalmont",
            "voice_to_text": "",
            "create_time": int(at.timestamp()),
            "region_code": "FR",
            "share_count": 1,
            "view_count": 300,
            "like_count": 20,
            "comment_count": 0,
            "hashtag_names": ["chuvalmont"],
            "username": "odile.ferrand",
            **fields,
        }
        self.videos.append(made)
        self.times.append(int(at.timestamp()))
        return made

    def comment(self, video: Video, under: Video | None = None, **fields: Any) -> Video:
        listed = self.comments.setdefault((under or video)["id"], [])
        number = sum(len(one) for one in self.comments.values())
        at = START + timedelta(minutes=1, seconds=number)
        made = {
            "id": (int(at.timestamp()) << 32) + 1_000_000 + number,
            "video_id": video["id"],
            "text": f"Honte à vous {number}",
            "like_count": 2,
            "reply_count": 0,
            "parent_comment_id": under["id"] if under else video["id"],
            "create_time": int(at.timestamp()),
            **fields,
        }
        listed.append(made)
        if under is not None:
            under["reply_count"] += 1
        video["comment_count"] += 1
        return made

    def publish(self, count: int) -> list[str]:
        if self.kind == "comments":
            video = self.videos[0]
            return [str(self.comment(video)["id"]) for _ in range(count)]
        return [str(self.video()["id"]) for _ in range(count)]

    def asked(self, part: str) -> list[Video]:
        return [body for path, body in self.bodies if part in path]

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/v2/oauth/token/", self._token)
        app.router.add_post("/v2/research/video/query/", self._query)
        app.router.add_post("/v2/research/video/comment/list/", self._comments)
        app.router.add_post("/v2/research/user/info/", self._user)
        app.router.add_post("/v2/video/list/", self._own)
        app.router.add_post("/v2/video/query/", self._own_by_id)

    @property
    def api(self) -> str:
        return f"{self.base_url}/v2/research/"

    def rate_limited(self) -> web.StreamResponse:
        return refusal(429, "rate_limit_exceeded")

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if (form.get("client_key"), form.get("client_secret")) != (KEY, SECRET):
            said = {"error": "invalid_client", "error_description": "Client key or secret"}
            return web.json_response(said, status=401)
        self.granted += 1
        token = f"clt.{self.granted}"
        self.tokens.add(token)
        more = {"refresh_token": "encore", "refresh_expires_in": 31_536_000}
        more = more if form.get("grant_type") != "client_credentials" else {}
        return web.json_response({"access_token": token, "expires_in": 7_200, **more})

    async def _read(self, request: web.Request) -> Video:
        """The body; a refusal where the token or the fields are not right."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens or "access_token" in request.query:
            raise _Refused(refusal(401, "access_token_invalid"))
        if token.startswith("clt.1") and "/research/" not in request.path and self.kind != "own":
            raise _Refused(refusal(403, "scope_not_authorized"))
        if not request.query.get("fields"):
            raise _Refused(refusal(400, "invalid_params", "fields"))
        body: Video = await request.json()
        self.bodies.append((request.path, body))
        return body

    async def _query(self, request: web.Request) -> web.Response:
        try:
            body = await self._read(request)
            low, high = self._span(body)
        except _Refused as refused:
            return refused.response
        size = self.page_size or body["max_count"]
        ids = _ids(body["query"])
        if ids is not None:
            shown = [
                v for v in self.videos[low:high] if v["id"] in ids and v["id"] not in self.hidden
            ]
            self.hidden = set()
            return answer({"videos": shown, "cursor": 100, "has_more": False, "search_id": "ids"})
        if "search_id" in body:
            if body["search_id"] not in self.searches or self.forgets_searches:
                self.forgets_searches = False
                return refusal(400, "invalid_params", "Invalid count or cursor")
            low, high = self.searches[body["search_id"]]
        elif body.get("cursor"):
            return refusal(400, "invalid_params", "cursor without search_id")
        search_id = body.get("search_id") or f"{7_300_000_000_000_000_000 + len(self.searches)}"
        self.searches[search_id] = (low, high)
        cursor = body.get("cursor", 0)
        numbers, more = self._page(cursor, size, high - low)
        videos = [self.served(self.videos[high - 1 - number]) for number in numbers]
        data = {"videos": videos, "cursor": cursor + size, "has_more": more, "search_id": search_id}
        return answer(data)

    def _span(self, body: Video) -> tuple[int, int]:
        begins, ends = _day(body["start_date"]), _day(body["end_date"])
        if not 1 <= body["max_count"] <= 100:
            raise _Refused(refusal(400, "invalid_params", "max_count"))
        if not begins <= ends <= begins + timedelta(days=30):
            raise _Refused(refusal(400, "invalid_params", "start_date"))
        after = int((ends + timedelta(days=1)).timestamp()) - 1
        return bisect_left(self.times, int(begins.timestamp())), bisect_right(self.times, after)

    def _page(self, cursor: int, size: int, total: int) -> tuple[range, bool]:
        """Pages of nothing (`empty_pages`) stand before each that holds something."""
        block, within = divmod(cursor // size, self.empty_pages + 1)
        begin, end = block * size, min((block + 1) * size, total)
        more = end < total or (within < self.empty_pages and begin < total)
        return range(begin, end) if within == self.empty_pages else range(0), more

    async def _comments(self, request: web.Request) -> web.Response:
        try:
            body = await self._read(request)
        except _Refused as refused:
            return refused.response
        if ("video_id" in body) == ("comment_id" in body):
            return refusal(400, "invalid_params", "video_id or comment_id")
        listed = self.comments.get(body.get("video_id") or body["comment_id"], [])
        size, cursor = self.page_size or body["max_count"], body["cursor"]
        numbers, more = self._page(cursor, size, len(listed))
        shown = [self.served(listed[number]) for number in numbers]
        return answer({"comments": shown, "cursor": cursor + size, "has_more": more})

    async def _user(self, request: web.Request) -> web.Response:
        try:
            body = await self._read(request)
        except _Refused as refused:
            return refused.response
        if body["username"] not in self.followers:
            return refusal(400, "invalid_params", "user does not exist")
        count = self.followers[body["username"]]
        return answer({"display_name": "CHU", "follower_count": count, "video_count": 42})

    async def _own(self, request: web.Request) -> web.Response:
        try:
            body = await self._read(request)
        except _Refused as refused:
            return refused.response
        if not 1 <= body["max_count"] <= 20:
            return refusal(400, "invalid_params", "max_count")
        size, cursor = self.page_size or body["max_count"], body.get("cursor", 0)
        numbers, more = self._page(cursor, size, len(self.videos))
        shown = [self.served(_as_own(self.videos[-1 - number])) for number in numbers]
        return answer({"videos": shown, "cursor": cursor + size, "has_more": more})

    async def _own_by_id(self, request: web.Request) -> web.Response:
        try:
            body = await self._read(request)
        except _Refused as refused:
            return refused.response
        ids = set(body["filters"]["video_ids"])
        if len(ids) > 20:
            return refusal(400, "invalid_params", "video_ids")
        shown = [_as_own(video) for video in self.videos if str(video["id"]) in ids]
        return answer({"videos": shown})


class _Refused(Exception):
    def __init__(self, response: web.Response) -> None:
        self.response = response


def _ids(query: Video) -> set[int] | None:
    for condition in query.get("and", []):
        if condition["field_name"] == "video_id":
            return {int(one) for one in condition["field_values"]}
    return None


def _day(digits: str) -> datetime:
    return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC)


def _as_own(video: Video) -> Video:
    shown = {name: video[name] for name in _OWN}
    link = f"https://www.tiktok.com/@{HANDLE}/video/{video['id']}?utm_campaign=tt4d"
    return {**shown, "id": str(video["id"]), "title": "", "share_url": link}


_OWN = (
    "video_description", "create_time", "like_count", "comment_count", "share_count", "view_count",
)  # fmt: skip
