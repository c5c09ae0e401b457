"""The Telegram connector: channels by their web preview, a bot's updates beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from typing import ClassVar

from connectors.audience import audience_page, is_due
from connectors.connector import (
    Clock,
    Closed,
    ConnectorError,
    ConnectorSettings,
    Cursor,
    Cursors,
    Gap,
    Malformed,
    Page,
    RateLimited,
    Unavailable,
    Unseen,
    Watched,
)
from connectors.http import HttpClient, Limits, NotFound, Validators
from connectors.mention import AudienceSnapshot, MentionKey
from connectors.reading import mapping, string
from connectors.telegram.bot import FEED as BOT
from connectors.telegram.bot import Bot
from connectors.telegram.client import Client, Refresh
from connectors.telegram.page import NETWORK, Message
from connectors.telegram.settings import TelegramSettings
from connectors.urls import host_and_port
from connectors.walk import Found, Listing, Walk, Window, walk_back

AUDIENCE = "audience"
_PASSING = (RateLimited, Unavailable, Malformed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A channel, or the messages of a channel that hold a term."""

    channel: str
    term: str | None = None

    @property
    def name(self) -> str:
        """Names are shown and logged: a channel's stays out of them."""
        digest = blake2b(f"{self.channel}\0{self.term or ''}".encode(), digest_size=4).hexdigest()
        return f"{'search' if self.term else 'channel'}:{digest}"


class _Unchanged(Exception):
    """304: the newest page is as it was."""


