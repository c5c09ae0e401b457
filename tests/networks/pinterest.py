"""Stand-in for Pinterest's API v5: own pins, one pin, partner search, the account, the token endpoint.

As the specification has it: a bearer token, at most 250 pins a page, an opaque bookmark that is null
at the end, dates without a zone, errors as {code, message}, a beta that is not given to everybody.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from aiohttp import web

from tests.networks.standin import StandIn

TOKEN = "pina_jeton-de-valmont"
RENEWED = "pina_jeton-renouvele"
REFRESH = "pinr_renouvellement-de-valmont"
APP_ID = "1500000"
APP_SECRET = "secret-de-l-epingle"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)

Item = dict[str, Any]


def error(status: int, code: int, message: str = "Not allowed.") -> web.Response:
    return web.json_response({"code": code, "message": message}, status=status)


class Pinterest(StandIn):
    can: ClassVar[frozenset[str]] = frozenset({"page_size", "empty_pages", "spoil"})

    def __init__(self) -> None:
        super().__init__()
        self.pins: list[Item] = []  # oldest first
        self.found: list[Item] = []
        self.places: dict[str, int] = {}
        self.gone: dict[str, web.Response] = {}
        self.tokens = {TOKEN}
        self.beta = True
        self.forgets_bookmarks = False
        self.account: Item = {
            "username": "chuvalmont",
            "account_type": "BUSINESS",
            "follower_count": 640,
            "monthly_views": 12_345,
            "pin_count": 88,
            "profile_image": "https://images.example/chu.jpg",
        }

    def pin(self, **fields: Any) -> Item:
        number = len(self.pins)
        pin_id = str(813_744_226_420_000_000 + number)
        made = {
            "id": pin_id,
            "created_at": (START + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S"),
            "link": "https://www.chu-valmont.example/octobre-rose",
            "title": "Octobre rose au CHU de Valmont",
            "description": "Le dépistage, sans rendez-vous",
            "alt_text": "Une affiche rose",
            "board_id": "549755885175",
            "board_owner": {"username": "chuvalmont"},
            "is_owner": True,
            "media": {
                "media_type": "image",
                "images": {
                    "150x150": {"width": 150, "height": 150, "url": "https://i.example/150.jpg"},
                    "1200x": {"width": 1200, "height": 1800, "url": "https://i.example/1200.jpg"},
                },
            },
            "parent_pin_id": None,
            "pin_metrics": {
                "90d": {"impression": 5, "pin_click": 1},
                "lifetime_metrics": {
                    "impression": 120, "reaction": 7, "comment": 2, "save": 9, "pin_click": 4,
                },
            },
            **fields,
        }  # fmt: skip
        self.places[made["id"]] = number
        self.pins.append(made)
        return made

    def publish(self, count: int) -> list[str]:
        return [self.pin()["id"] for _ in range(count)]

    def asked(self, path: str) -> list[web.Request]:
        return [request for request in self.requests if request.path == path]

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/oauth/token", self._token)
        app.router.add_get("/pins", self._pins)
        app.router.add_get("/pins/{id}", self._pin)
        app.router.add_get("/search/partner/pins", self._search)
        app.router.add_get("/user_account", self._account)

    def rate_limited(self) -> web.StreamResponse:
        said = {"code": 8, "message": "This request exceeded a rate limit."}
        return web.json_response(said, status=429, headers={"X-RateLimit-Reset": "60"})

    def _refusal(self, request: web.Request) -> web.Response | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens or "access_token" in request.query:
            return error(401, 2, "Authentication failed.")
        return None

    async def _token(self, request: web.Request) -> web.Response:
        login = base64.b64encode(f"{APP_ID}:{APP_SECRET}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {login}":
            return error(401, 2, "Authentication failed.")
        form = await request.post()
        if form.get("refresh_token") != REFRESH and form.get("code") != "code-de-valmont":
            return error(400, 1, "Invalid grant.")
        self.tokens = {RENEWED}
        told = {
            "access_token": RENEWED,
            "token_type": "bearer",
            "expires_in": 2_592_000,
            "refresh_token": REFRESH,
            "refresh_token_expires_in": 5_184_000,
            "scope": "boards:read pins:read user_accounts:read",
        }
        return web.json_response(told)

    async def _pins(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        size = int(request.query.get("page_size", "25"))
        if not 1 <= size <= 250 or request.query.get("pin_metrics") != "true":
            return error(400, 1, "Invalid parameters.")
        bookmark = request.query.get("bookmark", "")
        if bookmark and self.forgets_bookmarks:
            return error(400, 1, "Invalid bookmark.")
        anchor, _, skipped = bookmark.partition("!")
        if int(skipped or 0) < self.empty_pages:
            return self._listed([], f"{anchor}!{int(skipped or 0) + 1}")
        end = self.places[anchor] if anchor else len(self.pins)
        first = max(0, end - min(size, self.page_size or size))
        served = [self.served(pin) for pin in self.pins[first:end][::-1]]
        return self._listed(served, self.pins[first]["id"] if first else None)

    def _listed(self, items: list[Item], bookmark: str | None) -> web.Response:
        return web.json_response({"items": items, "bookmark": bookmark})

    async def _pin(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        wanted = request.match_info["id"]
        if wanted in self.gone:
            return self.gone[wanted]
        if wanted not in self.places:
            return error(404, 50, "Pin not found.")
        return web.json_response(self.pins[self.places[wanted]])

    async def _search(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        if not self.beta:
            return error(403, 29, "Your application is not allowed to do this.")
        if not request.query.get("term") or len(request.query.get("country_code", "")) != 2:
            return error(400, 1, "Invalid pin filter value")
        return self._listed(self.found[:10], None)

    async def _account(self, request: web.Request) -> web.Response:
        refusal = self._refusal(request)
        return refusal or web.json_response(self.account)
