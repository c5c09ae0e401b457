"""The audience of the hospital's accounts, and of those it is compared with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.digest import Account
from listener.domain.speaker import Speakers
from listener.storage import audience
from listener.workflows.survey.scope import Scope

STALE = timedelta(days=14)  # before the instant that a snapshot is to tell of


async def accounts(
    connection: AsyncConnection, scope: Scope, peers: Collection[str]
) -> Sequence[Account]:
    """Those of the subjects first, then those of `peers`; an account that nobody owns is left out."""
    speakers = Speakers(scope.viewer.watches.values())
    since, until = scope.period.since, scope.period.until
    now = await _taken(connection, until)
    before = await _taken(connection, since)
    found = [
        # One look, taken before the period began, is no comparison of two.
        _account(
            row,
            before.get(of) if row.taken_at >= since else None,
            scope.viewer.subject(owner),
            peer=owner in peers,
        )
        for of, row in now.items()
        if (owner := speakers.owner(row.account)) in {*scope.subjects, *peers}
    ]
    return sorted(found, key=lambda one: (one.peer, one.owner, one.network, one.account))


async def _taken(connection: AsyncConnection, before: datetime) -> dict[tuple[str, str], Row[Any]]:
    return await audience.last_taken(connection, before - STALE, before)


def _account(row: Row[Any], before: Row[Any] | None, owner: str, *, peer: bool) -> Account:
    return Account(
        network=row.network,
        account=row.account,
        owner=owner,
        peer=peer,
        taken_at=row.taken_at,
        followers=row.followers,
        followers_before=before.followers if before else None,
        reach=row.reach,
        views=row.views,
        posts=_published(row.posts, before.posts if before else None),
        rating=row.rating,
        ratings=row.ratings,
        most_viewed=row.most_viewed,
        most_viewed_url=row.most_viewed_url,
    )


def _published(total: int | None, before: int | None) -> int | None:
    """By two running totals: one that has shrunk, for what was deleted, tells nothing."""
    if total is None or before is None or total < before:
        return None
    return total - before
