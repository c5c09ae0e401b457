"""One look of a rule that remembers: what its window says from when it was last looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from listener.domain.rule.facts import WindowFact
from listener.domain.rule.settings import WindowRule
from listener.domain.rule.state import RuleState
from listener.domain.rule.windows import Instants, Spell, spells


def begins(state: RuleState, touched: datetime) -> datetime:
    """From when on a look must follow the window; its instants are wanted a window before.

    `touched` is when the oldest mention occurred that is new.
    """
    if state.since is None:
        return touched
    return min(touched, state.looked_at or touched)


def look(
    rule: WindowRule,
    subject: str,
    instants: Instants,
    *,
    state: RuleState,
    touched: datetime,
    at: datetime,
) -> list[WindowFact]:
    """The latest spell that lasted and is over, if any, and then how the window stands at `at`."""
    start = begins(state, touched)
    found = spells(instants, rule, start=start, until=at, since=state.since)
    lasting = rule.for_ or timedelta()
    over = [s for s in found if not s.ongoing and s.until - s.since >= lasting][-1:]
    ongoing = [s for s in found if s.ongoing]
    facts = [_crossed(rule, subject, spell, instants) for spell in (*over, *ongoing)]
    return facts if ongoing else [*facts, _calm(rule, subject, instants, at)]


def _crossed(rule: WindowRule, subject: str, spell: Spell, instants: Instants) -> WindowFact:
    oldest = spell.until - rule.window
    return WindowFact(
        rule=rule.id,
        subject=subject,
        until=spell.until,
        total=spell.total,
        scored=spell.scored,
        negative=spell.negative,
        first_at=next((when for when, _ in instants if when > oldest), spell.since),
        crossed_since=spell.since,
        ongoing=spell.ongoing,
    )


def _calm(rule: WindowRule, subject: str, instants: Instants, at: datetime) -> WindowFact:
    inside: Sequence[bool | None] = [bad for when, bad in instants if when > at - rule.window]
    scored = [bad for bad in inside if bad is not None]
    return WindowFact(
        rule=rule.id,
        subject=subject,
        until=at,
        total=len(inside),
        scored=len(scored),
        negative=sum(scored),
        ongoing=False,
    )
