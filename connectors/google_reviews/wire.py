"""Google's JSON into mentions: reviews of one's own places and of others', and the owner's replies.

https://developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews,
https://developers.google.com/maps/documentation/places/web-service/reference/rest/v1/places
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.connector import Reject
from connectors.dates import believable
from connectors.mention import Author, Kind, Mention
from connectors.reading import figure, instant, line, mapping, string, web_address
from connectors.text import language_code, plain

NETWORK = "google_reviews"
_STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}
_TRANSLATED, _ORIGINAL = "(Translated by Google)", "(Original)"
_REVIEW_ID = re.compile(r"[\w=+/.:-]{1,400}")
_MAX_TEXT = 20_000
_REPLY = "/reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """One of the hospital's places. `name` is "accounts/…/locations/…"."""

    name: str
    title: str | None = None
    place_id: str | None = None

    @property
    def url(self) -> str | None:
        """A review has no address of its own: all of the place stand on one page."""
        if self.place_id is None:
            return None
        return f"https://search.google.com/local/reviews?placeid={self.place_id}"


def review_id_of(review: dict[str, Any]) -> str:
    """Stable over edits. ValueError where there is none."""
    own = review.get("reviewId")
    if isinstance(own, str) and _REVIEW_ID.fullmatch(own):
        return own
    name = review.get("name")
    last = name.rpartition("/reviews/")[2] if isinstance(name, str) else ""
    if last and _REVIEW_ID.fullmatch(last):
        return last
    raise ValueError("a review without an id")


def reply_id(review_id: str) -> str:
    return review_id + _REPLY


def review_of(external_id: str) -> str:
    """The review that a reply's id belongs to, or the review itself."""
    return external_id.removesuffix(_REPLY)


def read_review(review: dict[str, Any], location: Location, at: datetime) -> Mention:
    """Stars without a word are a review, too; a star rating that is not given is None."""
    stars = review.get("starRating")
    created = believable(instant(review.get("createTime")), at)
    updated = believable(instant(review.get("updateTime")), at)
    return Mention(
        network=NETWORK,
        external_id=review_id_of(review),
        kind=Kind.REVIEW,
        published_at=created or updated,
        edited_at=updated if created and updated and updated > created else None,
        url=location.url,
        text=original(review.get("comment")),
        author=_reviewer(mapping(review.get("reviewer"))),
        rating=_STARS.get(stars) if isinstance(stars, str) else None,
    )


def read_reply(review: dict[str, Any], location: Location, at: datetime) -> Mention | None:
    """The owner's answer, None where there is none. Only its last change is dated."""
    reply = review.get("reviewReply")
    if not isinstance(reply, dict) or not isinstance(reply.get("comment"), str):
        return None
    review_id = review_id_of(review)
    return Mention(
        network=NETWORK,
        external_id=reply_id(review_id),
        kind=Kind.REPLY,
        published_at=believable(instant(reply.get("updateTime")), at),
        url=location.url,
        text=original(reply["comment"]),
        author=Author(external_id=location.name, name=location.title),
        parent_id=review_id,
        root_id=review_id,
    )


def original(comment: object) -> str:
    """What was written, without Google's translation, whichever of both comes first."""
    if not isinstance(comment, str):
        return ""
    text = comment[:_MAX_TEXT]
    before, marked, after = text.partition(_ORIGINAL)
    if marked and _TRANSLATED in text:
        written = after.partition(_TRANSLATED)[0]
        return plain(written) or plain(before.replace(_TRANSLATED, ""))
    written, marked, translated = text.partition(_TRANSLATED)
    return plain(written) or (plain(translated) if marked else "")


def read_peer_review(review: dict[str, Any], place_id: str, at: datetime) -> Mention:
    """One of the five that Places chooses; shown elsewhere only with Google's attribution."""
    name = review.get("name")
    if not isinstance(name, str) or not name.startswith(f"places/{place_id}/reviews/"):
        raise ValueError("a review without a name")
    text = mapping(review.get("originalText")) or mapping(review.get("text"))
    by = mapping(review.get("authorAttribution"))
    said, stars = text.get("text"), figure(review.get("rating"))
    language = string(text.get("languageCode"))
    return Mention(
        network=NETWORK,
        external_id=name[:400],
        kind=Kind.REVIEW,
        published_at=believable(instant(review.get("publishTime")), at),
        url=web_address(review.get("googleMapsUri")),
        text=plain(said[:_MAX_TEXT]) if isinstance(said, str) else "",
        language=language_code(language),
        author=Author(external_id=web_address(by.get("uri")), name=line(by.get("displayName"))),
        rating=stars if stars is not None and 1 <= stars <= 5 else None,
        republish=False,
    )


def mean_of(value: object) -> float | None:
    """A mean of stars; 0 is how an API writes "no review yet"."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 1 <= value <= 5 else None


def rejected(item: object, error: Exception) -> Reject:
    """`item` as it came; the error's words never quote it."""
    return Reject(error=str(error), payload=json.dumps(item, default=str).encode()[:64_000])


def _reviewer(reviewer: dict[str, Any]) -> Author:
    """Who is anonymous is shown as "A Google user": that is nobody's name."""
    if reviewer.get("isAnonymous") is True:
        return Author()
    return Author(name=line(reviewer.get("displayName")))
