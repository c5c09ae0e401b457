"""Comments and replies under the videos that were found, and which of them went away.

https://developers.tiktok.com/doc/research-api-specs-query-video-comments: by `video_id`, and since
2026 by `comment_id` for the replies. The order is not told and there is no date to ask from: a
video's comments are listed whole, when their number changed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from connectors.connector import Clock, Cursor, Cursors, Page, Reject
from connectors.foreign import Foreign
from connectors.mention import Deletion, Engagement, Kind, Mention
from connectors.reading import count, figure, instant, mapping, string, strings
from connectors.tiktok.api import Api, Body
from connectors.tiktok.refresh import Refresh
from connectors.tiktok.settings import TiktokSettings
from connectors.tiktok.videos import Sighting, Videos, sightings
from connectors.tiktok.wire import COMMENT_FIELDS, NETWORK, figures_of, read_comment, rejected

FEED = "comments"
_BATCH = 100
_RESERVED = 0.8  # of the day's requests: the rest is for searches
_AGAIN = timedelta(days=1)  # one deleted and one new leave the number as it was
State = dict[str, Any]


class Comments:
    def __init__(
        self,
        api: Api,
        videos: Videos,
        refresh: Refresh,
        known: Foreign,
        *,
        settings: TiktokSettings,
        clock: Clock,
    ) -> None:
        self._api = api
        self._videos = videos
        self._refresh = refresh
        self._known = known
        self._settings = settings
        self._clock = clock

    async def pages(self, cursors: Cursors, feeds: Sequence[str]) -> AsyncIterator[Page]:
        """Every `recheck_every`: how many comments each followed video has, then the new ones."""
        at, kept = self._clock(), mapping(cursors.get(FEED))
        mark = instant(kept.get("mark"))
        if mark is not None and timedelta(0) <= at - mark < self._settings.recheck_every:
            return
        followed = self._followed(cursors, feeds)
        before = mapping(kept.get("videos"))
        if not followed and not before:
            return
        states = {one: dict(mapping(before.get(one))) for one in followed}
        async for page in self._counted(followed, states):
            yield replace(page, feed=FEED, cursor=_cursor(kept.get("mark"), states))
        for sighting in followed.values():
            if await self._api.has_spent(_RESERVED):
                return  # what is due stays due
            if self._is_due(states[sighting.video_id]):
                async for page in self._under(sighting, states[sighting.video_id]):
                    yield replace(page, feed=FEED, cursor=_cursor(kept.get("mark"), states))
        yield Page(feed=FEED, cursor=_cursor(at.isoformat(), states), complete=True)

    def _followed(self, cursors: Cursors, feeds: Sequence[str]) -> dict[str, Sighting]:
        since = self._clock() - self._settings.follow
        found = [one for feed in feeds for one in sightings(cursors.get(feed), since=since)]
        return {one.video_id: one for one in found}

    async def _counted(
        self, followed: Mapping[str, Sighting], states: dict[str, State]
    ) -> AsyncIterator[Page]:
        ids = self._videos.within_reach(followed)
        for start in range(0, len(ids), _BATCH):
            page = await self._refresh.looked_up(ids[start : start + _BATCH])
            for figures in page.engagements:
                states[figures.key.external_id]["count"] = figures.replies
            for deletion in page.deletions:
                states[deletion.external_id or ""]["count"] = 0
            yield page

    def _is_due(self, state: State) -> bool:
        number, read_at = count(state.get("count")), instant(state.get("read_at"))
        if number == 0 and not mapping(state.get("known")):
            return False
        if read_at is None or number != count(state.get("read")):
            return True
        return self._clock() - read_at >= _AGAIN

    async def _under(self, video: Sighting, state: State) -> AsyncIterator[Page]:
        """New comments, new replies, then what two whole readings in a row did not show."""
        known: dict[str, Any] = dict(mapping(state.get("known")))
        state["known"] = known
        reading = _Reading()
        async for page in self._listed({"video_id": int(video.video_id)}, video, known, reading):
            yield page
        for own, replies in list(reading.answered.items()):
            if replies > _replies_read(known, own):
                asked = {"comment_id": int(own)}
                async for page in self._listed(asked, video, known, reading, under=own):
                    yield page
                known[own] = [replies, ""]
        yield Page(deletions=self._gone(state, known, reading))
        state |= {"read": count(state.get("count")), "read_at": self._clock().isoformat()}

    async def _listed(
        self, which: Body, video: Sighting, known: State, reading: _Reading, under: str = ""
    ) -> AsyncIterator[Page]:
        cursor, listed = 0, 0
        while True:
            asked = {**which, "max_count": self._settings.page_size, "cursor": cursor}
            data = await self._api.research(
                "video/comment/list/", COMMENT_FIELDS, asked, most=self._settings.page_size
            )
            items = data.get("comments")
            listed += len(items) if isinstance(items, list) else 0
            page = self._page(items, video, known, reading, under)
            await self._known.add([mention.external_id for mention in page.mentions])
            yield page
            after, more = count(data.get("cursor")), data.get("has_more") is True
            if not more or after is None or after <= cursor:
                return
            if listed >= self._settings.comments_per_video:
                reading.whole = False
                return
            cursor = after

    def _page(
        self, items: object, video: Sighting, known: State, reading: _Reading, under: str
    ) -> Page:
        at = self._clock()
        mentions: list[Mention] = []
        figures: list[Engagement] = []
        rejects: list[Reject] = []
        for item in items if isinstance(items, list) else ():
            try:
                mention = read_comment(mapping(item), video.video_id, video.url, at)
            except ValueError as error:
                rejects.append(rejected(item, error))
                continue
            own = mention.external_id
            reading.seen.add(own)
            if (engagement := figures_of(item, own, at)) is not None:
                figures.append(engagement)
            if mention.kind is Kind.REPLY or under:
                parent = mention.parent_id if mention.kind is Kind.REPLY else under
                mention = replace(mention, kind=Kind.REPLY, parent_id=parent)
            else:
                reading.answered[own] = figure(mapping(item).get("reply_count")) or 0
            if own not in known:
                known[own] = [0, mention.parent_id if mention.kind is Kind.REPLY else ""]
                mentions.append(mention)
        return Page(mentions=mentions, engagements=figures, rejects=rejects)

    def _gone(self, state: State, known: State, reading: _Reading) -> list[Deletion]:
        """Replies are not listed each time: one is gone when its comment is."""
        before, at = set(strings(state.get("missing"))), self._clock()
        missing = {
            own
            for own, row in known.items()
            if own not in reading.seen and _may_be_judged(row, known, reading)
        }
        gone = missing & before if reading.whole else set()
        for own in gone:
            del known[own]
        state["missing"] = sorted(missing - gone) if reading.whole else sorted(before)
        return [Deletion(network=NETWORK, external_id=own, seen_at=at) for own in sorted(gone)]


class _Reading:
    """What one reading of a video's comments showed."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.answered: dict[str, int] = {}  # how many replies each comment has
        self.whole = True


def _replies_read(known: State, own: str) -> int:
    row = known.get(own)
    return (count(row[0]) or 0) if isinstance(row, list) and row else 0


def _may_be_judged(row: object, known: State, reading: _Reading) -> bool:
    """A comment always; a reply where its comment is not there either."""
    parent = string(row[1]) if isinstance(row, list) and len(row) == 2 else None
    return parent is None or parent not in reading.seen


def _cursor(mark: object, states: Mapping[str, State]) -> Cursor:
    return {"v": 1, "mark": mark, "videos": {one: dict(state) for one, state in states.items()}}
