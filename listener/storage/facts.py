"""What rules ask of the database: counts of live mentions in a window, read inside the transaction."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.rule import CountRule, RuleState, WindowFact, WindowRule, densest, reaches
from listener.domain.rule.looks import begins, look
from listener.storage.tables import mention_subjects as seen

MAX_SLIDE = 50_000  # instants looked at one by one: more than any hospital's worst hour
ROUNDING = 1e-6  # of a share's product


@dataclass(frozen=True, slots=True)
class _Counts:
    total: int
    scored: int
    negative: int
    first_at: datetime | None


async def window_fact(
    connection: AsyncConnection,
    rule: WindowRule,
    subject: str,
    *,
    touched: datetime,
    at: datetime,
    exercise_id: str = "",
) -> WindowFact | None:
    """The rule's window ending at `at`, or else the latest earlier one that breaches.

    `touched` is when the oldest mention of the page occurred: every window that holds a mention
    of the page ends between it and `at`. None where no such window breaches.
    """
    look = _Look(connection, rule, {"exercise_id": exercise_id, "subject": subject})
    counts = await look.count(at - rule.window, at)
    if _reach(rule, counts):
        return _fact(rule, subject, at, counts)
    # Nothing older than the current window came in with the page: there is no other window to see.
    if touched >= at or not await _may_reach(look, touched, at):
        return None
    return await _slide(look, subject, touched, at)


async def remembered_windows(
    connection: AsyncConnection,
    rule: WindowRule,
    subject: str,
    *,
    touched: datetime,
    at: datetime,
    state: RuleState,
    exercise_id: str = "",
) -> list[WindowFact]:
    """Of a rule that remembers: the latest spell that lasted and is over, and what is now.

    `touched` is when the oldest new mention occurred, `at` where none is. Empty where the rule
    rests and nothing changes that.
    """
    seen_by = _Look(connection, rule, {"exercise_id": exercise_id, "subject": subject})
    if state.since is None and not await _stirs(seen_by, touched, at):
        return []
    instants = await seen_by.instants(begins(state, touched) - rule.window, at)
    told = partial(look, rule, subject, instants, state=state, touched=touched, at=at)
    return await asyncio.to_thread(told)


async def _stirs(look: _Look, touched: datetime, at: datetime) -> bool:
    """Whether any window could breach that holds what is new."""
    if _reach(look.rule, await look.count(at - look.rule.window, at)):
        return True
    return touched < at and await _may_reach(look, touched, at)


async def reached(
    connection: AsyncConnection,
    rule: WindowRule,
    subject: str,
    *,
    at: datetime,
    exercise_id: str = "",
) -> float:
    """How far the rule's window ending at `at` is on its way to the threshold: 1 is there."""
    look = _Look(connection, rule, {"exercise_id": exercise_id, "subject": subject})
    counts = await look.count(at - rule.window, at)
    if isinstance(rule, CountRule):
        return counts.total / rule.at_least
    share = counts.negative / counts.scored if counts.scored else 0.0
    return min(counts.scored / rule.minimum, 1.0) * share / rule.share


def _reach(rule: WindowRule, counts: _Counts) -> bool:
    return reaches(rule, total=counts.total, scored=counts.scored, negative=counts.negative)


@dataclass(frozen=True, slots=True)
class _Look:
    """One rule's view of one subject."""

    connection: AsyncConnection
    rule: WindowRule
    names: dict[str, str]

    async def count(self, since: datetime, until: datetime) -> _Counts:
        row = (await self._read(_counted, since, until)).one()
        return _Counts(int(row[0]), int(row[1]), int(row[2]), row[3])

    async def instants(
        self, since: datetime, until: datetime
    ) -> list[tuple[datetime, bool | None]]:
        """When each mention occurred and whether it was negative, oldest first."""
        rows = await self._read(_listed, since, until)
        return [
            (occurred_at, None if sentiment is None else sentiment == "negative")
            for occurred_at, sentiment in rows
        ][::-1]

    async def _read(self, query: Any, since: datetime, until: datetime) -> Any:
        bound = {**self.names, "since": since, "until": until}
        return await self.connection.execute(query(*_scope(self.rule)), bound)


def _scope(rule: WindowRule) -> tuple[tuple[str, ...], str | None]:
    return rule.networks, rule.sentiment if isinstance(rule, CountRule) else None


def _where(networks: tuple[str, ...], sentiment: str | None) -> list[ColumnElement[bool]]:
    where = [
        seen.c.exercise_id == bindparam("exercise_id"),
        seen.c.subject == bindparam("subject"),
        seen.c.live.is_(True),
        seen.c.occurred_at > bindparam("since"),
        seen.c.occurred_at <= bindparam("until"),
    ]
    if networks:
        where.append(seen.c.network.in_(networks))
    if sentiment is not None:
        where.append(seen.c.sentiment == sentiment)
    return where


@lru_cache
def _counted(networks: tuple[str, ...], sentiment: str | None) -> Select[Any]:
    negative = func.sum(case((seen.c.sentiment == "negative", 1), else_=0))
    return select(
        func.count(),
        func.count(seen.c.sentiment),
        func.coalesce(negative, 0),
        func.min(seen.c.occurred_at),
    ).where(*_where(networks, sentiment))


@lru_cache
def _listed(networks: tuple[str, ...], sentiment: str | None) -> Select[Any]:
    return (
        select(seen.c.occurred_at, seen.c.sentiment)
        .where(*_where(networks, sentiment))
        .order_by(seen.c.occurred_at.desc())
        .limit(MAX_SLIDE)
    )


async def _may_reach(look: _Look, touched: datetime, at: datetime) -> bool:
    """Whether any window that ends between `touched` and `at` could breach: counts tell, rows cost.

    Each holds no more than what is within the window of either end, and no less than what is
    within the windows of both.
    """
    rule = look.rule
    widest = await look.count(touched - rule.window, at)
    if isinstance(rule, CountRule):
        return widest.total >= rule.at_least
    if widest.scored < rule.minimum:
        return False
    common = await look.count(at - rule.window, touched)
    others = common.scored - common.negative
    return widest.negative >= rule.share * (widest.negative + others) - ROUNDING


async def _slide(
    look: _Look, subject: str, touched: datetime, until: datetime
) -> WindowFact | None:
    rule = look.rule
    instants = await look.instants(touched - rule.window, until)
    # Thousands of them take the better part of a tenth of a second, which is not the event loop's.
    found = await asyncio.to_thread(densest, instants, rule, not_before=touched)
    if found is None:
        return None
    end, total, scored, negative = found
    first = next(when for when, _ in instants if when > end - rule.window)
    return _fact(rule, subject, end, _Counts(total, scored, negative, first))


def _fact(rule: WindowRule, subject: str, until: datetime, counts: _Counts) -> WindowFact:
    return WindowFact(
        rule=rule.id,
        subject=subject,
        until=until,
        first_at=counts.first_at,
        total=counts.total,
        scored=counts.scored,
        negative=counts.negative,
    )


async def window_mentions(
    connection: AsyncConnection,
    rule: WindowRule,
    subject: str,
    *,
    until: datetime,
    limit: int,
    exercise_id: str = "",
) -> list[int]:
    """Ids of the window's latest mentions: what a breach of a count is about."""
    rows = await connection.execute(
        select(seen.c.mention_id)
        .where(*_where(*_scope(rule)))
        .order_by(seen.c.occurred_at.desc())
        .limit(limit),
        {
            "exercise_id": exercise_id,
            "subject": subject,
            "since": until - rule.window,
            "until": until,
        },
    )
    return [row[0] for row in rows]
