"""What must be sent: each row once, claimed under a lease, proven by a receipt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.digest import named
from listener.storage.dialect import chunks, insert
from listener.storage.tables import outbox

UTC = ZoneInfo("UTC")
PENDING, SENDING, SENT, FAILED = "pending", "sending", "sent", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One row of the outbox: to whom, by which channel, about what; never the text itself."""

    id: int
    key: str
    kind: str
    channel: str
    person: str | None
    payload: Mapping[str, Any]
    incident_id: int | None
    thread: str | None
    attempts: int
    created_at: datetime
    due_at: datetime
    sending_since: datetime | None  # not None: an earlier attempt may have succeeded
    exercise_id: str


def _letter(row: Row[Any]) -> Letter:
    names = Letter.__slots__
    return Letter(**{name: getattr(row, name) for name in names})


async def enqueue(
    connection: AsyncConnection,
    *,
    key: str,
    kind: str,
    channel: str,
    person: str | None,
    payload: Mapping[str, Any],
    created_at: datetime,
    due_at: datetime,
    incident_id: int | None = None,
    thread: str | None = None,
    exercise_id: str = "",
) -> bool:
    """Add a row; False where its key stands already: it is, or was, on its way."""
    statement = (
        insert(connection, outbox)
        .values(
            key=key,
            kind=kind,
            channel=channel,
            person=person,
            payload=dict(payload),
            state=PENDING,
            created_at=created_at,
            due_at=due_at,
            incident_id=incident_id,
            thread=thread,
            exercise_id=exercise_id,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(outbox.c.id)
    )
    return (await connection.execute(statement)).scalar_one_or_none() is not None


async def claim(
    connection: AsyncConnection, *, owner: str, at: datetime, lease: timedelta, limit: int = 20
) -> list[Letter]:
    """Take what is due and nobody holds. `sending_since` tells an interrupted attempt."""
    free = or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= at)
    due = select(outbox.c.id).where(
        outbox.c.state.in_([PENDING, SENDING]), outbox.c.due_at <= at, free
    )
    due = due.order_by(outbox.c.due_at, outbox.c.id).limit(limit)
    if connection.dialect.name != "sqlite":
        due = due.with_for_update(skip_locked=True)
    ids = [row[0] for row in await connection.execute(due)]
    if not ids:
        return []
    rows = (await connection.execute(select(outbox).where(outbox.c.id.in_(ids)))).all()
    await connection.execute(
        update(outbox)
        .where(outbox.c.id.in_(ids))
        .values(lease_owner=owner, lease_until=at + lease, state=SENDING)
    )
    first = [row.id for row in rows if row.sending_since is None]
    if first:
        await connection.execute(
            update(outbox).where(outbox.c.id.in_(first)).values(sending_since=at)
        )
    return sorted((_letter(row) for row in rows), key=lambda letter: (letter.due_at, letter.id))


async def sent(
    connection: AsyncConnection, letter: Letter, *, at: datetime, receipt: Mapping[str, Any]
) -> None:
    await connection.execute(
        update(outbox)
        .where(outbox.c.id == letter.id)
        .values(
            state=SENT,
            sent_at=at,
            receipt=dict(receipt),
            attempts=letter.attempts + 1,
            error=None,
            lease_owner=None,
            lease_until=None,
        )
    )


async def repeat(connection: AsyncConnection, letter: Letter) -> None:
    """Count one more send of a letter that may have arrived already: before it, lest a kill hide it."""
    await connection.execute(
        update(outbox).where(outbox.c.id == letter.id).values(repeats=outbox.c.repeats + 1)
    )


async def retry(
    connection: AsyncConnection, letter: Letter, *, due_at: datetime, error: str, ambiguous: bool
) -> None:
    """Put a row back. Only an attempt that surely failed forgets that it was being sent."""
    values: dict[str, Any] = {
        "state": PENDING,
        "due_at": due_at,
        "attempts": letter.attempts + 1,
        "error": error[:500],
        "lease_owner": None,
        "lease_until": None,
    }
    if not ambiguous:
        values["sending_since"] = letter.sending_since
    await connection.execute(update(outbox).where(outbox.c.id == letter.id).values(**values))


async def failed(connection: AsyncConnection, letter: Letter, *, error: str) -> None:
    """Give a row up for good: its fallback takes over."""
    await connection.execute(
        update(outbox)
        .where(outbox.c.id == letter.id)
        .values(
            state=FAILED,
            attempts=letter.attempts + 1,
            error=error[:500],
            lease_owner=None,
            lease_until=None,
        )
    )


