"""With the example's rules an ordinary hospital sleeps: thirty mentions a day call once a month at most."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from classifiers.bursts import BurstDetector, BurstSettings
from listener.config import load
from listener.domain.burst import NEGATIVE, BurstFact
from listener.domain.rule import (
    BurstRule,
    CountRule,
    Facts,
    Level,
    NegativeShareRule,
    RuleState,
    spells,
    weigh,
)

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
PARIS = ZoneInfo("Europe/Paris")
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
INTERVAL = timedelta(minutes=5)
DAY = timedelta(days=1)
MONTHS = 3
LEARNING = 14 * DAY  # of what is usual, before anybody counts its calls
OWN = frozenset({"chu"})
Said = Sequence[tuple[datetime, bool | None]]


def quiet(seed: int, *, per_day: float = 35.0, negative: float = 0.35) -> Said:
    """Invented months: posts by the hour of the day, some of which a few people answer at once."""
    dice = random.Random(seed)
    said: list[tuple[datetime, bool | None]] = []
    for hour in range(24 * (30 * MONTHS + LEARNING.days)):
        begins = BEGIN + timedelta(hours=hour)
        local = begins.astimezone(PARIS).hour
        awake = 0.15 if local < 6 else 1.3 if 8 <= local < 23 else 0.8
        threads = dice.random() < min(1.0, per_day / 24 / 1.6 * awake)
        for _ in range(threads):
            at = begins + timedelta(minutes=dice.uniform(0, 60))
            mood = dice.random() < negative
            answers = min(int(dice.expovariate(1.2)), 5)
            for _ in range(1 + answers):
                said.append((at, mood if dice.random() < 0.8 else not mood))
                at += timedelta(minutes=dice.expovariate(1 / 12))
    return sorted(said, key=lambda pair: pair[0])


def rules() -> list[Any]:
    found = load(EXAMPLE, environ={}).rule
    return [rule for rule in found if isinstance(rule, CountRule | NegativeShareRule | BurstRule)]


def counted(rule: Any, said: Said) -> list[datetime]:
    """When a window rule begins to breach."""
    wanted = [p for p in said if p[1] or getattr(rule, "sentiment", None) is None]
    last = said[-1][0]
    return [s.since for s in spells(wanted, rule, start=BEGIN, until=last)]


def bursting(rule: BurstRule, said: Said) -> list[datetime]:
    """When a burst rule begins to breach, interval by interval."""
    detector = BurstDetector(BurstSettings(interval=INTERVAL, zone=PARIS))
    counts = Counter((at - BEGIN) // INTERVAL for at, bad in said if bad)
    states: dict[tuple[str, str], RuleState] = {}
    begun: list[datetime] = []
    for number in range((said[-1][0] - BEGIN) // INTERVAL + 1):
        until = BEGIN + (number + 1) * INTERVAL
        burst = detector.update(until, counts[number])
        if burst.alarm or burst.ongoing:
            facts = Facts(bursts=[fact(burst, until)], states=dict(states), at=until)
            weighed = weigh([rule], facts, own=OWN)
            states |= weighed.states
            begun += [b.at for b in weighed.breaches if states[rule.id, "chu"].since == b.at]
    return begun


def fact(burst: Any, until: datetime) -> BurstFact:
    return BurstFact(
        subject="chu",
        stream=NEGATIVE,
        until=until,
        score=burst.score,
        alarm=burst.alarm,
        ongoing=burst.ongoing,
        observed=burst.observed,
        expected=burst.expected,
        record=burst.record,
        span=burst.span,
    )


def calls_at_night(said: Said) -> list[tuple[datetime, str]]:
    """Nights in which anything critical began, once they count."""
    found: dict[Any, tuple[datetime, str]] = {}
    for rule in rules():
        if rule.level is not Level.CRITICAL:
            continue
        begun = bursting(rule, said) if isinstance(rule, BurstRule) else counted(rule, said)
        for at in begun:
            local = at.astimezone(PARIS)
            night = (local - timedelta(hours=8)).date()
            if at >= BEGIN + LEARNING and not 8 <= local.hour < 20:
                found.setdefault(night, (at, rule.id))
    return sorted(found.values())


@pytest.mark.parametrize("seed", [1, 2])
def test_an_ordinary_hospital_is_called_once_a_month_at_night_at_most(seed: int) -> None:
    said = quiet(seed)
    assert 25 <= len(said) / (30 * MONTHS + LEARNING.days) <= 35
    assert len(calls_at_night(said)) <= MONTHS


def test_a_bad_evening_calls_all_the_same() -> None:
    evening = BEGIN + 20 * DAY + timedelta(hours=21)
    said = [pair for pair in quiet(3) if pair[0] < evening]
    said += [(evening + timedelta(minutes=m), True) for m in range(40)]
    burst = next(rule for rule in rules() if isinstance(rule, BurstRule))
    assert any(evening <= at < evening + timedelta(hours=1) for at in bursting(burst, said))
    count = next(rule for rule in rules() if rule.level is Level.CRITICAL)
    assert any(evening <= at < evening + timedelta(hours=1) for at in counted(count, said))
