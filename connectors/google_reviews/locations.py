"""Which places are the hospital's: asked once a day, kept in a cursor of their own.

https://developers.google.com/my-business/reference/accountmanagement/rest/v1/accounts/list,
https://developers.google.com/my-business/reference/businessinformation/rest/v1/accounts.locations/list
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Any

import structlog

from connectors.audience import is_due
from connectors.connector import (
    Clock,
    ConnectorError,
    Cursor,
    Malformed,
    Page,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from connectors.google_reviews.access import Google
from connectors.google_reviews.settings import GoogleReviewsSettings
from connectors.google_reviews.wire import Location
from connectors.reading import line, mapping, mappings, string

log = structlog.get_logger(__name__)
FEED = "locations"
_PAGES = 100

Query = dict[str, str | int]


class Locations:
    def __init__(self, google: Google, settings: GoogleReviewsSettings, clock: Clock) -> None:
        self._google = google
        self._settings = settings
        self._clock = clock
        asked = "\n".join((settings.account or "", *settings.locations))
        self._for = blake2b(asked.encode(), digest_size=8).hexdigest()

    async def known(self, cursor: Cursor | None) -> tuple[list[Location], Page | None]:
        """The places, and a page where they were asked for anew.

        What is refused or fails leaves those known before, else those configured, by number alone.
        """
        at, kept = self._clock(), self._kept(cursor)
        if kept and not is_due(cursor, at):
            return kept, None
        try:
            found = await self._asked()
        except ConnectorError as error:
            known = kept or self._configured()
            if not known or (isinstance(error, RateLimited | Unavailable | Malformed) and not kept):
                raise
            log.info("google_reviews.locations_unknown", error=type(error).__name__)
            return known, None
        listed = {location.name for location in found}
        # A number that no list names is asked for all the same: Google's answer says what is wrong.
        found += [place for place in self._configured() if place.name not in listed]
        if not found:
            raise Unauthorized("this login manages no place on Google: log in as another person")
        return found, Page(feed=FEED, cursor=self._cursor(found, at), complete=True)

    def _kept(self, cursor: Cursor | None) -> list[Location]:
        kept = mapping(cursor)
        if kept.get("v") != 1 or kept.get("for") != self._for:
            return []
        return [
            Location(name=name, title=string(item.get("title")), place_id=string(item.get("place")))
            for item in mappings(kept.get("locations"))
            if (name := string(item.get("name")))
        ]

    def _cursor(self, locations: list[Location], at: datetime) -> Cursor:
        listed = [
            {"name": location.name, "title": location.title, "place": location.place_id}
            for location in locations
        ]
        return {"v": 1, "taken_at": at.isoformat(), "for": self._for, "locations": listed}

    def _configured(self) -> list[Location]:
        account = self._settings.account
        return [
            Location(name=f"accounts/{account}/locations/{n}") for n in self._settings.locations
        ]

    async def _asked(self) -> list[Location]:
        wanted, found = frozenset(self._settings.locations), []
        for account in await self._accounts():
            params: Query = {"readMask": "name,title,metadata", "pageSize": 100}
            url = f"{self._settings.information}/{account}/locations"
            for item in await self._listed(url, params, "locations"):
                number = (string(item.get("name")) or "").removeprefix("locations/")
                if number and (not wanted or number in wanted):
                    found.append(_location(account, number, item))
        return found

    async def _accounts(self) -> list[str]:
        if self._settings.account is not None:
            return [f"accounts/{self._settings.account}"]
        url = f"{self._settings.accounts}/accounts"
        accounts = await self._listed(url, {"pageSize": 20}, "accounts")
        return [name for account in accounts if (name := string(account.get("name")))]

    async def _listed(self, url: str, params: Query, items: str) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = []
        for _ in range(_PAGES):
            answer = await self._google.get(url, params)
            listed += mappings(answer.get(items))
            token = string(answer.get("nextPageToken"))
            if token is None:
                break
            params = {**params, "pageToken": token}
        return listed


def _location(account: str, number: str, item: dict[str, Any]) -> Location:
    return Location(
        name=f"{account}/locations/{number}",
        title=line(item.get("title")),
        place_id=string(mapping(item.get("metadata")).get("placeId")),
    )
