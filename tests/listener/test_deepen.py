"""The second reading, on both engines: what it raises, what it never takes back, and who wins."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from connectors.mention import Deletion
from listener.domain.alert import AlertView, Analysis
from listener.storage import deep as queue
from listener.storage import incidents, outbox, verdicts
from listener.storage.tables import mentions
from listener.storage.tables import outbox as outbox_rows
from listener.workflows import deepen
from listener.workflows.rescore import Rescorer
from listener.workflows.view import Viewer
from tests.listener.house import (
    MANY,
    NIGHT,
    ORIGIN,
    count,
    figures,
    live,
    mention,
    page,
    rows,
)
from tests.listener.tiers import Says, deep, said, tiers

LATER = NIGHT + timedelta(seconds=3)
LONG = timedelta(minutes=1)
UNSURE = said("negative", 0.5, severity=40.0)


async def stored(database: Any, number: int = 0) -> Any:
    found = sorted(await rows(database, "mentions"), key=lambda row: row.id)
    return found[number]


async def waits(database: Any) -> int:
    async with database.read() as connection:
        return (await queue.waiting(connection)).count


async def test_what_was_uncertain_is_read_again_and_the_deep_word_stands_beside_the_fast(
    database,
) -> None:
    processor, deepener = tiers(
        database,
        Says(otherwise=UNSURE),
        Says(otherwise=deep("positive", 0.97, severity=3.0, themes={"praise": 0.9, "death": 0.4})),
    )
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    row = await stored(database)
    assert (row.sentiment, row.tier) == ("negative", "fast")
    assert row.deep_priority is not None
    await deepener.deepen(LATER, LONG)
    row = await stored(database)
    assert (row.sentiment, row.severity, row.tier) == ("positive", 3.0, "deep")
    assert (row.deep_priority, row.lease_owner, row.scored_at) == (None, None, LATER)
    (subject,) = await rows(database, "mention_subjects")
    assert subject.sentiment == "positive"
    assert await count(database, "scores") == 10  # five of each: nothing is overwritten
    assert deepener.rescored == 1


async def test_what_is_certain_and_harmless_and_what_is_caught_up_with_never_waits(
    database,
) -> None:
    processor, _ = tiers(database, Says({"flou": UNSURE}), Says())
    await processor.process(page(mention(1, "CHU de Valmont, flou")), ORIGIN, NIGHT)  # backfill
    await live(processor)
    await processor.process(page(mention(2, "CHU de Valmont, clair")), ORIGIN, NIGHT)
    assert await waits(database) == 0


async def test_a_severity_that_is_raised_opens_an_incident_and_calls(database) -> None:
    fast = Says(otherwise=said("negative", 0.9, severity=70.0))
    processor, deepener = tiers(database, fast, Says(otherwise=deep("negative", severity=90.0)))
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    assert await count(database, "incidents") == 0
    assert await deepener.deepen(LATER, LONG) == 2  # Slack and e-mail
    (incident,) = await rows(database, "incidents")
    assert incident.level == "critical"
    assert await count(database, "outbox") == 2


async def test_a_tone_that_turns_counts_for_the_rules_though_no_severity_moved(database) -> None:
    fast = Says(otherwise=said("neutral", 0.5, severity=10.0))
    processor, deepener = tiers(database, fast, Says(otherwise=deep("negative", severity=10.0)))
    await live(processor)
    await processor.process(page(*(mention(n) for n in range(5))), ORIGIN, NIGHT)
    assert await deepener.deepen(LATER, LONG) == 2  # Slack and e-mail
    (incident,) = await rows(database, "incidents")
    assert incident.evidence[0]["rule"] == MANY.id


async def test_a_severity_that_is_lowered_closes_nothing_and_takes_no_page_back(database) -> None:
    fast = Says(otherwise=said("negative", 0.6, severity=95.0))
    processor, deepener = tiers(database, fast, Says(otherwise=deep("positive", severity=1.0)))
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    tables = ("incidents", "incident_events", "incident_mentions", "outbox")
    before = {name: await rows(database, name) for name in tables}
    assert before["outbox"]
    assert await deepener.deepen(LATER, LONG) == 0
    assert {name: await rows(database, name) for name in tables} == before
    assert (await stored(database)).severity == 1.0


async def test_old_news_is_recorded_and_pages_nobody(database) -> None:
    fast = Says(otherwise=said("negative", 0.9, severity=70.0))
    processor, deepener = tiers(database, fast, Says(otherwise=deep("negative", severity=90.0)))
    await live(processor)
    old = mention(1, published_at=NIGHT - timedelta(hours=9))
    await processor.process(page(old), ORIGIN, NIGHT)
    await deepener.deepen(LATER, LONG)
    assert await rows(database, "outbox") == []
    (morning,) = await rows(database, "due")
    assert morning.kind == "morning"


async def test_an_old_post_that_takes_off_today_is_news_of_today(database) -> None:
    fast = Says(otherwise=said("negative", 0.9, severity=70.0))
    slow = Says(otherwise=deep("negative", severity=90.0, growth=8.0))
    processor, deepener = tiers(database, fast, slow)
    await live(processor)
    old = mention(1, published_at=NIGHT - timedelta(hours=9))
    before = NIGHT - timedelta(minutes=30)
    await processor.process(page(old, engagements=[figures(old, before, shares=1)]), ORIGIN, before)
    await processor.process(page(engagements=[figures(old, NIGHT, shares=900)]), ORIGIN, NIGHT)
    await deepener.deepen(LATER, LONG)
    letters = await rows(database, "outbox")
    assert {letter.payload["alert"] for letter in letters} == {"opened"}
    assert [r.shares for r in slow.asked[0].readings] == [1, 900]


async def test_a_later_edit_wins_over_a_reading_that_began_before_it(database) -> None:
    fast = Says({"corrigé": said("neutral", 0.95)}, otherwise=UNSURE)
    slow = Says(otherwise=deep("negative", severity=99.0))
    processor, deepener = tiers(database, fast, slow)
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)

    async def edited() -> None:
        slow.meanwhile = None
        after = mention(1, "Le CHU de Valmont, corrigé")
        await processor.process(page(after), ORIGIN, NIGHT + timedelta(seconds=1))

    slow.meanwhile = edited
    await deepener.deepen(LATER, LONG)
    row = await stored(database)
    assert (row.sentiment, row.tier, row.deep_priority) == ("neutral", "fast", None)
    assert await count(database, "incidents") == 0


async def test_a_deletion_wins_over_a_reading_that_began_before_it(database) -> None:
    slow = Says(otherwise=deep("negative", severity=99.0))
    processor, deepener = tiers(database, Says(otherwise=UNSURE), slow)
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)

    async def deleted() -> None:
        gone = Deletion(network="mastodon", external_id=mention(1).external_id, seen_at=NIGHT)
        await processor.process(page(deletions=[gone]), ORIGIN, NIGHT + timedelta(seconds=1))

    slow.meanwhile = deleted
    await deepener.deepen(LATER, LONG)
    row = await stored(database)
    assert (row.text, row.tier, row.deep_priority, row.lease_owner) == (None, "fast", None, None)
    assert await count(database, "incidents") == 0


async def test_figures_that_moved_meanwhile_are_read_with_the_next_batch(database) -> None:
    slow = Says(otherwise=deep("negative", severity=50.0))
    processor, deepener = tiers(database, Says(otherwise=UNSURE), slow)
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)

    async def moved() -> None:
        slow.meanwhile = None
        taken = figures(mention(1), NIGHT + timedelta(seconds=1), shares=5)
        await processor.process(page(engagements=[taken]), ORIGIN, NIGHT + timedelta(seconds=1))

    slow.meanwhile = moved
    await deepener.deepen(LATER, LONG)
    assert [len(sample.readings) for sample in slow.asked] == [0, 1]
    assert (await stored(database)).tier == "deep"


async def test_fast_scores_of_moved_figures_move_the_deep_severity_and_leave_its_other_words(
    database,
) -> None:
    fast = Says(otherwise=said("negative", 0.6, severity=60.0))
    slow = Says(
        otherwise=deep(
            "positive",
            severity=20.0,
            themes={"rumour": 0.8},
            flags={"patient_privacy": 0.9, "about_hospital": 0.9},
        )
    )
    processor, deepener = tiers(database, fast, slow)
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    await deepener.deepen(LATER, LONG)
    fast.otherwise = said("negative", 0.6, severity=72.0)
    later = NIGHT + timedelta(minutes=10)
    await processor.process(page(engagements=[figures(mention(1), later, shares=5)]), ORIGIN, later)
    row = await stored(database)
    assert (row.sentiment, row.severity, row.tier) == ("positive", 32.0, "deep")
    assert (row.themes, row.restricted, row.about) == (1 << 11, True, 0.9)
    async with database.read() as connection:
        assert await verdicts.latest_flags(connection, [row.id]) == {
            row.id: {"patient_privacy": 0.9, "about_hospital": 0.9}
        }
        assert await verdicts.fast_severities(connection, [row.id]) == {row.id: 72.0}


async def test_what_could_alert_is_read_first_and_of_what_is_alike_the_newest(database) -> None:
    fast = Says({"grave": said("negative", severity=75.0)}, otherwise=UNSURE)
    slow = Says(otherwise=deep())
    processor, deepener = tiers(database, fast, slow)
    await live(processor)
    texts = ["un", "deux", "trois grave", "quatre"]
    for n, text in enumerate(texts):
        at = NIGHT + timedelta(seconds=n)
        await processor.process(page(mention(n, f"CHU de Valmont {text}")), ORIGIN, at)
    await deepener.deepen(NIGHT + timedelta(minutes=1), LONG)
    asked = [sample.text.removeprefix("CHU de Valmont ") for sample in slow.asked]
    assert asked == ["trois grave", "quatre", "deux", "un"]


async def test_a_negative_post_is_urgent_where_a_count_is_near_its_threshold(database) -> None:
    fast = Says(otherwise=said("negative", 0.95, severity=10.0))
    processor, _ = tiers(database, fast, Says())
    await live(processor)
    await processor.process(page(*(mention(n) for n in range(3))), ORIGIN, NIGHT)
    assert await waits(database) == 0
    await processor.process(page(mention(4)), ORIGIN, NIGHT + timedelta(minutes=1))
    assert await waits(database) == 1


async def test_time_is_kept_and_the_rest_waits_for_the_next_turn(database, monkeypatch) -> None:
    monkeypatch.setattr(deepen, "BATCH", 2)
    seconds = iter(range(0, 1000, 3))  # each look at the clock finds three seconds gone
    processor, deepener = tiers(
        database, Says(otherwise=UNSURE), Says(otherwise=deep()), clock=lambda: next(seconds)
    )
    await live(processor)
    await processor.process(page(*(mention(n) for n in range(5))), ORIGIN, NIGHT)
    await deepener.deepen(LATER, timedelta(seconds=4))
    assert await waits(database) == 3
    await deepener.deepen(LATER, timedelta(minutes=5))
    assert await waits(database) == 0


async def test_the_deep_classifiers_let_a_page_that_waits_for_its_scores_pass(database) -> None:
    processor, deepener = tiers(database, Says(otherwise=UNSURE), Says(otherwise=deep()))
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    with processor.asking():
        await deepener.deepen(LATER, timedelta(seconds=0.1))
    assert await waits(database) == 1


async def test_nothing_is_begun_once_the_daemon_stops(database) -> None:
    processor, deepener = tiers(
        database, Says(otherwise=UNSURE), Says(otherwise=deep()), stopping=lambda: True
    )
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    await deepener.deepen(LATER, LONG)
    assert await waits(database) == 1


async def test_poison_keeps_its_fast_score_and_is_not_tried_for_ever(database) -> None:
    slow = Says(otherwise=deep("positive"), poison="poison")
    processor, deepener = tiers(database, Says(otherwise=UNSURE), slow)
    await live(processor)
    pair = mention(1, "CHU de Valmont poison"), mention(2)
    await processor.process(page(*pair), ORIGIN, NIGHT)
    await deepener.deepen(LATER, LONG)
    assert await waits(database) == 0
    assert {row.tier for row in await rows(database, "mentions")} == {"fast", "deep"}
    assert deepener.rescored == 1


async def test_scores_that_do_not_say_they_are_deep_are_not_asked_for_again(database) -> None:
    processor, deepener = tiers(database, Says(otherwise=UNSURE), Says(otherwise=UNSURE))
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    await deepener.deepen(LATER, LONG)
    assert (await waits(database), (await stored(database)).tier) == (0, "fast")


async def test_without_deep_classifiers_the_fast_word_stands_and_is_said_once(
    database, caplog
) -> None:
    slow = Says(otherwise=deep(), away=True)
    processor, deepener = tiers(database, Says(otherwise=UNSURE), slow)
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    for minutes in (0, 1, 11, 12):
        await deepener.deepen(LATER + timedelta(minutes=minutes), LONG)
    assert deepener.away
    row = await stored(database)
    assert (row.tier, row.lease_owner) == ("fast", None)
    assert [r.getMessage().split()[0] for r in caplog.records] == ["deep.away"]
    slow.away = False
    await deepener.deepen(LATER + timedelta(minutes=23), LONG)
    assert (deepener.away, (await stored(database)).tier) == (False, "deep")


async def test_two_daemons_never_read_the_same_post_deeply(database, monkeypatch) -> None:
    monkeypatch.setattr(deepen, "BATCH", 3)
    slow = Says(otherwise=deep())

    async def slowly() -> None:
        await asyncio.sleep(0.01)

    slow.meanwhile = slowly
    processor, first = tiers(database, Says(otherwise=UNSURE), slow)
    _, second = tiers(database, Says(), slow, owner="two")
    await live(processor)
    await processor.process(page(*(mention(n) for n in range(20))), ORIGIN, NIGHT)
    await asyncio.gather(*(d.deepen(LATER, LONG) for d in (first, second)))
    assert len(slow.asked) == 20
    assert first.rescored + second.rescored == 20


async def test_what_a_killed_daemon_held_is_read_once_its_lease_is_over(database) -> None:
    processor, deepener = tiers(database, Says(otherwise=UNSURE), Says(otherwise=deep()))
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    async with database.write() as connection:
        await queue.claim(connection, owner="dead", at=LATER, lease=deepen.LEASE, limit=5)
    await deepener.deepen(LATER, LONG)
    assert await waits(database) == 1
    await deepener.deepen(LATER + deepen.LEASE, LONG)
    assert await waits(database) == 0


async def test_the_last_in_line_are_dropped_where_the_queue_is_full_or_a_day_old(
    database, monkeypatch, caplog
) -> None:
    monkeypatch.setattr(deepen, "ROOM", 2)
    fast = Says({"grave": said("negative", severity=75.0)}, otherwise=UNSURE)
    processor, deepener = tiers(database, fast, Says(otherwise=deep()), stopping=lambda: True)
    await live(processor)
    texts = ["un grave", "deux", "trois", "quatre"]
    for n, text in enumerate(texts):
        at = NIGHT + timedelta(seconds=n)
        await processor.process(page(mention(n, f"CHU de Valmont {text}")), ORIGIN, at)
    for _ in range(2):
        await deepener.deepen(LATER, LONG)
    async with database.read() as connection:
        query = select(mentions.c.text).where(mentions.c.deep_priority.is_not(None))
        left = {row.text for row in await connection.execute(query)}
    assert left == {"CHU de Valmont un grave", "CHU de Valmont quatre"}
    assert deepener.shed == 2
    assert [r.getMessage() for r in caplog.records] == ["deep.shedding waiting=4 dropped=2"]
    await deepener.deepen(NIGHT + timedelta(hours=25), LONG)
    assert (await waits(database), deepener.shed) == (0, 4)


async def test_what_was_stored_without_scores_enters_the_queue_once_it_has_some(database) -> None:
    fast = Says(otherwise=UNSURE, away=True)
    processor, _ = tiers(database, fast, Says())
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    assert await waits(database) == 0
    fast.away = False
    await Rescorer(processor=processor).rescore(LATER)
    assert await waits(database) == 1


async def test_an_edit_without_a_scorer_makes_the_deep_word_on_the_old_text_void(database) -> None:
    fast = Says({"corrigé": said("positive", 0.95)}, otherwise=UNSURE)
    processor, deepener = tiers(database, fast, Says(otherwise=deep("negative")))
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    await deepener.deepen(LATER, LONG)
    fast.away = True
    later = NIGHT + timedelta(minutes=1)
    await processor.process(page(mention(1, "CHU de Valmont, corrigé")), ORIGIN, later)
    assert (await stored(database)).tier is None
    fast.away = False
    await Rescorer(processor=processor).rescore(later + timedelta(seconds=1))
    row = await stored(database)
    assert (row.sentiment, row.tier) == ("positive", "fast")


@dataclass
class Alerts:
    """What the first alert in the outbox would say now."""

    database: Any
    processor: Any
    deep: bool = True

    async def view(self) -> AlertView:
        viewer = Viewer(
            hospital="CHU de Valmont",
            timezone="Europe/Paris",
            watches={},
            rules={},
            people={},
            sealer=self.processor.sealer,
            reads_deeply=lambda: self.deep,
        )
        async with self.database.read() as connection:
            (incident,) = await incidents.unfinished(connection)
            letter_id = (await connection.execute(select(outbox_rows.c.id))).scalars().first()
            standing = await outbox.get(connection, letter_id)
            return await viewer.alert(connection, incident, standing.letter, NIGHT)


async def test_an_alert_says_how_far_its_posts_were_read_and_shows_the_newest_scores(
    database,
) -> None:
    fast = Says(otherwise=said("negative", 0.6, severity=95.0))
    slow = Says(otherwise=deep("negative", severity=83.0, themes={"rumour": 0.9}))
    processor, deepener = tiers(database, fast, slow)
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    alerts = Alerts(database, processor)
    assert (await alerts.view()).analysis is Analysis.UNDER_WAY
    alerts.deep = False  # the deep classifiers are away: nothing is under way
    assert (await alerts.view()).analysis is Analysis.FAST
    await deepener.deepen(LATER, LONG)
    view = await alerts.view()
    assert view.analysis is Analysis.DEEP
    (shown,) = view.posts
    assert (shown.severity, shown.themes) == (83.0, ("rumour",))


MATCH = said("negative", 0.9, flags={"about_hospital": 0.1})


async def test_a_football_match_at_a_homonym_is_neutral_for_every_rule(database) -> None:
    processor, _ = tiers(database, Says(otherwise=MATCH), Says(), rules=(MANY,))
    await live(processor)
    await processor.process(page(*(mention(n) for n in range(8))), ORIGIN, NIGHT)
    assert {row.sentiment for row in await rows(database, "mentions")} == {"neutral"}
    assert {row.sentiment for row in await rows(database, "mention_subjects")} == {"neutral"}
    assert await count(database, "incidents") == 0
    read = [row for row in await rows(database, "scores") if row.classifier == "sentiment"]
    assert all(row.probabilities["negative"] == 0.9 for row in read)


async def test_under_the_hospital_s_own_page_a_complaint_need_not_name_it(database) -> None:
    processor, deepener = tiers(
        database,
        Says(otherwise=MATCH),
        Says(otherwise=deep("negative", flags=MATCH[3].probabilities)),
    )
    own = replace(ORIGIN, about=("chu",))
    await processor.process(page(), own, NIGHT - timedelta(days=1))
    await processor.process(page(mention(1, "Quelle attente !")), own, NIGHT)
    row = await stored(database)
    assert (row.sentiment, row.stands) == ("negative", True)
    async with database.write() as connection:
        await connection.execute(update(mentions).values(deep_priority=2.0))
    await deepener.deepen(LATER, LONG)
    assert (await stored(database)).sentiment == "negative"


@pytest.mark.parametrize(("p", "restricted"), [(0.39, False), (0.4, True), (0.95, True)])
async def test_a_post_that_may_reveal_a_patient_is_restricted(database, p, restricted) -> None:
    fast = Says(otherwise=said(flags={"patient_privacy": p}))
    processor, _ = tiers(database, fast, Says())
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    assert (await stored(database)).restricted is restricted
