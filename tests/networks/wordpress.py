"""A WordPress site: REST collections with its filters, orders, page headers and refusals; its feeds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from connectors.dates import parse_date
from tests.networks.rss import rss
from tests.networks.standin import StandIn

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
Item = dict[str, Any]


class WordpressServer(StandIn):
    """`publish` adds comments under the first post, one a second."""

    def __init__(self, *, folder: str = "/blog", plain: bool = False) -> None:
        super().__init__()
        self.folder = folder
        self.plain = plain  # no pretty permalinks
        self.announced = True
        self.walled = False  # a security plugin's 403 page of HTML in front of the API
        self.knows_modified = True  # since 5.7
        self.without_comments = False  # a plugin has switched them off
        self.fixed = False  # a cache in front of the API: one answer, whatever is asked
        self.secret: str | None = None  # the Authorization header that is right
        self.posts: list[Item] = []
        self.comments: list[Item] = []
        self.hidden: set[tuple[str, int]] = set()  # held for moderation, or in the bin

    @property
    def url(self) -> str:
        return f"{self.base_url}{self.folder}/"

    @property
    def key(self) -> str:
        return f"{self.base_url.removeprefix('http://')}{self.folder}"

    def routes(self, app: web.Application) -> None:
        app.router.add_get(f"{self.folder}/", self._home)
        app.router.add_get(f"{self.folder}/feed/", self._post_feed)
        app.router.add_get(f"{self.folder}/comments/feed/", self._comment_feed)
        app.router.add_get(f"{self.folder}/wp-json/{{route:.*}}", self._pretty)

    def publish(self, count: int) -> list[str]:
        if not self.posts:
            self.write("Huit heures aux urgences", START)
        return [
            self.comment(START + timedelta(seconds=len(self.comments) + 1)) for _ in range(count)
        ]

    def write(self, title: str, at: datetime, modified: datetime | None = None) -> str:
        number = len(self.posts) + 1
        self.posts.append(
            {
                "id": number,
                "date_gmt": _written(at),
                "modified_gmt": _written(modified or at),
                "link": f"{self.url}{number}/",
                "title": {"rendered": title},
                "content": {"rendered": "<p>L&rsquo;attente est longue.</p>", "protected": False},
                "excerpt": {"rendered": "<p>L&rsquo;attente…</p>", "protected": False},
                "author": 4,
                "_embedded": {"author": [{"id": 4, "name": "Rédaction", "slug": "redaction"}]},
            }
        )
        return f"{self.key}:{number}"

    def comment(self, at: datetime, parent: int = 0) -> str:
        number = len(self.comments) + 1
        self.comments.append(
            {
                "id": number,
                "post": 1,
                "parent": parent,
                "author": 0,
                "author_name": f"Visiteuse {number}",
                "date_gmt": _written(at),
                "link": f"{self.url}1/#comment-{number}",
                "content": {"rendered": f"<p>Inadmissible n°{number} 😡</p>"},
            }
        )
        return f"{self.key}:comment-{number}"

    async def _home(self, request: web.Request) -> web.StreamResponse:
        if (route := request.query.get("rest_route")) is not None:
            return self._rest(request, route.strip("/"))
        if request.query.get("feed") == "rss2":
            return await self._post_feed(request)
        if request.query.get("feed") == "comments-rss2":
            return await self._comment_feed(request)
        root = f"{self.url}?rest_route=/" if self.plain else f"{self.url}wp-json/"
        headers = {"Link": f'<{root}>; rel="https://api.w.org/"'} if self.announced else {}
        return web.Response(
            text='<!doctype html><html lang="fr-FR"><body>Blog</body></html>',
            content_type="text/html",
            headers=headers,
        )

    async def _pretty(self, request: web.Request) -> web.StreamResponse:
        if self.plain:
            return web.Response(status=404, text="<html>404</html>", content_type="text/html")
        return self._rest(request, request.match_info["route"].strip("/"))

    def _rest(self, request: web.Request, route: str) -> web.StreamResponse:
        if self.walled:
            return web.Response(status=403, text="<html>Blocked</html>", content_type="text/html")
        sent = request.headers.get("Authorization")
        if sent and sent != self.secret:
            return _error(401, "incorrect_password")
        if not route:
            return web.json_response({"namespaces": ["oembed/1.0", "wp/v2"]})
        name, _, number = route.removeprefix("wp/v2/").partition("/")
        known = ("posts",) if self.without_comments else ("posts", "comments")
        if name not in known:
            return _error(404, "rest_no_route")
        return self._item(name, int(number)) if number else self._list(request, name)

    def _item(self, name: str, number: int) -> web.StreamResponse:
        items: list[Item] = getattr(self, name)
        if number > len(items):
            return _error(404, "rest_invalid_id")
        if (name, number) in self.hidden:
            return _error(401, "rest_cannot_read")
        return web.json_response(items[number - 1])

    def _list(self, request: web.Request, name: str) -> web.StreamResponse:
        if self.fixed:
            return web.json_response(getattr(self, name)[:10])
        query = request.query
        size, page = int(query.get("per_page", 10)), int(query.get("page", 1))
        if not 1 <= size <= 100:
            return _error(400, "rest_invalid_param")
        by = "modified_gmt" if query.get("orderby") == "modified" else "date_gmt"
        floor = query.get("after")
        if self.knows_modified:
            floor = query.get("modified_after", floor)
        shown = [i for i in getattr(self, name) if (name, i["id"]) not in self.hidden]
        if limit := parse_date(floor):
            after = _written(limit)
            shown = [item for item in shown if item[by] > after]
        shown.sort(key=lambda item: (item[by], item["id"]), reverse=query.get("order") != "asc")
        pages = -(-len(shown) // size)
        if page > max(pages, 1) and name == "posts":
            return _error(400, "rest_post_invalid_page_number")
        return web.json_response(
            shown[(page - 1) * size : page * size],
            headers={"X-WP-Total": str(len(shown)), "X-WP-TotalPages": str(pages)},
        )

    async def _post_feed(self, request: web.Request) -> web.StreamResponse:
        entries = [
            self._entry(p, f"{self.url}?p={p['id']}", p["title"]["rendered"]) for p in self.posts
        ]
        return self._feed(request, entries)

    async def _comment_feed(self, request: web.Request) -> web.StreamResponse:
        if self.without_comments:
            return web.Response(status=404, text="<html>404</html>", content_type="text/html")
        entries = [
            self._entry(c, f"{self.url}?p=1#comment-{c['id']}", "Par : Visiteuse")
            for c in self.comments
        ]
        return self._feed(request, entries)

    def _entry(self, item: Item, guid: str, title: str) -> dict[str, str]:
        date = f"{item['date_gmt']}Z"
        return {"guid": guid, "link": item["link"], "title": title, "date": date, "comments": "0"}

    def _feed(self, request: web.Request, entries: list[dict[str, str]]) -> web.StreamResponse:
        if self.plain and "feed" not in request.query:
            return web.Response(status=404, text="<html>404</html>", content_type="text/html")
        text = rss(entries[::-1][:10])
        return web.Response(text=text, content_type="application/rss+xml")


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S")


def _error(status: int, code: str) -> web.Response:
    return web.json_response(
        {"code": code, "message": "…", "data": {"status": status}}, status=status
    )
