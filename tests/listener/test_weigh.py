"""What pages and due moments breach, with real rows, on both engines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.connector import Page
from connectors.mention import Author, Kind
from listener.domain.burst import BurstFact
from listener.domain.coverage import Blindness, CoverageFact
from listener.domain.privacy import Pseudonyms
from listener.domain.rule import BLIND, AuthorListSettings
from listener.workflows.draft import Origin
from listener.workflows.rescore import Rescorer
from tests.listener.house import KEY, NIGHT, ORIGIN, WordScorer, figures, mention, page, rows
from tests.listener.test_rules import rule
from tests.listener.weighing import Seer, listening, looked

MINUTE = timedelta(minutes=1)


async def test_an_aggregate_is_about_the_mentions_of_its_window(database) -> None:
    processor, heard = await listening(database, rule("count", at_least=3, window="30m"))
    await processor.process(page(*(mention(n) for n in range(2))), ORIGIN, NIGHT)
    assert heard.told() == []
    old = mention(8, published_at=NIGHT - 40 * MINUTE)
    await processor.process(page(mention(3), old), ORIGIN, NIGHT)
    (breach,) = heard.told()
    assert (breach.kind, breach.story, breach.seen["count"]) == ("count", None, 3)
    stored = {
        row.id for row in await rows(database, "mentions") if row.occurred_at > old.published_at
    }
    assert set(breach.mentions) == stored


async def test_one_mention_is_told_with_its_story(database) -> None:
    processor, heard = await listening(database, rule("severity", at_least=80))
    await processor.process(page(mention(1, "CHU honte gravité 90")), ORIGIN, NIGHT)
    (breach,) = heard.told()
    (row,) = await rows(database, "mentions")
    assert (breach.mentions, breach.story) == ((row.id,), row.story_id)
    assert breach.story is not None


LASTING = rule("count", at_least=3, window="30m", **{"for": "10m"})


async def test_what_must_last_fires_with_no_mention_arriving(database) -> None:
    processor, heard = await listening(database, LASTING)
    await processor.process(page(*(mention(n) for n in range(3))), ORIGIN, NIGHT)
    assert heard.told() == []
    assert await looked(database, heard, NIGHT + 8 * MINUTE) == []
    (breach,) = await looked(database, heard, NIGHT + 9 * MINUTE)
    assert len(breach.mentions) == 3
    assert breach.seen["held"] == 10
    assert await looked(database, heard, NIGHT + 10 * MINUTE) == []


async def test_a_restart_forgets_nothing_of_what_must_last(database) -> None:
    processor, heard = await listening(database, LASTING)
    await processor.process(page(*(mention(n) for n in range(3))), ORIGIN, NIGHT)
    _, after = await listening(database, LASTING)
    assert await looked(database, after, NIGHT + 9 * MINUTE)
    assert await looked(database, heard, NIGHT + 9 * MINUTE) == []


async def test_a_page_repeated_leaves_the_same_state(database) -> None:
    processor, _ = await listening(database, LASTING)
    brought = page(*(mention(n) for n in range(3)))
    await processor.process(brought, ORIGIN, NIGHT)
    before = await rows(database, "rule_states")
    await processor.process(brought, ORIGIN, NIGHT)
    assert await rows(database, "rule_states") == before
    assert before[0].due_at == NIGHT + 9 * MINUTE


async def test_an_exercise_s_states_are_its_own(database) -> None:
    processor, _ = await listening(database, LASTING)
    await processor.process(page(*(mention(n) for n in range(3))), ORIGIN, NIGHT)
    _, drill = await listening(database, LASTING, exercise_id="drill-1")
    assert await looked(database, drill, NIGHT + 9 * MINUTE) == []


async def test_what_is_no_rule_any_more_falls_due_no_more(database) -> None:
    processor, _ = await listening(database, LASTING)
    await processor.process(page(*(mention(n) for n in range(3))), ORIGIN, NIGHT)
    _, other = await listening(database, rule("count", id="c", at_least=9, window="1h", clear=2))
    assert await looked(database, other, NIGHT + 9 * MINUTE) == []
    (state,) = await rows(database, "rule_states")
    assert state.due_at is None


async def test_a_calm_subject_leaves_no_state(database) -> None:
    processor, heard = await listening(database, LASTING)
    await processor.process(page(mention(1)), ORIGIN, NIGHT)
    assert heard.told() == []
    assert await rows(database, "rule_states") == []


async def test_a_late_page_that_completes_a_window_that_is_over_is_told(database) -> None:
    tried = rule("count", at_least=4, window="10m", cool_down="1h")
    processor, heard = await listening(database, tried)
    early = [mention(n, published_at=NIGHT - timedelta(hours=2)) for n in range(4)]
    await processor.process(page(*early[:2]), ORIGIN, NIGHT - timedelta(hours=2))
    await processor.process(page(*early[2:]), ORIGIN, NIGHT)
    (breach,) = heard.told()
    assert breach.at == NIGHT - timedelta(hours=2) + 10 * MINUTE
    assert breach.seen["count"] == 4


def elsewhere(number: int, network: str, **values: Any):
    return mention(
        number,
        "Le CHU de Valmont a perdu le dossier de quarante patients cet été, dit un syndicat",
        network=network,
        url=None,
        external_id=f"{network}-{number}",
        **values,
    )


async def test_a_story_on_three_networks_has_spread(database) -> None:
    processor, heard = await listening(database, rule("spread", at_least=3, window="6h"))
    await processor.process(page(elsewhere(1, "mastodon"), elsewhere(2, "x")), ORIGIN, NIGHT)
    assert heard.told() == []
    await processor.process(page(mention(3, network="facebook")), ORIGIN, NIGHT)
    assert heard.told() == []
    await processor.process(page(elsewhere(4, "facebook")), ORIGIN, NIGHT)
    (breach,) = heard.told()
    assert set(breach.seen["on"]) == {"mastodon", "x", "facebook"}
    assert breach.seen["count"] == 3
    assert breach.story is not None


async def test_what_was_told_long_ago_does_not_spread_today(database) -> None:
    processor, heard = await listening(database, rule("spread", at_least=2, window="6h"))
    old = elsewhere(1, "x", published_at=NIGHT - timedelta(hours=7))
    await processor.process(page(old), ORIGIN, NIGHT - timedelta(hours=7))
    await processor.process(page(elsewhere(2, "mastodon")), ORIGIN, NIGHT)
    assert heard.told() == []


async def test_the_press_takes_up_what_was_posted(database) -> None:
    processor, heard = await listening(database, rule("spread", to_press=True, window="1d"))
    post = elsewhere(1, "x", published_at=NIGHT - timedelta(hours=3))
    await processor.process(page(post), ORIGIN, NIGHT - timedelta(hours=3))
    await processor.process(page(elsewhere(2, "rss", kind=Kind.ARTICLE)), ORIGIN, NIGHT)
    (breach,) = heard.told()
    assert breach.seen["on"] == ["x", "rss"]


REVIEWS = rule("rating", fall=1.0, window="7d", baseline="60d", minimum=3, baseline_minimum=5)


def review(number: int, stars: float, days: float):
    return mention(
        number,
        f"CHU de Valmont, avis {number}",
        kind=Kind.REVIEW,
        rating=stars,
        published_at=NIGHT - timedelta(days=days),
    )


async def test_a_mean_that_falls_below_its_past_is_told(database) -> None:
    processor, heard = await listening(database, REVIEWS)
    archive = Origin(source_id="archive", backfill=True)
    past = [review(n, 4.0, 20 + n) for n in range(5)]
    await processor.process(page(*past), archive, NIGHT - timedelta(days=8))
    for number in (11, 12):
        await processor.process(page(review(number, 2.0, 1)), ORIGIN, NIGHT - timedelta(days=1))
    assert heard.told() == []
    await processor.process(page(review(13, 2.0, 0.1)), ORIGIN, NIGHT)
    (breach,) = heard.told()
    assert breach.seen == {"mean": 2.0, "before": 4.0, "count": 3, "days": 7.0}
    assert len(breach.mentions) == 3


async def test_a_mean_falls_also_as_praise_grows_old(database) -> None:
    processor, heard = await listening(database, REVIEWS)
    past = [review(n, 4.0, 20 + n) for n in range(5)]
    now = [
        review(11, 5.0, 6.95),
        review(10, 5.0, 6.955),
        *(review(n, 2.0, 0.1) for n in (12, 13, 14)),
    ]
    await processor.process(page(*past, *now), ORIGIN, NIGHT)
    assert [fact.rating for fact in heard.facts] == [4.0] * 5 + [5.0, 5.0, 2.0, 2.0, 2.0]
    heard.told()
    assert await looked(database, heard, NIGHT + 30 * MINUTE) == []
    found = [
        breach
        for hours in (1, 2)
        for breach in await looked(database, heard, NIGHT + timedelta(hours=hours))
    ]
    assert [breach.seen["mean"] for breach in found] == [2.0]


async def test_a_forecast_that_newly_crosses_is_told_once_however_old_the_post(database) -> None:
    growth = rule("growth", at_least=1000, within="6h", probability=0.8)
    processor, heard = await listening(database, growth, scorer=Seer())
    post = mention(1, published_at=NIGHT - timedelta(days=5))
    first = [figures(post, NIGHT - timedelta(days=5), reactions=3)]
    await processor.process(page(post, engagements=first), ORIGIN, NIGHT - timedelta(days=5))
    for minutes, reactions, told in ((0, 700, 0), (10, 850, 1), (20, 950, 0), (30, 1400, 0)):
        at = NIGHT + minutes * MINUTE
        await processor.process(
            Page(engagements=[figures(post, at, reactions=reactions)]), ORIGIN, at
        )
        found = heard.told()
        assert [breach.at for breach in found] == [at] * told
    assert (await rows(database, "mentions"))[0].story_id is not None


async def test_somebody_on_a_list_is_recognised_by_a_keyed_name(database) -> None:
    listed = AuthorListSettings(
        id="presse", authors=[{"network": "mastodon", "handle": "@Zoe7@social.example"}]
    )
    lists = {"presse": listed.refs(Pseudonyms(KEY))}
    processor, heard = await listening(database, rule("author_list", lists=["presse"]), lists=lists)
    await processor.process(page(mention(6), mention(7)), ORIGIN, NIGHT)
    (breach,) = heard.told()
    by_id = {row.id: row for row in await rows(database, "mentions")}
    (number,) = breach.mentions
    assert by_id[number].author_ref in lists["presse"]


async def test_followers_and_stars_reach_the_rules(database) -> None:
    rules = (
        rule("author_reach", followers=10_000, sentiment="negative"),
        rule("rating", stars=2),
    )
    processor, heard = await listening(database, *rules)
    loud = mention(1, author=Author(handle="grand@social.example", followers=12_000))
    await processor.process(page(loud, review(2, 1.0, 0)), ORIGIN, NIGHT)
    assert sorted(breach.rule for breach in heard.told()) == ["author_reach", "rating"]


async def test_a_theme_is_told_at_once_also_where_the_scorer_was_away(database) -> None:
    grave = rule("theme", themes=["death"], at_least=0.8)
    away = WordScorer(away=True)
    processor, heard = await listening(database, grave, scorer=away)
    await processor.process(page(mention(1, "CHU #death honte")), ORIGIN, NIGHT)
    assert heard.told() == []
    processor.scorer = Seer()
    await Rescorer(processor=processor).rescore(NIGHT + MINUTE)
    (breach,) = heard.told()
    assert breach.exempt
    assert breach.seen["themes"] == ["death"]


def burst(stream: str, **values: Any) -> BurstFact:
    known: dict[str, Any] = {
        "subject": "chu",
        "stream": stream,
        "until": NIGHT,
        "score": 8.0,
        "alarm": True,
        "ongoing": True,
        "observed": 9,
        "expected": 0.7,
        "record": 4.0,
        "span": 15 * MINUTE,
    }
    return BurstFact(**(known | values))


async def test_a_burst_is_about_its_stream_s_mentions(database) -> None:
    rules = (rule("burst"), rule("burst", id="deuil", theme="death"))
    processor, heard = await listening(database, *rules, scorer=Seer())
    said = [mention(1), mention(2, "CHU merci"), mention(3, "CHU #death merci")]
    await processor.process(page(*said), ORIGIN, NIGHT)
    assert heard.told() == []
    bursts = [burst("negative"), burst("theme:death"), burst("total")]
    found = await looked(database, heard, NIGHT, bursts=bursts)
    texts = {row.id: row.text for row in await rows(database, "mentions")}
    told = {b.rule: [texts[number] for number in b.mentions] for b in found}
    assert told == {"burst": ["Le CHU de Valmont, honte !"], "deuil": ["CHU #death merci"]}


async def test_a_burst_goes_on_being_told_while_it_is_ongoing(database) -> None:
    _, heard = await listening(database, rule("burst", minimum=5))
    assert await looked(database, heard, NIGHT, bursts=[burst("negative")])
    later = NIGHT + 5 * MINUTE
    ongoing = burst("negative", alarm=False, observed=1, until=later)
    assert await looked(database, heard, later, bursts=[ongoing])
    assert await looked(database, heard, later + MINUTE) == []


async def test_a_journalist_s_post_waits_for_the_count_across_a_restart(database) -> None:
    mixed = rule(
        "all",
        conditions=[
            {"kind": "author_reach", "followers": 10_000},
            {"kind": "count", "at_least": 4, "window": "30m"},
        ],
    )
    processor, heard = await listening(database, mixed)
    loud = mention(1, author=Author(handle="grand@social.example", followers=12_000))
    await processor.process(page(loud), ORIGIN, NIGHT)
    assert heard.told() == []
    processor, heard = await listening(database, mixed)
    later = NIGHT + 5 * MINUTE
    others = [mention(n, published_at=later) for n in range(2, 5)]
    await processor.process(page(*others), ORIGIN, later)
    (breach,) = heard.told()
    (first,) = [row for row in await rows(database, "mentions") if row.followers]
    assert breach.mentions == (first.id,)
    assert [seen["kind"] for seen in breach.seen["conditions"]] == ["author_reach", "count"]


async def test_a_burst_that_was_told_counts_for_a_page_that_comes_soon_after(database) -> None:
    mixed = rule("all", conditions=[{"kind": "severity", "at_least": 60}, {"kind": "burst"}])
    processor, heard = await listening(database, mixed)
    assert await looked(database, heard, NIGHT, bursts=[burst("negative")]) == []
    later = NIGHT + 3 * MINUTE
    grave = mention(1, "CHU honte gravité 70", published_at=later)
    await processor.process(page(grave), ORIGIN, later)
    (breach,) = heard.told()
    assert len(breach.mentions) == 1


async def test_blindness_is_told_and_concerns_no_subject(database) -> None:
    _, heard = await listening(database, rule("coverage", **{"for": "20m"}))
    silent = CoverageFact(kind=Blindness.SOURCE_SILENT, name="mastodon", since=NIGHT - 30 * MINUTE)
    (breach,) = await looked(database, heard, NIGHT, coverage=[silent])
    assert (breach.subject, breach.mentions) == (BLIND, ())
    assert await looked(database, heard, NIGHT) == []


async def test_with_nothing_to_remember_a_look_asks_nothing(database) -> None:
    _, heard = await listening(database, rule("severity", at_least=50))
    assert await looked(database, heard, NIGHT) == []
