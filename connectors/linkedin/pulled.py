"""The notifications of a page: those that are asked for, page by page, and those that are pushed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from functools import partial

import orjson

from connectors.connector import Clock, Cursor, Gap, Malformed, Page, Reject
from connectors.linkedin.api import Api
from connectors.linkedin.notices import Notice, Notices, read_notice
from connectors.linkedin.settings import LinkedinSettings
from connectors.linkedin.told import Told
from connectors.linkedin.urns import escaped, listed
from connectors.linkedin.wire import rejected
from connectors.order import not_older, since
from connectors.reading import instant, mapping
from connectors.walk import Found, Listing, Walk, Window, walk_back


class Pulled:
    """`pages` walks back through one page's notifications, which LinkedIn keeps for 60 days."""

    def __init__(
        self, api: Api, notices: Notices, settings: LinkedinSettings, clock: Clock
    ) -> None:
        self._api = api
        self._notices = notices
        self._settings = settings
        self._clock = clock

    async def pages(
        self, feed: str, organization: str, cursor: Cursor | None
    ) -> AsyncIterator[Page]:
        if (gap := self._gap(cursor)) is not None:
            yield Page(feed=feed, gaps=(gap,))
        settings = self._settings
        window = Window(look_back=settings.look_back, overlap=settings.overlap)
        fetch = partial(self._fetch, organization)
        async for page in walk_back(feed, cursor, fetch, window=window, clock=self._clock):
            yield page

    def _gap(self, cursor: Cursor | None) -> Gap | None:
        mark = instant(mapping(cursor).get("mark"))
        kept_from = self._clock() - self._settings.retention
        if mark is None or mark >= kept_from:
            return None
        return Gap(since=mark, until=kept_from, reason="LinkedIn keeps notifications for 60 days")

    async def _fetch(self, organization: str, walk: Walk) -> Listing:
        first, last = (int(at.timestamp() * 1000) for at in (walk.floor, self._clock()))
        params = {
            "q": "criteria",
            "actions": listed(self._settings.actions),
            "organizationalEntity": escaped(organization),
            "timeRange": f"(start:{first},end:{last})",
        }
        items, token = await self._api.page("organizationalEntityNotifications", params, walk.token)
        found, rejects = await self._parsed(items, walk)
        return Listing(found=not_older(found, walk.floor), token=token, rejects=rejects)

    async def _parsed(
        self, items: Iterable[object], walk: Walk | None = None
    ) -> tuple[list[Found], list[Reject]]:
        found: list[Found] = []
        rejects: list[Reject] = []
        for item in items:
            try:
                notice = read_notice(item, self._clock())
                if walk is not None and _is_known(notice, walk):
                    found.append(Found(id=notice.id, position=notice.at))
                    continue
                found.append(await self._notices.found(item))
            except ValueError as error:
                rejects.append(rejected(item, error))
        return found, rejects

    async def pushed(self, body: bytes, received: Told) -> tuple[Page, list[str]]:
        """What a webhook's body tells, and the ids of its notifications; known ones are left out."""
        try:
            told = mapping(orjson.loads(body))
        except orjson.JSONDecodeError:
            raise Malformed("the webhook's body is not JSON", payload=body) from None
        notifications = told.get("notifications")
        items = notifications if isinstance(notifications, list) else []
        new = [item for item in items if _id(item) not in received]
        found, rejects = await self._parsed(new)
        unique = {item.id: item for item in found}.values()
        page = Page(
            feed="webhook",
            mentions=[mention for item in unique for mention in item.mentions],
            deletions=[deletion for item in unique for deletion in item.deletions],
            rejects=rejects,
        )
        return page, [item.id for item in unique]


def _is_known(notice: Notice, walk: Walk) -> bool:
    """What it names is not fetched again."""
    return walk.has_given(notice.id) or not since(notice.at, walk.floor)


def _id(item: object) -> str:
    return str(mapping(item).get("notificationId", ""))
