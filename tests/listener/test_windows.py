"""What a rule sees in the database is what the instants themselves say, however the rows are counted."""

from __future__ import annotations

import random
from datetime import timedelta
from operator import itemgetter
from typing import Any

import pytest

from listener.domain.rule import CountRule, Level, NegativeShareRule, densest
from listener.storage import facts, mentions
from tests.listener.house import NIGHT, ORIGIN, house, mention, page

HOUR = timedelta(hours=1)
SHARE = NegativeShareRule(
    id="s", kind="negative_share", level=Level.WARNING, share=0.6, minimum=4, window=HOUR
)
COUNT = CountRule(id="c", kind="count", level=Level.WARNING, at_least=6, window=HOUR)
ANGER = CountRule(
    id="a", kind="count", level=Level.WARNING, at_least=4, window=HOUR, sentiment="negative"
)


def minutes(count: int, *, seed: int) -> list[tuple[int, bool | None]]:
    """When, in minutes before NIGHT, and how: negative, not, or unscored."""
    dice = random.Random(seed)
    moods = (True, False, False, None)
    return [(dice.randrange(180), dice.choice(moods)) for _ in range(count)]


async def written(database: Any, said: list[tuple[int, bool | None]]) -> None:
    await house(database).process(
        page(*(mention(n) for n in range(len(said)))), ORIGIN, NIGHT - timedelta(days=1)
    )
    async with database.write() as connection:
        await mentions.add_subjects(
            connection,
            [
                {
                    "mention_id": number + 1,
                    "subject": "seen",
                    "exercise_id": "",
                    "occurred_at": NIGHT - timedelta(minutes=before),
                    "live": True,
                    "network": "mastodon",
                    "sentiment": None if bad is None else "negative" if bad else "positive",
                }
                for number, (before, bad) in enumerate(said)
            ],
        )


@pytest.mark.parametrize("seed", range(4))
async def test_a_window_is_found_where_the_instants_hold_one(database, seed) -> None:
    said = minutes(30, seed=seed)
    await written(database, said)
    for rule in (SHARE, COUNT, ANGER):
        for back in range(0, 180, 7):
            touched = NIGHT - timedelta(minutes=back)
            async with database.read() as connection:
                found = await facts.window_fact(connection, rule, "seen", touched=touched, at=NIGHT)
            assert (found is not None) == holds(rule, said, touched), (rule.id, back)


def holds(rule: Any, said: list[tuple[int, bool | None]], touched: Any) -> bool:
    """By looking at every instant, with a last one at NIGHT for the window that ends now."""
    of_the_rule = [
        (NIGHT - timedelta(minutes=before), bad)
        for before, bad in sorted(said, key=itemgetter(0), reverse=True)
        if bad or getattr(rule, "sentiment", None) is None
    ]
    if densest(of_the_rule, rule, not_before=touched) is not None:
        return True
    now = [bad for at, bad in of_the_rule if NIGHT - rule.window < at <= NIGHT]
    if isinstance(rule, CountRule):
        return len(now) >= rule.at_least
    scored = [bad for bad in now if bad is not None]
    return len(scored) >= rule.minimum and sum(scored) >= rule.share * len(scored)
