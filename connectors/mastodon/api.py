"""The requests made to one instance, and its answers as wire models; errors name the instance."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import SecretStr
from yarl import URL

from connectors.connector import (
    Closed,
    ConnectorError,
    Malformed,
    RateLimited,
    Reject,
    Unauthorized,
    Unavailable,
)
from connectors.http import HttpClient, NotFound, Response
from connectors.mastodon.feeds import PAGE, Feed, Pairs, Source
from connectors.mastodon.instance import Instance
from connectors.mastodon.position import Entry
from connectors.mastodon.wire import Account, InstanceWire, Notification, Status
from connectors.urls import host_of

BATCH = 20
"""Statuses one request may name (Mastodon's own limit)."""
_NEXT = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel="?next\b')


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a timeline; no status where the notification is about none."""

    entry: Entry
    status: Status | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One page, newest first. `next_id` bounds the page behind it; None: there is nothing to hold."""

    items: Sequence[Item]
    rejects: Sequence[Reject] = ()
    next_id: str | None = None
    size: int = 0


class Api:
    """https://docs.joinmastodon.org/methods/: timelines, search, notifications, statuses."""

    def __init__(self, http: HttpClient, origin: str, token: SecretStr | None) -> None:
        self._http = http
        self.origin = origin
        self.host = host_of(origin)
        self._token = token

    @property
    def has_token(self) -> bool:
        return self._token is not None

    @property
    def headers(self) -> dict[str, str]:
        if self._token is None:
            return {}
        return {"Authorization": f"Bearer {self._token.get_secret_value()}"}

    async def page(self, feed: Feed, bounds: Pairs) -> Batch:
        pairs = (*feed.query, ("limit", str(PAGE)), *bounds)
        response = await self._get(feed.path, pairs)
        document = response.json()
        if feed.source is Source.SEARCH and isinstance(document, dict):
            document = document.get("statuses")
        if not isinstance(document, list):
            raise Malformed(f"{self.host}: a list was expected", payload=response.body)
        read = notification_item if feed.source is Source.NOTIFICATIONS else status_item
        return _batch(document, read, _next_id(response))

    async def status(self, local_id: str) -> Status | None:
        """None where the instance says that it is gone, or never was."""
        path = f"/api/v1/statuses/{local_id}"
        try:
            document = (await self._get(path, ())).json()
        except (NotFound, Closed):
            return None
        if not isinstance(document, dict):
            raise Malformed(f"{self.host}: a status was expected")
        return Status.model_validate(document)

    async def statuses(self, local_ids: Collection[str]) -> list[Status]:
        """Up to BATCH statuses (since 4.3); those that are gone are left out."""
        pairs = tuple(("id[]", local_id) for local_id in local_ids)
        return _statuses((await self._get("/api/v1/statuses", pairs)).json())

    async def account(self, acct: str) -> Account:
        """By its name on this instance."""
        name = acct.lstrip("@").partition("@")[0]
        document = (await self._get("/api/v1/accounts/lookup", (("acct", name),))).json()
        if not isinstance(document, dict):
            raise Malformed(f"{self.host}: an account was expected")
        return Account.model_validate(document)

    async def resolved(self, uri: str) -> Status | None:
        """The status of this URI as this instance knows it; needs a user token."""
        pairs = (("q", uri), ("type", "statuses"), ("resolve", "true"), ("limit", "1"))
        document = (await self._get("/api/v2/search", pairs)).json()
        found = _statuses(document.get("statuses") if isinstance(document, dict) else None)
        return next((status for status in found if status.uri == uri), None)

    async def describe(self) -> Instance:
        """What the instance says of itself; what it does not say is taken as not offered."""
        for path in ("/api/v2/instance", "/api/v1/instance"):
            try:
                document = (await self._get(path, ())).json()
            except (RateLimited, Unavailable):
                raise
            except ConnectorError:
                continue
            if isinstance(document, dict):
                return Instance.described(self.origin, InstanceWire.model_validate(document))
        return Instance.unknown(self.origin)

    async def _get(self, path: str, pairs: Pairs) -> Response:
        url = URL(self.origin + path, encoded=True).with_query(pairs)
        response = await self._http.get(str(url), headers=self.headers)
        self._check(response)
        return response

    def _check(self, response: Response) -> None:
        # Before 4.5 a timeline closed to visitors answered 422.
        if response.status == 422 and b"authenticated" in response.body:
            raise Unauthorized(f"{self.host}: signed-in users only; access_token is missing")
        try:
            response.raise_for_status()
        except Unauthorized:
            given = "does not accept access_token" if self._token else "asks for an access_token"
            raise Unauthorized(f"{self.host} {given} (status {response.status})") from None
        except Closed:
            raise Closed(f"{self.host} says that it is gone (status 410)") from None
        except NotFound:
            raise NotFound(f"{self.host} does not know what was asked for (status 404)") from None
        except Malformed:
            error = f"{self.host} refuses what was asked (status {response.status})"
            raise Malformed(error, payload=response.body) from None


def _statuses(document: object) -> list[Status]:
    items = document if isinstance(document, list) else []
    return [Status.model_validate(item) for item in items if isinstance(item, dict)]


def _batch(
    document: list[Any], read: Callable[[dict[str, Any]], Item | None], next_id: str | None
) -> Batch:
    items: list[Item] = []
    rejects: list[Reject] = []
    for raw in document:
        item = read(raw) if isinstance(raw, dict) else None
        if item is None:
            rejects.append(rejected(raw, "an item without id, or no item"))
        else:
            items.append(item)
    last = items[-1].entry.id if items else None
    return Batch(items=items, rejects=rejects, next_id=next_id or last, size=len(document))


def status_item(raw: dict[str, Any]) -> Item | None:
    status = Status.model_validate(raw)
    if status.id is None:
        return None
    return Item(entry=Entry(id=status.id, created_at=status.created_at), status=status)


def notification_item(raw: dict[str, Any]) -> Item | None:
    notification = Notification.model_validate(raw)
    if notification.id is None:
        return None
    entry = Entry(id=notification.id, created_at=notification.created_at)
    wanted = notification.type in ("mention", "quote")
    return Item(entry=entry, status=notification.status if wanted else None)


def rejected(raw: object, error: str, external_id: str | None = None) -> Reject:
    payload = raw if isinstance(raw, bytes) else orjson.dumps(raw, default=str)
    return Reject(error=error, payload=payload[:100_000], external_id=external_id)


def _next_id(response: Response) -> str | None:
    """max_id of the Link header's next page (RFC 8288)."""
    for value in response.headers.getall("Link", ()):
        if found := _NEXT.search(value):
            try:
                return URL(found[1]).query.get("max_id")
            except ValueError:
                return None
    return None
