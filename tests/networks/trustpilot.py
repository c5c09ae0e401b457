"""Stand-in for Trustpilot's API: one profile's reviews, by key or by token, and its score.

As the documentation has it: the key in a header, at most 100 reviews a page, an empty list past the
end, a link to the next page, tokens for `all-reviews`; 429 with a fault and no word of when.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from aiohttp import web

from tests.networks.standin import StandIn

KEY = "cle-de-valmont"
SECRET = "secret-de-valmont"
UNIT = "507f191e810c19729de860ea"
DOMAIN = "chu-valmont.example"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)

Review = dict[str, Any]


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class Trustpilot(StandIn):
    """`reviews` are kept oldest first; each may be changed in place."""

    can: ClassVar[frozenset[str]] = frozenset({"page_size", "empty_pages", "spoil"})

    def __init__(self) -> None:
        super().__init__()
        self.reviews: list[Review] = []
        self.score: Any = 3.4
        self.tokens: set[str] = set()
        self.token_life = 360_000
        self.forgets_pages = False
        self.oldest_first = False  # of `all-reviews`
        self._sequence = 0

    def review(self, stars: int = 1, text: str = "Huit heures d'attente", **fields: Any) -> Review:
        self._sequence += 1
        at = fields.pop("at", None) or START + timedelta(seconds=self._sequence)
        made = {
            "links": [],
            "id": f"{int(at.timestamp()):08x}{self._sequence:016x}",
            "consumer": {
                "id": "5f0c3a2b9d1e4c0001a2b3c4",
                "displayName": "Odile Ferrand",
                "displayLocation": "Valmont",
                "numberOfReviews": 3,
            },
            "businessUnit": {
                "id": UNIT,
                "identifyingName": DOMAIN,
                "displayName": "CHU de Valmont",
            },
            "location": None,
            "stars": stars,
            "title": "Aux urgences",
            "text": text,
            "language": "fr",
            "createdAt": iso(at),
            "experiencedAt": iso(at - timedelta(days=2)),
            "updatedAt": None,
            "companyReply": None,
            "isVerified": False,
            "source": "Organic",
            "numberOfLikes": 2,
            "status": "active",
            "reportData": None,
            "complianceLabels": [],
            "countsTowardsTrustScore": True,
            "invitation": None,
            "reviewVerificationLevel": "not-verified",
            **fields,
        }
        self.reviews.append(made)
        return made

    def publish(self, count: int) -> list[str]:
        return [self.review()["id"] for _ in range(count)]

    def asked(self, part: str) -> list[web.Request]:
        return [request for request in self.requests if part in request.path]

    def routes(self, app: web.Application) -> None:
        for root in ("", "/v1"):
            app.router.add_get(f"{root}/business-units/find", self._find)
            app.router.add_get(f"{root}/business-units/{{unit}}", self._unit)
            app.router.add_get(f"{root}/business-units/{{unit}}/reviews", self._public)
            app.router.add_get(f"{root}/business-units/{{unit}}/all-reviews", self._whole)
            app.router.add_get(f"{root}/private/business-units/{{unit}}/reviews", self._private)
            app.router.add_get(f"{root}/reviews/{{id}}", self._one)
            app.router.add_post(
                f"{root}/oauth/oauth-business-users-for-applications/accesstoken", self._token
            )

    def rate_limited(self) -> web.StreamResponse:
        fault = {"faultstring": "Rate limit quota violation", "detail": {"errorcode": "quota"}}
        return web.json_response({"fault": fault}, status=429)

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.headers.get("apikey") != KEY or "apikey" in request.query:
            fault = {
                "faultstring": "Invalid ApiKey",
                "detail": {"errorcode": "oauth.v2.InvalidApiKey"},
            }
            return web.json_response({"fault": fault}, status=401)
        if request.match_info.get("unit", UNIT) != UNIT:
            return web.json_response({"message": "Business unit not found"}, status=404)
        return None

    async def _find(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        if request.query.get("name") != DOMAIN:
            return web.json_response({"message": "Not found"}, status=404)
        return web.json_response({"id": UNIT, "name": {"identifying": DOMAIN}})

    async def _unit(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        return web.json_response(
            {
                "id": UNIT,
                "displayName": "CHU de Valmont",
                "name": {"identifying": DOMAIN, "referring": [DOMAIN]},
                "score": {"stars": 3.5, "trustScore": self.score},
                "numberOfReviews": {"total": len(self.reviews), "usedForTrustScoreCalculation": 40},
            }
        )

    async def _public(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        return self._page(request)

    async def _private(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return web.json_response({"fault": {"faultstring": "Invalid Access Token"}}, status=401)
        return self._page(request, private={"referralEmail": "odile@valmont.example"})

    def _page(self, request: web.Request, private: Review | None = None) -> web.Response:
        """Pages of nothing (`empty_pages`) stand before each that holds something."""
        query = request.query
        if query.get("orderBy") != "createdat.desc" or int(query.get("perPage", "20")) > 100:
            return web.json_response({"message": "Bad request"}, status=400)
        size = self.page_size or int(query.get("perPage", "20"))
        block, within = divmod(int(query.get("page", "1")) - 1, self.empty_pages + 1)
        first = len(self.reviews) - block * size
        shown = self.reviews[max(0, first - size) : max(0, first)][::-1]
        shown = shown if within == self.empty_pages else []
        more = first > 0 and (within < self.empty_pages or first > size)
        href = f"{self.base_url}{request.path}?page={int(query.get('page', '1')) + 1}"
        links = [{"rel": "next-page", "method": "GET", "href": href}] if more else []
        served = [self.served({**review, **(private or {})}) for review in shown]
        return web.json_response({"links": links, "reviews": served})

    async def _whole(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        token = request.query.get("pageToken", "p0")
        if self.forgets_pages and token != "p0":
            self.forgets_pages = False
            return web.json_response({"message": "Invalid page token"}, status=400)
        size, start = self.page_size or 100, int(token[1:])
        ordered = self.reviews if self.oldest_first else self.reviews[::-1]
        shown = [self.served(review) for review in ordered[start : start + size]]
        more = start + size < len(ordered)
        after = {"nextPageToken": f"p{start + size}"} if more else {}
        return web.json_response({"reviews": shown, **after})

    async def _one(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        for review in self.reviews:
            if review["id"] == request.match_info["id"]:
                return web.json_response(review)
        return web.json_response({"message": "Review not found"}, status=404)

    async def _token(self, request: web.Request) -> web.Response:
        login = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        form = await request.post()
        if request.headers.get("Authorization") != f"Basic {login}":
            return web.json_response({"error": "invalid_client"}, status=401)
        if form.get("grant_type") != "client_credentials":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        token = f"jeton-{len(self.tokens)}"
        self.tokens.add(token)
        return web.json_response({"access_token": token, "expires_in": str(self.token_life)})
