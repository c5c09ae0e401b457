"""Posts and comments by their ids, many a call: what they say and count now, and which are gone.

https://developers.facebook.com/docs/graph-api/overview#multiple-ids (50 a call)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field

from connectors.connector import Clock, Page
from connectors.facebook.settings import FacebookSettings
from connectors.facebook.wire import (
    COMMENT_FIELDS,
    NETWORK,
    POST_FIELDS,
    Read,
    read_comment,
    read_id,
    read_post,
)
from connectors.foreign import Foreign
from connectors.graph import BadField, Gone, Graph
from connectors.mention import Deletion, alive
from connectors.reading import mapping

BATCH = 50


@dataclass(slots=True)
class Looked:
    """What a look brought, by id; of an id in neither the network said nothing."""

    read: dict[str, Read] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)


class Lookup:
    """`elsewhere` are posts that we were told of, and may have no right to look up."""

    def __init__(
        self, graph: Graph, settings: FacebookSettings, elsewhere: Foreign, clock: Clock
    ) -> None:
        self._graph = graph
        self._settings = settings
        self._elsewhere = elsewhere
        self._clock = clock
        self._page_id = settings.page if settings.page.isdecimal() else None

    async def pages(self, external_ids: Collection[str]) -> AsyncIterator[Page]:
        """Figures and texts as they are now. What is gone, or hidden from the public, is a Deletion.

        Recommendations cannot be looked up: their ids are not asked for.
        """
        asked = [item for item in dict.fromkeys(external_ids) if "_" in item and read_id(item)]
        asked = [item for item in asked if not item.startswith("rating_")]
        posts, others = await self._apart(asked)
        trusted = False
        for ids, is_post in ((posts, True), (others, False)):
            for start in range(0, len(ids), BATCH):
                looked = await self.look(ids[start : start + BATCH], is_post=is_post)
                if looked.gone and not trusted:
                    await self.still_ours()
                    trusted = True
                looked.gone = await self._elsewhere.ours(looked.gone)
                yield self._page(looked)

    async def look(self, ids: Sequence[str], *, is_post: bool) -> Looked:
        """One id that is gone has the whole call refused: halves are asked, down to that one."""
        looked = Looked()
        await self._look(list(ids), is_post, looked, turned=False)
        return looked

    async def _look(self, ids: list[str], is_post: bool, looked: Looked, *, turned: bool) -> None:
        fields = POST_FIELDS if is_post else COMMENT_FIELDS
        try:
            answer = await self._graph.get("", {"ids": ",".join(ids), "fields": fields})
        except (Gone, BadField) as error:
            if len(ids) > 1:
                middle = len(ids) // 2
                await self._look(ids[:middle], is_post, looked, turned=turned)
                await self._look(ids[middle:], is_post, looked, turned=turned)
            elif isinstance(error, Gone):
                looked.gone += ids
            elif not turned:
                # A post that tags the Page bears its author's number, as a comment bears its post's.
                await self._look(ids, not is_post, looked, turned=True)
            return
        for item in ids:
            if read := self._read(mapping(answer.get(item)), is_post):
                looked.read[item] = read

    def _read(self, raw: dict[str, object], is_post: bool) -> Read | None:
        try:
            if is_post:
                return read_post(raw, self._clock())
            return read_comment(raw, self._clock(), post_id=None)
        except ValueError:
            return None

    def _page(self, looked: Looked) -> Page:
        """The text is given again, as an edit of a comment shows nowhere else without a webhook."""
        at = self._clock()
        public = [read for read in looked.read.values() if not read.hidden]
        hidden = [item for item, read in looked.read.items() if read.hidden]
        return Page(
            mentions=[read.mention for read in public],
            engagements=[read.engagement or alive(read.mention.key, at) for read in public],
            deletions=[
                Deletion(network=NETWORK, external_id=item, seen_at=at)
                for item in (*looked.gone, *hidden)
            ],
        )

    async def still_ours(self) -> None:
        """Code 100/33 is also what a lost permission looks like: nothing is erased on a doubt."""
        params: dict[str, str | int] = {"fields": "id,comments.limit(1){id}", "limit": 1}
        await self._graph.get(f"{self._settings.page}/feed", params)

    async def _apart(self, ids: Sequence[str]) -> tuple[list[str], list[str]]:
        """Posts on the Page bear its number in front; what remains is mostly comments."""
        if ids and self._page_id is None:
            answer = await self._graph.get(self._settings.page, {"fields": "id"})
            self._page_id = read_id(answer.get("id"))
        posts = [item for item in ids if item.partition("_")[0] == self._page_id]
        return posts, [item for item in ids if item.partition("_")[0] != self._page_id]
