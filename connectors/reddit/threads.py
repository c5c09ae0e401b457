"""Which conversations are followed under what was found, and what is new in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.connector import Clock, ConnectorError, Cursor, Gap, Malformed, Page
from connectors.http import NotFound
from connectors.mention import Deletion, Engagement
from connectors.reading import count, instant, mapping, string
from connectors.reddit.api import Api, Barred
from connectors.reddit.conversation import Allowance, Conversation, read_conversation
from connectors.reddit.info import INFO, read_info
from connectors.reddit.wire import Seen
from connectors.walk import Found, Window, begin, without_marks

FEED = "threads"
_MAX_FOLLOWED = 500
# Marks of comments near the last one read, a conversation's and all of them's: the cursor of the
# whole stays under 200 kB.
_REMEMBERED = 100
_ALL_REMEMBERED = 4_000
_WHATEVER_ITS_AGE = datetime.max.replace(tzinfo=UTC)
# So much is read before the cursor, which holds them all, is written again.
_MENTIONS_A_PAGE = 500
_CONVERSATIONS_A_PAGE = 25
_ALL_OF_IT = timedelta(days=10_000)  # a conversation is read from its beginning


@dataclass(slots=True, kw_only=True)
class Followed:
    """One conversation: a whole post's, or that below one `comment` of it."""

    link: str
    comment: str | None = None
    since: datetime
    replies: int = 0  # under the post when it was last read
    walk: Cursor | None = None
    answered: bool = False  # when it was found; not kept

    @property
    def key(self) -> str:
        return f"{self.link}/{self.comment}" if self.comment else self.link


class Threads:
    """The conversations, kept in the cursor of one feed: what was read longest ago stands first."""

    def __init__(
        self,
        api: Api,
        cursor: Cursor | None,
        *,
        clock: Clock,
        follow: timedelta,
        overlap: timedelta,
    ) -> None:
        self._api = api
        self._clock = clock
        self._follow = follow
        self._window = Window(look_back=_ALL_OF_IT, overlap=overlap, remembered=_REMEMBERED)
        self._followed = {entry.key: entry for entry in _read(cursor)}
        self._let_go: list[Followed] = []

    def follows(self, link: str | None) -> bool:
        return link is not None and link in self._followed

    def add(self, found: Iterable[Seen]) -> bool:
        """Follow what was found: True where something is new, and the cursor must be kept."""
        added = False
        for seen in found:
            is_comment = seen.link is not None
            link = seen.link or seen.name
            entry = Followed(
                link=link,
                comment=seen.name if is_comment else None,
                since=seen.position or self._clock(),
                answered=bool(seen.replies),
            )
            if link in self._followed or entry.key in self._followed or self._is_over(entry):
                continue
            self._followed[entry.key] = entry
            added = True
        self._let_go_the_oldest()
        return added

    def _let_go_the_oldest(self) -> None:
        oldest = sorted(self._followed.values(), key=lambda entry: entry.since)
        for entry in oldest[: max(0, len(oldest) - _MAX_FOLLOWED)]:
            del self._followed[entry.key]
            if entry.replies or entry.answered:
                self._let_go.append(entry)

    def cursor(self) -> Cursor:
        rows: list[list[Any]] = []
        left = _ALL_REMEMBERED
        for entry in reversed(self._followed.values()):
            walk = entry.walk
            remembered = len(walk.get("seen") or ()) if walk else 0
            if walk and remembered > left:
                walk, remembered = without_marks(walk, _WHATEVER_ITS_AGE), 0
            left -= remembered
            rows.append([entry.link, entry.comment, entry.since.isoformat(), entry.replies, walk])
        return {"v": 1, "followed": rows[::-1]}

    async def pages(self, given: set[str], allowance: Allowance) -> AsyncIterator[Page]:
        """What is new in every conversation whose post was answered since it was last read.

        One that cannot be read is tried again at the next poll, and told once the others were.
        """
        if not self._followed:
            return
        self._followed = {k: e for k, e in self._followed.items() if not self._is_over(e)}
        read: list[Page] = []
        failed: list[ConnectorError] = []
        try:
            async for page in self._conversations(given, allowance, failed):
                read.append(page)
                mentions = sum(len(one.mentions) for one in read)
                if mentions >= _MENTIONS_A_PAGE or len(read) >= _CONVERSATIONS_A_PAGE:
                    yield self._joined(read)
                    read = []
        except ConnectorError as error:
            failed.append(error)
        if read or not failed:
            yield self._joined(read, complete=not failed)
        if failed:
            raise failed[-1]

    async def _conversations(
        self, given: set[str], allowance: Allowance, failed: list[ConnectorError]
    ) -> AsyncIterator[Page]:
        links = list(dict.fromkeys(entry.link for entry in self._followed.values()))
        for start in range(0, len(links), INFO):
            asked = links[start : start + INFO]
            info = await read_info(self._api, asked, self._clock())
            self._leave(info.gone)
            if info.deletions or info.rejects:
                yield Page(feed=FEED, deletions=info.deletions, rejects=info.rejects)
            for entry in [e for e in self._followed.values() if e.link in info.found]:
                now = info.found[entry.link]
                if now.replies in (None, entry.replies):
                    continue
                if allowance.spent >= allowance.requests:
                    break
                try:
                    page = await self._read_one(entry, now, given, allowance)
                except Malformed as error:
                    self._to_the_end(entry)
                    failed.append(error)
                    continue
                if page is not None:
                    yield page

    async def _read_one(
        self, entry: Followed, now: Seen, given: set[str], allowance: Allowance
    ) -> Page | None:
        at, had_all = self._clock(), allowance.spent == 0
        try:
            conversation = await read_conversation(
                self._api, entry.link, entry.comment, allowance=allowance, clock=self._clock
            )
        except NotFound:
            self._leave([entry.link])
            return None
        except Barred:
            return None
        if conversation.left_out and not had_all:
            return None  # others took what it needed: at the next poll it comes before them
        walk = begin(entry.walk, self._window, at)
        new = walk.take(_newest_first(entry, conversation), None)
        new = [item for item in new if item.id not in given]
        given.update(item.id for item in new)
        gaps = _gaps(conversation, entry, at)
        entry.walk, entry.replies = walk.cursor(), now.replies or 0
        self._to_the_end(entry)
        engagements = [figures for item in new for figures in item.engagements]
        if now.engagement is not None:
            engagements.append(now.engagement)
        return Page(
            feed=FEED,
            mentions=[mention for item in new for mention in item.mentions],
            engagements=engagements,
            deletions=[deletion for item in new for deletion in item.deletions],
            rejects=conversation.rejects,
            gaps=gaps,
        )

    def _joined(self, pages: list[Page], *, complete: bool = False) -> Page:
        gaps = [gap for page in pages for gap in page.gaps]
        if self._let_go:
            since = min(entry.since for entry in self._let_go)
            reason = f"more than {_MAX_FOLLOWED} conversations: the oldest are followed no more"
            gaps.append(Gap(since=since, until=max(self._clock(), since), reason=reason))
            self._let_go = []
        return Page(
            feed=FEED,
            mentions=[mention for page in pages for mention in page.mentions],
            engagements=[figures for page in pages for figures in page.engagements],
            deletions=[deletion for page in pages for deletion in page.deletions],
            rejects=[reject for page in pages for reject in page.rejects],
            gaps=gaps,
            cursor=self.cursor(),
            complete=complete,
        )

    def _is_over(self, entry: Followed) -> bool:
        return entry.since + self._follow < self._clock()

    def _to_the_end(self, entry: Followed) -> None:
        """An allowance that is spent serves the others first next time."""
        self._followed[entry.key] = self._followed.pop(entry.key)

    def _leave(self, links: Iterable[str]) -> None:
        gone = set(links)
        self._followed = {k: e for k, e in self._followed.items() if e.link not in gone}


