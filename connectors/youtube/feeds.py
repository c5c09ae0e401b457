"""What a source with a key reads, list by list, and the searches that its watches ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from hashlib import blake2b

from connectors.connector import Clock, Cursor, Cursors, Page, Watched
from connectors.reading import instant, mapping
from connectors.turns import Turn
from connectors.walk import Listing, Walk, Window, walk_back
from connectors.youtube.api import Api
from connectors.youtube.channels import AUDIENCE, Audience, Channel, Channels
from connectors.youtube.found import FEED as FOUND
from connectors.youtube.found import MOST, FoundVideos, Sighting, sightings
from connectors.youtube.pace import NotYet, Pace
from connectors.youtube.refresh import Refresh
from connectors.youtube.settings import CHANNEL_ID, YoutubeSettings
from connectors.youtube.threads import Threads
from connectors.youtube.videos import Videos


class WithKey:
    """All that the Data API gives, feed by feed: the hospital's own channels come first."""

    def __init__(
        self,
        settings: YoutubeSettings,
        api: Api,
        pace: Pace,
        clock: Clock,
        *,
        own: tuple[str, ...],
        queries: tuple[str, ...],
    ) -> None:
        self.api = api
        self._settings = settings
        self._clock = clock
        self._pace = pace
        self._queries = {f"search:{digest(query)}": query for query in queries}
        self._videos = Videos(api, settings, clock)
        self._threads = Threads(api, settings, clock, pace)
        self._found = FoundVideos(
            api, self._videos, self._threads, settings=settings, clock=clock, pace=pace
        )
        self._channels = Channels(api, own, settings.peers)
        self._audience = Audience(api, self._videos, clock, settings.audience_videos)
        self.refresh = Refresh(api, self._videos, clock)

    async def turns(self, cursors: Cursors) -> list[Turn]:
        """`cursors` grows as pages come: a video that was just found has its comments read."""
        channels = await self._channels.known()
        given: set[str] = set()  # a video may be found by several lists
        own = [channel for channel in channels if channel.is_own]
        return [
            *(turn for channel in own for turn in self._of_channel(channel, cursors, given)),
            *self._searches(cursors, channels, given),
            *self._under_found(cursors),
            *(t for c in channels if not c.is_own for t in self._of_channel(c, cursors, given)),
            *self._figures(cursors, channels),
        ]

    def _of_channel(self, channel: Channel, cursors: Cursors, given: set[str]) -> Iterator[Turn]:
        mark, settings = digest(channel.id), self._settings
        name, comments = f"uploads:{mark}", f"comments:{mark}"
        yield Turn(
            feed=name,
            kind="youtube.uploads",
            read=lambda: walk_back(
                name,
                cursors.get(name),
                partial(self._videos.uploaded, channel.id),
                window=self._window,
                clock=self._clock,
                given=given,
            ),
        )
        if settings.comments and (channel.is_own or settings.peer_comments):
            accounts = (channel.name.lstrip("@"),)
            yield Turn(
                feed=comments,
                kind="youtube.comments",
                read=lambda: self._threads.of_channel(
                    comments, cursors.get(comments), channel.id, accounts
                ),
            )

    def _figures(self, cursors: Cursors, channels: Sequence[Channel]) -> Iterator[Turn]:
        if self._settings.audience:
            yield Turn(
                feed=AUDIENCE,
                kind="youtube.audience",
                read=lambda: self._audience.pages(channels, cursors),
            )

    @property
    def _window(self) -> Window:
        return Window(look_back=self._settings.look_back, overlap=self._settings.overlap)

    def _searches(
        self, cursors: Cursors, channels: Sequence[Channel], given: set[str]
    ) -> Iterator[Turn]:
        """The one that was asked longest ago first: they share a hundred calls a day."""
        own = frozenset(channel.id for channel in channels if channel.is_own)

        def asked(name: str) -> float:
            at = instant(mapping(cursors.get(name)).get("asked_at"))
            return at.timestamp() if at is not None else 0.0

        for name in sorted(self._queries, key=asked):
            read = partial(self._search, name, own, given, cursors)
            yield Turn(feed=name, kind="youtube.search", read=read)

    async def _search(
        self, name: str, own: frozenset[str], given: set[str], cursors: Cursors
    ) -> AsyncIterator[Page]:
        if not await self._pace.may_begin(self.api.searches, ahead=len(self._queries)):
            return
        at, cursor = self._clock(), cursors.get(name)
        found = sightings(cursor, since=at - self._settings.follow_videos)
        pages = walk_back(
            name,
            cursor,
            partial(self._searched, self._queries[name]),
            window=self._window,
            clock=self._clock,
            given=given,
        )
        try:
            async for page in pages:
                found = found[-MOST:] + [
                    Sighting(video_id=mention.external_id, seen_at=at)
                    for mention in page.mentions
                    if mention.author.external_id not in own
                ]
                yield replace(page, cursor=_with_sightings(page.cursor, at.isoformat(), found))
        except NotYet:
            return

    async def _searched(self, query: str, walk: Walk) -> Listing:
        if walk.under_way and not await self._pace.may_go_on(
            self.api.searches, ahead=len(self._queries)
        ):
            raise NotYet("searches are spread over the day")
        return await self._videos.searched(query, walk)

    def _under_found(self, cursors: Cursors) -> Iterator[Turn]:
        if self._settings.comments and self._queries:
            read = partial(self._found.pages, cursors, self._queries)
            yield Turn(feed=FOUND, kind="youtube.found_comments", read=read)


def _with_sightings(cursor: Cursor | None, asked_at: str, found: Sequence[Sighting]) -> Cursor:
    newest = [sighting.dump() for sighting in found[-MOST:]]
    return {**(cursor or {}), "asked_at": asked_at, "found": newest}


def queries_of(settings: YoutubeSettings, watched: Watched) -> tuple[str, ...]:
    """Words in quotes are meant together; "|" is documented as "or"."""
    terms = [_phrase(term) for term in watched.terms + settings.terms]
    terms += [f"#{tag.lstrip('#')}" for tag in watched.hashtags + settings.hashtags]
    # Other networks' accounts hold a dot or a second @; a channel's id is read, not searched.
    names = (account.lstrip("@") for account in watched.accounts)
    terms += [
        f"@{n}" for n in names if "." not in n and "@" not in n and not CHANNEL_ID.fullmatch(n)
    ]
    several = unique(tuple(term for term in terms if term.strip('#@" ')))
    size = settings.terms_per_search
    return tuple("|".join(several[start : start + size]) for start in range(0, len(several), size))


def _phrase(term: str) -> str:
    bare = " ".join(term.replace('"', " ").replace("|", " ").split())
    return f'"{bare}"' if " " in bare else bare


def channels_in(accounts: Sequence[str]) -> tuple[str, ...]:
    return tuple(account for account in accounts if CHANNEL_ID.fullmatch(account))


def digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=4).hexdigest()


def unique(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
