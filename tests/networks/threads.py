"""Stand-in for the Threads API: keyword search, mentions, own threads, conversations, insights.

As the real one does: a token in the header (in the address to renew it), `after` cursors beside a
`next` link that holds the token, at most 100 a page, searches counted, quotas as a 403 with code 4,
a conversation newest first unless `reverse=false`, only own posts and answers to them by id.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from tests.networks.instagram import START, Edge, error, iso
from tests.networks.standin import StandIn

TOKEN = "THAAjeton-de-valmont"
RENEWED = "THAAjeton-renouvele"
APP_SECRET = "secret-des-fils"
OWN = "chu_valmont"

Item = dict[str, Any]


def post(post_id: str, at: datetime, **fields: Any) -> Item:
    return {
        "id": post_id,
        "text": "Neuf heures aux urgences du CHU de Valmont @chu_valmont",
        "media_type": "TEXT_POST",
        "permalink": f"https://www.threads.net/@claire.de.valmont/post/{post_id}",
        "timestamp": iso(at),
        "username": "claire.de.valmont",
        "has_replies": False,
        "is_quote_post": False,
        "is_reply": False,
        "topic_tag": "Valmont",
        **fields,
    }


class Threads(StandIn):
    can = frozenset({"page_size", "empty_pages", "spoil"})

    def __init__(self, publishes: str = "search") -> None:
        super().__init__()
        self.publishes = publishes
        self.now: Callable[[], datetime] = lambda: START + timedelta(hours=6)
        self.everything, self.mentions, self.threads = Edge(), Edge(), Edge()
        self.conversations: dict[str, Edge] = {}
        self.insights: dict[str, dict[str, int]] = {}
        self.peers: dict[str, Item] = {}
        self.denied: dict[str, tuple[int, int]] = {}  # what refuses, by the path's last part
        self.gone: set[str] = set()
        self.searches: list[Any] = []
        self.logins: list[dict[str, str]] = []
        self.renews = True
        self.answers_can_be_read = True
        self.unknown_fields: set[str] = set()
        self.search_fields = True  # all fields of a post may be asked of a search
        self.deepest = 1_000_000  # hits after which a search has no next page
        self._number = 0

    # What happens on the network.

    def next_id(self) -> tuple[str, datetime]:
        number, self._number = self._number, self._number + 1
        return str(18_100_000_000_000_000 + number), START + timedelta(seconds=number)

    def publish(self, count: int) -> list[str]:
        return [self._publish_one()["id"] for _ in range(count)]

    def _publish_one(self) -> Item:
        if self.publishes == "replies":
            if not self.threads.items:
                self.thread(id="17100000000000001")
            return self.reply(self.threads.items[0]["id"])
        if self.publishes == "mentions":
            return self.mentions.add(post(*self.next_id()))
        return self.say()

    def say(self, **fields: Any) -> Item:
        return self.everything.add({**post(*self.next_id()), **fields})

    def thread(self, **fields: Any) -> Item:
        item = post(*self.next_id(), username=OWN)
        return self.threads.add({**item, **fields})

    def reply(self, thread_id: str, to: str | None = None, **fields: Any) -> Item:
        place = {"root_post": {"id": thread_id}, "replied_to": {"id": to or thread_id}}
        item = {**post(*self.next_id(), is_reply=True, **place), **fields}
        self.threads.items[self.threads.places[thread_id]]["has_replies"] = True
        return self.conversations.setdefault(thread_id, Edge()).add(item)

    def calls(self, ending: str) -> list[web.Request]:
        return [request for request in self.requests if request.path.endswith(ending)]

    # How it answers.

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/oauth/access_token", self._login)
        app.router.add_get("/access_token", self._exchange)
        app.router.add_get("/refresh_access_token", self._renew)
        app.router.add_get("/me", self._me)
        app.router.add_get("/me/threads_insights", self._profile_insights)
        app.router.add_get("/keyword_search", self._search)
        app.router.add_get("/profile_lookup", self._lookup)
        app.router.add_get("/{id}", self._one)
        app.router.add_get("/{id}/insights", self._insights)
        app.router.add_get("/{id}/{edge}", self._edge)

    def rate_limited(self) -> web.StreamResponse:
        return error(4, status=403)

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") not in (f"Bearer {TOKEN}", f"Bearer {RENEWED}"):
            return error(190, 463, status=401)
        last = request.path.rpartition("/")[2]
        return error(*self.denied[last]) if last in self.denied else None

    async def _login(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.logins.append(form)
        if form.get("client_secret") != APP_SECRET:
            return error(101)
        return web.json_response({"access_token": "court", "user_id": 1, "expires_in": 3600})

    async def _exchange(self, request: web.Request) -> web.Response:
        asked = request.query
        if (asked["grant_type"], asked["client_secret"]) != ("th_exchange_token", APP_SECRET):
            return error(101)
        return self._long_lived(TOKEN)

    async def _renew(self, request: web.Request) -> web.Response:
        if request.query["grant_type"] != "th_refresh_token" or not self.renews:
            return error(190)
        if request.query["access_token"] not in (TOKEN, RENEWED):
            return error(190)
        return self._long_lived(RENEWED)

    def _long_lived(self, token: str) -> web.Response:
        told = {"access_token": token, "token_type": "bearer", "expires_in": 5_184_000}
        return web.json_response(told)

    async def _me(self, request: web.Request) -> web.Response:
        refusal = self._refusal(request)
        return refusal or web.json_response({"id": "1", "username": OWN})

    async def _search(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        if not self.search_fields and "replied_to" in request.query["fields"]:
            return error(100)
        if request.query["search_type"] != "RECENT" or int(request.query["since"]) < 1_688_540_400:
            return error(100)
        self.searches.append(request.query)
        return self._paged(request, self.everything, "since")

    async def _edge(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        if self.unknown_fields & set(request.query.get("fields", "").split(",")):
            return error(100)
        node, name = request.match_info["id"], request.match_info["edge"]
        if node == "me":
            edge = {"threads": self.threads, "mentions": self.mentions}.get(name)
        else:
            edge = self.conversations.get(node, Edge()) if name == "conversation" else None
        return error(100, 33) if edge is None else self._paged(request, edge)

    def _paged(self, request: web.Request, edge: Edge, since: str = "") -> web.Response:
        limit = int(request.query.get("limit", "25"))
        if limit > 100:
            return error(100)
        anchor, _, skipped = request.query.get("after", "").partition("!")
        if int(skipped or 0) < self.empty_pages:
            after = f"{anchor}!{int(skipped or 0) + 1}"
            return self._listed(request, [], after, more=True)
        oldest = _iso_of(request.query.get(since, "0"))
        if "until" in request.query and not anchor:
            place = bisect_left(edge.dates, _iso_of(request.query["until"]))
            anchor = edge.items[place]["id"] if place < len(edge.items) else ""
        items, more = edge.page(anchor, self.page_size or limit, oldest)
        more = more and (not items or len(edge.items) - edge.places[items[-1]["id"]] < self.deepest)
        served = [self.served(item) for item in items]
        return self._listed(request, served, items[-1]["id"] if items else anchor, more=more)

    def _listed(
        self, request: web.Request, data: list[Item], after: str, *, more: bool
    ) -> web.Response:
        paging: Item = {"cursors": {"before": "avant", "after": after}}
        if more:
            link = f"{self.base_url}{request.path}?access_token={TOKEN}&after={after}"
            paging["next"] = link
        return web.json_response({"data": data, "paging": paging})

    async def _one(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        wanted = request.match_info["id"]
        readable = [
            self.threads,
            *(self.conversations.values() if self.answers_can_be_read else ()),
        ]
        for edge in readable:
            if wanted in edge.places and wanted not in self.gone:
                return web.json_response(edge.items[edge.places[wanted]])
        return error(100, 33)

    async def _insights(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        told = self.insights.get(request.match_info["id"], {})
        data = [
            {"name": n, "period": "lifetime", "values": [{"value": v}]} for n, v in told.items()
        ]
        return web.json_response({"data": data})

    async def _profile_insights(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        days = [{"value": 130, "end_time": iso(START)}, {"value": 227, "end_time": iso(START)}]
        data = [
            {"name": "views", "period": "day", "values": days},
            {"name": "followers_count", "period": "day", "total_value": {"value": 1234}},
        ]
        return web.json_response({"data": data})

    async def _lookup(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        found = self.peers.get(request.query["username"])
        return web.json_response(found) if found else error(100)


def _iso_of(seconds: str) -> str:
    return iso(datetime.fromtimestamp(int(seconds), tz=START.tzinfo))
