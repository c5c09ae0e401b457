"""Reads one collection through the REST API, from its cursor up to now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from pydantic import ValidationError

from connectors.connector import Malformed, Page, Reject
from connectors.http import Response
from connectors.mention import Deletion, Mention
from connectors.wordpress.listing import LISTINGS, OVERLAP, Listing, Place, Reading, as_parameter
from connectors.wordpress.settings import WordpressSettings
from connectors.wordpress.site import Site, SiteClient
from connectors.wordpress.wire import NETWORK, CommentWire, PostWire, comment_id, post_id

MAX_PAGES = 2_000
MAX_VERIFIED = 20
"""Disappeared items asked for one by one in a poll; the rest wait for the next hour."""
_WIRES: dict[str, type[PostWire] | type[CommentWire]] = {"posts": PostWire, "comments": CommentWire}
_IDS = {"posts": post_id, "comments": comment_id}
_FIELDS = {
    "posts": "id,link,date_gmt,modified_gmt,title,content,excerpt,author,_links,_embedded",
    "comments": "id,post,parent,author,author_name,link,date_gmt,content",
}
_EMBEDS = {"posts": {"_embed": "author,wp:term"}, "comments": {}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One page of a listing, read."""

    items: Sequence[PostWire | CommentWire]
    rejects: Sequence[Reject]
    pages: int | None  # of the listing, where the site says

    def last(self, by: str) -> datetime | None:
        return next((place for item in reversed(self.items) if (place := item.place(by))), None)


@dataclass(slots=True, kw_only=True)
class CollectionWalk:
    name: str  # posts · comments
    key: str  # the site's part of external ids
    site: Site
    client: SiteClient
    settings: WordpressSettings
    reading: Reading
    at: datetime
    found: set[int] = field(default_factory=set)

    async def pages(self) -> AsyncIterator[Page]:
        """Raises ApiClosed before its first page where the collection cannot be listed."""
        for listing in LISTINGS[self.name]:
            place = self.reading.places.setdefault(listing.by, Place())
            if place.unsupported:
                continue
            async for page in self._listing(listing, place):
                yield page
            if place.walking:
                return  # long enough for one poll: the next goes on from here
        self.reading.finish(self.at, self.settings.moderation)
        yield Page(feed=self.name, cursor=self.reading.dump(), complete=True)

    async def _listing(self, listing: Listing, place: Place) -> AsyncIterator[Page]:
        moderation = None if listing.tells_edits else self.settings.moderation
        floor = start = place.start(self.at, self.settings.look_back, moderation)
        self.found = set()
        for _page in range(MAX_PAGES):
            batch = await self._batch(listing, floor, place)
            if batch is None or (place.page > 1 and self._is_repeated(batch)):
                break
            rejects, mentions = list(batch.rejects), self._mentions(batch, listing, place)
            last_page = batch.pages is not None and place.page >= batch.pages
            floor = place.move(floor, batch.last(listing.by), self.at)
            yield Page(
                feed=self.name, mentions=mentions, rejects=rejects, cursor=self.reading.dump()
            )
            if last_page:
                break
        else:
            return
        if place.deep:
            yield Page(feed=self.name, deletions=await self._deletions(start + OVERLAP))
        place.finish()

    def _is_repeated(self, batch: Batch) -> bool:
        """The server ignores page numbers: it gives the same page for ever."""
        return bool(batch.items) and self.found.issuperset(item.id for item in batch.items)

    async def _batch(self, listing: Listing, floor: datetime, place: Place) -> Batch | None:
        """The next page of a listing; None past its end."""
        response = await self.client.collection(
            self.site.api,
            self.name,
            {
                listing.after: as_parameter(floor),
                "orderby": listing.orderby,
                "order": "asc",
                "per_page": str(self.settings.per_page),
                "page": str(place.page),
                "_fields": _FIELDS[self.name],
                **_EMBEDS[self.name],
            },
        )
        if response.status == 400:
            self._note_refusal(response, place)
            return None
        batch = read_batch(response, _WIRES[self.name])
        first = batch.items[0].place(listing.by) if batch.items else None
        if first and (floor - first).days >= 2 and listing.after == "modified_after":
            # Before WordPress 5.7 the parameter is silently ignored: all posts ever would follow.
            place.unsupported = True
            return None
        return batch if batch.items or batch.rejects else None

    def _note_refusal(self, response: Response, place: Place) -> None:
        answer = response.json()
        code = answer.get("code") if isinstance(answer, dict) else None
        if code in ("rest_post_invalid_page_number", "rest_comment_invalid_page_number"):
            return
        if code == "rest_invalid_param" and place is not self.reading.places.get("date_gmt"):
            place.unsupported = True
            return
        response.raise_for_status()

    def _mentions(self, batch: Batch, listing: Listing, place: Place) -> list[Mention]:
        look_back = self.at - self.settings.look_back
        mentions = []
        for item in batch.items:
            language = self.settings.language or self.site.language
            mention = item.to_mention(self.key, self.at, language)
            self.found.add(item.id)
            old = mention.published_at is not None and mention.published_at < look_back
            edited = item.place(listing.by) if listing.tells_edits else None
            if self.reading.note(item.id, mention, edited) and not (place.first and old):
                mentions.append(mention)
        return mentions

    async def _deletions(self, since: datetime) -> list[Deletion]:
        """What stood in the listing an hour ago and does not any more, each asked for by its id."""
        deletions = []
        for number in self.reading.given.missing(since, self.found)[:MAX_VERIFIED]:
            gone = await self.client.is_gone(self.site.api, self.name, number)
            self.reading.given.discard(number)
            if gone:
                self.reading.seen.pop(str(number), None)
                external_id = _IDS[self.name](self.key, number)
                deletions.append(
                    Deletion(network=NETWORK, seen_at=self.at, external_id=external_id)
                )
        return deletions


def read_batch(response: Response, wire: type[PostWire] | type[CommentWire]) -> Batch:
    """Raises Malformed where the answer is no list; an unreadable item only rejects itself."""
    answer: Any = response.json()
    if not isinstance(answer, list):
        raise Malformed("a WordPress collection is not a list", payload=response.body[:4_000])
    items: list[PostWire | CommentWire] = []
    rejects: list[Reject] = []
    for node in answer:
        try:
            items.append(wire.model_validate(node))
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"])
            payload = orjson.dumps(node)[:4_000]
            rejects.append(
                Reject(error=f"unreadable item: {where or 'not an object'}", payload=payload)
            )
    total = response.headers.get("X-WP-TotalPages", "")
    pages = int(total) if total.isascii() and total.isdigit() and len(total) < 9 else None
    return Batch(items=items, rejects=rejects, pages=pages)
