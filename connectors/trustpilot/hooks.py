"""Trustpilot's webhook: who may call, and what the events tell.

https://support.trustpilot.com/hc/en-us/articles/360001108568
The calls are not signed. What stands in the address that is given to Trustpilot proves them: a
password (`https://x:SECRET@…`, sent as basic authentication) or a parameter (`?secret=SECRET`).
How Trustpilot passes them on was not seen live; either is taken.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from connectors.connector import Malformed, Page, Reject
from connectors.mention import Deletion, Engagement, Mention
from connectors.reading import mapping, string
from connectors.trustpilot.wire import deletions_of, read_review, rejected, review_id
from connectors.walk import Found
from connectors.webhook import Answer, Call, Forged, require_token

_CREATED, _UPDATED, _DELETED = (
    f"service-review-{what}" for what in ("created", "updated", "deleted")
)


def answered(call: Call, secret: str | None) -> Answer:
    if secret is None:
        raise Forged("no webhook_secret is configured")
    require_token(_given(call), secret)
    return Answer(keep=call.method == "POST")


def _given(call: Call) -> str | None:
    scheme, _, login = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return call.query.get("secret")
    try:
        return base64.b64decode(login, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None


def read_events(call: Call) -> Page:
    """The reviews that were written, changed or taken back; an event of another name is passed over."""
    mentions: list[Mention] = []
    engagements: list[Engagement] = []
    deletions: list[Deletion] = []
    rejects: list[Reject] = []
    for name, data in _events(call.body):
        try:
            found = _found(name, data, call.received_at)
        except ValueError as error:
            rejects.append(rejected(data, error))
            continue
        if found is not None:
            mentions += found.mentions
            engagements += found.engagements
            deletions += found.deletions
    return Page(
        feed="webhook",
        mentions=mentions,
        engagements=[known for known in engagements if known.reactions is not None],
        deletions=deletions,
        rejects=rejects,
    )


def _found(name: str, data: dict[str, Any], at: datetime) -> Found | None:
    if name == _CREATED:
        return read_review(data, at)
    if name == _UPDATED:
        return read_review(data, at, changed_at=at)
    if name != _DELETED:
        return None
    gone = review_id(data.get("id"))
    if gone is None:
        raise ValueError("a deletion without an id")
    return Found(id=gone, position=None, deletions=deletions_of(gone, at))


def _events(body: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        told = mapping(orjson.loads(body))
    except orjson.JSONDecodeError:
        raise Malformed("the webhook's body is not JSON", payload=body) from None
    events = told.get("events")
    for event in map(mapping, events if isinstance(events, list) else ()):
        yield string(event.get("eventName")) or "", mapping(event.get("eventData"))
