"""Stand-in for GDELT's DOC 2.0 API, in its ArtList mode.

As the page and users of it tell: dates of a quarter of an hour, at most 250 articles and no second
page, `{}` for none, three months and no more, sentences with status 200 in place of errors, a 429
without a word of when.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from aiohttp import web

from tests.networks.standin import StandIn

START = datetime(2026, 3, 1, 20, tzinfo=UTC)
STEP = timedelta(minutes=15)
A_STEP = 200  # articles that `publish` puts into one step

Article = dict[str, Any]


def sentence(text: str, status: int = 200) -> web.Response:
    return web.Response(status=status, text=text, content_type="text/html")


class Gdelt(StandIn):
    can: ClassVar[frozenset[str]] = frozenset({"spoil"})

    def __init__(self) -> None:
        super().__init__()
        self.articles: list[Article] = []  # oldest first
        self.seen: list[str] = []
        self.shed = 0  # requests that are still to be shed
        self.raw: bytes | None = None
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._begins = START

    def article(self, at: datetime | None = None, **fields: Any) -> Article:
        number = len(self.articles)
        at = at or self._begins + STEP * (number // A_STEP)
        made = {
            "url": f"https://www.courrier-de-valmont.example/sante/{number}",
            "url_mobile": "",
            "title": f"CHU de Valmont : neuf heures d ' attente , honte ( {number} )",
            "seendate": at.strftime("%Y%m%dT%H%M%SZ"),
            "socialimage": "https://www.courrier-de-valmont.example/image.jpg",
            "domain": "courrier-de-valmont.example",
            "language": "French",
            "sourcecountry": "France",
            **fields,
        }
        self.articles.append(made)
        self.seen.append(at.strftime("%Y%m%d%H%M%S"))
        return made

    def publish(self, count: int) -> list[str]:
        if not self.articles and self._begins < self.now() - timedelta(days=1):
            self._begins = self.now() - timedelta(hours=1)
        return [self.article()["url"] for _ in range(count)]

    def rate_limited(self) -> web.StreamResponse:
        return sentence("Please limit requests to one every 5 seconds or contact us.", 429)

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/api/v2/doc/doc", self._doc)
        app.router.add_get("/", self._doc)

    @property
    def api(self) -> str:
        return f"{self.base_url}/api/v2/doc/doc"

    async def _doc(self, request: web.Request) -> web.StreamResponse:
        if self.shed > 0:
            self.shed -= 1
            return self.rate_limited()
        query = request.query
        if refused := self._refused(query["query"]):
            return sentence(refused)
        if query.get("mode") != "ArtList" or query.get("format") != "json":
            return sentence("Invalid mode.")
        if self.raw is not None:
            return web.Response(body=self.raw, content_type="application/json")
        begins = max(query["startdatetime"], f"{self.now() - timedelta(days=92):%Y%m%d%H%M%S}")
        if _moment(query["enddatetime"]) - _moment(query["startdatetime"]) < STEP:
            return sentence("Timespan is too short.")
        low, high = bisect_left(self.seen, begins), bisect_right(self.seen, query["enddatetime"])
        if query.get("sort") != "DateDesc":
            return sentence("Only the newest come first here.")
        shown = self.articles[max(low, high - int(query["maxrecords"])) : high][::-1]
        if not shown:
            return web.json_response({})
        return web.json_response({"articles": [self.served(one) for one in shown]})

    def _refused(self, asked: str) -> str | None:
        phrases = re.findall(r'"([^"]*)"', asked)
        if any(len(phrase) < 5 for phrase in phrases):
            return "The specified phrase is too short."
        if " OR " in asked and "(" not in asked:
            return "Queries containing OR'd terms must be surrounded by ()."
        return None


def _moment(digits: str) -> datetime:
    return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
