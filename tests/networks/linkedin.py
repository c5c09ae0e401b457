"""Stand-in for LinkedIn's versioned API: one page's posts, comments, notifications and figures.

As the documentation has it: bearer token, a version that is still served, URNs escaped in the
address, start and count with a `next` link and no total, 429 without a word of when, 403 for posts
of others. `oldest_first` turns the threads round; hidden items take up places in a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import unquote

from aiohttp import web

from tests.networks.linkedin_page import (
    NEIGHBOUR,
    PAGE,
    START,
    Item,
    PageContents,
    millis,
    number,
)

__all__ = ["NEIGHBOUR", "PAGE", "START", "TOKEN", "Linkedin", "millis", "number"]

TOKEN = "jeton-de-la-page"
VERSIONS = ("202609", "202610", "202611")


class Linkedin(PageContents):
    """What stands on the page is kept oldest first."""

    can: ClassVar[frozenset[str]] = frozenset({"page_size", "empty_pages", "spoil"})

    def __init__(self) -> None:
        super().__init__()
        self.others: dict[str, Item] = {}  # posts of other members; None of them may be fetched
        self.readable: set[str] = set()  # but these
        self.reactions: dict[str, int] = {}
        self.shares: dict[str, tuple[int, int]] = {}  # impressions and shares
        self.gone: set[str] = set()
        self.left_out: set[str] = set()  # of answers for many
        self.tokens = {TOKEN}
        self.renewals: list[dict[str, str]] = []
        self.oldest_first = False
        self.without_metadata = False
        self.denied: set[str] = set()  # endpoints for which a scope is missing

    def publish(self, count: int) -> list[str]:
        return [self.post()["id"] for _ in range(count)]

    def asked(self, part: str) -> list[web.Request]:
        return [request for request in self.requests if part in request.path]

    # -- what the network answers

    def routes(self, app: web.Application) -> None:
        for root in ("", "/rest"):
            app.router.add_get(f"{root}/posts", self._posts)
            app.router.add_get(f"{root}/posts/{{urn}}", self._post)
            app.router.add_get(f"{root}/socialActions/{{urn}}/comments", self._comments)
            app.router.add_get(f"{root}/socialActions/{{urn}}/comments/{{id}}", self._comment)
            app.router.add_get(f"{root}/socialMetadata", self._many)
            app.router.add_get(f"{root}/socialMetadata/{{urn}}", self._one)
            app.router.add_get(f"{root}/organizationalEntityNotifications", self._notified)
            app.router.add_get(f"{root}/organizationalEntityShareStatistics", self._statistics)
            app.router.add_get(f"{root}/networkSizes/{{urn}}", self._size)
            app.router.add_get(f"{root}/organizations/{{id}}", self._organization)
        app.router.add_post("/oauth/v2/accessToken", self._token)

    def rate_limited(self) -> web.StreamResponse:
        return _error(429, "Resource level throttle limit for calls to this resource is reached.")

    def _refusal(self, request: web.Request, name: str) -> web.Response | None:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return _error(401, "Invalid access token", serviceErrorCode=65600)
        version = request.headers.get("LinkedIn-Version")
        if version not in VERSIONS:
            said = f"Requested version {version}01 is not active"
            return _error(426, said, code="NONEXISTENT_VERSION")
        if (
            request.headers.get("X-Restli-Protocol-Version") != "2.0.0"
            or "urn:" in request.raw_path
        ):
            return _error(400, "Expected to get ',', but got ':'", serviceErrorCode=0)
        if name in self.denied:
            return _error(
                403, f"Not enough permissions to access: {name}.GET", serviceErrorCode=100
            )
        return None

    def _page(self, request: web.Request, items: Sequence[Item], *, falling: bool) -> web.Response:
        """`items` are oldest first; hidden ones (`empty_pages`) take up whole pages."""
        start, asked = int(request.query.get("start", "0")), int(request.query.get("count", "10"))
        size = self.page_size or min(asked, 100)
        hidden, total = self.empty_pages, len(items)
        places = total if not hidden else -(-total // size) * size * (hidden + 1)
        shown = []
        for place in range(start, min(start + size, places)):
            block, within = divmod(place, size)
            if hidden and block % (hidden + 1) != hidden:
                continue
            at = (block // (hidden + 1)) * size + within if hidden else place
            if at < total:
                shown.append(items[total - 1 - at] if falling else items[at])
        more = start + size < places
        link = f"/rest{request.path}?count={size}&start={start + size}"
        links = [{"rel": "next", "type": "application/json", "href": link}] if more else []
        served = [self.served(item) for item in shown]
        paging = {"start": start, "count": size, "links": links}
        return web.json_response({"paging": paging, "elements": served})

    async def _posts(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request, "posts")) is not None:
            return refusal
        if request.query.get("q") != "author" or request.query.get("sortBy") != "LAST_MODIFIED":
            return _error(400, "No finder")
        own = self.posts if request.query.get("author") == PAGE else []
        return self._page(request, own, falling=True)

    async def _post(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request, "posts")) is not None:
            return refusal
        name = request.match_info["urn"]
        if name in self.others and name not in self.readable:
            return _error(403, "Viewer does not have permission")
        known = {post["id"]: post for post in self.posts} | self.others
        return web.json_response(known[name]) if name in known else _error(404, "Not found")

    async def _comments(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request, "socialActions")) is not None:
            return refusal
        thread = self.threads.get(request.match_info["urn"], [])
        return self._page(request, thread, falling=not self.oldest_first)

    async def _comment(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request, "socialActions")) is not None:
            return refusal
        for thread in self.threads.values():
            for comment in thread:
                if comment["id"] == request.match_info["id"]:
                    return web.json_response(comment)
        return _error(404, "Not found")

    def _metadata(self, name: str) -> Item:
        own = self.threads.get(name, [])
        nested = sum(
            len(self.threads[comment["commentUrn"]])
            for comment in (own if len(self.threads) > 1 else ())
            if comment["commentUrn"] in self.threads
        )
        likes = self.reactions.get(name, 0)
        return {
            "entity": name,
            "reactionSummaries": {
                "LIKE": {"reactionType": "LIKE", "count": likes},
                "PRAISE": {"reactionType": "PRAISE", "count": 1},
            },
            "commentsState": "OPEN",
            "commentSummary": {"count": len(own) + nested, "topLevelCount": len(own)},
        }

    async def _many(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request, "socialMetadata")) is not None:
            return refusal
        if self.without_metadata:
            return _error(404, "No virtual resource found")
        raw = request.raw_path.partition("ids=List(")[2].partition("&")[0].removesuffix(")")
        names = [unquote(part) for part in raw.split(",") if part]
        results = {n: self._metadata(n) for n in names if n not in self.gone | self.left_out}
        errors = {n: {"status": 404, "message": "gone"} for n in names if n in self.gone}
        errors = {n: error for n, error in errors.items() if n not in self.left_out}
        return web.json_response({"results": results, "statuses": {}, "errors": errors})

    async def _one(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request, "socialMetadata")) is not None:
            return refusal
        name = request.match_info["urn"]
        if name in self.gone:
            return _error(404, "Not found")
        return web.json_response(self._metadata(name))

    async def _notified(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request, "organizationalEntityNotifications")) is not None:
            return refusal
        actions = request.query["actions"].removeprefix("List(").removesuffix(")").split(",")
        since = int(request.query["timeRange"].partition("start:")[2].partition(",")[0])
        # One list for all pages of a walk: a test of ten thousand must not pay for it each time.
        told = self.notifications
        if told and (told[0]["lastModifiedAt"] < since or len(set(actions)) < 6):
            told = [n for n in told if n["lastModifiedAt"] >= since and n["action"] in actions]
        return self._page(request, told, falling=True)

    async def _statistics(self, request: web.Request) -> web.Response:
        name = "organizationalEntityShareStatistics"
        if (refusal := self._refusal(request, name)) is not None:
            return refusal
        asked = [unquote(part) for part in request.query.get("shares", "List()")[5:-1].split(",")]
        if "shares" in request.query:
            elements = [
                {"share": n, "totalShareStatistics": {"impressionCount": v, "shareCount": s}}
                for n in asked
                if n in self.shares
                for v, s in (self.shares[n],)
            ]
            return web.json_response({"elements": elements})
        whole = {"impressionCount": 90_000, "uniqueImpressionsCount": 31_000, "shareCount": 12}
        if "timeIntervals" in request.query:
            day = {"impressionCount": 100, "uniqueImpressionsCount": 60}
            return web.json_response({"elements": [{"totalShareStatistics": day}] * 28})
        return web.json_response({"elements": [{"totalShareStatistics": whole}]})

    async def _size(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request, "networkSizes")) is not None:
            return refusal
        sizes = {PAGE: 8_412, NEIGHBOUR: 15_020}
        return web.json_response({"firstDegreeSize": sizes[request.match_info["urn"]]})

    async def _organization(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request, "organizations")) is not None:
            return refusal
        if request.match_info["id"] != PAGE.rpartition(":")[2]:
            return _error(403, "Viewer don't have permission to the ADMIN_ONLY VisibilityReduction")
        return web.json_response({"vanityName": "chu-valmont", "localizedName": "CHU de Valmont"})

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.renewals.append(form)
        if form.get("refresh_token") == "fini" or form.get("client_secret") != "secret-de-valmont":
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = f"jeton-{len(self.renewals)}"
        self.tokens.add(token)
        return web.json_response(
            {
                "access_token": token,
                "expires_in": 5_184_000,
                "refresh_token": "encore",
                "refresh_token_expires_in": 31_536_000,
            }
        )


def _error(status: int, message: str, **more: Any) -> web.Response:
    return web.json_response({"message": message, "status": status, **more}, status=status)
