"""The heart, on both engines: what a page writes, once, and whom it calls."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from connectors.connector import Gap, Page, Reject
from connectors.mention import Author, Deletion, Kind, Media
from listener.domain.privacy import Pseudonyms
from listener.workflows.draft import Origin
from tests.listener.house import (
    KEY,
    NIGHT,
    ORIGIN,
    SHARE,
    WordScorer,
    count,
    figures,
    house,
    live,
    mention,
    page,
    rows,
)


async def test_a_page_repeated_after_a_crash_changes_nothing(database) -> None:
    processor = house(database)
    await live(processor)
    shown = mention(1, "CHU de Valmont honte gravité 90")
    brought = page(shown, mention(2), engagements=[figures(shown, NIGHT, reactions=3)])
    await processor.process(brought, ORIGIN, NIGHT)
    tables = ("mentions", "snapshots", "scores", "incidents", "incident_events", "outbox")
    before = {name: await count(database, name) for name in tables}
    outcome = await processor.process(brought, ORIGIN, NIGHT)
    assert outcome.stored == 0
    assert {name: await count(database, name) for name in tables} == before


async def test_two_daemons_with_the_same_page_store_and_page_once(database) -> None:
    first, second = house(database), house(database)
    await live(first)
    brought = page(*(mention(n) for n in range(8)))
    await asyncio.gather(*(p.process(brought, ORIGIN, NIGHT) for p in (first, second, first)))
    assert await count(database, "mentions") == 8
    assert await count(database, "incidents") == 1
    assert await count(database, "outbox") == 2  # Slack and e-mail


async def test_what_another_daemon_stored_meanwhile_is_not_counted_as_stored_here(database) -> None:
    brought = page(*(mention(n) for n in range(3)))

    class Slow(WordScorer):
        async def score_or_bisect(self, samples):
            await house(database).process(page(mention(1), mention(2)), ORIGIN, NIGHT)
            return await super().score_or_bisect(samples)

    outcome = await house(database, scorer=Slow()).process(brought, ORIGIN, NIGHT)
    assert (outcome.received, outcome.stored) == (3, 1)
    assert await count(database, "mentions") == 3


async def test_two_posts_that_take_off_at_once_call_once(database) -> None:
    first, second = house(database), house(database)
    await live(first)
    posts = [mention(number, "CHU de Valmont gravité 40") for number in (1, 2)]
    before = [figures(post, NIGHT, reactions=1) for post in posts]
    await first.process(page(*posts, engagements=before), ORIGIN, NIGHT)
    later = NIGHT + timedelta(minutes=30)
    grown = [page(engagements=[figures(post, later, reactions=5000)]) for post in posts]
    await asyncio.gather(
        first.process(grown[0], ORIGIN, later),
        second.process(grown[1], ORIGIN, later + timedelta(milliseconds=1)),
    )
    assert await count(database, "outbox") == 2  # Slack and e-mail


async def test_two_pages_at_once_see_each_others_mentions_when_they_count(database) -> None:
    first, second = house(database), house(database)
    await live(first)
    pages = [page(*(mention(n) for n in part)) for part in (range(3), range(3, 6))]
    await asyncio.gather(
        first.process(pages[0], ORIGIN, NIGHT), second.process(pages[1], ORIGIN, NIGHT)
    )
    assert await count(database, "incidents") == 1


async def test_what_concerns_no_watch_is_dropped_and_counted(database) -> None:
    processor = house(database)
    outcome = await processor.process(
        page(mention(1, "Belle soirée"), mention(2, "Les urgences de Lyon")), ORIGIN, NIGHT
    )
    assert (outcome.stored, outcome.dropped) == (0, 2)
    (source,) = await rows(database, "sources")
    assert (source.received, source.dropped) == (2, 2)


async def test_a_comment_without_the_name_concerns_what_it_answers(database) -> None:
    processor = house(database)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    parent = mention(1).external_id
    answers = [
        mention(3, "Pareil pour ma mère", kind=Kind.REPLY, parent_id=mention(2).external_id),
        mention(2, "Neuf heures d'attente", kind=Kind.REPLY, parent_id=parent),
    ]
    outcome = await processor.process(page(*answers), ORIGIN, NIGHT)
    assert outcome.stored == 2


async def test_comments_under_a_watched_page_concern_it(database) -> None:
    about = Origin(source_id="page", about=("chu",))
    outcome = await house(database).process(page(mention(1, "Quelle attente…")), about, NIGHT)
    assert outcome.stored == 1


async def test_a_first_start_over_a_bad_week_pages_nobody(database) -> None:
    processor = house(database)
    week = [
        page(
            *(mention(n, "CHU honte gravité 99") for n in range(start, start + 50)),
            complete=start == 150,
        )
        for start in range(0, 200, 50)
    ]
    for brought in week:
        await processor.process(brought, ORIGIN, NIGHT)
    assert await count(database, "mentions", live=False) == 200
    assert await count(database, "outbox") == 0


async def test_an_import_of_last_year_pages_nobody(database) -> None:
    archive = Origin(source_id="archive", backfill=True)
    processor = house(database)
    await live(processor)
    for _ in range(2):
        await processor.process(page(mention(1, "CHU honte gravité 99")), archive, NIGHT)
    assert await count(database, "mentions") == 1
    assert await count(database, "incidents") == 0


async def test_an_outage_that_spans_a_crisis_pages_once_when_it_ends(database) -> None:
    processor = house(database)
    await live(processor)
    crisis = NIGHT - timedelta(hours=3)
    missed = [
        mention(n, published_at=crisis + timedelta(minutes=n), text=f"CHU de Valmont honte {n}")
        for n in range(40)
    ]
    for start in range(0, 40, 10):
        brought = page(*missed[start : start + 10], complete=start == 30)
        await processor.process(brought, ORIGIN, NIGHT)
    (incident,) = await rows(database, "incidents")
    assert incident.level == "critical"
    critical = [row for row in await rows(database, "outbox") if row.payload["level"] == "critical"]
    assert sorted(row.channel for row in critical) == ["email", "slack"]


MONDAY = datetime(2026, 3, 16, 8, 0, tzinfo=UTC)  # 9:00 in Paris


async def test_a_breach_older_than_the_lateness_is_recorded_and_told_by_day(database) -> None:
    processor = house(database)
    await live(processor)
    old = mention(1, "CHU honte gravité 95", published_at=NIGHT - timedelta(hours=9))
    await processor.process(page(old), ORIGIN, NIGHT)
    (incident,) = await rows(database, "incidents")
    assert incident.alerted_at is None
    assert await count(database, "outbox") == 0
    (morning,) = await rows(database, "due")
    assert (morning.kind, morning.due_at) == ("morning", MONDAY)


async def test_an_old_post_that_takes_off_today_does_page(database) -> None:
    processor = house(database)
    await live(processor, NIGHT - timedelta(days=5))
    post = mention(1, "CHU honte gravité 40", published_at=NIGHT - timedelta(days=4))
    await processor.process(
        page(post, engagements=[figures(post, NIGHT - timedelta(days=4), reactions=1)]),
        ORIGIN,
        NIGHT - timedelta(days=4),
    )
    for minutes, reactions in ((40, 3), (20, 400), (0, 2000)):
        at = NIGHT - timedelta(minutes=minutes)
        moved = Page(engagements=[figures(post, at, reactions=reactions)])
        await processor.process(moved, ORIGIN, at)
    assert {row.payload["alert"] for row in await rows(database, "outbox")} == {"opened"}


async def test_an_old_post_that_is_merely_read_again_pages_nobody(database) -> None:
    processor = house(database)
    await live(processor, NIGHT - timedelta(days=5))
    post = mention(1, "CHU honte gravité 90", published_at=NIGHT - timedelta(days=4))
    await processor.process(page(post), ORIGIN, NIGHT)
    before = await count(database, "outbox")
    for minutes in (30, 20, 10):
        at = NIGHT + timedelta(minutes=minutes)
        taken = Page(engagements=[figures(post, at, reactions=5)])
        await processor.process(taken, ORIGIN, at)
    assert await count(database, "outbox") == before


async def test_within_the_repeat_interval_a_story_pages_once(database) -> None:
    processor = house(database)
    await live(processor)
    for n in range(3):
        at = NIGHT + timedelta(minutes=n)
        grave = mention(n, f"CHU honte gravité 9{n}", published_at=at, root_id="racine")
        await processor.process(page(grave), ORIGIN, at)
    assert await count(database, "outbox") == 2
    assert await count(database, "incidents") == 1
    assert await count(database, "incident_mentions") == 3
    later = NIGHT + timedelta(hours=5)
    last = mention(9, "CHU honte gravité 90", published_at=later, root_id="racine")
    await processor.process(page(last), ORIGIN, later)
    alerts = [row.payload["alert"] for row in await rows(database, "outbox")]
    assert sorted(set(alerts)) == ["opened", "reminded"]


async def test_a_warning_at_night_is_held_until_somebody_reads(database) -> None:
    processor = house(database, rules=(SHARE,))
    await live(processor)
    crowd = [mention(n, "CHU de Valmont honte" if n < 8 else "CHU merci") for n in range(12)]
    outcome = await processor.process(page(*crowd), ORIGIN, NIGHT)
    assert outcome.alerts == 1
    assert await count(database, "outbox") == 0
    (morning,) = await rows(database, "due")
    assert (morning.kind, morning.due_at) == ("morning", MONDAY)


async def test_a_warning_that_goes_on_all_weekend_is_told_once_when_somebody_reads(
    database,
) -> None:
    processor = house(database, rules=(SHARE,))
    await live(processor)
    for hours in range(0, 30, 5):
        at = NIGHT + timedelta(hours=hours)
        crowd = [
            mention(hours * 100 + n, "CHU de Valmont honte", published_at=at - timedelta(minutes=1))
            for n in range(12)
        ]
        await processor.process(page(*crowd), ORIGIN, at)
    mornings = [row for row in await rows(database, "due") if row.kind == "morning"]
    assert [morning.due_at for morning in mornings] == [MONDAY]
    kinds = [event.kind for event in await rows(database, "incident_events")]
    assert kinds.count("held") == 1


async def test_observe_mode_says_whom_it_would_have_called(database) -> None:
    processor = house(database, mode="observe")
    await live(processor)
    await processor.process(page(mention(1, "CHU honte gravité 90")), ORIGIN, NIGHT)
    (letter,) = await rows(database, "outbox")
    assert letter.channel == "console"
    assert letter.payload["observed"] is True
    assert letter.payload["called"] == ["lea"]


async def test_observe_mode_holds_nothing_back(database) -> None:
    processor = house(database, rules=(SHARE,), mode="observe")
    await live(processor)
    crowd = [mention(n, "CHU de Valmont honte") for n in range(12)]
    await processor.process(page(*crowd), ORIGIN, NIGHT)
    (letter,) = await rows(database, "outbox")
    assert letter.due_at == NIGHT
    assert await count(database, "incident_events", kind="held") == 0


async def test_no_handle_name_or_link_stands_in_the_database_in_clear(database) -> None:
    said = mention(
        1,
        "CHU de Valmont : @alix_morel et alix@poste.example voir https://social.example/@alix_morel/9",
        links=("https://social.example/@alix_morel/9",),
        author=Author(handle="alix_morel", name="Alix Morel", external_id="alix-77"),
        parent_id="https://social.example/users/alix_morel/1",
    )
    await house(database).process(page(said), ORIGIN, NIGHT)
    written = [*await rows(database, "mentions"), *await rows(database, "mention_links")]
    stored = " ".join(map(str, written))
    assert "alix" not in stored.lower()
    assert "morel" not in stored.lower()
    assert "/@zoe1" not in stored


@pytest.mark.parametrize("before", ["", "honte ", "(", "x", "x.", "@", "x@", ",@", "x+", "-"])
def test_a_handle_with_its_instance_is_one_name_and_never_stays(before: str) -> None:
    names = Pseudonyms(KEY)
    assert "zoe" not in names.scrub(f"{before}@zoe@social.example")
    if not before or before in ("honte ", "("):
        named = names.scrub(f"{before}@zoe@social.example !")
        assert named == f"{before}{names.handle('zoe@social.example')} !"


async def test_the_hospitals_own_account_stays_in_clear(database) -> None:
    await house(database).process(page(mention(1, "@chu_valmont honte")), ORIGIN, NIGHT)
    (stored,) = await rows(database, "mentions")
    assert stored.text == "@chu_valmont honte"


async def test_an_edit_is_scored_again_and_may_page(database) -> None:
    processor = house(database)
    await live(processor)
    await processor.process(page(mention(1, "CHU merci")), ORIGIN, NIGHT)
    outcome = await processor.process(
        page(mention(1, "CHU honte gravité 90", edited_at=NIGHT)), ORIGIN, NIGHT
    )
    assert (outcome.edited, outcome.stored) == (1, 0)
    (stored,) = await rows(database, "mentions")
    assert (stored.sentiment, stored.severity) == ("negative", 90)
    assert await count(database, "incidents") == 1
    assert await count(database, "scores", classifier="sentiment") >= 1


async def test_an_archive_adds_figures_to_what_was_read_live_and_leaves_its_words(database) -> None:
    processor = house(database)
    await live(processor)
    await processor.process(page(mention(1, "CHU merci à tous")), ORIGIN, NIGHT)
    archive = Origin(source_id="archive", backfill=True)
    said = mention(1, "CHU merci…")
    outcome = await processor.process(
        page(said, mention(2, "CHU bonjour"), engagements=[figures(said, NIGHT, views=7)]),
        archive,
        NIGHT,
    )
    assert (outcome.stored, outcome.edited) == (1, 0)
    assert await count(database, "snapshots") == 1
    corrected = await processor.process(page(mention(2, "CHU bonsoir")), archive, NIGHT)
    assert corrected.edited == 1
    assert {row.text for row in await rows(database, "mentions")} == {
        "CHU merci à tous",
        "CHU bonsoir",
    }


async def test_a_networks_deletion_erases_the_text_and_keeps_the_figures(database) -> None:
    processor = house(database)
    said = mention(1)
    await processor.process(
        page(said, engagements=[figures(said, NIGHT, reactions=7)]), ORIGIN, NIGHT
    )
    gone = Deletion(network="mastodon", external_id=said.external_id, seen_at=NIGHT)
    await processor.process(Page(deletions=[gone]), ORIGIN, NIGHT + timedelta(minutes=1))
    (stored,) = await rows(database, "mentions")
    assert (stored.text, stored.title, stored.author_ref) == (None, None, None)
    assert stored.sentiment == "negative"
    assert await count(database, "snapshots") == 1
    assert await count(database, "mention_links") == 0


async def test_an_erased_mention_that_comes_again_stays_erased(database) -> None:
    processor = house(database)
    said = mention(1)
    await processor.process(page(said), ORIGIN, NIGHT)
    gone = Deletion(network="mastodon", external_id=said.external_id, seen_at=NIGHT)
    await processor.process(Page(deletions=[gone]), ORIGIN, NIGHT)
    await processor.process(page(said), ORIGIN, NIGHT + timedelta(hours=1))
    (stored,) = await rows(database, "mentions")
    assert stored.text is None


async def test_an_account_that_is_gone_takes_its_texts_along(database) -> None:
    processor = house(database)
    await processor.process(page(mention(1), mention(2)), ORIGIN, NIGHT)
    gone = Deletion(network="mastodon", author_id="u1", seen_at=NIGHT)
    await processor.process(Page(deletions=[gone]), ORIGIN, NIGHT)
    assert sorted(row.text is None for row in await rows(database, "mentions")) == [False, True]


async def test_with_no_scorer_mentions_are_stored_unscored(database) -> None:
    processor = house(database, scorer=WordScorer(away=True))
    await live(processor)
    outcome = await processor.process(page(mention(1), mention(2)), ORIGIN, NIGHT)
    assert (outcome.stored, outcome.unscored) == (2, 2)
    assert all(row.scored_at is None for row in await rows(database, "mentions"))


async def test_a_poison_text_is_quarantined_and_the_page_goes_on(database) -> None:
    processor = house(database, scorer=WordScorer(poison="poison"))
    outcome = await processor.process(
        page(mention(1), mention(2, "CHU poison"), mention(3)), ORIGIN, NIGHT
    )
    assert (outcome.stored, outcome.rejected) == (3, 1)
    assert await count(database, "quarantine") == 1
    assert await count(database, "mentions", sentiment=None) == 1


async def test_rejects_gaps_and_the_cursor_are_kept_with_the_page(database) -> None:
    brought = page(
        mention(1),
        feed="tag:chu",
        cursor={"v": 1, "mark": "42"},
        rejects=[Reject(error="date is not a date", payload=b'{"date": "hier"}')] * 2,
        gaps=[Gap(since=NIGHT - timedelta(hours=2), until=NIGHT, reason="window too short")],
    )
    processor = house(database)
    for _ in range(2):
        await processor.process(brought, ORIGIN, NIGHT)
    assert await count(database, "quarantine") == 1
    assert await count(database, "gaps") == 1
    (feed,) = await rows(database, "feeds")
    assert (feed.feed, feed.cursor) == ("tag:chu", {"v": 1, "mark": "42"})
    (item,) = await rows(database, "quarantine")
    assert b"hier" not in item.sealed


@pytest.mark.parametrize(
    "published_at",
    [None, datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)],
)
async def test_an_absurd_date_counts_as_now(database, published_at) -> None:
    await house(database).process(page(mention(1, published_at=published_at)), ORIGIN, NIGHT)
    (stored,) = await rows(database, "mentions")
    assert stored.occurred_at == NIGHT


async def test_wild_text_is_stored_by_every_engine(database) -> None:
    wild = "CHU de Valmont \0 \ud800 \u202e " + "é" * 30_000
    outcome = await house(database).process(
        page(mention(1, wild, title="\0", external_id="\ud800\0")), ORIGIN, NIGHT
    )
    assert outcome.stored == 1


async def test_a_photo_without_text_is_a_mention_too(database) -> None:
    about = Origin(source_id="page", about=("chu",))
    shown = mention(1, "", media=(Media(kind="image", url="https://social.example/1.jpg"),))
    await house(database).process(page(shown), about, NIGHT)
    (stored,) = await rows(database, "mentions")
    assert (stored.text, stored.media) == ("", 1)


async def test_peers_are_stored_but_never_page(database) -> None:
    processor = house(database)
    await live(processor)
    talk = [mention(n, "CHU de Brémont honte gravité 95") for n in range(9)]
    outcome = await processor.process(page(*talk), ORIGIN, NIGHT)
    assert (outcome.stored, outcome.alerts) == (9, 0)


async def test_what_a_watched_account_posts_concerns_it(database) -> None:
    own = mention(1, "Portes ouvertes samedi", author=Author(handle="chu_valmont"))
    outcome = await house(database).process(page(own), ORIGIN, NIGHT)
    assert outcome.stored == 1


async def test_only_what_a_breach_is_about_joins_its_incident(database) -> None:
    processor = house(database)
    await live(processor, NIGHT - timedelta(days=12))
    old = mention(1, "CHU merci", published_at=NIGHT - timedelta(days=9))
    await processor.process(page(old, mention(2, "CHU honte gravité 90")), ORIGIN, NIGHT)
    assert await count(database, "incident_mentions") == 1


async def test_a_held_warning_is_not_reminded_of_as_soon_as_it_is_delivered(database) -> None:
    processor = house(database, rules=(SHARE,))
    await live(processor)
    monday = datetime(2026, 3, 16, 8, 1, tzinfo=UTC)  # a minute after the team came in
    for at in (NIGHT, monday, monday + timedelta(hours=5)):
        crowd = [
            mention(int(at.timestamp()) + n, "CHU honte", published_at=at - timedelta(minutes=1))
            for n in range(12)
        ]
        await processor.process(page(*crowd), ORIGIN, at)
    (reminder,) = await rows(database, "outbox")
    assert reminder.payload["alert"] == "reminded"
    assert reminder.created_at == monday + timedelta(hours=5)
    assert await count(database, "incident_events", kind="held") == 1


async def test_no_length_or_number_of_the_networks_choosing_loses_a_page(database) -> None:
    feed = "https://presse.example/rss?q=" + "x" * 2_000
    said = mention(
        1,
        language="fr\0" + "-x" * 40,
        author=Author(handle="z\0" * 400, followers=2**70),
        rating=None,
    )
    gap = Gap(since=None, until=NIGHT, reason="\0" * 900)
    brought = page(said, feed=feed, gaps=[gap], rejects=[Reject(error="\0é" * 900, payload=b"\0")])
    outcome = await house(database).process(brought, ORIGIN, NIGHT)
    assert outcome.stored == 1


async def test_a_post_is_judged_by_the_hour_on_the_hospital_s_clocks(database) -> None:
    scorer = WordScorer()
    processor = house(database, scorer=scorer)
    await processor.process(page(mention(1), mention(2, published_at=None)), ORIGIN, NIGHT)
    assert [sample.hour for sample in scorer.asked] == [22 + 59 / 60, None]
