"""Stand-in for XING's old API: OAuth 1.0 signatures, lists by limit and offset, errors by name.

As the old client and the authentication page have it: HMAC-SHA1 or PLAINTEXT, a nonce once, 403 with
RATE_LIMIT_EXCEEDED. The form of the lists is this project's guess. The signature is worked out here
a second time, from the address as it was received.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, unquote

from aiohttp import web

from tests.networks.standin import StandIn

CONSUMER = ("cle-de-valmont", "secret & de l'application")
ACCESS = ("jeton-de-valmont", "secret+du/jeton")
COMPANY = "4711"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)

Item = dict[str, Any]


def error(status: int, name: str) -> web.Response:
    return web.json_response({"error_name": name, "message": "Refused"}, status=status)


class Xing(StandIn):
    can: ClassVar[frozenset[str]] = frozenset({"page_size", "spoil"})

    def __init__(self, publishes: str = "updates") -> None:
        super().__init__()
        self.publishes = publishes
        self.now: Callable[[], datetime] = lambda: START + timedelta(hours=6)
        self.updates: list[Item] = []  # oldest first
        self.comments: dict[str, list[Item]] = {}
        self.nonces: set[str] = set()
        self.oldest_first = False
        self.bare = False  # lists without "items" and "total"
        self.methods: list[str] = []
        self._number = 0

    def update(self, **fields: Any) -> Item:
        made = self._said("u", headline="Journée portes ouvertes", **fields)
        made["author"] = {"id": COMPANY, "display_name": "CHU de Valmont", "permalink": None}
        self.updates.append(made)
        return made

    def comment(self, update: Item, **fields: Any) -> Item:
        made = self._said("c", **fields)
        under = self.comments.setdefault(update["id"], [])
        under.append(made)
        update["comments"] = {"amount": len(under)}
        return made

    def _said(self, letter: str, **fields: Any) -> Item:
        self._number += 1
        at = START + timedelta(seconds=self._number)
        return {
            "id": f"{self._number}_{letter}abc",
            "content": "Neuf heures aux urgences du CHU de Valmont",
            "created_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "permalink": f"https://www.xing.com/feedy/{self._number}",
            "author": {
                "id": "99_claire",
                "display_name": "Claire Vasseur",
                "permalink": "https://www.xing.com/profile/Claire_Vasseur",
            },
            "likes": {"amount": 3},
            "comments": {"amount": 0},
            **fields,
        }

    def publish(self, count: int) -> list[str]:
        if self.publishes == "updates":
            return [self.update()["id"] for _ in range(count)]
        opening = [] if self.updates else [self.update()["id"]]
        return [*opening, *(self.comment(self.updates[0])["id"] for _ in range(count))]

    def asked(self, ending: str) -> list[web.Request]:
        return [request for request in self.requests if request.path.endswith(ending)]

    def routes(self, app: web.Application) -> None:
        for root in ("", "/v1"):
            app.router.add_get(f"{root}/companies/updates/{{id}}/comments", self._comments)
            app.router.add_get(f"{root}/companies/{{id}}/updates", self._updates)

    def rate_limited(self) -> web.StreamResponse:
        return error(403, "RATE_LIMIT_EXCEEDED")

    def _refusal(self, request: web.Request) -> web.Response | None:
        header = request.headers.get("Authorization", "")
        told = {
            name: unquote(value) for name, value in re.findall(r'(oauth_\w+)="([^"]*)"', header)
        }
        if told.get("oauth_consumer_key") != CONSUMER[0] or "oauth_token" in request.query:
            return error(401, "INVALID_OAUTH_CONSUMER")
        if told.get("oauth_token") != ACCESS[0]:
            return error(401, "INVALID_OAUTH_TOKEN")
        if abs(int(told["oauth_timestamp"]) - self.now().timestamp()) > 86_400:
            return error(401, "TIMESTAMP_EXPIRED")
        if told["oauth_nonce"] in self.nonces:
            return error(401, "NONCE_ALREADY_USED")
        self.nonces.add(told["oauth_nonce"])
        self.methods.append(told["oauth_signature_method"])
        if told.pop("oauth_signature") != self._signature(request, told):
            return error(401, "INVALID_OAUTH_SIGNATURE")
        return None

    def _signature(self, request: web.Request, told: dict[str, str]) -> str:
        key = "&".join(quote(secret, safe="") for secret in (CONSUMER[1], ACCESS[1]))
        if told["oauth_signature_method"] == "PLAINTEXT":
            return key
        pairs = [*parse_qsl(request.query_string), *told.items()]
        listed = "&".join(sorted(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in pairs))
        address = f"http://{request.host}{request.path}"
        base = "&".join(quote(part, safe="") for part in ("GET", address, listed))
        return base64.b64encode(hmac.digest(key.encode(), base.encode(), "sha1")).decode()

    async def _updates(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        if request.match_info["id"] != COMPANY:
            return error(404, "COMPANY_NOT_FOUND")
        return self._listed(request, "updates", self.updates)

    async def _comments(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        return self._listed(request, "comments", self.comments.get(request.match_info["id"], []))

    def _listed(self, request: web.Request, name: str, items: list[Item]) -> web.Response:
        limit, offset = int(request.query.get("limit", "10")), int(request.query.get("offset", "0"))
        if not 1 <= limit <= 100 or offset < 0:
            return error(403, "INVALID_PARAMETERS")
        size = min(limit, self.page_size or limit)
        if self.oldest_first:
            cut = items[offset : offset + size]
        else:
            end = len(items) - offset
            cut = items[max(0, end - size) : max(0, end)][::-1]
        # An update that cannot be read takes the comments under it along.
        spoilt = name == self.publishes
        served = [self.served(item) if spoilt else item for item in cut]
        told: Any = served if self.bare else {"total": len(items), "items": served}
        return web.json_response({name: told})
