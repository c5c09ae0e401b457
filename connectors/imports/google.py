"""Reviews of a Google Business Profile: Takeout's files, or answers of its API that somebody kept.

https://developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.imports.scene import Record
from connectors.reading import line, mapping, mappings, string
from connectors.text import plain

NETWORK = "google_reviews"
_STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}
_MINE, _THEIRS = "(Original)", "(Translated by Google)"


def is_review(value: dict[str, Any]) -> bool:
    return "starRating" in value and ("reviewer" in value or "reviewId" in value)


def holds_reviews(value: dict[str, Any]) -> bool:
    listed = value.get("reviews")
    return isinstance(listed, list) and any(map(is_review, mappings(listed)))


def review_records(
    value: dict[str, Any],
) -> Iterator[tuple[dict[str, Any], list[Record]]]:
    for review in mappings(value.get("reviews")):
        yield review, list(_records(review))


def _records(review: dict[str, Any]) -> Iterator[Record]:
    name = string(review.get("name")) or ""
    external_id = string(review.get("reviewId")) or name.rpartition("/")[2] or None
    created, updated = string(review.get("createTime")), string(review.get("updateTime"))
    stars = review.get("starRating")
    yield {
        "network": NETWORK,
        "external_id": external_id,
        "kind": "review",
        "text": original(string(review.get("comment")) or ""),
        "rating": _STARS.get(stars) if isinstance(stars, str) else None,
        "published_at": created,
        "edited_at": updated if updated != created else None,
        "author": _author(mapping(review.get("reviewer"))),
    }
    reply = mapping(review.get("reviewReply"))
    if external_id and (answer := string(reply.get("comment"))):
        yield {
            "network": NETWORK,
            "external_id": f"{external_id}/reply",
            "kind": "reply",
            "text": original(answer),
            "published_at": string(reply.get("updateTime")),
            "parent_id": external_id,
            "root_id": external_id,
        }


def original(comment: str) -> str:
    """What was written, without the translation that Google puts before or after it."""
    _, mine, rest = comment.partition(_MINE)
    written, _, _ = (rest if mine else comment).partition(_THEIRS)
    return plain(written or comment)


def _author(reviewer: dict[str, Any]) -> dict[str, Any]:
    if reviewer.get("isAnonymous") is True:
        return {}
    return {"name": line(reviewer.get("displayName"))}
