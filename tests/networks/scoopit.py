"""Stand-in for Scoop.it: the application's token, topics between two instants, search in pages.

As the service's own client has it: client_credentials over POST, page numbers from 0, milliseconds,
ids of 64 bits with a sign, comments inside a topic's posts, errors that come with a 200.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from aiohttp import web

from tests.networks.standin import StandIn

CLIENT_ID = "valmont|cle"
CLIENT_SECRET = "secret-de-la-curation"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
FIRST_ID = -4_107_296_000_000_000_000  # ids need 64 bits, and are negative too
TOPIC = "sante-a-valmont"

Item = dict[str, Any]


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def user(name: str, short_name: str) -> Item:
    url = f"https://www.scoop.it/u/{short_name}"
    return {"id": 77_001, "name": name, "shortName": short_name, "url": url, "bio": None}


class Scoopit(StandIn):
    can: ClassVar[frozenset[str]] = frozenset({"page_size", "spoil"})

    def __init__(self) -> None:
        super().__init__()
        self.now: Callable[[], datetime] = lambda: START + timedelta(hours=6)
        self.posts: list[Item] = []  # oldest first
        self.dates: list[int] = []
        self.tokens: set[str] = set()
        self.life: int | None = 3600
        self.by_relevance = False
        self.short = 0  # posts that the first page of a search holds back
        self.says: Item | None = None  # instead of a read's answer, with a 200
        self._given = 0

    def post(self, **fields: Any) -> Item:
        number = len(self.posts)
        at = milliseconds(fields.pop("at", None) or START + timedelta(seconds=number))
        made = {
            "id": FIRST_ID + number,
            "title": "Neuf heures aux urgences",
            "content": "Le CHU de Valmont promet des lits",
            "htmlContent": "<p>Le CHU de Valmont promet des lits</p>",
            "insight": "Encore une promesse",
            "htmlInsight": "<p>Encore une promesse</p>",
            "thanksCount": 2,
            "reactionsCount": 3,
            "url": "https://www.lecourrierdevalmont.example/urgences",
            "scoopUrl": f"https://www.scoop.it/topic/{TOPIC}/p/{number}/urgences",
            "scoopShortUrl": f"https://sco.lt/{number}",
            "imageUrl": "https://img.example/petit.jpg",
            "largeImageUrl": "https://img.example/grand.jpg",
            "tags": ["urgences"],
            "commentsCount": 0,
            "comments": [],
            "pageViews": None,
            "author": user("Odile Ferrand", "odile-ferrand"),
            "isUserSuggestion": False,
            "publicationDate": None,
            "curationDate": at,
            "topicId": 48_001,
            **fields,
        }
        self.posts.append(made)
        self.dates.append(at)
        return made

    def comment(self, post: Item, comment_id: int, text: str, **fields: Any) -> Item:
        at = milliseconds(self.now()) - 60_000
        author = user("Paul Vasseur", "paul-vasseur")
        made = {"id": comment_id, "text": text, "date": at, "author": author, **fields}
        post["comments"].append(made)
        post["commentsCount"] = len(post["comments"])
        return made

    def publish(self, count: int) -> list[str]:
        return [str(self.post()["id"]) for _ in range(count)]

    def asked(self, path: str) -> list[web.Request]:
        return [request for request in self.requests if request.path == path]

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/oauth2/token", self._token)
        for root in ("", "/api/1"):
            app.router.add_get(f"{root}/topic", self._topic)
            app.router.add_get(f"{root}/search", self._search)

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        told = (form.get("grant_type"), form.get("client_id"), form.get("client_secret"))
        if told != ("client_credentials", CLIENT_ID, CLIENT_SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        self._given += 1
        token = f"jeton-de-curation-{self._given}"
        self.tokens = {token}
        answer: Item = {"access_token": token, "token_type": "bearer"}
        return web.json_response(answer | ({"expires_in": self.life} if self.life else {}))

    def _refusal(self, request: web.Request) -> web.Response | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens or "access_token" in request.query:
            return web.json_response({"error": "invalid_token"}, status=401)
        return web.json_response(self.says) if self.says is not None else None

    async def _topic(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        asked = request.query
        if asked.get("urlName") != TOPIC and asked.get("id") != "48001":
            return web.json_response({"success": False, "error": "Not found: null"})
        first = bisect_left(self.dates, int(asked.get("since", "0")))
        end = bisect_right(self.dates, int(asked.get("to", str(2**62))))
        size, number = int(asked.get("curated", "30")), int(asked.get("page", "0"))
        posts = self._page(first, end, size, number)
        if asked.get("ncomments", "100") == "0":
            posts = [{**post, "comments": []} for post in posts]
        topic = {"id": 48_001, "name": "Santé", "shortName": TOPIC, "lang": "fr"}
        return web.json_response({"topic": {**topic, "curatedPosts": posts}})

    async def _search(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        asked = request.query
        if asked.get("type") != "post" or not asked.get("query") or not asked.get("lang"):
            return web.json_response({"success": False, "error": "Bad request"})
        size, number = int(asked.get("count", "50")), int(asked.get("page", "0"))
        posts = self._page(0, len(self.posts), size, number)
        if self.by_relevance:
            posts = posts[::-1]
        posts = posts[: len(posts) - (self.short if number == 0 else 0)]
        shown = [{k: v for k, v in post.items() if k != "comments"} for post in posts]
        return web.json_response({"posts": shown, "totalFound": len(self.posts)})

    def _page(self, first: int, end: int, size: int, number: int) -> list[Item]:
        """Newest first."""
        size = min(size, self.page_size or size)
        last = end - number * size
        return [
            self.served(p) for p in self.posts[max(first, last - size) : max(first, last)][::-1]
        ]
