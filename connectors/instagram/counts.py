"""Reads figures again, and learns what is gone.

https://developers.facebook.com/docs/graph-api/batch-requests (`?ids=`, 50 a call). One id that is
gone, or of the other kind, has the whole call refused: it is halved until it stands alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from connectors.connector import Clock, Page
from connectors.graph import BadField, Graph
from connectors.http import NotFound
from connectors.instagram.hooks import Mentioned
from connectors.instagram.lists import Lists
from connectors.instagram.wire import NETWORK, engagements
from connectors.mention import Deletion, Engagement
from connectors.reading import mapping, string

_BATCH = 50
_MEDIA = "id,like_count,comments_count"
_COMMENT = "id,like_count"


@dataclass(slots=True)
class _Result:
    figures: list[Engagement] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


class Counts:
    """What `lists` met tells comments from media, and where others' media stand."""

    def __init__(
        self,
        graph: Graph,
        *,
        lists: Lists,
        mentioned: Mentioned,
        clock: Clock,
    ) -> None:
        self._graph = graph
        self._lists = lists
        self._foreign = lists.foreign
        self._mentioned = mentioned
        self._clock = clock

    async def pages(self, ids: Collection[str]) -> AsyncIterator[Page]:
        """Others' media cannot be looked up: they are found again in their lists, as far as these
        go, and those that mention the account are read through it."""
        known = [one for one in ids if one in self._mentioned.kinds]
        for external_id in known:
            yield await self._mentioned_page(external_id)
        listed = [one for one in ids if one in self._lists.listed_at and one not in known]
        if listed:
            yield Page(feed="refresh", engagements=await self._lists.listed_again(listed))
        rest = iter([one for one in ids if one not in self._foreign and one not in known])
        while batch := list(islice(rest, _BATCH)):
            yield await self._page(batch)

    async def _mentioned_page(self, external_id: str) -> Page:
        try:
            found = await self._mentioned.read(external_id, self._mentioned.kinds[external_id])
        except (NotFound, BadField) as error:
            return self._told([], [external_id] if _says_gone(error) else [])
        return Page(feed="refresh", engagements=found.engagements)

    async def _page(self, ids: Sequence[str]) -> Page:
        result = _Result()
        comments = [one for one in ids if one in self._lists.comments_met]
        media = [one for one in ids if one not in self._lists.comments_met]
        await self._ask(media, result, _MEDIA)
        await self._ask(comments, result, _COMMENT)
        gone = [one for one in result.missing if await self._is_gone(one)]
        return self._told(result.figures, await self._foreign.ours(gone))

    def _told(self, figures: Sequence[Engagement], gone: Sequence[str]) -> Page:
        at = self._clock()
        deletions = [Deletion(network=NETWORK, external_id=one, seen_at=at) for one in gone]
        return Page(feed="refresh", engagements=figures, deletions=deletions)

    async def _ask(self, ids: Sequence[str], result: _Result, fields: str) -> None:
        if not ids:
            return
        try:
            answer = await self._graph.get("", {"ids": ",".join(ids), "fields": fields})
        except (NotFound, BadField) as error:
            await self._halve(ids, result, fields, error)
            return
        for external_id in ids:
            self._note(external_id, answer, result)

    async def _halve(
        self, ids: Sequence[str], result: _Result, fields: str, error: Exception
    ) -> None:
        if len(ids) > 1:
            middle = len(ids) // 2
            await self._ask(ids[:middle], result, fields)
            await self._ask(ids[middle:], result, fields)
        elif isinstance(error, BadField) and fields == _MEDIA:
            await self._ask(ids, result, _COMMENT)  # no media has no comments_count
        else:
            result.missing.extend(ids)

    def _note(self, external_id: str, answer: Mapping[str, Any], result: _Result) -> None:
        item = mapping(answer.get(external_id))
        if string(item.get("id")) == external_id:
            result.figures.extend(engagements(external_id, item, self._clock()))
        else:
            result.missing.append(external_id)

    async def _is_gone(self, external_id: str) -> bool:
        """Asked for its id alone, so that a retired field is never taken for a deletion."""
        try:
            await self._graph.get(external_id, {"fields": "id"})
        except (NotFound, BadField) as error:
            return _says_gone(error)
        return False


def _says_gone(error: Exception) -> bool:
    """A bare 404 may come from anything on the way; the Graph API gives a code."""
    return "Graph API" in str(error)
