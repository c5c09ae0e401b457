"""What Threads pushes: replies, mentions, own posts published and deleted, each with its text.

https://developers.facebook.com/docs/threads/webhooks; built from its examples, never seen live.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from connectors.connector import Page, Reject
from connectors.edges import rejected
from connectors.graph import changes_of
from connectors.mention import Deletion
from connectors.reading import mapping, mappings, string
from connectors.threads.wire import NETWORK, identity, read_post
from connectors.webhook import Call

FEED = "webhook"
_SAID = frozenset({"replies", "mentions", "publish"})


def read_call(call: Call) -> Iterator[tuple[str, Page]]:
    """(field, page) of each change."""
    try:
        body = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        reject = Reject(error="a webhook's body that is no JSON", payload=call.body)
        yield "", Page(feed=FEED, rejects=(reject,))
        return
    for field, value in _changes(body):
        try:
            if field in _SAID:
                yield field, Page(feed=FEED, mentions=read_post(value, call.received_at).mentions)
            elif field == "delete":
                gone = identity(value)
                deletion = Deletion(network=NETWORK, external_id=gone, seen_at=call.received_at)
                yield field, Page(feed=FEED, deletions=(deletion,))
        except ValueError as error:
            yield field, Page(feed=FEED, rejects=(rejected(value, error),))


def _changes(body: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """(field, value): in `values` as Threads says it, or in entries as Meta's other networks do."""
    for part in mappings(body if isinstance(body, list) else [body]):
        values = part.get("values")
        for change in mappings(values if isinstance(values, list) else [values]):
            yield string(change.get("field")) or "", mapping(change.get("value"))
        for field, value, _sent_at in changes_of(part):
            yield field, value
