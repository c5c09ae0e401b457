"""The forum connector: what a board runs, which of its feeds answer, and what they say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar
from urllib.parse import urlsplit

from connectors.connector import (
    Clock,
    Closed,
    ConnectorError,
    ConnectorSettings,
    Cursors,
    Gap,
    Malformed,
    Page,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
    Unseen,
    Watched,
)
from connectors.forum import nodebb
from connectors.forum.board import Board
from connectors.forum.dialects import DIALECTS, NODEBB, Dialect, recognised
from connectors.forum.feeds import Feed, feeds_of, nowhere
from connectors.forum.mapping import NETWORK, ForumMapper
from connectors.forum.robots import MAX_BODY, Robots
from connectors.forum.settings import ForumSettings
from connectors.http import HttpClient, Limits, NotFound
from connectors.mention import Deletion, Mention, MentionKey, alive
from connectors.reading import mapping
from connectors.rss.reader import FeedReader
from connectors.urls import host_and_port, host_of
from connectors.walk import Listing, Walk, Window, walk_back

BOARD = "board"
MAX_ENTRIES = 20_000
MAX_FEED = 10 * 1024 * 1024
"""Bytes: some boards let a feed have hundreds of long posts, quotes included."""
_PASSING = (RateLimited, Unavailable, Malformed)
_NO_FEED = (NotFound, Closed, Malformed, Unauthorized)


class ForumConnector:
    """See connectors.connector.Connector and Refreshing.

    Built from documentation and public sources of each software, not from recorded answers.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = ForumSettings

    def __init__(
        self, settings: ForumSettings, *, http: HttpClient, watched: Watched, clock: Clock
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._key = f"{host_of(settings.home)}{urlsplit(settings.home).path.rstrip('/')}"
        self._dialect: str = settings.dialect
        self._be_polite(None)

    def hosts(self) -> Sequence[str]:
        known = (self._settings.root, *self._settings.own_feeds)
        return tuple(dict.fromkeys(host_and_port(address) for address in known))

    def unseen(self) -> Sequence[Unseen]:
        always = (Unseen.DELETIONS, Unseen.FIGURES, Unseen.PAST)
        dialect = DIALECTS.get(self._dialect)
        if dialect is NODEBB:
            return ()
        answers = self._settings.read == "posts" and dialect is not None and dialect.answers
        return always if answers else (Unseen.COMMENTS, *always)

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Each feed from its cursor up to now; robots.txt and the software are looked up first."""
        board = Board.load(cursors.get(BOARD))
        if await self._looked_around(board):
            yield Page(feed=BOARD, cursor=board.dump())
        self._dialect = board.dialect
        before = board.dump()
        failures: list[tuple[Feed, ConnectorError]] = []
        given: dict[str, Mention] = {}
        feeds = list(feeds_of(DIALECTS[board.dialect], self._settings))
        read = 0
        for feed in feeds:
            try:
                async for page in self._read(feed, board, cursors):
                    yield _without(page, given)
                read += 1
            except ConnectorError as error:
                failures.append((feed, error))
                if isinstance(error, RateLimited | Unavailable):
                    break  # the host's other feeds would fare no better
        for page in self._refusals(board, failures, read=read):
            yield page
        if board.dump() != before:
            yield Page(feed=BOARD, cursor=board.dump(), complete=not failures)
        _raise_worst([error for _, error in failures], read=read)

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        """NodeBB's votes as they are now, and what is gone: one request a post, `refreshed` at most."""
        if self._dialect != NODEBB.name:
            return
        prefix = f"{self._key}/p"
        ids = [k.external_id for k in keys if k.external_id.startswith(prefix)]
        for external_id in ids[: self._settings.refreshed]:
            yield await self._again(external_id, external_id.removeprefix(prefix))

    async def _again(self, external_id: str, number: str) -> Page:
        at = self._clock()
        response = await self._http.get(f"{self._settings.root}api/v3/posts/{number}")
        gone = Deletion(network=NETWORK, external_id=external_id, seen_at=at)
        if nodebb.is_gone(response):
            return Page(deletions=(gone,))
        if response.status in (401, 403, 404, 410):
            return (
                Page()
            )  # no longer for visitors, or no NodeBB there: neither says that it is gone
        response.raise_for_status()
        post = mapping(mapping(response.json()).get("response"))
        if post.get("deleted") in (1, True):
            return Page(deletions=(gone,))
        key = MentionKey(network=NETWORK, external_id=external_id)
        return Page(engagements=(nodebb.engagement(post, key, at) or alive(key, at),))

    async def _looked_around(self, board: Board) -> bool:
        """Read what is due of robots.txt and, where nobody said it, the software's name."""
        due = board.robots_due(self._clock())
        if due:
            board.robots = await self._robots()
            board.robots_at = self._clock()
        self._be_polite(board.robots)
        configured = self._settings.dialect
        if configured != "auto":
            board.dialect = configured
        elif board.dialect not in DIALECTS:
            board.dialect = (await self._recognised(board)).name
            return True
        return due

    async def _robots(self) -> Robots:
        """RFC 9309 §2.3.1: a file that is not there forbids nothing, a server in trouble everything."""
        root = urlsplit(self._settings.root)
        address = f"{root.scheme}://{root.netloc}/robots.txt"
        response = await self._http.get(address, max_body=MAX_BODY)
        return Robots.parse(response.text()) if response.status == 200 else Robots()

    async def _recognised(self, board: Board) -> Dialect:
        self._allowed(board, self._settings.root)
        response = await self._http.get(self._settings.root)
        response.raise_for_status()
        found = recognised(response.text())
        if found is None:
            raise Refused("this forum's software is not recognised: set dialect, or feeds with it")
        return found

    def _be_polite(self, robots: Robots | None) -> None:
        rate = self._settings.requests_per_second
        if robots is not None and robots.delay is not None:
            rate = min(rate, 1 / robots.delay)
        limits = Limits(rate=rate, burst=1, concurrency=1, max_body=MAX_FEED)
        for address in (self._settings.root, *self._settings.own_feeds):
            self._http.limit(host_and_port(address), limits)

    def _allowed(self, board: Board, address: str) -> None:
        parts = urlsplit(address)
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        same_host = parts.netloc == urlsplit(self._settings.root).netloc
        if same_host and board.robots is not None and not board.robots.allows(target):
            raise Refused(
                f"{host_of(address)}: its robots.txt asks programs to leave {parts.path} alone: "
                "ask its administrator, or disable this source"
            )

    async def _read(self, feed: Feed, board: Board, cursors: Cursors) -> AsyncIterator[Page]:
        if board.dialect == NODEBB.name and not self._settings.own_feeds:
            async for page in self._listed(feed, board, cursors):
                yield page
            return
        if not feed.addresses:
            raise Refused(f"{board.dialect} has no feed of one {feed.role}")
        known = board.addresses.get(feed.name)
        if known not in feed.addresses:
            async for page in self._first_that_answers(feed, board, cursors):
                yield page
            return
        self._allowed(board, known)
        try:
            async for page in self._window(feed, known, board, cursors):
                yield page
        except NotFound:
            # The next poll looks whether it moved: a new version, other addresses.
            del board.addresses[feed.name]
            raise

    async def _first_that_answers(
        self, feed: Feed, board: Board, cursors: Cursors
    ) -> AsyncIterator[Page]:
        failures: list[ConnectorError] = []
        for address in feed.addresses:
            try:
                self._allowed(board, address)
                async for page in self._window(feed, address, board, cursors):
                    if mapping(page.cursor).get("closed"):
                        continue  # one address is gone (410), the feed may stand at another
                    board.addresses[feed.name] = address
                    yield page
                return
            except (*_NO_FEED, Refused) as error:
                failures.append(error)
        raise nowhere(feed, failures)

    async def _window(
        self, feed: Feed, address: str, board: Board, cursors: Cursors
    ) -> AsyncIterator[Page]:
        reader = FeedReader(
            http=self._http,
            clock=self._clock,
            mapper=ForumMapper(
                dialect=DIALECTS[board.dialect],
                role=feed.role,
                key=self._key,
                url=address,
                openings=board.openings,
                language=self._settings.language,
                topic=feed.topic,
            ),
            look_back=self._settings.look_back,
            max_entries=MAX_ENTRIES,
        )
        entries = 0
        async for page in reader.poll(feed.name, address, cursors.get(feed.name)):
            entries += len(page.mentions)
            gaps = tuple(_with_advice(gap, entries) for gap in page.gaps)
            yield replace(page, gaps=gaps)

    async def _listed(self, feed: Feed, board: Board, cursors: Cursors) -> AsyncIterator[Page]:
        settings = self._settings
        address = f"{settings.root}{nodebb.PATH}"
        self._allowed(board, address)
        site = nodebb.NodeBB(
            key=self._key,
            home=settings.home,
            language=settings.language,
            forums=settings.forums,
            topics=settings.topics,
            openings_only=settings.read == "topics",
        )
        window = Window(look_back=settings.look_back, overlap=settings.overlap)
        fetch = partial(self._page, site, address)
        cursor = cursors.get(feed.name)
        async for page in walk_back(feed.name, cursor, fetch, window=window, clock=self._clock):
            yield page

    async def _page(self, site: nodebb.NodeBB, address: str, walk: Walk) -> Listing:
        response = await self._http.get(address, params={"page": nodebb.page_number(walk)})
        response.raise_for_status()
        return site.listing(response, walk, self._clock())

    def _refusals(
        self, board: Board, failures: Sequence[tuple[Feed, ConnectorError]], *, read: int
    ) -> Iterator[Page]:
        """A feed that stays closed while others work is told once."""
        lasting = [(f, e) for f, e in failures if not isinstance(e, _PASSING)]
        board.told = [name for name in board.told if name in {feed.name for feed, _ in lasting}]
        for feed, error in lasting if read else ():
            if feed.name not in board.told:
                board.told.append(feed.name)
                gap = Gap(since=None, until=self._clock(), reason=str(error))
                yield Page(feed=feed.name, gaps=(gap,))


def _without(page: Page, given: dict[str, Mention]) -> Page:
    """One post may stand in several feeds: it is given by the first that has it."""
    new = [m for m in page.mentions if given.setdefault(m.external_id, m) is m]
    return replace(page, mentions=new)


def _with_advice(gap: Gap, entries: int) -> Gap:
    """The feed overflowed between two polls: how often it should be read, by what it showed."""
    minutes = int((gap.until - gap.since).total_seconds() // 60) if gap.since else 0
    advice = f"poll it more often than every {max(1, minutes // 2)} min" if minutes else "poll it more often"  # fmt: skip
    return replace(gap, reason=f"{gap.reason} ({entries} entries): {advice}")


def _raise_worst(failures: Sequence[ConnectorError], *, read: int) -> None:
    for kind in _PASSING:
        for error in failures:
            if isinstance(error, kind):
                raise error
    if failures and not read:
        raise failures[0]
