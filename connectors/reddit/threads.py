"""The conversations under what was found, read whole: comments, and those that stand behind "more"."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.connector import Clock, Cursor, Gap, Malformed, Page, Reject
from connectors.http import NotFound
from connectors.mention import Deletion, Engagement
from connectors.reading import count, instant, mapping, string, strings
from connectors.reddit.api import Api, Barred, children_of
from connectors.reddit.info import INFO, read_info
from connectors.reddit.wire import Seen, read_thing, rejected
from connectors.walk import Found, Window, begin

FEED = "threads"
_MAX_FOLLOWED = 500
_CHILDREN = 100  # a call of /api/morechildren
_AT_ONCE = 500  # comments of the first answer
_ALL_OF_IT = timedelta(days=10_000)  # a conversation is read from its beginning


@dataclass(slots=True, kw_only=True)
class Followed:
    """One conversation: a whole post's, or that below one `comment` of it."""

    link: str
    comment: str | None = None
    since: datetime
    replies: int = 0  # under the post when it was last read
    walk: Cursor | None = None

    @property
    def key(self) -> str:
        return f"{self.link}/{self.comment}" if self.comment else self.link


@dataclass(slots=True, kw_only=True)
class Conversation:
    """What one reading of it brought."""

    seen: list[Seen] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    left_out: int = 0  # comments that the allowance of requests did not reach


class Allowance:
    """How many requests the conversations may cost at one poll."""

    def __init__(self, requests: int) -> None:
        self.left = requests

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0


class Threads:
    """Which conversations are followed, kept in the cursor of one feed, and what is new in them."""

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
        self._window = Window(look_back=_ALL_OF_IT, overlap=overlap)
        self._followed = {entry.key: entry for entry in _read(cursor)}

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
            )
            if link in self._followed or entry.key in self._followed or self._is_over(entry):
                continue
            self._followed[entry.key] = entry
            added = True
        for key in list(self._followed)[: max(0, len(self._followed) - _MAX_FOLLOWED)]:
            del self._followed[key]
        return added

    def cursor(self) -> Cursor:
        followed = [
            [entry.link, entry.comment, entry.since.isoformat(), entry.replies, entry.walk]
            for entry in self._followed.values()
        ]
        return {"v": 1, "followed": followed}

    async def pages(self, given: set[str], allowance: Allowance) -> AsyncIterator[Page]:
        """What is new in every conversation whose post was answered since it was last read."""
        if not self._followed:
            return
        self._followed = {k: e for k, e in self._followed.items() if not self._is_over(e)}
        links = list(dict.fromkeys(entry.link for entry in self._followed.values()))
        for start in range(0, len(links), INFO):
            asked = links[start : start + INFO]
            info = await read_info(self._api, asked, self._clock())
            self._leave(info.gone)
            if info.deletions or info.rejects:
                yield Page(feed=FEED, deletions=info.deletions, rejects=info.rejects)
            for entry in [e for e in self._followed.values() if e.link in asked]:
                figures = info.found.get(entry.link)
                if figures is not None and figures.replies not in (None, entry.replies):
                    if not allowance.take():
                        break
                    yield await self._read_one(entry, figures, given, allowance)
        yield Page(feed=FEED, cursor=self.cursor(), complete=True)

    async def _read_one(
        self, entry: Followed, now: Seen, given: set[str], allowance: Allowance
    ) -> Page:
        at = self._clock()
        try:
            conversation = await self._conversation(entry, allowance)
        except (NotFound, Barred):
            self._leave([entry.link])
            return Page(feed=FEED, cursor=self.cursor())
        walk = begin(entry.walk, self._window, at)
        found = [found_of(seen) for seen in conversation.seen if seen.name != entry.comment]
        new = [item for item in walk.take(found, None) if item.id not in given]
        given.update(item.id for item in new)
        gaps = _gaps(conversation, entry, at)
        entry.walk, entry.replies = walk.cursor(), now.replies or 0
        # The one just read goes last: an allowance that is spent serves the others first next time.
        self._followed[entry.key] = self._followed.pop(entry.key)
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
            cursor=self.cursor(),
        )

    async def _conversation(self, entry: Followed, allowance: Allowance) -> Conversation:
        """https://www.reddit.com/dev/api/#GET_comments_{article} and #POST_api_morechildren"""
        told = Conversation()
        pending = [entry.comment[3:]] if entry.comment else [""]  # branches; "" is the whole tree
        asked = set(pending)
        hidden: list[str] = []
        paid = True  # the first request was taken from the allowance by the caller
        while pending or hidden:
            if not paid and not allowance.take():
                told.left_out = len(pending) + len(hidden)
                break
            paid = False
            if pending:
                children = await self._branch(entry.link, pending.pop())
            else:
                batch, hidden = hidden[:_CHILDREN], hidden[_CHILDREN:]
                children = await self._hidden(entry.link, batch)
            branches, more = self._sort(children, told)
            pending += [branch for branch in branches if branch not in asked]
            hidden += [own for own in more if own not in asked]
            asked.update(branches, more)
        return told

    async def _branch(self, link: str, comment: str) -> list[Any]:
        path = f"/comments/{link[3:]}/_/{comment}" if comment else f"/comments/{link[3:]}"
        answer = await self._api.get(path, {"sort": "new", "limit": _AT_ONCE})
        if not isinstance(answer, list) or len(answer) < 2:
            raise Malformed("a conversation that is no pair of listings")
        return children_of(answer[1])

    async def _hidden(self, link: str, names: Sequence[str]) -> list[Any]:
        form = {
            "api_type": "json",
            "link_id": link,
            "children": ",".join(names),
            "sort": "new",
            "limit_children": "false",
        }
        answer = mapping(mapping(await self._api.post("/api/morechildren", form)).get("json"))
        things = mapping(answer.get("data")).get("things")
        if not isinstance(things, list):
            raise Malformed("morechildren gave no things")
        return things

    def _sort(self, children: list[Any], told: Conversation) -> tuple[list[str], list[str]]:
        """Comments into `told`; the branches to open, and the comments to ask for."""
        at = self._clock()
        branches: list[str] = []
        more: list[str] = []
        stack = list(children)
        while stack:
            child = stack.pop()
            data = mapping(mapping(child).get("data"))
            if mapping(child).get("kind") == "more":
                names = list(strings(data.get("children")))
                more += names
                # "Continue this thread": too deep for one answer, and no name is given.
                if not names and (parent := string(data.get("parent_id"))):
                    branches.append(parent[3:])
                continue
            try:
                told.seen.append(read_thing(child, at))
            except ValueError as error:
                told.rejects.append(rejected(child, error))
            below = mapping(mapping(data.get("replies")).get("data")).get("children")
            stack += below if isinstance(below, list) else []
        return branches, more

    def _is_over(self, entry: Followed) -> bool:
        return entry.since + self._follow < self._clock()

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