class TelegramConnector:
    """See connectors.connector.Connector, Refreshing and PartlyBlind. Public channels only."""

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = TelegramSettings

    def __init__(
        self, settings: TelegramSettings, *, http: HttpClient, watched: Watched, clock: Clock
    ) -> None:
        self._settings = settings
        self._http = http
        self._watched = watched
        self._clock = clock
        self._told: set[str] = set()
        self._client = Client(http, settings.preview, clock)
        rate = 1 / settings.seconds_between_requests
        http.limit(host_and_port(str(settings.preview)), Limits(rate=rate, burst=1, concurrency=1))

    def hosts(self) -> Sequence[str]:
        used = [self._settings.preview] if self._settings.channels or self._settings.peers else []
        used += [self._settings.api] if self._settings.bot_token else []
        return tuple(dict.fromkeys(f"{url.host}:{url.port}" for url in used))

    def unseen(self) -> Sequence[Unseen]:
        """Telegram has no search over channels; a preview shows no comments."""
        blind = [Unseen.ELSEWHERE, Unseen.INSTANT]
        return tuple(blind if self._settings.bot_token else [*blind, Unseen.COMMENTS])

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Every channel from its cursor up to now, then the bot's updates, then subscribers."""
        failures: list[tuple[str, ConnectorError]] = []
        read = 0
        given: set[str] = set()  # a message may hold several terms
        for feed in self._feeds():
            try:
                async for page in self._read(feed, cursors.get(feed.name), given):
                    yield page
                read += 1
            except ConnectorError as error:
                failures.append((feed.name, error))
                if isinstance(error, RateLimited | Unavailable):
                    break  # the host's other channels would fare no better
        try:
            async for page in self._updates(cursors):
                read += 1
                yield page
        except ConnectorError as error:
            failures.append((BOT, error))
        if not any(isinstance(error, _PASSING) for _, error in failures):
            async for page in self._audience(cursors):
                read += bool(page.audiences)
                yield page
        for page in self._refusals(failures, read=read):
            yield page
        _raise_worst([error for _, error in failures], read=read)

    def _feeds(self) -> Iterator[Feed]:
        terms = dict.fromkeys(t for t in (*self._watched.terms, *self._settings.terms) if t.strip())
        for channel in dict.fromkeys(self._settings.channels):
            if not self._settings.search:
                yield Feed(channel=channel)
                continue
            yield from (Feed(channel=channel, term=term) for term in terms)

    async def _read(
        self, feed: Feed, cursor: Cursor | None, given: set[str]
    ) -> AsyncIterator[Page]:
        settings = self._settings
        tags = Tags.load(cursor)
        pages = walk_back(
            feed.name,
            cursor,
            partial(self._fetch, feed, tags),
            window=Window(look_back=settings.look_back, overlap=settings.overlap),
            clock=self._clock,
            given=given,
        )
        try:
            async for page in pages:
                yield replace(page, cursor=tags.kept_in(page.cursor))
        except _Unchanged:
            yield Page(feed=feed.name, complete=True)

    async def _fetch(self, feed: Feed, tags: Tags, walk: Walk) -> Listing:
        params = [("q", feed.term)] if feed.term else []
        params += [("before", walk.token)] if walk.token else []
        validators = Validators(etag=tags.known) if walk.token is None else None
        preview = await self._client.preview(feed.channel, params, validators)
        if preview is None:
            raise _Unchanged
        tags.new = preview.etag if walk.token is None else tags.new
        # Ids grow, with holes: what is below the lowest one seen is older.
        goes_on = preview.oldest is not None and preview.oldest > 1
        return Listing(
            found=[_found(message) for message in preview.messages],
            token=str(preview.oldest) if goes_on else None,
            rejects=preview.rejects,
        )

    async def _updates(self, cursors: Cursors) -> AsyncIterator[Page]:
        token = self._settings.bot_token
        if token is None:
            return
        bot = Bot(self._http, self._settings.api, token, self._clock)
        async for page in bot.pages(cursors.get(BOT)):
            yield page

    async def _audience(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Subscribers, once a day: of channels from what was just read, of peers by asking."""
        settings, at = self._settings, self._clock()
        channels = (*settings.channels, *settings.peers) if settings.audience else ()
        if not channels or not is_due(cursors.get(AUDIENCE), at):
            return
        snapshots: list[AudienceSnapshot] = []
        for channel in dict.fromkeys(channels):
            if channel not in self._client.subscribers:
                try:
                    await self._client.preview(channel)
                except (Closed, NotFound):
                    pass  # its landing page may have told
                except ConnectorError:
                    return  # the next poll asks again
            followers = self._client.subscribers.get(channel)
            if followers is not None:
                snapshots.append(
                    AudienceSnapshot(
                        network=NETWORK, account=channel, taken_at=at, followers=followers
                    )
                )
        yield audience_page(AUDIENCE, snapshots, at)

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        async for page in Refresh(self._client, self._settings.confirmed, self._clock).pages(keys):
            yield page

    def _refusals(
        self, failures: Sequence[tuple[str, ConnectorError]], *, read: int
    ) -> Iterator[Page]:
        """A channel that stays closed while others are read is told once."""
        for feed, error in failures if read else ():
            if not isinstance(error, _PASSING) and feed not in self._told:
                self._told.add(feed)
                gap = Gap(since=None, until=self._clock(), reason=str(error))
                yield Page(feed=feed, gaps=(gap,))


@dataclass(slots=True, kw_only=True)
class Tags:
    """The newest page's entity tag, kept beside the walk in the feed's cursor."""

    known: str | None = None
    new: str | None = None

    @classmethod
    def load(cls, cursor: Cursor | None) -> Tags:
        kept = mapping(cursor)
        # Half a walk cannot be gone on with from "nothing has changed".
        return cls(known=None if kept.get("walk") else string(kept.get("etag")))

    def kept_in(self, cursor: Cursor | None) -> Cursor | None:
        return {**cursor, "etag": self.new} if cursor is not None and self.new else cursor


def _found(message: Message) -> Found:
    return Found(
        id=message.version,
        position=message.position,
        mentions=(message.mention,) if message.mention else (),
        engagements=(message.engagement,) if message.engagement else (),
    )


def _raise_worst(failures: Sequence[ConnectorError], *, read: int) -> None:
    for kind in _PASSING:
        for error in failures:
            if isinstance(error, kind):
                raise error
    if failures and not read:
        raise failures[0]
