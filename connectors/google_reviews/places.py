"""Other hospitals' places, by the Places API: their mean once a day, and five reviews where wanted.

https://developers.google.com/maps/documentation/places/web-service/place-details. Each call is paid
for by the fields it names. Nothing but a place's id may be kept longer than 30 days: a review that
is no longer among the five is a Deletion in time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from connectors.audience import EVERY, audience_page, is_due
from connectors.budget import Budget, Ledger
from connectors.connector import (
    Clock,
    ConnectorError,
    Cursor,
    Page,
    RateLimited,
    Reject,
    Unavailable,
)
from connectors.google_reviews.access import judged
from connectors.google_reviews.settings import GoogleReviewsSettings
from connectors.google_reviews.wire import NETWORK, mean_of, read_peer_review, rejected
from connectors.http import HttpClient
from connectors.mention import AudienceSnapshot, Deletion, Mention
from connectors.reading import figure, instant, line, mapping

_FIELDS = "id,displayName,googleMapsUri,rating,userRatingCount"

Known = dict[str, dict[str, str]]
"""Of each review given: when it was last among the five, and a digest of what it says."""


class Places:
    def __init__(
        self,
        settings: GoogleReviewsSettings,
        *,
        http: HttpClient,
        clock: Clock,
        ledger: Ledger,
        budget: Budget,
    ) -> None:
        key = settings.places_key
        self._settings = settings
        self._key = key.get_secret_value() if key else ""
        self._http = http
        self._clock = clock
        self._ledger = ledger
        self._budget = budget
        self._refused: dict[str, tuple[datetime, ConnectorError]] = {}

    async def pages(self, feed: str, cursor: Cursor | None, place_id: str) -> AsyncIterator[Page]:
        at = self._clock()
        if not is_due(cursor, at):
            yield Page(feed=feed, complete=True)  # another place that is lost is no outage
            return
        known = _known(cursor)
        place = await self._once_a_day(place_id, at)
        mentions, rejects = self._read(place, place_id, known, at)
        deletions = _expired(known, at, self._settings.keep_peer_reviews)
        snapshots = [_snapshot(place, place_id, at)] if self._settings.audience else []
        page = audience_page(feed, snapshots, at)
        yield Page(
            feed=feed,
            mentions=mentions,
            deletions=deletions,
            audiences=page.audiences,
            rejects=rejects,
            cursor={**(page.cursor or {}), "reviews": known},
            complete=True,
        )

    async def _once_a_day(self, place_id: str, at: datetime) -> dict[str, Any]:
        """A refusal is paid for, too: it is told again, not asked for again, for as long."""
        refused_at, refusal = self._refused.get(place_id, (None, None))
        if refused_at and refusal and timedelta(0) <= at - refused_at < EVERY:
            raise refusal
        try:
            return await self._asked(place_id)
        except (RateLimited, Unavailable):
            raise
        except ConnectorError as error:
            self._refused[place_id] = (at, error)
            raise

    async def _asked(self, place_id: str) -> dict[str, Any]:
        wanted = f"{_FIELDS},reviews" if self._settings.peer_reviews else _FIELDS
        await self._ledger.spend(1, self._budget)
        try:
            response = await self._http.get(
                f"{self._settings.places}/places/{place_id}",
                params={"languageCode": self._settings.language},
                headers={"X-Goog-Api-Key": self._key, "X-Goog-FieldMask": wanted},
            )
        except (RateLimited, Unavailable):
            await self._ledger.give_back(1, self._budget)
            raise
        return judged(response)

    def _read(
        self, place: dict[str, Any], place_id: str, known: Known, at: datetime
    ) -> tuple[list[Mention], list[Reject]]:
        mentions: list[Mention] = []
        rejects: list[Reject] = []
        reviews = place.get("reviews")
        for review in reviews if isinstance(reviews, list) else ():
            try:
                mention = read_peer_review(mapping(review), place_id, at)
            except ValueError as error:
                rejects.append(rejected(review, error))
                continue
            before = known.get(mention.external_id, {}).get("says")
            says = _digest(f"{mention.rating}\0{mention.text}")
            known[mention.external_id] = {"at": at.isoformat(), "says": says}
            if says != before:
                mentions.append(mention)
        return mentions, rejects


def _snapshot(place: dict[str, Any], place_id: str, at: datetime) -> AudienceSnapshot:
    return AudienceSnapshot(
        network=NETWORK,
        account=line(mapping(place.get("displayName")).get("text")) or place_id,
        taken_at=at,
        rating=mean_of(place.get("rating")),
        ratings=figure(place.get("userRatingCount")),
    )


def _known(cursor: Cursor | None) -> Known:
    reviews = mapping(mapping(cursor).get("reviews"))
    return {name: mapping(kept) for name, kept in reviews.items() if isinstance(kept, dict)}


def _expired(known: Known, at: datetime, keep: timedelta) -> list[Deletion]:
    """A day early: the next look comes a day later at the soonest."""
    old = [
        name
        for name, kept in known.items()
        if (seen := instant(kept.get("at"))) is None or at - seen >= keep - timedelta(days=1)
    ]
    for name in old:
        del known[name]
    return [Deletion(network=NETWORK, external_id=name, seen_at=at) for name in old]


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
