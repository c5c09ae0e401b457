"""Stand-in for Dailymotion: the Legacy API's search and the lists of API v2.

As their pages say: at most 100 a page and 1,000 a query, whatever there is; seconds since 1970 in
one and ISO 8601 in the other; has_more in one and `next` in the other; an unknown field is a 400 in
the first and in the second; a token is never needed for what is public, and refused when wrong.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from aiohttp import web

from tests.networks.standin import StandIn

KEY = "cle-de-valmont"
SECRET = "secret-de-valmont"
PROFILE = "chu-valmont"
PEER = "chu-bremont"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
MOST = 1_000

Video = dict[str, Any]
_LEGACY = frozenset(
    {"id", "title", "description", "url", "owner.id", "owner.username", "owner.screenname",
     "owner.followers_total", "created_time", "language", "views_total", "likes_total",
     "username", "followers_total", "videos_total"}
)  # fmt: skip
_V2 = frozenset(
    {"video_id", "title", "description", "video_url", "created_at", "language",
     "profile.profile_id", "profile.name", "profile.profile_url"}
)  # fmt: skip


def refusal(status: int, kind: str, message: str = "refused") -> web.Response:
    error = {"code": status, "message": message, "type": kind}
    return web.json_response({"error": error}, status=status)


class Dailymotion(StandIn):
    """`videos` are kept oldest first, as the Legacy API shows them. `v2_oldest_first`:
    v2's pages do not tell its order."""

    can: ClassVar[frozenset[str]] = frozenset({"page_size", "empty_pages", "spoil"})

    def __init__(self, *, tells_total: bool = True, v2_oldest_first: bool = False) -> None:
        super().__init__()
        self.videos: list[Video] = []
        self.times: list[int] = []
        self.private: set[str] = set()
        self.unlisted: set[str] = set()  # of the filter `ids`
        self.fields_gone: set[str] = set()
        self.tells_total = tells_total
        self.v2_oldest_first = v2_oldest_first
        self.tokens: set[str] = set()
        self.token_requests: list[dict[str, str]] = []
        self.legacy_takes_tokens = True

    def video(self, at: datetime | None = None, **fields: Any) -> Video:
        number = len(self.videos)
        at = at or START + timedelta(seconds=number)
        made = {
            "id": f"x8{number:06d}",
            "title": f"Aux urgences du CHU de Valmont, épisode {number}",
            "description": "Neuf heures d'attente.<br />https://chu-valmont.example/visite",
            "url": f"https://www.dailymotion.com/video/x8{number:06d}",
            "owner.id": "x2abcd",
            "owner.username": PROFILE,
            "owner.screenname": "CHU de Valmont",
            "owner.followers_total": 1_230,
            "created_time": int(at.timestamp()),
            "language": "fr",
            "views_total": number + 10,
            "likes_total": 3,
            **fields,
        }
        self.videos.append(made)
        self.times.append(int(at.timestamp()))
        return made

    def publish(self, count: int) -> list[str]:
        return [self.video()["id"] for _ in range(count)]

    def asked(self, part: str) -> list[web.Request]:
        return [request for request in self.requests if part in request.path]

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/videos", self._search)
        app.router.add_get("/video/{id}", self._one)
        app.router.add_get("/user/{id}", self._user)
        app.router.add_get("/user/{id}/videos", self._of_user)
        app.router.add_get("/v2/profiles/{id}/videos", self._of_profile)
        app.router.add_post("/v2/token", self._token)

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.token_requests.append(form)
        if (form.get("client_id"), form.get("client_secret")) != (KEY, SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        token = f"jeton-{len(self.token_requests)}"
        self.tokens = {token}
        return web.json_response({"access_token": token, "expires_in": 36_000})

    def _refusal(self, request: web.Request, known: frozenset[str]) -> web.Response | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        is_v2 = request.path.startswith("/v2/")
        if token and (token not in self.tokens or not (is_v2 or self.legacy_takes_tokens)):
            return refusal(401, "invalid_token")
        fields = set(request.query.get("fields", "").split(","))
        if unknown := (fields - known) | (fields & self.fields_gone):
            if not is_v2:
                return refusal(400, "invalid_parameter", f"unknown field {min(unknown)}")
            error = {"code": "INVALID_PARAMETER", "message": "unknown", "correlation_id": None}
            return web.json_response({"error": error}, status=400)
        size = int(request.query.get("page_size" if is_v2 else "limit", "10"))
        return None if 1 <= size <= 100 else refusal(400, "invalid_parameter")

    async def _search(self, request: web.Request) -> web.Response:
        if (refused := self._refusal(request, _LEGACY)) is not None:
            return refused
        if "ids" in request.query:
            ids = set(request.query["ids"].split(",")) - self.unlisted - self.private
            found = [video for video in self.videos if video["id"] in ids]
            body = [_chosen(request, video) for video in found]
            return web.json_response({"page": 1, "limit": 100, "has_more": False, "list": body})
        if not request.query.get("search"):
            return refusal(400, "missing_parameter")
        return self._legacy_page(request)

    async def _of_user(self, request: web.Request) -> web.Response:
        if (refused := self._refusal(request, _LEGACY)) is not None:
            return refused
        if request.match_info["id"] == PEER:
            return web.json_response({"page": 1, "limit": 1, "has_more": False, "list": []})
        if request.match_info["id"] != PROFILE:
            return refusal(404, "not_found")
        if request.query.get("sort") == "visited":
            best = sorted(self.videos, key=lambda video: -video["views_total"])
            body = [_chosen(request, video) for video in best[:1]]
            return web.json_response({"page": 1, "limit": 1, "has_more": True, "list": body})
        return self._legacy_page(request)

    async def _user(self, request: web.Request) -> web.Response:
        if (refused := self._refusal(request, _LEGACY)) is not None:
            return refused
        if request.match_info["id"] not in (PROFILE, PEER):
            return refusal(404, "not_found")
        person = {
            "id": "x2abcd",
            "username": request.match_info["id"],
            "followers_total": 1_230,
            "videos_total": len(self.videos),
            "views_total": 52_000,
        }
        return web.json_response(_chosen(request, person))

    async def _one(self, request: web.Request) -> web.Response:
        if (refused := self._refusal(request, _LEGACY)) is not None:
            return refused
        video_id = request.match_info["id"]
        if video_id in self.private:
            return refusal(403, "access_forbidden")
        for video in self.videos:
            if video["id"] == video_id:
                return web.json_response(_chosen(request, video))
        return refusal(404, "not_found")

    def _legacy_page(self, request: web.Request) -> web.Response:
        if request.query.get("sort") != "recent":
            return refusal(400, "invalid_parameter")
        after = int(request.query.get("created_after", "0"))
        before = int(request.query.get("created_before", str(2**40)))
        size = self.page_size or int(request.query.get("limit", "10"))
        numbers, more, total = self._numbers(request, after, before, size)
        items = [self.served(_chosen(request, self.videos[number])) for number in numbers]
        page = int(request.query.get("page", "1"))
        body: Video = {"page": page, "limit": size, "explicit": False, "has_more": more}
        if self.tells_total:
            body["total"] = total
        return web.json_response({**body, "list": items})

    async def _of_profile(self, request: web.Request) -> web.Response:
        if (refused := self._refusal(request, _V2)) is not None:
            return refused
        if request.match_info["id"] != PROFILE:
            error = {"code": "RESOURCE_NOT_FOUND", "message": "Profile not found."}
            return web.json_response({"error": error}, status=404)
        after = _seconds(request.query.get("created_after", "1970-01-02T00:00:00Z"))
        before = _seconds(request.query.get("created_before", "2999-01-01T00:00:00Z"))
        size = self.page_size or int(request.query.get("page_size", "10"))
        numbers, more, total = self._numbers(request, after, before, size)
        items = [self.served(_as_v2(request, self.videos[number])) for number in numbers]
        page = int(request.query.get("page", "1"))
        link = f"{self.base_url}{request.path}?page={page + 1}" if more else None
        body = {"data": items, "page": page, "page_size": size, "next": link, "previous": None}
        return web.json_response({**body, "total": total if self.tells_total else None})

    def _numbers(
        self, request: web.Request, after: int, before: int, size: int
    ) -> tuple[Iterator[int], bool, int]:
        """Which videos stand on the page asked for, whether more follow, how many there are."""
        low, high = bisect_left(self.times, after), bisect_right(self.times, before)
        reachable = min(high - low, MOST)
        block, within = divmod(int(request.query.get("page", "1")) - 1, self.empty_pages + 1)
        begin, end = min(block * size, reachable), min((block + 1) * size, reachable)
        more = end < reachable or (within < self.empty_pages and begin < end)
        shown = range(begin, end) if within == self.empty_pages else range(0)
        forward = self.v2_oldest_first and request.path.startswith("/v2/")
        return ((low + i if forward else high - 1 - i) for i in shown), more, reachable


def _seconds(iso: str) -> int:
    return int(datetime.fromisoformat(iso).timestamp())


def _chosen(request: web.Request, item: Video) -> Video:
    return {name: item[name] for name in request.query["fields"].split(",") if name in item}


def _as_v2(request: web.Request, video: Video) -> Video:
    created = datetime.fromtimestamp(video["created_time"], tz=UTC)
    whole = {
        "video_id": video["id"],
        "title": video["title"],
        "description": video["description"],
        "video_url": video["url"],
        "created_at": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "language": video["language"],
    }
    chosen = _chosen(request, whole)
    address = f"https://www.dailymotion.com/{video['owner.username']}"
    return chosen | {
        "profile": {
            "profile_id": video["owner.id"],
            "name": video["owner.screenname"],
            "profile_url": address,
        }
    }
