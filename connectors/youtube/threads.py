"""Comments and all their replies: threads newest first, read again as long as they live.

A list of threads is ordered by when each began: a reply to an old one does not bring it up. So once
`recheck_every` the list is walked back over `follow_threads`; in between, only what is new is read.
A thread brings five replies at most; where it has more, and their number is not one that was met
before, all are asked for.
https://developers.google.com/youtube/v3/docs/commentThreads/list,
https://developers.google.com/youtube/v3/docs/comments/list
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from connectors.connector import Clock, Cursor, Page, Reject
from connectors.dates import believable
from connectors.reading import figure, instant, mapping, mappings, string, strings
from connectors.walk import Found, Listing, Walk, Window, walk_back
from connectors.youtube.api import Api, Gone, items_of
from connectors.youtube.pace import Pace
from connectors.youtube.settings import YoutubeSettings
from connectors.youtube.wire import (
    VIDEO_ID,
    Place,
    comment_id_of,
    read_comment,
    read_comment_figures,
    rejected,
)

_THREADS_A_PAGE = 100
_OVERLAP = timedelta(minutes=10)
_CARRIED = 5_000  # marks of comments, 19 bytes each in the cursor


@dataclass(slots=True)
class _Sheet:
    """One page of threads as it is read."""

    walk: Walk
    accounts: tuple[str, ...]
    since: datetime | None
    at: datetime
    found: list[Found] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def add(
        self, comment: object, video: str | None, at: datetime | None, replies: int | None
    ) -> None:
        try:
            found = self._found(mapping(comment), video, at, replies)
        except ValueError as error:
            self.rejects.append(rejected(comment, error))
            return
        self.found.append(found)

    def _found(
        self, comment: dict[str, Any], video: str | None, at: datetime | None, replies: int | None
    ) -> Found:
        mention = read_comment(comment, Place(video_id=video, accounts=self.accounts), self.at)
        figures = read_comment_figures(comment, self.at, replies=replies)
        said = mention.edited_at or mention.published_at
        is_old = self.since is not None and said is not None and said < self.since
        return Found(
            id=f"{mention.external_id}@{said.isoformat() if said else ''}",
            position=at,
            mentions=() if is_old else (mention,),
            engagements=(figures,) if figures and not is_old else (),
        )


class Threads:
    def __init__(self, api: Api, settings: YoutubeSettings, clock: Clock, pace: Pace) -> None:
        self._api = api
        self._settings = settings
        self._clock = clock
        self._pace = pace

    async def of_channel(
        self, feed: str, cursor: Cursor | None, channel: str, accounts: tuple[str, ...]
    ) -> AsyncIterator[Page]:
        """All that is said under a channel's videos, whatever their age."""
        settings, at = self._settings, self._clock()
        plan = await self._plan(mapping(cursor), at)
        about = {"allThreadsRelatedToChannelId": channel}
        pages = walk_back(
            feed,
            cursor,
            partial(self.fetch, about, accounts, plan.since),
            window=Window(
                look_back=max(settings.look_back, settings.follow_threads),
                overlap=settings.follow_threads if plan.deep else _OVERLAP,
            ),
            clock=self._clock,
        )
        async for page in pages:
            yield replace(page, cursor=plan.keep(page.cursor or {}))

    async def _plan(self, kept: Mapping[str, Any], at: datetime) -> _Plan:
        since = instant(kept.get("since")) or at - self._settings.look_back
        deep_at = instant(kept.get("deep_at"))
        if mapping(kept.get("walk")):
            deep = kept.get("deep") is True  # an unfinished walk ends as it began
        elif deep_at is None or not timedelta(0) <= at - deep_at < self._settings.recheck_every:
            deep = deep_at is None or await self._pace.may_go_on(self._api.units)
            deep_at = at if deep else deep_at
        else:
            deep = False
        return _Plan(
            deep=deep,
            deep_at=deep_at,
            since=since,
            memory=Memory(dict(kept)),
            seen_from=instant(kept.get("seen_from")),
        )

    async def fetch(
        self,
        about: Mapping[str, str],
        accounts: tuple[str, ...],
        since: datetime | None,
        walk: Walk,
    ) -> Listing:
        """The page of threads at which the walk stands, with all the replies that are not known."""
        params: dict[str, str | int] = {
            "part": "snippet,replies",
            "order": "time",
            "textFormat": "plainText",
            "maxResults": _THREADS_A_PAGE,
            **about,
        }
        if walk.token is not None:
            params["pageToken"] = walk.token
        answer = await self._api.ask("commentThreads", params)
        sheet = _Sheet(walk, accounts, since, self._clock())
        for thread in items_of("commentThreads", answer):
            await self._read(thread, sheet)
        token = string(answer.get("nextPageToken"))
        return Listing(found=sheet.found, token=token, rejects=sheet.rejects)

    async def _read(self, thread: object, sheet: _Sheet) -> None:
        snippet = mapping(mapping(thread).get("snippet"))
        top, video = snippet.get("topLevelComment"), snippet.get("videoId")
        video = video if isinstance(video, str) and VIDEO_ID.fullmatch(video) else None
        began = instant(mapping(mapping(top).get("snippet")).get("publishedAt"))
        position, total = believable(began, sheet.at), figure(snippet.get("totalReplyCount"))
        sheet.add(top, video, position, total)
        inline = list(mappings(mapping(mapping(thread).get("replies")).get("comments")))
        replies = inline
        if total is not None and total > len(inline):
            replies = await self._more(top, total, position, inline, sheet)
        for reply in replies:
            sheet.add(reply, video, position, None)

    async def _more(
        self, top: object, total: int, at: datetime | None, inline: list[Any], sheet: _Sheet
    ) -> list[Any]:
        """All replies of a thread, unless it had as many when they were last asked for."""
        try:
            thread_id = comment_id_of(mapping(top))
        except ValueError:
            return inline
        marker = f"{thread_id}#{total}"
        is_known = sheet.walk.has_given(marker)
        try:
            replies = inline if is_known else await self._replies(thread_id)
        except Gone:
            return inline  # deleted between the two requests
        sheet.found.append(Found(id=marker, position=at))
        return replies

    async def _replies(self, thread_id: str) -> list[Any]:
        params: dict[str, str | int] = {
            "part": "snippet",
            "parentId": thread_id,
            "textFormat": "plainText",
            "maxResults": 100,
        }
        replies: list[Any] = []
        for _ in range(100):
            answer = await self._api.ask("comments", params)
            replies += items_of("comments", answer)
            token = string(answer.get("nextPageToken"))
            if token is None or token == params.get("pageToken"):
                break
            params["pageToken"] = token
        return replies


