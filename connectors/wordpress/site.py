"""Where a WordPress site answers: its REST root, or its feeds when that is closed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import encode_basic_auth
from selectolax.lexbor import LexborHTMLParser

from connectors.connector import ConnectorError, Cursor, Malformed, Refused, Unauthorized
from connectors.dates import parse_date
from connectors.http import HttpClient, NotFound, Response
from connectors.text import language_code
from connectors.urls import host_of
from connectors.wordpress.settings import WordpressSettings

VERSION = 1
ASK_AGAIN = timedelta(days=1)
"""How long a discovery is believed."""
CLOSED_FOR = timedelta(hours=1)
"""How long a closed door, or a site without an API, is left alone."""
REFUSALS = 2
"""In a row, before a door is closed: firewalls refuse once what they let through a minute later."""
MAX_BODY = 20 * 1024 * 1024
"""Bytes of a hundred long posts."""

_API_RELATION = "https://api.w.org/"
_LINK = re.compile(r"<([^<>]+)>\s*;[^,<]*rel=\"?https://api\.w\.org/\"?")
_WRONG_CREDENTIALS = re.compile(
    r"incorrect_password|invalid_(?:username|email)|application_password"
)


class ApiClosed(ConnectorError):
    """The REST API is off or walled for this collection: read the feeds instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One collection of the API that refused us, and when it did so last."""

    refusals: int
    at: datetime

    def is_closed(self, at: datetime) -> bool:
        return self.refusals >= REFUSALS and at - self.at < CLOSED_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What discovery found; kept in a cursor of its own."""

    api: str = ""  # "" where there is none
    language: str | None = None
    asked_at: datetime | None = None
    doors: Mapping[str, Door] = field(default_factory=dict)  # by collection, those that refused

    @classmethod
    def load(cls, cursor: Cursor | None) -> Self:
        """A cursor of another version, or damaged, is discovered anew."""
        if not cursor or cursor.get("v") != VERSION:
            return cls()
        doors = {
            str(name): Door(refusals=int(node["refusals"]), at=at)
            for name, node in (cursor.get("doors") or {}).items()
            if (at := parse_date(node["at"]))
        }
        return cls(
            api=str(cursor.get("api") or ""),
            language=cursor.get("language"),
            asked_at=parse_date(cursor.get("asked_at")),
            doors=doors,
        )

    def dump(self) -> Cursor:
        return {
            "v": VERSION,
            "api": self.api,
            "language": self.language,
            "asked_at": self.asked_at.isoformat() if self.asked_at else None,
            "doors": {
                name: {"refusals": door.refusals, "at": door.at.isoformat()}
                for name, door in sorted(self.doors.items())
            },
        }

    def is_stale(self, at: datetime) -> bool:
        """Where no API was found it is looked for again sooner: the site may have been in trouble."""
        believed = ASK_AGAIN if self.api else CLOSED_FOR
        return self.asked_at is None or at - self.asked_at > believed

    def answers(self, collection: str, at: datetime) -> bool:
        door = self.doors.get(collection)
        return bool(self.api) and (door is None or not door.is_closed(at))

    def refused(self, collection: str, at: datetime) -> Site:
        before = self.doors.get(collection)
        door = Door(refusals=before.refusals + 1 if before else 1, at=at)
        return replace(self, doors={**self.doors, collection: door})

    def opened(self, collection: str) -> Site:
        return replace(self, doors={n: d for n, d in self.doors.items() if n != collection})

    def known_before(self, known: Site) -> Site:
        """What this discovery did not see is taken from an earlier one."""
        if self.api == known.api:
            return replace(self, language=self.language or known.language, doors=known.doors)
        if self.api:
            return self
        return replace(known, asked_at=self.asked_at)


