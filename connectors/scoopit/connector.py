"""The Scoop.it connector: named topics, searches by word and language, comments under topics' posts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import Any, ClassVar

from yarl import URL

from connectors.connector import (
    Clock,
    ConnectorSettings,
    Cursor,
    Cursors,
    Malformed,
    Page,
    Unauthorized,
    Unseen,
    Watched,
)
from connectors.http import HttpClient, Limits, NotFound, Response
from connectors.oauth import Bearer, token_of
from connectors.order import not_older, since
from connectors.reading import figure, mapping, string
from connectors.scoopit.settings import ScoopitSettings
from connectors.scoopit.wire import NETWORK, read_posts
from connectors.tokens import MemoryTokens, Token
from connectors.turns import Turn, in_turn
from connectors.walk import Fetch, Listing, Walk, Window, walk_back

_MAX_COMMENTS = 100  # of one post, in the documentation's own words
_SEARCH_SIZE = 50

Params = dict[str, str | int]


class ScoopitConnector:
    """See connectors.connector (Connector, PartlyBlind).

    https://www.scoop.it/dev/api/1/urls and the service's own client (Scoopit/scoopit-api-rs); the
    OAuth2 door is known from the latter alone. Never seen live. There is no way to ask for a post
    again: figures are read as long as a list shows it, and its end is told by nobody.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = ScoopitSettings

    def __init__(
        self, settings: ScoopitSettings, *, http: HttpClient, watched: Watched, clock: Clock
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._base = settings.base_url.rstrip("/")
        none_yet = Token(access="", expires_at=clock())
        self._bearer = Bearer(MemoryTokens(none_yet), clock=clock, renewing=self._admitted)
        terms = (term.strip() for term in watched.terms + settings.terms)
        self._terms = tuple(dict.fromkeys(filter(None, terms))) if settings.search else ()
        self._refused: set[str] = set()
        polite = Limits(rate=settings.requests_per_second, burst=1, concurrency=1)
        http.limit(URL(self._base).host or "", polite)

    def hosts(self) -> Sequence[str]:
        url = URL(self._base)
        return (f"{url.host}:{url.port}",)

    def unseen(self) -> Sequence[Unseen]:
        blind = [Unseen.DELETIONS, Unseen.INSTANT]
        if not self._terms:
            blind.insert(0, Unseen.ELSEWHERE)
        if self._terms or not self._settings.comments:
            blind.append(Unseen.COMMENTS)  # a search shows none
        return blind

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Every topic and search; a post that several of them show is given once."""
        given: set[str] = set()
        turns = list(self._turns(cursors, given))
        if not turns:
            yield Page(feed="nothing", complete=True)
        async for page in in_turn(turns, refused=self._refused, clock=self._clock):
            yield page

    def _turns(self, cursors: Cursors, given: set[str]) -> Iterator[Turn]:
        for topic in self._settings.topics:
            # A topic often bears its curator's name.
            feed = f"topic:{blake2b(topic.encode(), digest_size=4).hexdigest()}"
            read = partial(self._walked, feed, cursors, partial(self._topic, topic), given)
            yield Turn(feed=feed, kind="scoopit topic", read=read)
        for term in self._terms:
            for language in self._settings.languages:
                feed = f"term:{language}:{term}"
                fetch = partial(self._found, term, language)
                read = partial(self._walked, feed, cursors, fetch, given)
                yield Turn(feed=feed, kind="scoopit search", read=read)

    def _walked(
        self,
        feed: str,
        cursors: Cursors,
        fetch: Fetch,
        given: set[str],
    ) -> AsyncIterator[Page]:
        cursor: Cursor | None = cursors.get(feed)
        window = Window(look_back=self._settings.look_back, overlap=self._settings.overlap)
        return walk_back(feed, cursor, fetch, window=window, clock=self._clock, given=given)

    async def _topic(self, topic: str, walk: Walk) -> Listing:
        """`topic`: between two instants, in pages; what is curated meanwhile must not move them."""
        number, to = _place(walk.token, self._clock())
        asked: Params = {
            "id" if topic.isdecimal() else "urlName": topic,
            "curated": self._settings.page_size,
            "page": number,
            "order": "curationDate",
            "since": _milliseconds(walk.floor),
            "to": to,
            "ncomments": _MAX_COMMENTS if self._settings.comments else 0,
        }
        answer = mapping((await self._get("topic", asked)).get("topic"))
        posts = answer.get("curatedPosts")
        if not isinstance(posts, list):
            raise Malformed("Scoop.it gave no posts of a topic")
        found, rejects = read_posts(posts, self._clock(), topic=answer)
        token = f"{number + 1}@{to}" if posts else None
        return Listing(found=not_older(found, walk.floor), token=token, rejects=rejects)

    async def _found(self, term: str, language: str, walk: Walk) -> Listing:
        """`search`: asked for newest first, which is documented of a topic only; where its pages
        are not, it is read `search_pages` deep, and on as long as they hold something recent."""
        number = int(walk.token) if walk.token is not None and walk.token.isdecimal() else 0
        asked: Params = {
            "type": "post",
            "query": term,
            "lang": language,
            "count": _SEARCH_SIZE,
            "page": number,
            "order": "curationDate",
        }
        answer = await self._get("search", asked)
        posts = answer.get("posts")
        if not isinstance(posts, list):
            raise Malformed("Scoop.it gave no posts of a search")
        found, rejects = read_posts(posts, self._clock())
        total = figure(answer.get("totalFound"))
        # How long a page may be is not documented: a short one may not be the last.
        ended = not posts or (number == 0 and total is not None and len(posts) >= total)
        recent = any(since(item.position, walk.floor) for item in found)
        deep = number + 1 >= self._settings.search_pages and not recent
        return Listing(
            found=not_older(found, walk.floor),
            token=None if ended or deep else str(number + 1),
            rejects=rejects,
        )

    async def _get(self, path: str, params: Params) -> dict[str, Any]:
        token = await self._bearer.token()
        response = await self._ask(path, params, token)
        if response.status == 401:
            token = await self._bearer.token(instead_of=token)
            response = await self._ask(path, params, token)
        return _judged(response)

    async def _ask(self, path: str, params: Params, token: str) -> Response:
        headers = {"Authorization": f"Bearer {token}"}
        return await self._http.get(f"{self._base}/{path}", params=params, headers=headers)

    async def _admitted(self, token: Token, at: datetime) -> Token:
        """Not a person's login: the application's own, asked for again whenever it ends."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret.get_secret_value(),
        }
        answer = await self._http.post(f"{URL(self._base).origin()}/oauth2/token", data=form)
        if answer.status in (400, 401, 403):
            raise Unauthorized("Scoop.it refuses client_id with client_secret")
        answer.raise_for_status()
        return token_of(mapping(answer.json()), at)


def _judged(response: Response) -> dict[str, Any]:
    """An error may come with a 200: {"success": false, "error": "Not found: …"}."""
    if response.status in (401, 403):
        raise Unauthorized(f"Scoop.it refuses the application (status {response.status})")
    response.raise_for_status()
    answer = response.json()
    if not isinstance(answer, dict):
        raise Malformed("Scoop.it gave no JSON object", payload=response.body)
    error = string(answer.get("error"))
    if error is not None and error.lower().startswith("not found"):
        raise NotFound("Scoop.it: not found")
    if error is not None or answer.get("success") is False:
        raise Malformed("Scoop.it gave an error", payload=response.body)
    return mapping(answer)


def _place(token: str | None, at: datetime) -> tuple[int, int]:
    """The page to ask for, and up to when: the instant at which the walk began."""
    number, _, to = (token or "").partition("@")
    if number.isdecimal() and to.isdecimal():
        return int(number), int(to)
    return 0, _milliseconds(at)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
