"""Stand-in for the Graph API as a Facebook Page's owner sees it: lists, comments, ids, login.

As the real one does: the token in a header and its proof beside it, only the fields that were asked
for, lists newest first by `after` and `since`, quotas and refusals as code in a 400, one id that is
gone refuses a whole call. Shapes by the reference and recorded answers.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from tests.networks.facebook_wire import (
    COMMENT_FIELDS,
    PAGE_ID,
    POST_FIELDS,
    RATING_FIELDS,
    Item,
    asked,
    at_of,
    comment,
    created,
    error,
    kinds,
    post,
    rating,
    summary,
    written,
)
from tests.networks.standin import StandIn

VERSION = "v25.0"
PAGE = "chuvalmont"
PEER_ID = "500600700800"
TOKEN = "jeton-de-page-valmont"
APP_ID = "424242"
APP_SECRET = "secret-de-valmont"
_START = datetime(2026, 3, 2, 8, tzinfo=UTC)
_MOST = 100


class Facebook(StandIn):
    """`lists` are oldest first; what stands in them may be changed in place."""

    can = frozenset({"page_size", "empty_pages", "spoil"})

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[str, list[Item]] = defaultdict(list)  # by edge, or post id + "/comments"
        self.nodes: dict[str, Item] = {}
        self.denied: dict[str, int] = {}  # an edge's error code
        self.unknown_fields: set[str] = set()
        self.odd: set[str] = set()  # posts whose comments the network fails to give
        self.pages: dict[str, Item] = {
            PAGE: {"id": PAGE_ID, "name": "CHU de Valmont", "username": PAGE,
                   "followers_count": 41_200, "fan_count": 39_900, "overall_star_rating": 4.1,
                   "rating_count": 380},
            PEER_ID: {"id": PEER_ID, "name": "Clinique des Tilleuls", "fan_count": 8_800},
        }  # fmt: skip
        self.token = TOKEN
        self.lasts: int | None = 60 * 86_400  # seconds, of a long-lived user token
        self.exchanges: list[dict[str, str]] = []
        self._number = 0

    def publish(self, count: int) -> list[str]:
        """Own posts, visitors' (in two lists), and posts that tag the Page (in one)."""
        return [self.post(("feed", "visitor_posts", "tagged")[n % 3])["id"] for n in range(count)]

    def post(self, edge: str = "feed", at: datetime | None = None, **fields: Any) -> Item:
        number, at = self._next(at)
        if edge != "feed":
            fields.setdefault("from", {"id": f"22{number}", "name": "Jeanne Orsel"})
        if edge == "tagged":
            fields.setdefault("id", f"22{number}_{9_000_000_000_000_000 + number}")
        made = post(number, at, **fields)
        self._add(edge, made)
        if edge == "visitor_posts":
            self._add("feed", made)
        return made

    def comment(self, under: str, at: datetime | None = None, **fields: Any) -> Item:
        number, at = self._next(at)
        made = comment(number, under, at, **fields)
        self._add(f"{under}/comments", made)
        if under in self.nodes:
            self.nodes[under]["updated_time"] = written(at)
        return made

    def recommend(self, at: datetime | None = None, **fields: Any) -> Item:
        number, at = self._next(at)
        made = rating(number, at, **fields)
        self.lists["ratings"].append(made)
        return made

    def delete(self, item_id: str) -> None:
        del self.nodes[item_id]
        for name, items in self.lists.items():
            self.lists[name] = [item for item in items if item.get("id") != item_id]

    def calls(self, ending: str) -> list[web.Request]:
        return [request for request in self.requests if request.path.endswith(ending)]

    def signed(self, body: bytes) -> dict[str, str]:
        mac = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
        return {"x-hub-signature-256": f"sha256={mac}"}

    def routes(self, app: web.Application) -> None:
        app.router.add_post(f"/{VERSION}/oauth/access_token", self._exchange)
        app.router.add_get(f"/{VERSION}/", self._ids)
        app.router.add_get(f"/{VERSION}/{{node}}", self._node)
        app.router.add_get(f"/{VERSION}/{{node}}/{{edge}}", self._edge)

    def rate_limited(self) -> web.StreamResponse:
        usage = [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 7}]
        return error(
            32,
            "Page request limit reached",
            X_Business_Use_Case_Usage=json.dumps({PAGE_ID: usage}),
        )

    def _next(self, at: datetime | None) -> tuple[int, datetime]:
        number, self._number = self._number, self._number + 1
        return number, at or _START + timedelta(seconds=number)

    def _add(self, name: str, item: Item) -> None:
        self.lists[name].append(item)
        self.nodes[item["id"]] = item

    def _refusal(self, request: web.Request) -> web.Response | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token != self.token and not token.startswith("utilisateur"):
            return error(190, "Invalid OAuth 2.0 Access Token", status=401)
        proof = hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
        if request.query.get("appsecret_proof") != proof:
            return error(100, "Invalid appsecret_proof provided in the API argument")
        return None

    async def _exchange(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.exchanges.append(form)
        if (form.get("client_id"), form.get("client_secret")) != (APP_ID, APP_SECRET):
            return error(1, "Error validating client secret.")
        if form["grant_type"] == "authorization_code":
            return web.json_response({"access_token": "utilisateur-court", "expires_in": 5_000})
        if not form.get("fb_exchange_token", "").startswith("utilisateur"):
            return error(190, "Invalid OAuth access token")
        answer = {"access_token": "utilisateur-long", "token_type": "bearer"}
        return web.json_response(answer | ({"expires_in": self.lasts} if self.lasts else {}))

    async def _node(self, request: web.Request) -> web.Response:
        if refused := self._refusal(request):
            return refused
        name, fields = request.match_info["node"], asked(request)
        page = next((p for n, p in self.pages.items() if name in (n, p["id"])), None)
        if page is None:
            return error(803, f"Some of the aliases you requested do not exist: {name}", status=404)
        if name in self.denied:
            return error(self.denied[name], "requires 'Page Public Content Access'")
        if fields & self.unknown_fields:
            return error(100, "Tried accessing nonexisting field")
        if "access_token" in fields:
            return web.json_response({"access_token": self.token, "id": page["id"]})
        return web.json_response({k: v for k, v in page.items() if k in {*fields, "id"}})

    async def _ids(self, request: web.Request) -> web.Response:
        if refused := self._refusal(request):
            return refused
        ids, fields = request.query["ids"].split(","), asked(request)
        if len(ids) > 50:
            return error(100, "Too many IDs. Maximum: 50.")
        for item in ids:
            if item not in self.nodes:
                message = "Unsupported get request. Object does not exist, or missing permissions"
                return error(100, message, subcode=33)
            if fields - kinds(self.nodes[item]):
                return error(100, "Tried accessing nonexisting field")
        return web.json_response({i: self._shown(self.nodes[i], fields) for i in ids})

    async def _edge(self, request: web.Request) -> web.Response:
        if refused := self._refusal(request):
            return refused
        node, edge = request.match_info["node"], request.match_info["edge"]
        if edge in self.denied:
            if self.denied[edge] == 100:
                return error(100, f"Tried accessing nonexisting field ({edge}) on node type (Page)")
            return error(self.denied[edge], "requires 'pages_read_user_content'")
        known = {"comments": COMMENT_FIELDS, "ratings": RATING_FIELDS}.get(edge, POST_FIELDS)
        if asked(request) - known or asked(request) & self.unknown_fields:
            return error(100, "Tried accessing nonexisting field")
        if edge == "comments":
            if node in self.odd:
                return error(1, "An unknown error occurred")
            return self._listed(request, self.lists[f"{node}/comments"])
        return self._listed(request, self.lists[edge])

    def _listed(self, request: web.Request, items: list[Item]) -> web.Response:
        """`after` holds the place from which to go down, and how many empty pages come first."""
        query = request.query
        low = bisect_left(items, at_of(query.get("since", "0")), key=created)
        high = len(items)
        if "until" in query:
            high = bisect_right(items, at_of(query["until"]), key=created)
        place, empty = high, self.empty_pages
        if "after" in query:
            place, empty = (int(part) for part in query["after"].split("."))
        limit = 0 if empty else self.page_size or min(int(query.get("limit", "25")), _MOST)
        first = max(low, place - limit)
        page = [self._shown(item, asked(request)) for item in reversed(items[first:place])]
        answer: Item = {"data": [self.served(item) for item in page]}
        after = f"{first}.{empty - 1 if empty else self.empty_pages}"
        if page or empty:
            answer["paging"] = {"cursors": {"before": "x", "after": after}}
        if first > low or (empty and place > low):
            link = f"{self.base_url}{request.path}?access_token={self.token}&after={after}"
            answer["paging"]["next"] = link
        return web.json_response(answer)

    def _shown(self, item: Item, fields: frozenset[str]) -> Item:
        shown = {name: value for name, value in item.items() if name in fields}
        if "comments" in fields and "reactions" in item:
            counted = len(self.lists.get(f"{item['id']}/comments", ()))
            shown["comments"] = item.get("comments", summary(counted))
        return shown


class Commented(Facebook):
    """What is published are comments and replies, on posts too old to be given themselves."""

    def __init__(self) -> None:
        super().__init__()
        long_ago = _START - timedelta(days=10)
        self.under = [self.post(at=long_ago + timedelta(hours=n))["id"] for n in range(20)]

    def publish(self, count: int) -> list[str]:
        made: list[str] = []
        for _ in range(count):
            under = self.under[self._number % len(self.under)]
            before = self.lists[f"{under}/comments"]
            answers: Item = {}
            if before and len(before) % 3 == 0:
                answers["parent"] = {"id": before[0]["id"]}
            made.append(self.comment(under, **answers)["id"])
        return made
