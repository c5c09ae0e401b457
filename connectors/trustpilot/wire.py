"""Trustpilot's JSON into reviews and the replies to them.

https://developers.trustpilot.com/service-reviews-api, /business-units-api
Built from the documentation; of recorded answers there was one webhook call. A private answer also
holds the customer's e-mail address and order number: neither is read.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from connectors.connector import Reject
from connectors.dates import believable
from connectors.mention import Author, Deletion, Engagement, Kind, Mention, MentionKey
from connectors.reading import count, figure, instant, line, mapping, mappings, string
from connectors.text import language_code, plain
from connectors.walk import Found

NETWORK = "trustpilot"
_REPLY = "#reply"
_MAX_ID = 64
_MAX_TEXT = 20_000
# Besides "active" and "reported" the documentation names none; another that is unknown is kept.
_GONE = frozenset({"deleted", "removed", "archived", "unpublished", "banned"})
_VERIFIED = {"verified": True, "invited": True, "redirected": True, "not-verified": False}


def read_review(item: object, at: datetime, *, changed_at: datetime | None = None) -> Found:
    """One review with the reply to it, or its deletion. ValueError where it cannot be one.

    `changed_at` dates a change that carries no date of its own.
    """
    review = mapping(item)
    external_id = review_id(review.get("id"))
    if external_id is None:
        raise ValueError("a review without an id")
    written = _instant(review.get("createdAt"), at)
    version = f"{external_id}@{_version(review)}"
    if (string(review.get("status")) or "").lower() in _GONE:
        return Found(id=version, position=written, deletions=deletions_of(external_id, at))
    mention = _review(review, external_id, written, at, changed_at)
    reply = _reply(review, mention, at)
    return Found(
        id=version,
        position=written,
        mentions=(mention, reply) if reply is not None else (mention,),
        engagements=(_figures(review, mention.key, reply, at),),
    )


def review_id(value: object) -> str | None:
    read = string(value)
    usable = read is not None and read.isascii() and read.isalnum() and len(read) <= _MAX_ID
    return read if usable else None


def reply_id(review: str) -> str:
    return f"{review}{_REPLY}"


def of_review(external_id: str) -> str:
    """The review that a mention of ours is, or answers."""
    return external_id.removesuffix(_REPLY)


def deletions_of(review: str, at: datetime) -> tuple[Deletion, ...]:
    """With a review goes the reply to it."""
    return tuple(
        Deletion(network=NETWORK, external_id=gone, seen_at=at)
        for gone in (review, reply_id(review))
    )


def rejected(item: object, error: Exception) -> Reject:
    """`item` as it came; the error's words never quote it."""
    payload = json.dumps(item, default=str).encode()
    external_id = review_id(mapping(item).get("id"))
    return Reject(
        error=f"{type(error).__name__}: {error}", payload=payload, external_id=external_id
    )


def _review(
    review: dict[str, Any],
    external_id: str,
    written: datetime | None,
    at: datetime,
    changed_at: datetime | None,
) -> Mention:
    consumer = mapping(review.get("consumer"))
    updated = _instant(review.get("updatedAt"), at) or changed_at
    return Mention(
        network=NETWORK,
        external_id=external_id,
        kind=Kind.REVIEW,
        published_at=written,
        edited_at=updated if updated and (written is None or updated > written) else None,
        url=f"https://www.trustpilot.com/reviews/{external_id}",
        title=line(review.get("title")),
        text=_text(review.get("text")),
        language=language_code(string(review.get("language"))),
        author=Author(
            external_id=string(consumer.get("id")),
            name=line(consumer.get("displayName")) or line(consumer.get("name")),
            verified=_verified(review),
        ),
        rating=_rating(review.get("stars")),
        tags=tuple(filter(None, (line(tag.get("value")) for tag in mappings(review.get("tags"))))),
        # Reported, and hidden until Trustpilot has looked at it.
        republish=mapping(review.get("reportData")).get("reviewVisibility") != "hidden",
    )


def _reply(review: dict[str, Any], to: Mention, at: datetime) -> Mention | None:
    reply = mapping(review.get("companyReply"))
    text = _text(reply.get("text"))
    if not text:
        return None
    unit = mapping(review.get("businessUnit"))
    written, updated = _instant(reply.get("createdAt"), at), _instant(reply.get("updatedAt"), at)
    return Mention(
        network=NETWORK,
        external_id=reply_id(to.external_id),
        kind=Kind.REPLY,
        published_at=written,
        edited_at=updated if updated and written and updated > written else None,
        url=to.url,
        text=text,
        language=to.language,
        author=Author(
            external_id=string(unit.get("id")),
            handle=line(unit.get("identifyingName")),
            name=line(unit.get("displayName")),
        ),
        parent_id=to.external_id,
        root_id=to.external_id,
        republish=to.republish,
    )


def _figures(
    review: dict[str, Any], key: MentionKey, reply: Mention | None, at: datetime
) -> Engagement:
    """A profile answers once; where the answer says nothing of replies, their number is unknown."""
    replies = (1 if reply is not None else 0) if "companyReply" in review else None
    likes = count(review.get("numberOfLikes"))
    return Engagement(key=key, taken_at=at, reactions=likes, replies=replies)


def _version(review: dict[str, Any]) -> str:
    """Changes with the review and with the reply to it."""
    reply = mapping(review.get("companyReply"))
    parts = (review.get("updatedAt"), reply.get("createdAt"), reply.get("updatedAt"))
    return "|".join(str(part or "") for part in (*parts, review.get("status")))


def _verified(review: dict[str, Any]) -> bool | None:
    level = _VERIFIED.get((string(review.get("reviewVerificationLevel")) or "").lower())
    said = review.get("isVerified")
    return said if isinstance(said, bool) else level


def _rating(value: object) -> float | None:
    stars = figure(value)
    return float(stars) if stars is not None and 1 <= stars <= 5 else None


def _text(value: object) -> str:
    return plain(value[:_MAX_TEXT]) if isinstance(value, str) else ""


def _instant(value: object, at: datetime) -> datetime | None:
    return believable(instant(value), at)