def found_of(seen: Seen) -> Found:
    mentions = (seen.mention,) if seen.mention is not None else ()
    engagements: tuple[Engagement, ...] = (seen.engagement,) if seen.engagement else ()
    deletions: tuple[Deletion, ...] = (seen.deletion,) if seen.deletion else ()
    return Found(
        id=seen.name,
        position=seen.position,
        mentions=mentions,
        engagements=engagements,
        deletions=deletions,
    )


def _newest_first(entry: Followed, conversation: Conversation) -> list[Found]:
    """As a walk remembers best; the comment whose answers are followed was given by its list."""
    found = [found_of(seen) for seen in conversation.seen if seen.name != entry.comment]
    dated = [item for item in found if item.position is not None]
    dated.sort(key=lambda item: item.position or entry.since, reverse=True)
    return [*dated, *(item for item in found if item.position is None)]


def _gaps(conversation: Conversation, entry: Followed, at: datetime) -> tuple[Gap, ...]:
    if not conversation.left_out:
        return ()
    reason = "a conversation is longer than max_thread_requests lets us read"
    return (Gap(since=entry.since, until=max(at, entry.since), reason=reason),)


def _read(cursor: Cursor | None) -> Iterable[Followed]:
    rows = mapping(cursor).get("followed") if mapping(cursor).get("v") == 1 else None
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, list) or len(row) != 5:
            continue
        link, since = string(row[0]), instant(row[2])
        if link is not None and since is not None:
            yield Followed(
                link=link,
                comment=string(row[1]),
                since=since,
                replies=count(row[3]) or 0,
                walk=mapping(row[4]) or None,
            )
