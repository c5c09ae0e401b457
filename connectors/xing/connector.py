"""The XING connector: updates of companies and the comments under them, for a holder of an old key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any, ClassVar

from yarl import URL

from connectors.branches import Rhythm, Trunk, read_branches
from connectors.connector import (
    Clock,
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
from connectors.http import HttpClient, Limits, NotFound, Response
from connectors.order import not_older, since
from connectors.reading import line, mapping, mappings
from connectors.turns import Turn, in_turn
from connectors.walk import Listing, Walk, Window, walk_back
from connectors.xing.settings import XingSettings
from connectors.xing.signing import Signer
from connectors.xing.wire import NETWORK, amount, date, identity, listed, read_items

_MAX_FOLLOWED = 200  # updates of one company
_QUOTA = frozenset({"RATE_LIMIT_EXCEEDED", "THROTTLING"})
_AGAIN = frozenset({"NONCE_ALREADY_USED"})  # another nonce will do
_WRONG = frozenset({"INVALID_PARAMETERS", "REQUIRED_PARAMETER_MISSING"})
_NAMED = frozenset(
    {"ACCESS_DENIED", "INVALID_OAUTH_CONSUMER", "CONSUMER_MISMATCH", "INVALID_OAUTH_SIGNATURE",
     "INVALID_OAUTH_SIGNATURE_METHOD", "INVALID_OAUTH_TOKEN", "INVALID_OAUTH_VERSION",
     "INVALID_TIMESTAMP", "TIMESTAMP_EXPIRED", "NONCE_MISSING"}
)  # fmt: skip


class XingConnector:
    """See connectors.connector (Connector, PartlyBlind).

    Built from the paths of an old client (github.com/xing/xing_api, last changed in 2017) and
    https://dev.xing.com/docs/authentication, and never seen live: what the lists look like is
    partly guessed (see `listed`). XING gives no keys to newcomers.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = XingSettings

    def __init__(
        self, settings: XingSettings, *, http: HttpClient, watched: Watched, clock: Clock
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._base = settings.base_url.rstrip("/")
        self._window = Window(look_back=settings.look_back, overlap=settings.overlap)
        self._signer = Signer(
            consumer_key=settings.consumer_key,
            consumer_secret=settings.consumer_secret.get_secret_value(),
            token=settings.access_token.get_secret_value(),
            token_secret=settings.access_token_secret.get_secret_value(),
            plaintext=settings.signature == "PLAINTEXT",
        )
        self._refused: set[str] = set()
        # A repeated call would repeat its nonce: one attempt each.
        polite = Limits(rate=settings.requests_per_second, burst=2, concurrency=1, attempts=1)
        http.limit(URL(self._base).host or "", polite)

    def hosts(self) -> Sequence[str]:
        url = URL(self._base)
        return (f"{url.host}:{url.port}",)

    def unseen(self) -> Sequence[Unseen]:
        comments = () if self._settings.comments else (Unseen.COMMENTS,)
        return (Unseen.ELSEWHERE, *comments, Unseen.DELETIONS, Unseen.INSTANT)

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        turns = list(self._turns(cursors))
        async for page in in_turn(turns, refused=self._refused, clock=self._clock):
            yield page

    def _turns(self, cursors: Cursors) -> Iterator[Turn]:
        for company in self._settings.companies:
            digest = blake2b(company.encode(), digest_size=4).hexdigest()
            feed = f"updates:{digest}"
            read = partial(self._updates, feed, company, cursors)
            yield Turn(feed=feed, kind="xing updates", read=read)
            if self._settings.comments:
                feed = f"comments:{digest}"
                read = partial(self._comments, feed, company, cursors)
                yield Turn(feed=feed, kind="xing comments", read=read)

    def _updates(self, feed: str, company: str, cursors: Cursors) -> AsyncIterator[Page]:
        fetch = partial(self._page, f"companies/{company}/updates", "updates", None)
        cursor = cursors.get(feed)
        return walk_back(feed, cursor, fetch, window=self._window, clock=self._clock)

    async def _comments(self, feed: str, company: str, cursors: Cursors) -> AsyncIterator[Page]:
        updates = await self._followed(company)
        cursor = cursors.get(feed)
        async for page in read_branches(
            feed,
            cursor,
            updates,
            self._under,
            rhythm=_often,
            window=self._window,
            clock=self._clock,
        ):
            yield page

    async def _under(self, update: Trunk, walk: Walk) -> Listing:
        return await self._page(
            f"companies/updates/{update.id}/comments", "comments", update.id, walk
        )

    async def _page(self, path: str, name: str, update: str | None, walk: Walk) -> Listing:
        """`limit` and `offset`; the order is not documented, hence `not_older`."""
        offset = int(walk.token) if walk.token is not None and walk.token.isdecimal() else 0
        items, total = await self._list(path, name, offset)
        found, rejects = read_items(items, self._clock(), update=update)
        onward = offset + len(items)
        ended = not items or (total is not None and onward >= total)
        return Listing(
            found=not_older(found, walk.floor),
            token=None if ended else str(onward),
            rejects=rejects,
        )

    async def _followed(self, company: str) -> list[Trunk]:
        """The company's younger updates, with how many comments each is said to have."""
        oldest, offset = self._clock() - self._settings.follow, 0
        followed: list[Trunk] = []
        while len(followed) < _MAX_FOLLOWED:
            items, total = await self._list(f"companies/{company}/updates", "updates", offset)
            trunks = [trunk for item in mappings(items) if (trunk := self._trunk(item))]
            young = [trunk for trunk in trunks if since(trunk.published, oldest)]
            followed += young
            offset += len(items)
            if not young or (total is not None and offset >= total):
                break
        return list({trunk.id: trunk for trunk in followed}.values())[:_MAX_FOLLOWED]

    def _trunk(self, item: dict[str, Any]) -> Trunk | None:
        try:
            update = identity(item)
        except ValueError:
            return None
        return Trunk(id=update, published=date(item, self._clock()), count=amount(item, "comments"))

    async def _list(self, path: str, name: str, offset: int) -> tuple[list[Any], int | None]:
        asked = {"limit": self._settings.page_size, "offset": offset}
        url = f"{self._base}/{path}"
        signed = self._signer.header("GET", url, asked, self._clock())
        answer = await self._http.get(url, params=asked, headers={"Authorization": signed})
        return listed(self._judged(answer), name)

    def _judged(self, response: Response) -> Any:
        """{error_name, message}; a spent quota comes with 403 rather than 429."""
        try:
            answer = response.json()
        except Malformed:
            response.raise_for_status()
            raise
        name = line(mapping(answer).get("error_name")) or ""
        if name in _QUOTA:
            wait = self._settings.pause
            raise RateLimited(f"XING asks to wait ({name})", retry_after=wait)
        if name in _AGAIN:
            raise Unavailable(f"XING: {name}")
        if name in _WRONG:
            raise Malformed(f"XING: {name}", payload=response.body)
        if response.status == 404:
            raise NotFound("XING: not found")
        if name in _NAMED or response.status in (401, 403):
            why = f", {name}" if name in _NAMED else ""
            raise Unauthorized(f"XING refuses the key (status {response.status}{why})")
        response.raise_for_status()
        if name:
            raise Malformed("XING gave an error", payload=response.body)
        return answer


def _often(_update: Trunk) -> Rhythm:
    return Rhythm()
