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
    Page,
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
from connectors.turns import Turn, in_turn
from connectors.urls import host_and_port
from connectors.walk import Found, Listing, Walk, Window, walk_back

AUDIENCE = "audience"


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
        self._refused: set[str] = set()
        self._asked: dict[str, float] = {}  # when each feed's last turn began
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
        """The bot's updates, every channel from its cursor up to now, then subscribers."""
        given: set[str] = set()  # a message may hold several terms
        # A wait that ends every poll early must not starve the same channels each time.
        feeds = sorted(self._feeds(), key=lambda feed: self._asked.get(feed.name, 0.0))
        turns = [
            Turn(feed=BOT, kind="telegram.bot", read=lambda: self._updates(cursors)),
            *(self._channel(feed, cursors, given) for feed in feeds),
            Turn(feed=AUDIENCE, kind="telegram.audience", read=lambda: self._audience(cursors)),
        ]
        async for page in in_turn(turns, refused=self._refused, clock=self._clock):
            yield page

    def _channel(self, feed: Feed, cursors: Cursors, given: set[str]) -> Turn:
        return Turn(
            feed=feed.name,
            kind="telegram.channel",
            read=lambda: self._read(feed, cursors.get(feed.name), given),
        )

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
        self._asked[feed.name] = self._clock().timestamp()
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
