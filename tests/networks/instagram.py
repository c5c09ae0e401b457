"""Stand-in for Instagram's Graph API: media, comments, tags, hashtags, mentions, peers.

As the real one does: a token in the header, `after` cursors beside a `next` link that holds the
token, at most 50 a page, 30 hashtags in seven days, a day of recent media, quotas as a 403 with
code 4, refusals as 400 with a code; `?ids=` fails as a whole for one id that is not there.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from tests.networks.standin import StandIn

TOKEN = "EAAjeton-de-valmont"
APP_SECRET = "secret-de-l-application"
USER_ID = "17841400000000001"
START = datetime(2026, 3, 2, 6, tzinfo=UTC)
_CALLED = re.compile(r"([a-z_]+)\.([a-z_]+)\(([^)]*)\)")

Item = dict[str, Any]


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S+0000")


def error(code: int, subcode: int = 0, *, status: int = 400, **more: Any) -> web.Response:
    said = {"message": f"(#{code}) Refus", "type": "OAuthException", "code": code, **more}
    if subcode:
        said["error_subcode"] = subcode
    return web.json_response({"error": said}, status=status)


def media(media_id: str, at: datetime, **fields: Any) -> Item:
    return {
        "id": media_id,
        "caption": "Huit heures aux urgences #CHUValmont @chu_valmont",
        "comments_count": 2,
        "like_count": 3,
        "media_type": "IMAGE",
        "media_url": f"https://images.example/{media_id}.jpg",
        "permalink": f"https://www.instagram.com/p/{media_id}/",
        "timestamp": iso(at),
        **fields,
    }


def comment(comment_id: str, at: datetime, **fields: Any) -> Item:
    return {
        "id": comment_id,
        "text": "Neuf heures d'attente, honte @chu_valmont",
        "timestamp": iso(at),
        "username": "claire.de.valmont",
        "like_count": 1,
        "from": {"id": "901", "username": "claire.de.valmont"},
        **fields,
    }


class Edge:
    """A list, oldest first, that is read newest first."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.places: dict[str, int] = {}
        self.dates: list[str] = []

    def add(self, item: Item) -> Item:
        self.places[str(item["id"])] = len(self.items)
        self.items.append(item)
        self.dates.append(item["timestamp"])
        return item

    def page(self, after: str, limit: int, oldest: str = "") -> tuple[list[Item], bool]:
        end = self.places[after] if after else len(self.items)
        first = max(bisect_left(self.dates, oldest), end - limit)
        return self.items[first:end][::-1], first > bisect_left(self.dates, oldest)


