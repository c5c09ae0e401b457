"""The Trustpilot connector: a profile's reviews and replies, deletions, the webhook, the score."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any, ClassVar

import structlog
from yarl import URL

from connectors.audience import audience_page, is_due
from connectors.connector import (
    Clock,
    Closed,
    ConnectorError,
    ConnectorSettings,
    Cursor,
    Cursors,
    Malformed,
    Page,
    Reject,
    Unauthorized,
    Unseen,
    Watched,
)
from connectors.http import HttpClient, NotFound
from connectors.mention import AudienceSnapshot, Deletion, MentionKey, alive
from connectors.order import not_older
from connectors.reading import count, line, mapping
from connectors.trustpilot.api import Api
from connectors.trustpilot.hooks import answered, read_events
from connectors.trustpilot.settings import TrustpilotSettings
from connectors.trustpilot.wire import (
    NETWORK,
    deletions_of,
    of_review,
    read_review,
    rejected,
    reply_id,
    review_id,
)
from connectors.turns import Turn, in_turn
from connectors.walk import Found, Listing, Walk, Window, walk_back
from connectors.webhook import Answer, Call

log = structlog.get_logger(__name__)

_AUDIENCE = "audience"


class TrustpilotConnector:
    """See connectors.connector.Connector, Refreshing, PartlyBlind and connectors.webhook.Receiving.

    https://developers.trustpilot.com/introduction. Never seen live: built from the documentation.
    """

    name: ClassVar[str] = NETWORK
    Settings: ClassVar[type[ConnectorSettings]] = TrustpilotSettings
    owned: ClassVar[bool] = True

    def __init__(
        self, settings: TrustpilotSettings, *, http: HttpClient, watched: Watched, clock: Clock
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._api = Api(http, settings, clock)
        self._refused: set[str] = set()
        # What Trustpilot or its author took back must go here too, webhook or not.
        self.verify_every = settings.verify_every

    def hosts(self) -> Sequence[str]:
        url = URL(self._settings.base_url)
        return (f"{url.host}:{url.port}",)

    def unseen(self) -> Sequence[Unseen]:
        blind = [Unseen.ELSEWHERE]
        if self._settings.webhook_secret is None:
            blind.append(Unseen.INSTANT)
        if self._settings.api_key is None:
            blind += [Unseen.PAST, Unseen.FIGURES]
        return blind

    async def poll(self, cursors: Cursors) -> AsyncIterator[Page]:
        """Every profile's reviews; one that is refused or cannot be read does not stop the others.

        Without a key there is nothing to ask: what the webhook brings is all.
        """
        if self._settings.api_key is None:
            yield Page(feed="webhook", complete=True)
            return
        turns = [self._turn(unit, cursors) for unit in self._settings.business_units]
        turns.append(Turn(feed=_AUDIENCE, kind=_AUDIENCE, read=partial(self._audience, cursors)))
        async for page in in_turn(turns, refused=self._refused, clock=self._clock):
            yield page

    def _turn(self, unit: str, cursors: Cursors) -> Turn:
        feed = f"reviews:{blake2b(unit.encode(), digest_size=4).hexdigest()}"
        read = partial(self._reviews, feed, unit, cursors.get(feed))
        return Turn(feed=feed, kind="trustpilot reviews", read=read)

    async def _reviews(self, feed: str, unit: str, cursor: Cursor | None) -> AsyncIterator[Page]:
        settings = self._settings
        fetch = partial(self._fetch, await self._api.unit_id(unit))
        window = Window(look_back=settings.look_back, overlap=settings.overlap)
        async for page in walk_back(feed, cursor, fetch, window=window, clock=self._clock):
            yield page

    async def _fetch(self, unit: str, walk: Walk) -> Listing:
        """https://developers.trustpilot.com/business-units-api#get-a-business-units-reviews

        Of `all-reviews` neither the order nor the token was seen: it is read to its end unless a
        page shows that it is newest first.
        """
        settings = self._settings
        params: dict[str, str | int] = {"orderBy": "createdat.desc"}
        params |= {"language": settings.language} if settings.language else {}
        params |= {"stars": ",".join(map(str, settings.stars))} if settings.stars else {}
        path, ask = f"business-units/{unit}/{settings.listing}", self._api.page
        if settings.private:
            path = f"private/{path}"
            params["startDateTime"] = f"{walk.floor:%Y-%m-%dT%H:%M:%S}"
        elif settings.listing == "all-reviews":
            del params["orderBy"]
            ask = self._api.whole
        reviews, token = await ask(path, params, walk.token)
        found, rejects = self._parsed(reviews)
        if settings.listing == "all-reviews":
            found = not_older(found, walk.floor)
        return Listing(found=found, token=token, rejects=rejects)

    def _parsed(self, reviews: Iterable[object]) -> tuple[list[Found], list[Reject]]:
        at = self._clock()
        found: list[Found] = []
        rejects: list[Reject] = []
        for item in reviews:
            try:
                found.append(read_review(item, at))
            except ValueError as error:
                rejects.append(rejected(item, error))
        return found, rejects

    async def _audience(self, cursors: Cursors) -> AsyncIterator[Page]:
        settings, at = self._settings, self._clock()
        if not settings.audience or not is_due(cursors.get(_AUDIENCE), at):
            return
        snapshots = []
        for unit in dict.fromkeys((*settings.business_units, *settings.peers)):
            try:
                unit_id = await self._api.unit_id(unit)
                answer = await self._api.get(f"business-units/{unit_id}")
            except (NotFound, Closed, Malformed, Unauthorized):
                log.warning("trustpilot.profile_unknown", feed=_AUDIENCE)
                continue
            except ConnectorError as error:
                log.info("trustpilot.score_unknown", error=type(error).__name__)
                return  # the next poll asks again
            snapshots.append(_score(answer, unit, at))
        yield audience_page(_AUDIENCE, snapshots, at)

    async def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]:
        """One request a review: Trustpilot has none for several. 404 is a deletion.

        https://developers.trustpilot.com/service-reviews-api#get-a-service-review
        """
        if self._settings.api_key is None:
            return
        wanted = [key.external_id for key in keys if key.network == NETWORK]
        for review in dict.fromkeys(map(of_review, wanted)):
            if review_id(review) is not None:
                yield await self._refreshed(review, replied=reply_id(review) in wanted)

    async def _refreshed(self, review: str, *, replied: bool) -> Page:
        at = self._clock()
        try:
            answer = await self._api.get(f"reviews/{review}")
        except (NotFound, Closed):
            return Page(feed="refresh", deletions=deletions_of(review, at))
        try:
            found = read_review({**answer, "id": review}, at)
        except ValueError as error:
            return Page(feed="refresh", rejects=(rejected(answer, error),))
        deletions, engagements = found.deletions, [*found.engagements]
        if replied and len(found.mentions) == 1 and "companyReply" in answer:
            deletions = (Deletion(network=NETWORK, external_id=reply_id(review), seen_at=at),)
        # Of a reply there are no figures: that it stands is all.
        engagements += [alive(m.key, at) for m in found.mentions if m.parent_id]
        return Page(
            feed="refresh",
            mentions=[m for m in found.mentions if m.edited_at or m.parent_id],
            engagements=engagements,
            deletions=deletions,
        )

    def answer(self, call: Call) -> Answer:
        secret = self._settings.webhook_secret
        return answered(call, secret.get_secret_value() if secret else None)

    async def receive(self, call: Call) -> AsyncIterator[Page]:
        yield read_events(call)


def _score(answer: dict[str, Any], unit: str, at: Any) -> AudienceSnapshot:
    """https://developers.trustpilot.com/business-units-api#get-public-business-unit"""
    score = mapping(answer.get("score")).get("trustScore")
    is_score = isinstance(score, int | float) and not isinstance(score, bool) and 1 <= score <= 5
    return AudienceSnapshot(
        network=NETWORK,
        account=line(mapping(answer.get("name")).get("identifying")) or unit,
        taken_at=at,
        rating=float(score) if is_score and score is not None else None,
        ratings=count(mapping(answer.get("numberOfReviews")).get("total")),
    )
