"""What Instagram pushes: comments with their text, and the ids of posts that mention the account.

https://developers.facebook.com/docs/instagram-platform/webhooks/examples. With Facebook Login the
changes stand in a list, with Instagram Login in the entry itself; both built from the examples of
the documentation, never seen live. `story_insights` brings figures of own stories and is passed over.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any, Literal

import orjson

from connectors.connector import Clock, Malformed, Page, Reject
from connectors.dates import from_epoch
from connectors.edges import rejected
from connectors.foreign import Foreign
from connectors.graph import BadField, Graph
from connectors.http import NotFound
from connectors.instagram.lists import TAGGED
from connectors.instagram.wire import identity, read_comment, read_media
from connectors.reading import mapping, mappings, string
from connectors.walk import Found
from connectors.webhook import Call

What = Literal["media", "comment"]
FEED = "webhook"
_COMMENT = "id,text,timestamp,like_count,username,media{id,permalink}"
_CORE: dict[What, str] = {
    "media": "id,caption,permalink,timestamp,username",
    "comment": "id,text,timestamp,username",
}
"""What every version has known; asked for where a version knows a field no longer (code 100)."""
_COMMENTS = frozenset({"comments", "live_comments"})
_MAX_KNOWN = 10_000


class Mentioned:
    """Media and comments that name the account: readable by id, through the account alone.

    https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/mentioned_media
    """

    def __init__(self, graph: Graph, user_id: str, foreign: Foreign, *, clock: Clock) -> None:
        self._graph = graph
        self._clock = clock
        self._user_id = user_id
        self._foreign = foreign
        self.kinds: dict[str, What] = {}

    async def read(self, external_id: str, what: What, at: datetime | None = None) -> Found:
        """Malformed where the answer holds none; NotFound or BadField where it is gone."""
        try:
            item = await self._asked(external_id, what, _COMMENT if what == "comment" else TAGGED)
        except BadField:
            item = await self._asked(external_id, what, _CORE[what])
        try:
            found = self._found({"id": external_id, **item}, what, at)
        except ValueError as error:
            raise Malformed(f"no mentioned {what} in the answer: {error}") from None
        if len(self.kinds) > _MAX_KNOWN:
            self.kinds.clear()
        self.kinds[found.id] = what
        await self._foreign.add([found.id])
        return found

    async def _asked(self, external_id: str, what: What, fields: str) -> dict[str, Any]:
        name = f"mentioned_{what}"
        asked = f"{name}.{what}_id({external_id}){{{fields}}}"
        answer = await self._graph.get(self._user_id, {"fields": asked})
        item = mapping(answer.get(name))
        if not item:
            raise Malformed(f"no {name} in the answer")
        return item

    def _found(self, item: dict[str, Any], what: What, at: datetime | None) -> Found:
        instant = at or self._clock()
        if what == "media":
            return read_media(item, instant)
        media = mapping(item.get("media"))
        url = string(media.get("permalink"))
        return read_comment(item, instant, media_id=string(media.get("id")), url=url)


async def read_call(call: Call, mentioned: Mentioned, user_id: str) -> AsyncIterator[Page]:
    try:
        body = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        reject = Reject(error="a webhook's body that is no JSON", payload=call.body)
        yield Page(feed=FEED, rejects=(reject,))
        return
    for change, value, sent_at in _changes(body, user_id):
        try:
            if change in _COMMENTS:
                yield _page(_pushed(value, call.received_at, sent_at))
            elif change == "mentions":
                yield _page(await _fetched(value, call.received_at, mentioned))
        except (ValueError, Malformed) as error:  # the other changes of the call go on
            yield Page(feed=FEED, rejects=(rejected(value, error),))


def _changes(body: Any, user_id: str) -> Iterator[tuple[str, Any, datetime | None]]:
    """(field, value, when it was sent), of this account only: an application may serve several."""
    for part in mappings(body if isinstance(body, list) else [body]):
        if string(part.get("object")) not in ("instagram", None):
            continue
        for entry in mappings(part.get("entry")):
            # The dashboard's test button sends 0.
            if string(entry.get("id")) not in (user_id, "0", None):
                continue
            sent_at = from_epoch(entry.get("time"))
            for change in (*mappings(entry.get("changes")), entry):
                values = change.get("value")
                for value in values if isinstance(values, list) else [values]:
                    if "field" in change:
                        yield string(change["field"]) or "", value, sent_at


def _page(found: Found | None) -> Page:
    if found is None:
        return Page(feed=FEED)
    return Page(feed=FEED, mentions=found.mentions, engagements=found.engagements)


def _pushed(value: Any, at: datetime, sent_at: datetime | None) -> Found:
    item, media = mapping(value), mapping(mapping(value).get("media"))
    published = min(sent_at or at, at)
    return read_comment(item, at, media_id=string(media.get("id")), published=published)


async def _fetched(value: Any, at: datetime, mentioned: Mentioned) -> Found | None:
    """At once: the id is of no use once the post is gone. None where it is gone already."""
    item = mapping(value)
    comment = string(item.get("comment_id"))
    what: What = "comment" if comment is not None else "media"
    external_id = identity({"id": comment or item.get("media_id")})
    try:
        return await mentioned.read(external_id, what, at)
    except (NotFound, BadField):
        return None
