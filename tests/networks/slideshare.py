"""Stand-in for SlideShare's API 2: signed calls, XML, errors with a 200, so many calls a day.

As the documentation and recorded answers have it: api_key, ts and hash on every call, pages from 1,
at most 50 a page, an empty ResultOffset on the first, accounts by limit and offset.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from typing import Any, ClassVar
from xml.sax.saxutils import escape

from aiohttp import web

from tests.networks.standin import StandIn

API_KEY = "cle-de-valmont"
SECRET = "secret-des-diapositives"
USER = "chuvalmont"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
FIRST_ID = 237_000_000
DRIFT = 300  # seconds that a caller's clock may be off

Item = dict[str, Any]


def written(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def error(code: int, said: str = "Refused") -> web.Response:
    text = f'<SlideShareServiceError>\n  <Message ID="{code}">{said}</Message>\n</SlideShareServiceError>'
    return xml(text)


def xml(text: str) -> web.Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'
    return web.Response(text=body, content_type="text/xml")


def element(name: str, value: Any) -> str:
    if value is None or value == "":
        return f"<{name}/>"
    if name == "Tags" and isinstance(value, list):
        return (
            "<Tags>"
            + "".join(f'<Tag Count="1" Owner="1">{escape(str(t))}</Tag>' for t in value)
            + "</Tags>"
        )
    return f"<{name}>{escape(str(value))}</{name}>"


def slideshow(item: Item) -> str:
    return "<Slideshow>" + "".join(element(*pair) for pair in item.items()) + "</Slideshow>"


class Slideshare(StandIn):
    can: ClassVar[frozenset[str]] = frozenset({"page_size", "spoil"})

    def __init__(self) -> None:
        super().__init__()
        self.now: Callable[[], datetime] = lambda: START + timedelta(hours=6)
        self.shows: list[Item] = []  # oldest first
        self.by_id: dict[str, Item] = {}
        self.says: dict[str, web.Response] = {}  # by slideshow id
        self.calls = 0

    def show(self, **fields: Any) -> Item:
        number = len(self.shows)
        at = START + timedelta(seconds=number)
        made = {
            "ID": str(FIRST_ID + number),
            "Title": "Les urgences du CHU de Valmont",
            "Description": "Neuf heures d'attente : que faire ?",
            "Status": "2",
            "Username": USER,
            "URL": f"https://www.slideshare.net/{USER}/urgences-{FIRST_ID + number}",
            "ThumbnailURL": "//cdn.example/ss_thumbnails/urgences.jpg?cb=1",
            "Created": written(at),
            "Updated": written(at + timedelta(minutes=2)),
            "Language": "fr",
            "Format": "pdf",
            "UserID": "44912752",
            "Tags": ["urgences", "valmont"],
            "NumDownloads": "3",
            "NumViews": "41",
            "NumComments": "1",
            "NumFavorites": "2",
            "NumSlides": "8",
            **fields,
        }
        self.shows.append(made)
        self.by_id[str(made["ID"])] = made
        return made

    def publish(self, count: int) -> list[str]:
        return [self.show()["ID"] for _ in range(count)]

    def asked(self, method: str) -> list[web.Request]:
        return [request for request in self.requests if request.path.endswith(method)]

    def routes(self, app: web.Application) -> None:
        for root in ("", "/api/2"):
            app.router.add_get(f"{root}/search_slideshows", self._search)
            app.router.add_get(f"{root}/get_slideshows_by_user", self._by_user)
            app.router.add_get(f"{root}/get_slideshow", self._one)

    def rate_limited(self) -> web.StreamResponse:
        return error(99, "Account Exceeded Daily Limit")

    def _refusal(self, request: web.Request) -> web.Response | None:
        self.calls += 1
        asked = request.query
        if asked.get("api_key") != API_KEY:
            return error(0, "No API Key Provided")
        ts, at = asked.get("ts", "0"), int(self.now().timestamp())
        signed = sha1(f"{SECRET}{ts}".encode()).hexdigest()
        if asked.get("hash") != signed or abs(at - int(ts)) > DRIFT:
            return error(1, "Failed API validation")
        return None

    async def _search(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        asked = request.query
        if not asked.get("q"):
            return error(15, "Search query cannot be blank")
        size, number = int(asked.get("items_per_page", "12")), int(asked.get("page", "1"))
        if size > 50 or asked.get("sort") != "latest":
            return error(17, "Incorrect parameters")
        size = min(size, self.page_size or size)
        offset = (number - 1) * size
        found, total = self._cut(offset, size), len(self.shows)
        meta = (
            f"<Meta><Query>{escape(asked['q'])}</Query>{element('ResultOffset', offset or None)}"
            f"<NumResults>{len(found)}</NumResults><TotalResults>{total}</TotalResults></Meta>"
        )
        return xml(f"<Slideshows>{meta}{''.join(found)}</Slideshows>")

    async def _by_user(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        asked = request.query
        if asked.get("username_for") != USER:
            return error(10, "User Not Found")
        size = min(int(asked.get("limit", "10")), self.page_size or 50)
        found = self._cut(int(asked.get("offset", "0")), size)
        head = f"<Name>{USER}</Name><Count>{len(self.shows)}</Count>"
        return xml(f"<User>{head}{''.join(found)}</User>")

    def _cut(self, offset: int, size: int) -> list[str]:
        """Latest first."""
        end = len(self.shows) - offset
        cut = self.shows[max(0, end - size) : max(0, end)][::-1]
        return [slideshow(self.served(show)) for show in cut]

    async def _one(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        wanted = request.query.get("slideshow_id", "")
        if wanted in self.says:
            return self.says[wanted]
        if wanted not in self.by_id:
            return error(9, "SlideShow Not Found")
        return xml(slideshow(self.by_id[wanted]))
