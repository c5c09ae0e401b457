"""Corrections by people, on both engines: they count at once, last, and go when the text goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from classifiers.themes import pack
from connectors.mention import Deletion
from listener.storage import erasure, labels, verdicts
from listener.storage.tables import labels as label_rows
from listener.workflows.correct import Corrector
from tests.listener.house import NIGHT, ORIGIN, count, figures, live, mention, page, rows
from tests.listener.tiers import Says, deep, said, tiers

LATER = NIGHT + timedelta(minutes=5)
LONG = timedelta(minutes=1)
ANGRY = said(
    "negative",
    0.6,
    severity=60.0,
    themes={"waiting": 0.8, "hygiene": 0.6},
    flags={"patient_privacy": 0.1, "about_hospital": 0.9, "toxicity": 0.7},
)


async def heard(database: Any, **values: Any) -> Any:
    """A post that the fast classifiers took for a complaint; processor and deepener."""
    slow = Says(otherwise=deep("negative", 0.9, severity=90.0, themes={"death": 0.9}))
    processor, deepener = tiers(database, Says(otherwise=ANGRY), slow, **values)
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    return processor, deepener


async def stored(database: Any) -> Any:
    return (await rows(database, "mentions"))[0]


async def flags_of(database: Any, number: int) -> Any:
    async with database.read() as connection:
        return (await verdicts.latest_flags(connection, [number]))[number]


async def test_a_correction_counts_at_once_and_its_severity_follows(database) -> None:
    processor, _ = await heard(database)
    word = {"sentiment": "positive", "praise": "yes", "hygiene": "no", "toxicity": "no"}
    done = await Corrector(processor=processor).correct({1: word}, at=LATER)
    assert done.ids == {1}
    row = await stored(database)
    assert (row.sentiment, row.themes) == ("positive", pack(["waiting", "praise"]))
    assert row.severity == 0.0
    assert (row.tier, row.deep_priority) == ("fast", None)
    assert row.language == "fr"
    (subject,) = await rows(database, "mention_subjects")
    assert subject.sentiment == "positive"
    assert (await flags_of(database, 1))["toxicity"] == 0.0
    versions = {(s.classifier, s.version) for s in await rows(database, "scores")}
    assert {("sentiment", "person"), ("sentiment", "words-1"), ("themes", "person")} <= versions


async def test_what_may_reveal_a_patient_is_restricted_by_a_word_and_freed_by_one(database) -> None:
    processor, _ = await heard(database)
    corrector = Corrector(processor=processor)
    await corrector.correct({1: {"patient_privacy": "yes"}}, at=LATER)
    assert (await stored(database)).restricted
    await corrector.correct({1: {"patient_privacy": "no"}}, at=LATER)
    assert not (await stored(database)).restricted
    assert await count(database, "labels") == 2  # nothing is overwritten, the latest counts


async def test_what_is_not_about_the_hospital_is_neutral(database) -> None:
    processor, _ = await heard(database)
    await Corrector(processor=processor).correct({1: {"about_hospital": "no"}}, at=LATER)
    row = await stored(database)
    assert (row.sentiment, row.about, row.severity) == ("neutral", 0.0, 0.0)


async def test_no_later_score_of_the_same_text_overwrites_a_person(database) -> None:
    processor, deepener = await heard(database)
    await Corrector(processor=processor).correct({1: {"sentiment": "positive"}}, at=LATER)
    taken = figures(mention(1), LATER + timedelta(minutes=1), shares=9)
    await processor.process(page(engagements=[taken]), ORIGIN, LATER + timedelta(minutes=1))
    await processor.process(page(mention(1)), ORIGIN, LATER + timedelta(minutes=2))
    await deepener.deepen(LATER + timedelta(minutes=3), LONG)
    row = await stored(database)
    assert (row.sentiment, row.severity) == ("positive", 0.0)
    async with database.read() as connection:
        latest = (await verdicts.latest(connection, [1]))[1]
    assert {s.version for s in latest if s.classifier == "sentiment"} == {"person"}


async def test_a_deep_reading_that_began_before_the_correction_is_dropped(database) -> None:
    processor, deepener = await heard(database)

    async def corrected() -> None:
        deepener.scorer.meanwhile = None
        await Corrector(processor=processor).correct({1: {"sentiment": "neutral"}}, at=LATER)

    deepener.scorer.meanwhile = corrected
    await deepener.deepen(LATER, LONG)
    row = await stored(database)
    assert (row.sentiment, row.tier) == ("neutral", "fast")


async def test_a_text_that_was_read_deeply_keeps_its_tier_when_it_is_corrected(database) -> None:
    processor, deepener = await heard(database)
    await deepener.deepen(LATER, LONG)
    await Corrector(processor=processor).correct(
        {1: {"sentiment": "neutral"}}, at=LATER + timedelta(minutes=1)
    )
    await Corrector(processor=processor).correct(
        {1: {"waiting": "yes"}}, at=LATER + timedelta(minutes=2)
    )
    row = await stored(database)
    assert (row.sentiment, row.tier, row.deep_priority) == ("neutral", "deep", None)
    assert row.themes == pack(["death", "waiting"])


async def test_an_edit_is_another_text_which_nobody_has_read(database) -> None:
    processor, _ = await heard(database)
    await Corrector(processor=processor).correct({1: {"sentiment": "positive"}}, at=LATER)
    after = mention(1, "Le CHU de Valmont, autre chose")
    await processor.process(page(after), ORIGIN, LATER + timedelta(minutes=1))
    assert (await stored(database)).sentiment == "negative"
    async with database.read() as connection:
        assert await labels.taught(connection) == []


async def test_a_tone_that_a_person_turns_counts_for_the_rules(database) -> None:
    quiet = Says(otherwise=said("neutral", 0.95))
    processor, _ = tiers(database, quiet, Says())
    await live(processor)
    await processor.process(page(*(mention(n) for n in range(5))), ORIGIN, NIGHT)
    words = {row.id: {"sentiment": "negative"} for row in await rows(database, "mentions")}
    done = await Corrector(processor=processor).correct(words, at=NIGHT + timedelta(minutes=1))
    assert (len(done.ids), done.alerts) == (5, 2)


async def test_a_correction_that_calms_closes_nothing(database) -> None:
    grave = Says(otherwise=said("negative", 0.9, severity=95.0))
    processor, _ = tiers(database, grave, Says())
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    names = ("incidents", "incident_events", "incident_mentions", "outbox")
    before = {name: await rows(database, name) for name in names}
    done = await Corrector(processor=processor).correct({1: {"sentiment": "neutral"}}, at=LATER)
    assert done.alerts == 0
    assert {name: await rows(database, name) for name in names} == before


async def test_what_was_never_scored_takes_a_person_s_word(database) -> None:
    processor, _ = tiers(database, Says(away=True), Says())
    await live(processor)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    await Corrector(processor=processor).correct({1: {"sentiment": "negative"}}, at=LATER)
    row = await stored(database)
    assert (row.sentiment, row.severity) == ("negative", 55.0)


@pytest.mark.parametrize("word", [{"sentiment": "angry"}, {"waitin": "yes"}, {"waiting": "1"}])
async def test_nonsense_is_refused_and_nothing_is_stored(database, word) -> None:
    processor, _ = await heard(database)
    with pytest.raises(ValueError, match=r"angry|waitin|'1'"):
        await Corrector(processor=processor).correct({1: word}, at=LATER)
    assert await count(database, "labels") == 0


async def test_labels_go_when_the_text_goes(database) -> None:
    processor, _ = await heard(database)
    corrector = Corrector(processor=processor)
    await corrector.correct({1: {"sentiment": "positive"}}, at=LATER)
    gone = Deletion(network="mastodon", external_id=mention(1).external_id, seen_at=LATER)
    await processor.process(page(deletions=[gone]), ORIGIN, LATER + timedelta(minutes=1))
    assert await count(database, "labels") == 0
    assert (await corrector.correct({1: {"sentiment": "positive"}}, at=LATER)).ids == frozenset()
    assert await count(database, "labels") == 0


async def test_labels_expire_with_the_text(database) -> None:
    processor, _ = await heard(database)
    await Corrector(processor=processor).correct({1: {"sentiment": "positive"}}, at=LATER)
    async with database.write() as connection:
        assert await erasure.expire_texts(connection, at=NIGHT + timedelta(days=31)) == 1
    assert await count(database, "labels") == 0


async def test_the_labels_of_a_dismissal_count_only_once_somebody_has_looked(database) -> None:
    await heard(database)
    (row,) = await rows(database, "mentions")
    async with database.write() as connection:
        said_of = {row.id: (row.text_hash, {"sentiment": "neutral"})}
        await labels.add(
            connection, said_of, by="lea", at=LATER, origin="dismissal", reviewed=False
        )
        assert await labels.current(connection, [row.id]) == {}
        await connection.execute(label_rows.update().values(reviewed=True))
        assert await labels.current(connection, [row.id]) == {row.id: {"sentiment": "neutral"}}
        assert [t.word for t in await labels.taught(connection)] == [{"sentiment": "neutral"}]
        assert await labels.taught(connection, since=LATER + timedelta(seconds=1)) == []