async def thread_root(
    connection: AsyncConnection, *, channel: str, thread: str | None
) -> Mapping[str, Any] | None:
    """The receipt of the first message of a thread on this channel."""
    if thread is None:
        return None
    receipt: Mapping[str, Any] | None = (
        await connection.execute(
            select(outbox.c.receipt)
            .where(outbox.c.channel == channel, outbox.c.thread == thread, outbox.c.state == SENT)
            .order_by(outbox.c.id)
            .limit(1)
        )
    ).scalar_one_or_none()
    return receipt


async def told(connection: AsyncConnection, incident_id: int) -> list[tuple[str, str | None]]:
    """Who was already told of an incident: (channel, person), in order."""
    rows = await connection.execute(
        select(outbox.c.channel, outbox.c.person)
        .where(outbox.c.incident_id == incident_id, outbox.c.state == SENT)
        .order_by(outbox.c.sent_at)
    )
    return [(channel, person) for channel, person in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A letter and how far it got."""

    letter: Letter
    receipt: Mapping[str, Any] | None
    on_its_way: bool  # an attempt may have reached the channel, though no receipt says so yet


async def get(connection: AsyncConnection, letter_id: int) -> Standing | None:
    row = (await connection.execute(select(outbox).where(outbox.c.id == letter_id))).one_or_none()
    if row is None:
        return None
    return Standing(
        letter=_letter(row),
        receipt=row.receipt if row.state == SENT else None,
        on_its_way=row.state in (PENDING, SENDING) and row.sending_since is not None,
    )


async def roots(
    connection: AsyncConnection, incident_id: int, channels: Collection[str]
) -> list[Standing]:
    """The first message about an incident on each of these channels: the one that is kept true."""
    rows = await connection.execute(
        select(outbox)
        .where(
            outbox.c.incident_id == incident_id,
            outbox.c.channel.in_(list(channels)),
            outbox.c.kind == "alert",
            outbox.c.state == SENT,
        )
        .order_by(outbox.c.id)
    )
    found: dict[str, Standing] = {}
    for row in rows:
        standing = Standing(letter=_letter(row), receipt=row.receipt, on_its_way=False)
        found.setdefault(row.channel, standing)
    return list(found.values())


async def showing(
    connection: AsyncConnection,
    *,
    incidents: Collection[int],
    days: Collection[date],
    channels: Collection[str] | None = None,
) -> list[int]:
    """Letters about these incidents, and digests of these days, that were or may have been sent.

    `channels`: those of these channels alone.
    """
    gone = or_(outbox.c.state == SENT, outbox.c.sending_since.is_not(None))
    if channels is not None:
        gone = and_(gone, outbox.c.channel.in_(list(channels)))
    found: set[int] = set()
    for part in chunks(incidents):
        query = select(outbox.c.id).where(gone, outbox.c.incident_id.in_(part))
        found.update(row.id for row in await connection.execute(query))
    query = select(outbox.c.id, outbox.c.payload).where(gone, outbox.c.kind == "digest")
    digests = await connection.execute(query)
    found.update(row.id for row in digests if _may_quote(row.payload, days))
    return sorted(found)


async def hold_waiting(connection: AsyncConnection, incidents: Collection[int]) -> None:
    """Letters about these incidents, and digests, that nobody has taken up yet wait until the
    transaction ends: they are then composed of what it left."""
    waiting = select(outbox.c.id).where(outbox.c.state == PENDING)
    waiting = waiting.order_by(outbox.c.id).with_for_update()
    await connection.execute(waiting.where(outbox.c.kind == "digest"))
    for part in chunks(incidents):
        await connection.execute(waiting.where(outbox.c.incident_id.in_(part)))


def period_told(payload: Mapping[str, Any]) -> str:
    """The label of a digest's period: a week, where a row was written before there were others."""
    label: str = payload["period"] if "period" in payload else payload["week"]
    return label


def _may_quote(payload: Mapping[str, Any], days: Collection[date]) -> bool:
    """A digest quotes posts of its period, and of the one before: of stories that have faded."""
    period = named(period_told(payload), UTC)
    first = period.previous().first_day
    return any(first <= day <= period.last_day for day in days)


async def shown(
    connection: AsyncConnection, incident_ids: Collection[int]
) -> list[tuple[Letter, Mapping[str, Any]]]:
    """What was sent of these incidents, and every digest: for the demonstration's summary."""
    rows = await connection.execute(
        select(outbox)
        .where(
            outbox.c.state == SENT,
            outbox.c.receipt.is_not(None),
            or_(outbox.c.incident_id.in_(list(incident_ids)), outbox.c.kind == "digest"),
        )
        .order_by(outbox.c.id)
    )
    return [(_letter(row), row.receipt) for row in rows]
