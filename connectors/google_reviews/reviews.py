"""A place's reviews, last changed first: new ones, edits, answers of the owner, and their mean.

https://developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews/list. Whether
an answer moves its review to the top is not documented: a month is looked at again each time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

from connectors.audience import audience_page, is_due
from connectors.connector import Clock, Cursor, Malformed, Page, Reject
from connectors.dates import believable
from connectors.google_reviews.access import Google
from connectors.google_reviews.settings import GoogleReviewsSettings
from connectors.google_reviews.wire import (
    NETWORK,
    Location,
    mean_of,
    read_reply,
    read_review,
    rejected,
)
from connectors.mention import AudienceSnapshot, Mention
from connectors.reading import count, instant, mapping, string
from connectors.walk import Found, Listing, Walk, Window, walk_back

AUDIENCE = "audience"
_PAGE_SIZE = 50
_KEYS = frozenset({"reviews", "averageRating", "totalReviewCount", "nextPageToken"})


class Reviews:
    def __init__(self, google: Google, settings: GoogleReviewsSettings, clock: Clock) -> None:
        self._google = google
        self._settings = settings
        self._clock = clock
        self._told: dict[str, tuple[Location, float | None, int | None]] = {}

    def total(self, location: Location) -> int | None:
        """How many reviews the place has by its last answer of this run."""
        return self._told.get(location.name, (location, None, None))[2]

    async def page(self, location: Location, token: str | None) -> dict[str, Any]:
        """A place without reviews answers `{}`; what lists none and says something else is no answer."""
        params: dict[str, str | int] = {"pageSize": _PAGE_SIZE, "orderBy": "updateTime desc"}
        if token is not None:
            params["pageToken"] = token
        answer = await self._google.get(f"{self._settings.reviews}/{location.name}/reviews", params)
        reviews = answer.get("reviews", [])
        if not isinstance(reviews, list) or ("reviews" not in answer and answer.keys() - _KEYS):
            raise Malformed("Google gave no list of reviews")
        mean, total = mean_of(answer.get("averageRating")), count(answer.get("totalReviewCount"))
        if token is None:
            self._told[location.name] = (location, mean, total if reviews else 0)
        return {**answer, "reviews": reviews}

    async def one(self, location: Location, review_id: str) -> dict[str, Any]:
        """NotFound where it is gone."""
        url = f"{self._settings.reviews}/{location.name}/reviews/{review_id}"
        return await self._google.get(url)

    def pages(self, feed: str, cursor: Cursor | None, location: Location) -> AsyncIterator[Page]:
        return walk_back(
            feed,
            cursor,
            partial(self._fetch, location),
            window=Window(look_back=self._settings.look_back, overlap=self._settings.overlap),
            clock=self._clock,
        )

    async def _fetch(self, location: Location, walk: Walk) -> Listing:
        answer = await self.page(location, walk.token)
        found: list[Found] = []
        rejects: list[Reject] = []
        for review in answer["reviews"]:
            try:
                found += self._found(mapping(review), location)
            except ValueError as error:
                rejects.append(rejected(review, error))
        token = string(answer.get("nextPageToken"))
        return Listing(found=found, token=token, rejects=rejects)

    def _found(self, review: Mapping[str, Any], location: Location) -> list[Found]:
        """Ids are versions, so that edits come again; an answer stands where its review does."""
        at, item = self._clock(), dict(review)
        position = believable(instant(item.get("updateTime")), at)
        mention, reply = read_review(item, location, at), read_reply(item, location, at)
        found = [_version(mention, item.get("updateTime"), position)]
        if reply is not None:
            changed = mapping(item.get("reviewReply")).get("updateTime")
            found.append(_version(reply, changed, position))
        return found

    async def audience(self, cursor: Cursor | None) -> AsyncIterator[Page]:
        """The means that came with the reviews of this run, once a day."""
        at = self._clock()
        if self._told and is_due(cursor, at):
            yield audience_page(
                AUDIENCE, [self._snapshot(*told) for told in self._told.values()], at
            )

    def _snapshot(
        self, location: Location, mean: float | None, total: int | None
    ) -> AudienceSnapshot:
        return AudienceSnapshot(
            network=NETWORK,
            account=location.title or location.name.rpartition("/")[2],
            taken_at=self._clock(),
            rating=mean,
            ratings=total,
        )


def _version(mention: Mention, changed: object, position: Any) -> Found:
    return Found(id=f"{mention.external_id}@{changed}", position=position, mentions=(mention,))
