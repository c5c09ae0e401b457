"""Who writes, asked for unknown authors only; and the hospital's own accounts and peers, once a day.

An author costs twice a post, so the search never expands them: those not met before are asked by
id, a hundred a call, out of a share of the day's money. They are remembered in this process alone:
a cursor would keep personal data where no erasure finds it. After a restart they are asked again,
which costs nothing within the same UTC day.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.audience import audience_page, is_due
from connectors.budget import BudgetSpent
from connectors.connector import Clock, ConnectorError, Cursor, Page
from connectors.mention import AudienceSnapshot, Author
from connectors.reading import count, mapping, mappings, string
from connectors.x.api import Api
from connectors.x.ids import digest, is_id
from connectors.x.meter import Meter
from connectors.x.settings import XSettings
from connectors.x.wire import NETWORK, read_author

log = logging.getLogger(__name__)
ACCOUNTS = "accounts"
USERS_A_CALL = 100
_MAX_KEPT = 20_000
_FIELDS = {"user.fields": "username,name,public_metrics,verified"}


class People:
    """Authors by id, as far as they are known."""

    def __init__(self, settings: XSettings, api: Api, meter: Meter, clock: Clock) -> None:
        self._settings = settings
        self._api = api
        self._meter = meter
        self._clock = clock
        self._known: dict[str, tuple[Author, datetime]] = {}
        self._own: dict[str, str] = {}

    def own(self, ids: dict[str, str]) -> None:
        """The hospital's accounts, handle by id: their posts are recognised for nothing."""
        self._own.update(ids)

    def is_own(self, user_id: str | None) -> bool:
        return user_id in self._own

    def author(self, user_id: str) -> Author:
        known = self._known.get(user_id)
        if known is not None:
            return known[0]
        return Author(external_id=user_id or None, handle=self._own.get(user_id))

    def take(self, users: Iterable[dict[str, Any]]) -> None:
        """What an answer tells of users, asked for or not."""
        if len(self._known) > _MAX_KEPT:
            self._known.clear()
        at = self._clock()
        for user in users:
            author = read_author(user)
            if author.external_id is not None:
                self._known[author.external_id] = (author, at)

    async def learn(self, ids: Collection[str]) -> None:
        """Ask for those not known, as far as money goes: an ornament, posts are not held up for it.

        https://docs.x.com/x-api/users/get-users-by-ids
        """
        if not self._settings.authors:
            return
        fresh = self._clock() - self._settings.authors_for
        unknown = sorted(i for i in ids if is_id(i) and not self._knows(i, fresh))
        for start in range(0, len(unknown), USERS_A_CALL):
            try:
                await self._ask(unknown[start : start + USERS_A_CALL])
            except BudgetSpent:
                return
            except ConnectorError as error:
                log.info("x.authors_unknown", extra={"error": type(error).__name__})
                return

    def _knows(self, user_id: str, fresh: datetime) -> bool:
        known = self._known.get(user_id)
        return user_id in self._own or (known is not None and known[1] >= fresh)

    async def _ask(self, ids: Sequence[str]) -> None:
        free = [i for i in ids if self._meter.charged_today(i)]
        paid = [i for i in ids if i not in free]
        least = min(1, len(paid))
        meter = self._meter
        async with meter.paying("authors", meter.users, len(paid), meter.authors, least=least) as p:
            asked = [*free, *paid[: p.count]]
            answer = await self._api.get("users", {"ids": ",".join(asked), **_FIELDS})
            users = list(mappings(answer.get("data")))
            p.delivered = _ids(users)
        self.take(users)
        at = self._clock()
        for user_id in asked:  # who is gone is not asked for again
            self._known[user_id] = (self.author(user_id), at)


class Accounts:
    """The hospital's own accounts and its peers: their ids, and how many follow them."""

    def __init__(
        self, own: Sequence[str], settings: XSettings, api: Api, meter: Meter, clock: Clock
    ) -> None:
        self._own = own
        self._names = tuple(dict.fromkeys((*own, *settings.peers)))
        self._counted = settings.audience
        self._needed = settings.mentions or settings.own_posts
        self._api = api
        self._meter = meter
        self._clock = clock

    def ids(self, cursor: Cursor | None) -> dict[str, str]:
        """The own accounts' ids by handle, as the last look told them."""
        kept = mapping(mapping(cursor).get("ids"))
        found = {name: string(kept.get(digest(name))) for name in self._own}
        return {name: user_id for name, user_id in found.items() if user_id and is_id(user_id)}

    async def look(self, cursor: Cursor | None) -> Page | None:
        """https://docs.x.com/x-api/users/get-users-by-usernames. None where nothing is due."""
        at = self._clock()
        wanted = self._names if self._counted else self._own if self._needed else ()
        known = not self._counted and len(self.ids(cursor)) == len(self._own)
        asked = digest(",".join(wanted))
        same = mapping(cursor).get("asked") == asked
        if not wanted or known or (same and not is_due(cursor, at)):
            return None
        snapshots: list[AudienceSnapshot] = []
        # One that an answer leaves out is read on: it is renamed, suspended, or left out by mistake.
        ids = {digest(name): user_id for name, user_id in self.ids(cursor).items()}
        for start in range(0, len(wanted), USERS_A_CALL):
            for user in await self._ask(wanted[start : start + USERS_A_CALL]):
                name, user_id = (string(user.get("username")) or "").lower(), string(user.get("id"))
                if user_id is not None and name in self._own:
                    ids[digest(name)] = user_id
                if self._counted and name in wanted:
                    snapshots.append(_snapshot(name, user, at))
        if len(ids) < len(self._own):
            log.warning("x.own_accounts_unknown", extra={"count": len(self._own) - len(ids)})
        page = audience_page(ACCOUNTS, snapshots, at)
        return replace(page, cursor={**(page.cursor or {}), "ids": ids, "asked": asked})

    async def _ask(self, names: Sequence[str]) -> list[dict[str, Any]]:
        meter, many = self._meter, len(names)
        async with meter.paying(ACCOUNTS, meter.users, many, least=many) as paid:
            answer = await self._api.get("users/by", {"usernames": ",".join(names), **_FIELDS})
            users = list(mappings(answer.get("data")))
            paid.delivered = _ids(users)
        return users


def _ids(users: Iterable[dict[str, Any]]) -> list[str]:
    return [user_id for user in users if (user_id := string(user.get("id")))]


def _snapshot(name: str, user: dict[str, Any], at: datetime) -> AudienceSnapshot:
    metrics = mapping(user.get("public_metrics"))
    posts = count(metrics.get("tweet_count"))
    return AudienceSnapshot(
        network=NETWORK,
        account=name,
        taken_at=at,
        followers=count(metrics.get("followers_count")),
        posts=count(metrics.get("post_count")) if posts is None else posts,
    )
