"""The Pinterest connector: own pins with figures, the partner search, the audience."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from yarl import URL

from connectors.audience import audience_page, is_due
from connectors.budget import Budget, Ledger, MemoryLedger, account_of
from connectors.connector import (
    Clock,
    ConnectorSettings,
    Cursor,
    Cursors,
    Malformed,
    Page,
    RateLimited,
    Unauthorized,
    Unseen,
    Watched,
)
from connectors.foreign import Foreign
from connectors.http import HttpClient, Limits, NotFound, Response
from connectors.mention import Deletion, MentionKey, alive
from connectors.oauth import Bearer, OAuthClient, renew
from connectors.pinterest.settings import PinterestSettings
from connectors.pinterest.wire import (
    NETWORK,
    listing_of,
    pin_id,
    read_account,
    read_figures,
)
from connectors.reading import count, mapping, string
from connectors.tokens import MemoryTokens, Token, TokenStore
from connectors.turns import Turn, in_turn
from connectors.walk import Fetch, Listing, StaleToken, Walk, Window, walk_back

_OFFICIAL = "api.pinterest.com"
_SCOPES = ("boards:read", "pins:read", "user_accounts:read")
_AUDIENCE = "audience"
_RATE = 8  # codes of an error's {code, message}; a bare HTTP status may stand there too
_REFUSALS = {2: "the access is not accepted", 29: "a scope is missing"}
_UNKNOWN = {7: "an account", 30: "an account", 50: "a pin"}
_SEARCHED = 50  # more than the network gives of one search


class PinterestConnector:
    """See connectors.connector (Connector, Refreshing, PartlyBlind), budget.Metered,
    oauth.LoggingIn and tokens.Expiring.

    https://developers.pinterest.com/docs/api/v5/. Comments are not given, nor what others pin but
    for the beta of the partner search. Built from the specification; never seen live.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = PinterestSettings

    def __init__(
        self,
        settings: PinterestSettings,
        *,
        http: HttpClient,
        watched: Watched,
        clock: Clock,
        ledger: Ledger | None = None,
        tokens: TokenStore | None = None,
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._base = settings.base_url.rstrip("/")
        self._client = _client(settings)
        given = settings.access_token.get_secret_value() if settings.access_token else None
        self._bearer = Bearer(
            tokens or MemoryTokens(),
            clock=clock,
            renewing=partial(renew, http, self._client) if self._client else None,
            given=given,
            made_for=self._client.made_for if self._client else "",
        )
        # Others' pins cannot be looked up: "not found" does not mean that they are gone.
        self._foreign = Foreign(
            ledger or MemoryLedger(clock),
            name="pinterest found",
            account=account_of(settings.app_id or given or ""),
        )
        terms = (term.strip() for term in watched.terms + settings.terms)
        self._terms = tuple(dict.fromkeys(filter(None, terms))) if settings.search else ()
        self._refused: set[str] = set()
        http.limit(URL(self._base).host or "", Limits(rate=settings.requests_per_second))

    def hosts(self) -> Sequence[str]:
        url = URL(self._base)
        return (f"{url.host}:{url.port}",)

    def budgets(self) -> Sequence[Budget]:
        """Nothing is metered here; the ledger remembers whose pins were found."""
        return ()

    def unseen(self) -> Sequence[Unseen]:
        blind = [Unseen.FIGURES, Unseen.DELETIONS] if self._terms else [Unseen.ELSEWHERE]
        return (*blind, Unseen.COMMENTS, Unseen.INSTANT)

    def oauth(self) -> OAuthClient | None:
        return self._client

    async def admitted(self, token: Token) -> Token:
        return token

    async def access_ends_at(self) -> datetime | None:
        """A refresh token lasts sixty days, and a new one comes with each renewal."""
        kept = await self._bearer.stored()
        if kept is None:
            return None
        renewable = self._client is not None and kept.refresh is not None
        return kept.refresh_expires_at if renewable else kept.expires_at

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        turns = list(self._turns(cursors))
        if not turns:
            yield Page(feed="nothing", complete=True)
        async for page in in_turn(turns, refused=self._refused, clock=self._clock):
            yield page

    def _turns(self, cursors: Cursors) -> Iterator[Turn]:
        if self._settings.pins:
            read = partial(self._walked, "pins", cursors.get("pins"), partial(self._own, set()))
            yield Turn(feed="pins", kind="pinterest pins", read=read)
        for term in self._terms:
            feed = f"term:{term}"
            read = partial(self._walked, feed, cursors.get(feed), partial(self._found, term))
            yield Turn(feed=feed, kind="pinterest search", read=read)
        if self._settings.audience:
            read = partial(self._audience, cursors.get(_AUDIENCE))
            yield Turn(feed=_AUDIENCE, kind="pinterest audience", read=read)

    def _walked(self, feed: str, cursor: Cursor | None, fetch: Fetch) -> AsyncIterator[Page]:
        settings = self._settings
        window = Window(look_back=settings.look_back, overlap=settings.overlap)
        return walk_back(feed, cursor, fetch, window=window, clock=self._clock)

    async def _own(self, handed: set[str], walk: Walk) -> Listing:
        """https://developers.pinterest.com/docs/api/v5/pins-list, newest first; an opaque bookmark
        leads on, and null ends it. Those `handed` out at this poll are not forgotten already."""
        asked: dict[str, str | int] = {"page_size": self._settings.page_size, "pin_metrics": "true"}
        if walk.token is not None:
            asked["bookmark"] = walk.token
        try:
            answer = await self._get("pins", asked)
        except Malformed as error:
            is_stale = walk.token is not None and walk.token not in handed
            if not is_stale or not isinstance(error, _BadRequest):
                raise
            raise StaleToken(str(error)) from None
        bookmark = string(answer.get("bookmark"))
        handed.update(filter(None, (bookmark,)))
        return listing_of(_items(answer), bookmark, self._clock())

    async def _found(self, term: str, walk: Walk) -> Listing:
        """https://developers.pinterest.com/docs/api/v5/search_partner_pins (beta): the top pins,
        without dates, authors or figures."""
        settings = self._settings
        asked: dict[str, str | int] = {
            "term": term,
            "country_code": settings.country,
            "locale": settings.locale,
            "limit": _SEARCHED,
        }
        answer = await self._get("search/partner/pins", asked)
        listing = listing_of(_items(answer), None, self._clock())
        await self._foreign.add([item.id for item in listing.found])
        return listing

    async def _audience(self, cursor: Cursor | None) -> AsyncIterator[Page]:
        """https://developers.pinterest.com/docs/api/v5/user_account-get"""
        at = self._clock()
        if not is_due(cursor, at):
            return
        own = read_account(await self._get("user_account"), at)
        if own is None:
            raise Malformed("Pinterest names no account")
        yield audience_page(_AUDIENCE, (own,), at)

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        """One request an own pin: https://developers.pinterest.com/docs/api/v5/pins-get"""
        for key in dict.fromkeys(key for key in keys if key.network == NETWORK):
            if pin_id(key.external_id) is not None and key.external_id not in self._foreign:
                yield await self._refreshed(key)

    async def _refreshed(self, key: MentionKey) -> Page:
        at = self._clock()
        response = await self._answered(f"pins/{key.external_id}", {"pin_metrics": "true"})
        if response.status == 403:  # on a board that was made secret, or no longer shared
            return Page(feed="refresh")
        try:
            answer = _judged(response)
        except NotFound as error:
            # Anything on the way may answer 404: Pinterest says what is not there.
            if not isinstance(error, _Gone) or not await self._foreign.ours([key.external_id]):
                return Page(feed="refresh")
            gone = Deletion(network=NETWORK, external_id=key.external_id, seen_at=at)
            return Page(feed="refresh", deletions=(gone,))
        figures = read_figures(answer, key, at) or alive(key, at)
        return Page(feed="refresh", engagements=(figures,))

    async def _get(
        self, path: str, params: Mapping[str, str | int] | None = None
    ) -> dict[str, Any]:
        return _judged(await self._answered(path, params))

    async def _answered(self, path: str, params: Mapping[str, str | int] | None) -> Response:
        token = await self._bearer.token()
        response = await self._ask(path, params, token)
        if response.status == 401 and self._client is not None:
            token = await self._bearer.token(instead_of=token)
            response = await self._ask(path, params, token)
        return response

    async def _ask(self, path: str, params: Mapping[str, str | int] | None, token: str) -> Response:
        headers = {"Authorization": f"Bearer {token}"}
        return await self._http.get(f"{self._base}/{path}", params=params, headers=headers)


class _BadRequest(Malformed):
    """Pinterest does not take what was asked: a bookmark that it has forgotten, for one."""


class _Gone(NotFound):
    """This pin is not there, says Pinterest itself rather than anything on the way."""


def _judged(response: Response) -> dict[str, Any]:
    """https://developers.pinterest.com/docs/reference/error-codes: by the code where it is known,
    else by the status. Messages of the network are not repeated: they may quote what was asked."""
    try:
        answer = response.json()
    except Malformed:
        response.raise_for_status()
        raise
    code = count(mapping(answer).get("code"))
    if response.status >= 400 or (code is not None and "message" in answer):
        _refuse(response, code)
    if not isinstance(answer, dict):
        raise Malformed("Pinterest gave no JSON object", payload=response.body)
    return answer


def _refuse(response: Response, code: int | None) -> None:
    if code == _RATE:
        raise RateLimited("Pinterest asks to wait (code 8)")
    # Beside 401 the code 7 says "not authorised", whatever else it means elsewhere.
    if response.status in (401, 403) or code in _REFUSALS:
        said = _REFUSALS.get(code or 0, "refused")
        raise Unauthorized(f"Pinterest: {said} (status {response.status}, code {code})")
    if response.status == 404 and code in (50, 404):
        raise _Gone(f"Pinterest: not found (code {code})")
    if code in _UNKNOWN:
        raise NotFound(f"Pinterest: {_UNKNOWN[code]} is not there (code {code})")
    if response.status == 400 or code == 1:
        raise _BadRequest(f"Pinterest: status 400, code {code}", payload=response.body)
    response.raise_for_status()
    raise Malformed(f"Pinterest: code {code}", payload=response.body)


def _items(answer: Mapping[str, Any]) -> list[Any]:
    items = answer.get("items")
    if not isinstance(items, list):
        raise Malformed("Pinterest gave no items")
    return items


def _client(settings: PinterestSettings) -> OAuthClient | None:
    """https://developers.pinterest.com/docs/getting-started/set-up-authentication-and-authorization/"""
    if settings.app_id is None or settings.app_secret is None:
        return None
    base = URL(settings.base_url)
    pages = "https://www.pinterest.com" if base.host == _OFFICIAL else str(base.origin())
    return OAuthClient(
        client_id=settings.app_id,
        client_secret=settings.app_secret.get_secret_value(),
        authorize_url=f"{pages}/oauth/",
        token_url=f"{settings.base_url.rstrip('/')}/oauth/token",
        scopes=_SCOPES,
        scope_separator=",",
        basic=True,
    )
