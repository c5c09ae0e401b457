"""Which story a mention belongs to: decided by keys that stand once each, in a few statements a page.

A key belongs to the story that claimed it first; whoever comes with it joins that story. Two
daemons that claim one key at once meet on it: the second waits for the first and finds its story.
Nothing is held in memory, so a restart forgets nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.stories.index import connected
from classifiers.stories.proposals import Representative
from listener.storage import story_statements as asked
from listener.storage.mentions import subjects_of

WINDOW = timedelta(days=7)
"""A key that nobody used for so long is forgotten: last month's link may tell of a new event."""
FADING = timedelta(hours=6)  # how far a key's hour may lag: not every mention rewrites its keys

_ALONE = text("SELECT pg_advisory_xact_lock(:number, 0)")
_MERGING = 0x73746F72  # one number for all: stories are seldom merged
_SILENCING = 0x73696C65


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owner:
    story: int  # the one that stands for it
    fading: bool


async def assign(
    connection: AsyncConnection,
    keys: Sequence[Collection[int]],
    *,
    at: datetime,
    exercise_id: str = "",
) -> list[int]:
    """The story of each mention of a page, by its keys; new stories where none is known.

    Stories that the page joins are merged: the oldest stands for them.
    """
    if not keys:
        return []
    owners = await _owners(connection, {key for listed in keys for key in listed}, at)
    groups = connected(keys)
    held = [
        {owners[key].story for index in group for key in keys[index] if key in owners}
        for group in groups
    ]
    fresh = iter(await _open(connection, sum(not found for found in held), at, exercise_id))
    known = {story for found in held for story in found}
    for found in held:
        if not found:
            found.add(next(fresh))
    claims = {
        key: min(found)
        for group, found in zip(groups, held, strict=True)
        for index in group
        for key in keys[index]
        if key not in owners or owners[key].fading
    }
    taken = await _claim(connection, claims, at)
    for group, found in zip(groups, held, strict=True):
        found |= {taken[key] for index in group for key in keys[index] if key in taken}
    stands = await merge(connection, held)
    await _touch(connection, {stands[story] for story in known}, at)
    assigned = [0] * len(keys)
    for group, found in zip(groups, held, strict=True):
        for index in group:
            assigned[index] = stands[min(found)]
    return assigned


async def merge(connection: AsyncConnection, sets: Iterable[Collection[int]]) -> dict[int, int]:
    """Make one story of each set, and of sets that meet; what stands for each story of them.

    The oldest stands for the others, in one step for whoever asks.
    """
    listed = [found for found in sets if found]
    stands = {story: story for found in listed for story in found}
    if all(len(found) == 1 for found in listed):
        return stands
    dialect = connection.dialect.name
    if dialect != "sqlite":
        # One merger at a time: what stands for a story does not change under its feet.
        await connection.execute(_ALONE, {"number": _MERGING})
    stands |= await standing(connection, stands)
    roots = [{stands[story] for story in found} for found in listed]
    for group in connected(roots):
        joined = {root for index in group for root in roots[index]}
        into = min(joined)
        if len(joined) > 1:
            absorbed = asked.numbers(connection, joined - {into})
            await connection.execute(asked.merge(dialect), {"ids": absorbed, "into": into})
        stands = {story: into if root in joined else root for story, root in stands.items()}
    return stands


async def standing(connection: AsyncConnection, ids: Collection[int]) -> dict[int, int]:
    """What stands today for each of these stories."""
    bound = {"ids": asked.numbers(connection, ids)}
    rows = await connection.execute(asked.standing(connection.dialect.name), bound)
    return {row.id: row.stands for row in rows}


async def representatives(
    connection: AsyncConnection, *, since: datetime, exercise_id: str = ""
) -> list[Representative]:
    """The first text that is left of each story with a mention received since an instant."""
    bound = {"since": since, "exercise_id": exercise_id}
    rows = list(await connection.execute(asked.FIRST_TEXTS, bound))
    subjects = await subjects_of(connection, [row.id for row in rows])
    return [
        Representative(
            story=row.stands,
            text=f"{row.title}\n{row.text}" if row.title else row.text,
            at=row.occurred_at.timestamp(),
            subjects=subjects.get(row.id, frozenset()),
        )
        for row in rows
    ]


async def expire(connection: AsyncConnection, *, at: datetime) -> None:
    """Forget keys that nobody used within the window."""
    await connection.execute(asked.EXPIRE, {"cutoff": _hour(at - WINDOW)})


async def forget_silenced(connection: AsyncConnection, erased: Collection[int]) -> None:
    """Forget the keys of stories whose last text was among these mentions."""
    if erased:
        if connection.dialect.name != "sqlite":
            # Else each of two that erase a story's last two texts would see the other's standing.
            await connection.execute(_ALONE, {"number": _SILENCING})
        bound = {"ids": asked.numbers(connection, erased)}
        await connection.execute(asked.forget_silenced(connection.dialect.name), bound)


async def _owners(
    connection: AsyncConnection, keys: Collection[int], at: datetime
) -> dict[int, _Owner]:
    bound = {"keys": asked.numbers(connection, keys), **_hours(at)}
    rows = await connection.execute(asked.owners(connection.dialect.name), bound)
    return {key: _Owner(story=story, fading=bool(fading)) for key, story, fading in rows}


def _hour(at: datetime) -> int:
    return int(at.timestamp()) // 3600


def _hours(at: datetime) -> dict[str, int]:
    return {"fading": _hour(at - FADING), "cutoff": _hour(at - WINDOW)}


async def _open(
    connection: AsyncConnection, count: int, at: datetime, exercise_id: str
) -> list[int]:
    if not count:
        return []
    bound = {
        "ids": asked.numbers(connection, range(count)),
        "exercise_id": exercise_id,
        "at": at,
    }
    made = await connection.execute(asked.open_new(connection.dialect.name), bound)
    return sorted(made.scalars())


async def _claim(
    connection: AsyncConnection, claims: dict[int, int], at: datetime
) -> dict[int, int]:
    """Claim keys for stories; gives the owners of those that another daemon has just taken."""
    if not claims:
        return {}
    hours = {"now": _hour(at), **_hours(at)}
    dialect = connection.dialect.name
    if dialect == "sqlite":  # a writer is alone: what it read a moment ago still holds
        pairs = orjson.dumps(sorted(claims.items())).decode()
        await connection.execute(asked.claim(dialect), {"claims": pairs, **hours})
        return {}
    bound = {"keys": list(claims), "owners": list(claims.values()), **hours}
    done = await connection.execute(asked.claim(dialect), bound)
    if done.rowcount == len(claims):
        return {}
    return {key: owner.story for key, owner in (await _owners(connection, claims, at)).items()}


async def _touch(connection: AsyncConnection, ids: Collection[int], at: datetime) -> None:
    if ids:
        bound = {"ids": asked.numbers(connection, ids), "at": at}
        await connection.execute(asked.touch(connection.dialect.name), bound)