class Instagram(StandIn):
    can = frozenset({"page_size", "empty_pages", "spoil"})

    def __init__(self, publishes: str = "hashtag") -> None:
        super().__init__()
        self.publishes = publishes
        self.now: Callable[[], datetime] = lambda: START + timedelta(hours=6)
        self.media, self.tags = Edge(), Edge()
        self.hashtags: dict[str, Edge] = {}
        self.comments: dict[str, Edge] = {}
        self.replies: dict[str, Edge] = {}
        self.mentioned: dict[str, Item] = {}
        self.peers: dict[str, Item] = {}
        self.denied: dict[str, tuple[int, int]] = {}  # what refuses, by the path's last part
        self.searched: dict[str, datetime] = {}
        self.gone: set[str] = set()
        self.steady = False  # `after` keeps its value from page to page, and yet advances
        self._steady_at = ""
        self._number = 0

    # What happens on the network.

    def next_id(self) -> tuple[str, datetime]:
        number, self._number = self._number, self._number + 1
        return str(18_000_000_000_000_000 + number), START + timedelta(seconds=number)

    def publish(self, count: int) -> list[str]:
        return [self._publish_one()["id"] for _ in range(count)]

    def _publish_one(self) -> Item:
        if self.publishes == "comments":
            if not self.media.items:
                old = START - timedelta(days=20)
                self.post(id="17000000000000001", timestamp=iso(old), comments_count=0)
            return self.comment(self.media.items[0]["id"])
        if self.publishes == "tags":
            return self.tags.add(media(*self.next_id(), username="paul.de.valmont"))
        if self.publishes == "media":
            return self.post()
        return self.under("chuvalmont")

    def post(self, **fields: Any) -> Item:
        item = media(*self.next_id(), username="chu_valmont", media_product_type="FEED")
        item.update(fields)
        return self.media.add(item)

    def under(self, tag: str, **fields: Any) -> Item:
        item = {**media(*self.next_id()), **fields}
        return self.hashtags.setdefault(tag, Edge()).add(item)

    def comment(self, media_id: str, **fields: Any) -> Item:
        item = {**comment(*self.next_id()), **fields}
        self._count(media_id)
        return self.comments.setdefault(media_id, Edge()).add(item)

    def reply(self, media_id: str, comment_id: str, **fields: Any) -> Item:
        item = {**comment(*self.next_id(), parent_id=comment_id), **fields}
        self._count(media_id)
        return self.replies.setdefault(comment_id, Edge()).add(item)

    def _count(self, media_id: str) -> None:
        self.media.items[self.media.places[media_id]]["comments_count"] += 1

    def calls(self, ending: str) -> list[web.Request]:
        return [request for request in self.requests if request.path.endswith(ending)]

    # How it answers.

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/", self._many)
        app.router.add_post("/oauth/access_token", self._exchange)
        app.router.add_get("/ig_hashtag_search", self._hashtag_search)
        app.router.add_get(f"/{USER_ID}", self._user)
        app.router.add_get(f"/{USER_ID}/insights", self._insights)
        app.router.add_get("/{id}", self._one)
        app.router.add_get("/{id}/{edge}", self._edge)

    def rate_limited(self) -> web.StreamResponse:
        usage = '{"call_count":100,"total_time":25,"total_cputime":25}'
        answer = error(4, status=403)
        answer.headers["X-App-Usage"] = usage
        return answer

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return error(190, 463, status=401)
        signed = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
        if request.query.get("appsecret_proof", signed) != signed:
            return error(100)
        last = request.path.rpartition("/")[2]
        return error(*self.denied[last]) if last in self.denied else None

    async def _edge(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        node, name = request.match_info["id"], request.match_info["edge"]
        oldest = ""
        if name == "recent_media":
            tag = next((tag for tag in self.hashtags if _tag_id(tag) == node), "")
            edge = self.hashtags.get(tag)
            oldest = iso(self.now() - timedelta(days=1))
        elif node == USER_ID:
            edge = {"media": self.media, "tags": self.tags}.get(name)
        else:
            edge = {"comments": self.comments, "replies": self.replies}.get(name, {}).get(node)
            edge = edge or Edge()
        if edge is None or int(request.query.get("limit", "25")) > 50:
            return error(100, 33)
        return web.json_response(self._paged(request, edge, oldest))

    def _paged(self, request: web.Request, edge: Edge, oldest: str) -> Item:
        limit = self.page_size or int(request.query.get("limit", "25"))
        anchor, _, skipped = request.query.get("after", "").partition("!")
        if self.steady and anchor:
            anchor = self._steady_at
        if int(skipped or 0) < self.empty_pages:
            return self._listed(request, [], f"{anchor}!{int(skipped or 0) + 1}", more=True)
        items, more = edge.page(anchor, limit, oldest)
        last = items[-1]["id"] if items else anchor
        if self.steady:
            self._steady_at, last = last, "toujours-le-meme"
        served = [self.served(self._shown(item, request)) for item in items]
        return self._listed(request, served, last, more=more)

    def _listed(self, request: web.Request, data: list[Item], after: str, *, more: bool) -> Item:
        paging: Item = {"cursors": {"before": "avant", "after": after}}
        if more:
            link = f"{self.base_url}{request.path}?access_token={TOKEN}&limit=25&after={after}"
            paging["next"] = link
        return {"data": data, "paging": paging}

    def _shown(self, item: Item, request: web.Request) -> Item:
        replies = self.replies.get(item["id"])
        if "replies" not in request.query.get("fields", "") or replies is None:
            return item
        items, more = replies.page("", self.page_size or 50)
        nested = self._listed(request, items, items[-1]["id"], more=more)
        return {"id": item["id"], "replies": nested}

    async def _hashtag_search(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        tag, at = request.query["q"], self.now()
        week = {t: since for t, since in self.searched.items() if since > at - timedelta(days=7)}
        if tag not in week and len(week) >= 30:
            return error(18, 2207034)
        self.searched = {tag: at, **week}
        if tag not in self.hashtags and tag != "chuvalmont":
            return error(24, 2207024)
        self.hashtags.setdefault(tag, Edge())
        return web.json_response({"data": [{"id": _tag_id(tag)}]})

    async def _user(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        fields = request.query.get("fields", "")
        called = _CALLED.match(fields)
        if called is None:
            own = {"username": "chu_valmont", "followers_count": 4321, "media_count": 87}
            return web.json_response({**own, "id": USER_ID})
        name, _argument, value = called.groups()
        found = self.peers if name == "business_discovery" else self.mentioned
        if value not in found:
            return error(110, 2207013) if found is self.peers else error(100, 33)
        return web.json_response({name: found[value], "id": USER_ID})

    async def _insights(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        told = {"reach": 900, "views": 2500}
        metrics = request.query["metric"].split(",")
        data = [{"name": m, "period": "day", "total_value": {"value": told[m]}} for m in metrics]
        return web.json_response({"data": data})

    async def _many(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        ids = request.query["ids"].split(",")
        if len(ids) > 50:
            return error(100)
        found = [self._look_up(one, request.query.get("fields", "")) for one in ids]
        for one in found:
            if isinstance(one, web.Response):
                return one
        return web.json_response(dict(zip(ids, found, strict=True)))

    async def _one(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        found = self._look_up(request.match_info["id"], request.query.get("fields", ""))
        return found if isinstance(found, web.Response) else web.json_response(found)

    def _look_up(self, external_id: str, fields: str) -> Item | web.Response:
        """Own media and what stands under them; others' are as good as not there."""
        if external_id in self.gone:
            return error(100, 33)
        if external_id in self.media.places:
            if "text" in fields.split(","):
                return error(100)
            return self.media.items[self.media.places[external_id]]
        for edge in (*self.comments.values(), *self.replies.values()):
            if external_id in edge.places:
                if "comments_count" in fields:
                    return error(100)
                return edge.items[edge.places[external_id]]
        return error(100, 33)

    async def _exchange(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("client_secret") != APP_SECRET:
            return error(1)
        if form.get("grant_type") == "fb_exchange_token" and form.get("fb_exchange_token"):
            return web.json_response({"access_token": TOKEN, "expires_in": 5_184_000})
        return web.json_response({"access_token": "court", "expires_in": 5400})


def _tag_id(tag: str) -> str:
    return str(17_840_000_000_000_000 + sum(ord(c) * 31**i for i, c in enumerate(tag)) % 10**12)