class Memory:
    """What a list of threads has given, carried from walk to walk beside what the last one met.

    A walk meets neither the replies that it need not ask for nor, if it is short, older threads.
    """

    def __init__(self, cursor: Cursor | None) -> None:
        self._seen = list(strings(mapping(cursor).get("seen")))

    def keep(self, cursor: Cursor) -> Cursor:
        met = list(strings(cursor.get("seen")))
        first, then = (self._seen, met) if "walk" in cursor else (met, self._seen)
        self._seen = list(dict.fromkeys((*first, *then)))[:_CARRIED]
        return {**cursor, "seen": self._seen}


@dataclass(slots=True, kw_only=True)
class _Plan:
    """How this poll reads a list of threads, and what its cursor keeps beside the walk."""

    deep: bool
    deep_at: datetime | None
    since: datetime
    memory: Memory
    seen_from: datetime | None

    def keep(self, cursor: Cursor) -> Cursor:
        cursor = self.memory.keep(cursor)
        if not self.deep:
            bounds = (instant(cursor.get("seen_from")), self.seen_from)
            seen_from = max((bound for bound in bounds if bound), default=None)
            cursor["seen_from"] = seen_from and seen_from.isoformat()
        return {
            **cursor,
            "deep": self.deep,
            "deep_at": self.deep_at and self.deep_at.isoformat(),
            "since": self.since.isoformat(),
        }
