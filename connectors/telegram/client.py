"""Requests for previews, what they say of a channel, and the counts that are read again."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator

from yarl import URL

from connectors.connector import Clock, Closed, Page
from connectors.http import HttpClient, Response, Validators
from connectors.mention import Deletion, MentionKey, alive
from connectors.telegram.figures import landing_subscribers, says_it_is_gone
from connectors.telegram.page import NETWORK, Preview, external_id, read_preview

_NO_PREVIEW = "this channel shows no preview: a bot that administers it could read it"


class Client:
    """`subscribers` is what the pages of this object's life told, by channel."""

    def __init__(self, http: HttpClient, base: URL, clock: Clock) -> None:
        self.subscribers: dict[str, int | None] = {}
        self._http = http
        self._base = base
        self._clock = clock

    async def preview(
        self,
        channel: str,
        params: list[tuple[str, str]] | None = None,
        validators: Validators | None = None,
    ) -> Preview | None:
        """None where nothing has changed; Closed where the channel has no preview (or is none)."""
        url = str(self._base / "s" / channel)
        response = await self._http.get(url, params=params, validators=validators)
        if response.not_modified:
            return None
        response.raise_for_status()
        if not _is_preview(response):
            self.subscribers[channel] = landing_subscribers(response.text())
            raise Closed(_NO_PREVIEW)
        etag = response.validators.etag
        preview = await asyncio.to_thread(
            read_preview, response.text(), channel, self._clock(), etag=etag
        )
        if preview.subscribers is not None:
            self.subscribers[channel] = preview.subscribers
        return preview

    async def widget(self, channel: str, number: int) -> str | None:
        """One message as other sites embed it; None where that is not what came."""
        url = str(self._base / channel / str(number))
        response = await self._http.get(url, params=[("embed", "1"), ("mode", "tme")])
        return response.text() if response.status == 200 else None


class Refresh:
    """Counts as they are now, twenty a request; what is not where it was is asked for by itself.

    A hole proves nothing (albums skip numbers): only the widget's own word is a deletion.
    """

    def __init__(self, client: Client, confirmed: int, clock: Clock) -> None:
        self._client = client
        self._left = confirmed
        self._clock = clock

    async def pages(self, keys: Iterable[MentionKey]) -> AsyncIterator[Page]:
        for channel, numbers in _by_channel(keys):
            missing: list[int] = []
            while numbers:
                page, seen, oldest = await self._counts(channel, numbers)
                yield page
                passed = [n for n in numbers if oldest is None or n >= oldest]
                missing += [number for number in passed if number not in seen]
                numbers = numbers[len(passed) :]
            for number in missing[: self._left]:
                yield await self._asked_for(channel, number)
            self._left = max(0, self._left - len(missing))

    async def _counts(self, channel: str, numbers: list[int]) -> tuple[Page, set[int], int | None]:
        """Of the page whose newest message is the first of `numbers`, which go down."""
        wanted = set(numbers)
        try:
            preview = await self._client.preview(channel, [("before", str(numbers[0] + 1))])
        except Closed:
            preview = None
        if preview is None or preview.oldest is None or preview.oldest > numbers[0]:
            return Page(), set(), None
        here = [message for message in preview.messages if message.number in wanted]
        at = self._clock()
        figures = [
            message.engagement or alive(_key(channel, message.number), at) for message in here
        ]
        return Page(engagements=figures), {message.number for message in here}, preview.oldest

    async def _asked_for(self, channel: str, number: int) -> Page:
        html, at = await self._client.widget(channel, number), self._clock()
        if html is None or not says_it_is_gone(html):
            return Page()
        gone = Deletion(network=NETWORK, external_id=external_id(channel, number), seen_at=at)
        return Page(deletions=(gone,))


def _key(channel: str, number: int) -> MentionKey:
    return MentionKey(network=NETWORK, external_id=external_id(channel, number))


def _is_preview(response: Response) -> bool:
    """A channel without one redirects to its landing page."""
    return "/s/" in response.url.partition("?")[0]


def _by_channel(keys: Iterable[MentionKey]) -> Iterator[tuple[str, list[int]]]:
    """Numbers by channel, newest first; chats without a name have no preview."""
    channels: dict[str, set[int]] = defaultdict(set)
    for key in keys:
        channel, _, number = key.external_id.rpartition("/")
        if key.network == NETWORK and number.isdecimal() and channel and "/" not in channel:
            channels[channel].add(int(number))
    for channel, numbers in channels.items():
        yield channel, sorted(numbers, reverse=True)
