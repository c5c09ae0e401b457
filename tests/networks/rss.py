"""A feed server: a window on its newest entries, conditional answers, older pages where it has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from aiohttp import web

from tests.networks.standin import StandIn

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


class FeedServer(StandIn):
    def __init__(self, *, window: int = 20_000, paged: bool = False) -> None:
        super().__init__()
        self.window = window
        self.paged = paged
        self.entries: list[dict[str, str]] = []

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/feed/", self._feed)

    @property
    def url(self) -> str:
        return f"{self.base_url}/feed/"

    def publish(self, count: int) -> list[str]:
        first = len(self.entries)
        for number in range(first, first + count):
            self.add(number, f"Le CHU de Valmont, billet {number} 🚑")
        return [f"https://blog.example/?p={n}" for n in range(first, first + count)]

    def add(self, number: int, title: str, comments: int = 0) -> None:
        self.entries.append(
            {
                "guid": f"http://blog.example/?p={number}",
                "title": title,
                "link": f"https://blog.example/{number}",
                "date": format_datetime(START + timedelta(seconds=number)),
                "comments": str(comments),
            }
        )

    async def _feed(self, request: web.Request) -> web.StreamResponse:
        page = int(request.query.get("paged", "1"))
        newest = list(reversed(self.entries))[(page - 1) * self.window : page * self.window]
        if page > 1 and not newest:
            return web.Response(status=404, text="<html>Page non trouvée</html>")
        etag = f'"{hash(str(newest))}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        more = self.paged and len(self.entries) > page * self.window
        return web.Response(
            text=rss(newest, older=f"{self.url}?paged={page + 1}" if more else ""),
            content_type="application/rss+xml",
            headers={"ETag": etag},
        )


def rss(entries: list[dict[str, str]], *, older: str = "") -> str:
    link = f'<atom:link rel="next" href="{older}"/>' if older else ""
    items = "".join(
        f"<item><title>{e['title']}</title><link>{e['link']}</link><guid>{e['guid']}</guid>"
        f"<pubDate>{e['date']}</pubDate><slash:comments>{e['comments']}</slash:comments>"
        f"<description>Au CHU.</description></item>"
        for e in entries
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:atom="http://www.w3.org/2005/Atom" '
        'xmlns:slash="http://purl.org/rss/1.0/modules/slash/">'
        f"<channel><title>Valmont</title><language>fr-FR</language>{link}{items}</channel></rss>"
    )
