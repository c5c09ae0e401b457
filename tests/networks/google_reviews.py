"""Stand-in for Google's Business Profile and Places APIs, and for the place where logins are renewed.

As the documentation has it: bearer tokens that end, errors as google.rpc, at most 50 reviews a page,
last changed first, `{}` for a place without any, deletions that nobody tells, a field mask that
Places insists on, five reviews of a place at most.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from tests.networks.standin import StandIn

ACCOUNT, LOCATION = "1001", "2001"
NAME = f"accounts/{ACCOUNT}/locations/{LOCATION}"
PLACE, PEER = "ChIJvalmont", "ChIJbremont"
CLIENT, SECRET, REFRESH, KEY = (
    "client-de-valmont",
    "secret-de-valmont",
    "jeton-durable",
    "cle-places",
)
_START = datetime(2026, 3, 2, 8, tzinfo=UTC)
_STARS = ("ONE", "TWO", "THREE", "FOUR", "FIVE")

Item = dict[str, Any]


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def refusal(code: int, status: str, **detail: Any) -> web.Response:
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    details = [{"@type": kind, **detail}] if detail else []
    error = {"code": code, "message": "refused", "status": status, "details": details}
    return web.json_response({"error": error}, status=code)


class GoogleReviews(StandIn):
    """`reviews` last changed last, each `{}` of the API; change one by `change`."""

    can = frozenset({"page_size", "empty_pages", "spoil"})

    def __init__(self) -> None:
        super().__init__()
        self.reviews: list[Item] = []
        self.places: dict[str, Item] = {
            PEER: {
                "id": PEER,
                "displayName": {"text": "CHU de Brémont"},
                "googleMapsUri": "https://maps.google.com/?cid=77",
                "rating": 3.4,
                "userRatingCount": 812,
                "reviews": [],
            }
        }
        self.lost = False  # the place is no longer ours
        self.without_quota = False
        self.renewals = 0
        self.token = "jeton-0"
        self.hidden: set[str] = set()  # left out of lists, though still there
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._number = 0

    def publish(self, count: int) -> list[str]:
        return [self.review()["reviewId"] for _ in range(count)]

    def review(self, at: datetime | None = None, **fields: Any) -> Item:
        """One more review, a second after the last one."""
        number, self._number = self._number, self._number + 1
        said = iso(at or _START + timedelta(seconds=number))
        item: Item = {
            "name": f"{NAME}/reviews/AbFvOq{number:06d}",
            "reviewId": f"AbFvOq{number:06d}",
            "reviewer": {
                "displayName": "Claire de Valmont",
                "profilePhotoUrl": "https://x.example",
            },
            "starRating": _STARS[number % 5],
            "comment": f"Trois heures d'attente aux urgences {number}",
            "createTime": said,
            "updateTime": said,
            **fields,
        }
        insort(self.reviews, item, key=_changed)
        return item

    def change(self, item: Item, at: datetime, **fields: Any) -> None:
        self.reviews.remove(item)
        item.update(fields, updateTime=iso(at))
        insort(self.reviews, item, key=_changed)

    def reply(self, item: Item, at: datetime, text: str = "Merci de votre avis.") -> str:
        """The list's order does not move."""
        item["reviewReply"] = {"comment": text, "updateTime": iso(at)}
        return f"{item['reviewId']}/reply"

    def calls(self, ending: str) -> list[web.Request]:
        return [request for request in self.requests if request.path.endswith(ending)]

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/token", self._renew)
        app.router.add_get("/v1/accounts", self._business(self._accounts))
        app.router.add_get("/v1/accounts/{account}/locations", self._business(self._locations))
        base = "/v4/accounts/{account}/locations/{location}/reviews"
        app.router.add_get(base, self._business(self._reviews))
        app.router.add_get(base + "/{review}", self._business(self._review))
        app.router.add_get("/v1/places/{place}", self._place)

    @property
    def api(self) -> str:
        return f"{self.base_url}/v4"

    def rate_limited(self) -> web.StreamResponse:
        return refusal(429, "RESOURCE_EXHAUSTED", reason="RATE_LIMIT_EXCEEDED")

    def _business(self, answer: Callable[[web.Request], web.Response]) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            if request.headers.get("Authorization") != f"Bearer {self.token}":
                return refusal(401, "UNAUTHENTICATED")
            if self.without_quota:
                limit = {"quota_limit_value": "0", "quota_limit": "DefaultRequestsPerMinute"}
                return refusal(
                    429, "RESOURCE_EXHAUSTED", reason="RATE_LIMIT_EXCEEDED", metadata=limit
                )
            return answer(request)

        return handle

    async def _renew(self, request: web.Request) -> web.Response:
        form = await request.post()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        if form.get("refresh_token") != REFRESH:
            return web.json_response({"error": "invalid_grant"}, status=400)
        self.renewals += 1
        self.token = f"jeton-{self.renewals}"
        return web.json_response({"access_token": self.token, "expires_in": 3599})

    def _accounts(self, _request: web.Request) -> web.Response:
        return web.json_response({"accounts": [{"name": f"accounts/{ACCOUNT}"}]})

    def _locations(self, request: web.Request) -> web.Response:
        if "metadata" not in request.query.get("readMask", ""):
            return refusal(400, "INVALID_ARGUMENT", reason="MISSING_FIELD_MASK")
        place = {
            "name": f"locations/{LOCATION}",
            "title": "CHU de Valmont",
            "metadata": {"placeId": PLACE},
        }
        return web.json_response({"locations": [place]})

    def _reviews(self, request: web.Request) -> web.Response:
        query = request.query
        if self.lost or request.match_info["location"] != LOCATION:
            return refusal(404, "NOT_FOUND")
        if query.get("orderBy") != "updateTime desc":
            return refusal(400, "INVALID_ARGUMENT")
        if not self.reviews:
            return web.json_response({})
        limit = self.page_size or min(int(query.get("pageSize", "50")), 50)
        place, empty = len(self.reviews), self.empty_pages
        if (token := query.get("pageToken")) is not None:
            if not token.startswith("page."):
                return refusal(400, "INVALID_ARGUMENT")
            place, empty = (int(part) for part in token.split(".")[1:])
        totals = {"averageRating": 3.1, "totalReviewCount": len(self.reviews) - len(self.hidden)}
        if empty:
            return web.json_response({**totals, "nextPageToken": f"page.{place}.{empty - 1}"})
        low = max(0, place - limit)
        page = [self.reviews[i] for i in range(place - 1, low - 1, -1)]
        listed = [self.served(item) for item in page if item.get("reviewId") not in self.hidden]
        body: Item = {"reviews": listed, **totals}
        if low:
            body["nextPageToken"] = f"page.{low}.{self.empty_pages}"
        return web.json_response(body)

    def _review(self, request: web.Request) -> web.Response:
        for item in self.reviews:
            if item.get("reviewId") == request.match_info["review"]:
                return web.json_response(item)
        return refusal(404, "NOT_FOUND")

    async def _place(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("X-Goog-Api-Key") != KEY:
            return refusal(400, "INVALID_ARGUMENT", reason="API_KEY_INVALID")
        wanted = set(request.headers.get("X-Goog-FieldMask", "").split(","))
        if wanted == {""}:
            return refusal(400, "INVALID_ARGUMENT")
        place = self.places.get(request.match_info["place"])
        if place is None:
            return refusal(404, "NOT_FOUND")
        return web.json_response({k: v for k, v in place.items() if k in wanted})


def _changed(item: Item) -> str:
    return str(item["updateTime"])


def peer_review(number: int, at: datetime, **fields: Any) -> Item:
    return {
        "name": f"places/{PEER}/reviews/ChdD{number:04d}",
        "rating": 2,
        "text": {"text": "Longue attente", "languageCode": "fr"},
        "originalText": {"text": "Long wait", "languageCode": "en"},
        "authorAttribution": {
            "displayName": "Paul de Brémont",
            "uri": "https://www.google.com/maps/contrib/77",
        },
        "publishTime": iso(at),
        "googleMapsUri": "https://www.google.com/maps/reviews/77",
        **fields,
    }
