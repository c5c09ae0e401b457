"""Reads figures again, and learns what is gone.

https://developers.facebook.com/docs/graph-api/batch-requests (`?ids=`, 50 a call). One id that is
gone, or of the other kind, has the whole call refused: it is halved until it stands alone. Which are comments
is remembered while the process lives.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from connectors.connector import Clock, Malformed, Page
from connectors.graph import BadField, Gone, Graph
from connectors.http import NotFound
from connectors.instagram.hooks import Mentioned
from connectors.instagram.lists import Lists
from connectors.instagram.wire import NETWORK, engagements
from connectors.mention import Deletion, Engagement, MentionKey, alive
from connectors.reading import mapping, string

_BATCH = 50
_MEDIA = "id,like_count,comments_count"
_COMMENT = "id,like_count,text"  # no media has a text


@dataclass(slots=True)
class _Result:
    figures: list[Engagement] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    trusted: bool = False  # the account's own list was read since something was missing


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
        result = _Result()
        known = [one for one in ids if one in self._mentioned.kinds]
        for external_id in known:
            yield await self._mentioned_page(external_id, result)
        listed = [one for one in ids if one in self._lists.listed_at and one not in known]
        if listed:
            yield Page(feed="refresh", engagements=await self._lists.listed_again(listed))
        rest = iter([one for one in ids if one not in self._foreign and one not in known])
        while batch := list(islice(rest, _BATCH)):
            result.figures, result.missing = [], []
            yield await self._page(batch, result)

    async def _mentioned_page(self, external_id: str, result: _Result) -> Page:
        try:
            found = await self._mentioned.read(external_id, self._mentioned.kinds[external_id])
        except (Gone, BadField):
            return await self._told([], [external_id], result)
        except (NotFound, Malformed):
            return Page(feed="refresh")
        return Page(feed="refresh", engagements=found.engagements)

    async def _page(self, ids: Sequence[str], result: _Result) -> Page:
        comments = [one for one in ids if one in self._lists.comments_met]
        await self._ask([one for one in ids if one not in comments], result, _MEDIA)
        await self._ask(comments, result, _COMMENT)
        gone = [one for one in result.missing if await self._is_gone(one)]
        return await self._told(result.figures, await self._foreign.ours(gone), result)

    async def _told(
        self, figures: Sequence[Engagement], gone: Sequence[str], result: _Result
    ) -> Page:
        """A lost permission looks like media that are gone: nothing is erased on a doubt."""
        if gone and not result.trusted:
            await self._lists.still_ours()
            result.trusted = True
        at = self._clock()
        deletions = [Deletion(network=NETWORK, external_id=one, seen_at=at) for one in gone]
        return Page(feed="refresh", engagements=figures, deletions=deletions)

    async def _ask(self, ids: Sequence[str], result: _Result, fields: str) -> None:
        if not ids or await self._is_answered(ids, result, fields):
            return
        if len(ids) == 1:
            result.missing.extend(ids)
            return
        middle = len(ids) // 2
        await self._ask(ids[:middle], result, fields)
        await self._ask(ids[middle:], result, fields)

    async def _is_answered(self, ids: Sequence[str], result: _Result, fields: str) -> bool:
        try:
            answer = await self._graph.get("", {"ids": ",".join(ids), "fields": fields})
        except Gone:
            return False
        except NotFound:  # a bare 404 may come from anything on the way: it says nothing
            return True
        except BadField:  # no comment has a comments_count
            return fields == _MEDIA and await self._is_answered(ids, result, _COMMENT)
        for external_id in ids:
            self._note(external_id, answer, result)
        if fields == _COMMENT:
            self._lists.meet_comments(ids)
        return True

    def _note(self, external_id: str, answer: Mapping[str, Any], result: _Result) -> None:
        item = mapping(answer.get(external_id))
        if string(item.get("id")) == external_id:
            at, key = self._clock(), MentionKey(network=NETWORK, external_id=external_id)
            result.figures.extend(engagements(external_id, item, at) or (alive(key, at),))
        else:
            result.missing.append(external_id)

    async def _is_gone(self, external_id: str) -> bool:
        """Asked for its id alone, so that a retired field is never taken for a deletion."""
        try:
            await self._graph.get(external_id, {"fields": "id"})
        except (Gone, BadField):
            return True
        except NotFound:
            return False
        return False
