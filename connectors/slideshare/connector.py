"""The SlideShare connector: searches, own accounts, figures and deletions, in so many calls a day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from functools import partial
from hashlib import blake2b, sha1
from typing import ClassVar
from xml.etree.ElementTree import Element

from yarl import URL

from connectors.budget import Budget, Ledger, MemoryLedger, account_of, spent
from connectors.connector import (
    Clock,
    ConnectorError,
    ConnectorSettings,
    Cursors,
    Malformed,
    Page,
    RateLimited,
    Unauthorized,
    Unavailable,
    Unseen,
    Watched,
)
from connectors.http import HttpClient, Limits, NotFound
from connectors.mention import Deletion, MentionKey
from connectors.order import not_older
from connectors.reading import figure
from connectors.slideshare.settings import SlideshareSettings
from connectors.slideshare.wire import NETWORK, parse, read_slideshow, read_slideshows, total_of
from connectors.turns import Turn, in_turn
from connectors.walk import Fetch, Listing, Walk, Window, walk_back

_MAX_BODY = 4 * 1024 * 1024
_DAILY_LIMIT, _BLOCKED, _NOT_SHOWN = 99, 100, 16
_REFUSALS = {
    0: "no API key, it says: check api_key",
    1: "check api_key and shared_secret, and this machine's clock",
    2: "it wants an account's password, which is never sent",
    _NOT_SHOWN: "insufficient permissions",
    _BLOCKED: "the account is blocked: ask SlideShare",
}
_MISSING = {9: "a presentation", 10: "an account", 11: "a group", 12: "a tag", 13: "a tag"}
_WRONG = {14: "a parameter is missing", 15: "an empty search", 17: "incorrect parameters"}

Params = dict[str, str | int]


class _Gone(NotFound):
    """SlideShare itself says that there is no such presentation."""


class SlideshareConnector:
    """See connectors.connector (Connector, Refreshing, PartlyBlind) and budget.Metered.

    https://www.slideshare.net/developers/documentation. The key, the time and
    SHA1(secret + time) stand in the address of every call, since the API takes them nowhere else:
    addresses are neither logged nor part of an error. Built from the documentation and recorded
    answers; never seen live. Comments are not given, only how many there are.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = SlideshareSettings

    def __init__(
        self,
        settings: SlideshareSettings,
        *,
        http: HttpClient,
        watched: Watched,
        clock: Clock,
        ledger: Ledger | None = None,
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._ledger = ledger or MemoryLedger(clock)
        self._base = settings.base_url.rstrip("/")
        account = account_of(settings.api_key.get_secret_value())
        self._calls = Budget(
            name="slideshare calls", limit=settings.daily_calls, unit="calls", account=account
        )
        # What is asked again must not use up what new presentations are found with.
        self._again = Budget(
            name="slideshare calls for figures",
            limit=max(1, settings.daily_calls // 2),
            unit="calls",
            account=account,
        )
        terms = (term.strip() for term in watched.terms + settings.terms)
        self._terms = tuple(dict.fromkeys(filter(None, terms))) if settings.search else ()
        self._refused: set[str] = set()
        polite = Limits(rate=settings.requests_per_second, burst=2, concurrency=1)
        http.limit(URL(self._base).host or "", polite)

    def hosts(self) -> Sequence[str]:
        url = URL(self._base)
        return (f"{url.host}:{url.port}",)

    def budgets(self) -> Sequence[Budget]:
        return (self._calls, self._again)

    def unseen(self) -> Sequence[Unseen]:
        elsewhere = () if self._terms else (Unseen.ELSEWHERE,)
        return (*elsewhere, Unseen.COMMENTS, Unseen.INSTANT)

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Own accounts, then each search; a presentation that several show is given once."""
        given: set[str] = set()
        turns = list(self._turns(cursors, given))
        if not turns:
            yield Page(feed="nothing", complete=True)
        async for page in in_turn(turns, refused=self._refused, clock=self._clock):
            yield page

    def _turns(self, cursors: Cursors, given: set[str]) -> Iterator[Turn]:
        for user in self._settings.users:
            feed = f"user:{blake2b(user.lower().encode(), digest_size=4).hexdigest()}"
            read = partial(self._walked, feed, cursors, partial(self._user, user), given)
            yield Turn(feed=feed, kind="slideshare account", read=read)
        for term in self._terms:
            feed = f"term:{term}"
            read = partial(self._walked, feed, cursors, partial(self._found, term), given)
            yield Turn(feed=feed, kind="slideshare search", read=read)

    def _walked(
        self,
        feed: str,
        cursors: Cursors,
        fetch: Fetch,
        given: set[str],
    ) -> AsyncIterator[Page]:
        window = Window(look_back=self._settings.look_back, overlap=self._settings.overlap)
        cursor = cursors.get(feed)
        return walk_back(feed, cursor, fetch, window=window, clock=self._clock, given=given)

    async def _found(self, term: str, walk: Walk) -> Listing:
        """`search_slideshows`, latest first; pages are counted from 1."""
        number = _place(walk, first=1)
        asked: Params = {
            "q": term,
            "page": number,
            "items_per_page": self._settings.page_size,
            "lang": self._settings.language,
            "sort": "latest",
            "detailed": 1,
        }
        root = await self._get("search_slideshows", asked)
        offset = figure(root.findtext("Meta/ResultOffset")) or (0 if number == 1 else None)
        return self._listing(root, walk, str(number + 1), offset)

    async def _user(self, user: str, walk: Walk) -> Listing:
        """`get_slideshows_by_user`, in an order that is not documented: hence `not_older`."""
        offset = _place(walk, first=0)
        size = self._settings.page_size
        asked: Params = {"username_for": user, "limit": size, "offset": offset, "detailed": 1}
        root = await self._get("get_slideshows_by_user", asked)
        return self._listing(root, walk, str(offset + len(root.findall("Slideshow"))), offset)

    def _listing(self, root: Element, walk: Walk, onward: str, offset: int | None) -> Listing:
        """One page, and where it goes on: as long as there is something, and more is promised."""
        if root.tag not in ("Slideshows", "User"):
            raise Malformed(f"SlideShare gave no list but <{root.tag[:40]}>")
        items = root.findall("Slideshow")
        found, rejects = read_slideshows(items, self._clock())
        total = total_of(root)
        told = total is not None and offset is not None
        ended = not items or (told and (offset or 0) + len(items) >= (total or 0))
        return Listing(
            found=not_older(found, walk.floor), token=None if ended else onward, rejects=rejects
        )

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        """`get_slideshow`, a call each; those that are no longer shown to all are left alone."""
        for key in dict.fromkeys(key for key in keys if key.network == NETWORK):
            if key.external_id.isdecimal():
                yield await self._refreshed(key)

    async def _refreshed(self, key: MentionKey) -> Page:
        asked: Params = {"slideshow_id": key.external_id, "detailed": 1}
        try:
            root = await self._get("get_slideshow", asked, self._again)
        except _Gone:
            seen_at = self._clock()
            gone = Deletion(network=NETWORK, external_id=key.external_id, seen_at=seen_at)
            return Page(feed="refresh", deletions=(gone,))
        if root.tag != "Slideshow":
            return Page(feed="refresh")
        try:
            found = read_slideshow(root, self._clock())
        except ValueError:
            return Page(feed="refresh")
        if found.mentions[0].key != key:
            return Page(feed="refresh")
        edited = [mention for mention in found.mentions if mention.edited_at is not None]
        return Page(feed="refresh", mentions=edited, engagements=found.engagements)

    async def _get(self, method: str, params: Params, *also: Budget) -> Element:
        await self._ledger.spend(1, self._calls, *also)
        answer = await self._http.get(
            f"{self._base}/{method}", params={**params, **self._signed()}, max_body=_MAX_BODY
        )
        answer.raise_for_status()
        root = await asyncio.to_thread(parse, answer.body)
        if root.tag != "SlideShareServiceError":
            return root
        message = root.find("Message")
        code = figure(message.get("ID")) if message is not None else None
        if code == _DAILY_LIMIT:
            await self._ledger.exhaust(self._calls)
            wait = spent(self._calls, self._clock()).retry_after
            raise RateLimited("SlideShare: the key's daily calls are spent", retry_after=wait)
        if code == _NOT_SHOWN and also:
            return root
        raise _named(code)

    def _signed(self) -> Params:
        at = int(self._clock().timestamp())
        secret = self._settings.shared_secret.get_secret_value()
        return {
            "api_key": self._settings.api_key.get_secret_value(),
            "ts": at,
            "hash": sha1(f"{secret}{at}".encode(), usedforsecurity=False).hexdigest(),
        }


def _named(code: int | None) -> ConnectorError:
    """Errors come with a 200; they are told apart by their number."""
    if code in _REFUSALS:
        return Unauthorized(f"SlideShare refuses (error {code}): {_REFUSALS[code]}")
    if code in _MISSING:
        kind = _Gone if code == 9 else NotFound
        return kind(f"SlideShare: {_MISSING[code]} is not there (error {code})")
    if code in _WRONG:
        return Malformed(f"SlideShare: {_WRONG[code]} (error {code})")
    return Unavailable(f"SlideShare: error {code}")


def _place(walk: Walk, *, first: int) -> int:
    return int(walk.token) if walk.token is not None and walk.token.isdecimal() else first