class SiteClient:
    """Requests to one site; credentials go to its own host only."""

    def __init__(self, settings: WordpressSettings, http: HttpClient) -> None:
        self._settings = settings
        self._http = http

    @property
    def known_api(self) -> str:
        """The REST root that needs no discovery; "" elsewhere."""
        if self._settings.api:
            return str(self._settings.api)
        host = host_of(self._settings.home)
        hosted = host.endswith(".wordpress.com")
        return f"https://public-api.wordpress.com/wp/v2/sites/{host}/" if hosted else ""

    async def discover(self, at: datetime) -> Site:
        """By the home page's Link header or element (sub-directories too), else by trying."""
        home = self._settings.home
        page = await self._home(home)
        language, announced = _announcements(page) if page else (None, "")
        api = self.known_api or announced or await self._tried(home)
        return Site(api=api, language=language, asked_at=at)

    async def collection(self, api: str, name: str, params: Mapping[str, str]) -> Response:
        """One page of posts or comments; raises ApiClosed where the API is off, walled or hidden."""
        address = _address(api, name, params)
        response = await self._http.get(address, headers=self.headers(address), max_body=MAX_BODY)
        if response.status in (401, 403, 404):
            self._judge(response)
        if response.status == 400:
            return response
        response.raise_for_status()
        if not _looks_like_json(response):
            raise ApiClosed("the REST API answers with a page of HTML")
        return response

    async def is_gone(self, api: str, name: str, number: int) -> bool:
        """Whether an item that stood in a listing is no longer public (trashed items answer 401)."""
        address = _address(api, f"{name}/{number}", {"_fields": "id"})
        response = await self._http.get(address, headers=self.headers(address))
        return response.status in (401, 403, 404, 410) and _looks_like_json(response)

    def headers(self, address: str) -> dict[str, str]:
        secret = self._settings.application_password
        if secret is None or host_of(address) != host_of(self._settings.home):
            return {}
        pair = (self._settings.user or "", secret.get_secret_value())
        return {"Authorization": encode_basic_auth(*pair, encoding="utf-8")}

    def _judge(self, response: Response) -> None:
        code = _error_code(response)
        if self._settings.user is not None and _WRONG_CREDENTIALS.search(code):
            raise Unauthorized(f"the application password is refused ({code})")
        raise ApiClosed(f"the REST API is closed (status {response.status} {code})".rstrip())

    async def _home(self, home: str) -> Response | None:
        response = await self._http.get(home, headers=self.headers(home))
        return response if response.status < 400 else None

    async def _tried(self, home: str) -> str:
        for candidate in (f"{home}wp-json/", f"{home}?rest_route=/"):
            try:
                address = _address(candidate, "", {"_fields": "namespaces"})
                response = await self._http.get(
                    address, headers=self.headers(address), max_body=MAX_BODY
                )
                response.raise_for_status()
                if "wp/v2" in (response.json().get("namespaces") or ()):
                    return candidate
            except (NotFound, Unauthorized, Malformed, Refused, AttributeError, TypeError):
                continue
        return ""


def _announcements(page: Response) -> tuple[str | None, str]:
    """The page's language and the REST root that it announces."""
    tree = LexborHTMLParser(page.text()[:200_000])
    root = tree.css_first("html")
    language = language_code(root.attributes.get("lang")) if root else None
    for header in page.headers.getall("Link", []):
        if found := _LINK.search(header):
            return language, found[1]
    link = tree.css_first(f'link[rel="{_API_RELATION}"]')
    announced = (link.attributes.get("href") or "") if link else ""
    return language, announced if announced.startswith(("http://", "https://")) else ""


def _address(api: str, name: str, params: Mapping[str, str]) -> str:
    """Under `…/wp-json/`, under `?rest_route=/` (no pretty permalinks), or on WordPress.com."""
    parts = urlsplit(api)
    pairs = dict(parse_qsl(parts.query))
    path = f"wp/v2/{name}" if name and "/wp/v2/sites/" not in parts.path else name
    if "rest_route" in pairs:
        pairs["rest_route"] = f"{pairs['rest_route'].rstrip('/')}/{path}"
        return urlunsplit(parts._replace(query=urlencode({**pairs, **params}, safe="/")))
    whole = f"{parts.path.rstrip('/')}/{path}"
    return urlunsplit(parts._replace(path=whole, query=urlencode({**pairs, **params}), fragment=""))


def _looks_like_json(response: Response) -> bool:
    return response.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{")


def _error_code(response: Response) -> str:
    try:
        answer: Any = response.json()
    except Malformed:
        return ""
    code = answer.get("code") if isinstance(answer, dict) else None
    return code[:60] if isinstance(code, str) else ""
