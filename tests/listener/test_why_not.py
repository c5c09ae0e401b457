"""`listener why` and `why-not`: what a rule saw then, what it lacked, and what kept it silent."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.connector import Page
from connectors.mention import Author
from listener.domain.burst import BurstFact
from listener.domain.rule import Effect, KnownEvent
from listener.workflows.marks import Marker
from listener.workflows.rescore import Rescorer
from listener.workflows.why_not import Answer, Hindsight
from tests.listener.commands import CONFIG, House, fill
from tests.listener.house import NIGHT, ORIGIN, WordScorer, figures, house, live, mention, page
from tests.listener.test_rules import OWN, rule
from tests.listener.weighing import Seer

MINUTE = timedelta(minutes=1)


def asked(database: Any, *rules: Any, **values: Any) -> Hindsight:
    marker = Marker(rules=rules, own=OWN)
    return Hindsight(database=database, rules=rules, own=OWN, marker=marker, **values)


async def answer(database: Any, tried: Any, at: Any = NIGHT, *others: Any, **values: Any) -> Answer:
    (found,) = await asked(database, tried, *others, **values).why_not(tried, at)
    return found


async def heard(database: Any, *said: Any, scorer: Any = None, rules: Any = ()) -> Any:
    processor = house(database, rules=rules, scorer=scorer)
    await live(processor)
    await processor.process(page(*said), ORIGIN, NIGHT)
    return processor


async def test_a_count_says_how_many_were_missing(database) -> None:
    await heard(database, *(mention(n) for n in range(4)), mention(9, "CHU merci"))
    count = rule("count", at_least=6, window="30m", sentiment="negative")
    (found,) = (await answer(database, count)).conditions
    assert (found.seen["count"], found.missing) == (4, {"count": 2})
    later = await answer(database, count, NIGHT + 30 * MINUTE)
    assert later.conditions[0].missing == {"count": 6}


async def test_what_came_later_was_not_known_then(database) -> None:
    processor = await heard(database, mention(1))
    await processor.process(page(mention(2)), ORIGIN, NIGHT + 5 * MINUTE)
    count = rule("count", at_least=2, window="30m")
    assert (await answer(database, count)).conditions[0].seen["count"] == 1
    assert (await answer(database, count, NIGHT + 5 * MINUTE)).conditions[0].met


async def test_verdicts_are_those_of_then(database) -> None:
    away = WordScorer(away=True)
    processor = await heard(database, mention(1, "CHU honte gravité 70"), scorer=away)
    processor.scorer = WordScorer()
    await Rescorer(processor=processor).rescore(NIGHT + 10 * MINUTE)
    severe = rule("severity", at_least=80)
    then = (await answer(database, severe)).conditions[0]
    assert then.missing == {"figure": "none was known"}
    later = (await answer(database, severe, NIGHT + 10 * MINUTE)).conditions[0]
    assert later.seen["severity"] == 70
    assert later.missing == {"figure": 10}
    assert later.mention is not None


async def test_a_share_says_whether_minimum_or_share_was_missing(database) -> None:
    said = [mention(1), mention(2, "CHU merci"), mention(3, "CHU merci")]
    await heard(database, *said)
    share = rule("negative_share", share=0.6, minimum=5, window="1h")
    (found,) = (await answer(database, share)).conditions
    assert found.seen == {"scored": 3, "negative": 1, "share": 0.333}
    assert found.missing == {"scored": 2, "share": 0.267}


async def test_each_condition_of_a_combined_rule_is_told(database) -> None:
    loud = mention(1, author=Author(handle="grand@social.example", followers=900))
    await heard(database, loud)
    both = rule(
        "all",
        conditions=[
            {"kind": "author_reach", "followers": 1000},
            {"kind": "count", "at_least": 1, "window": "1h"},
        ],
    )
    reach, count = (await answer(database, both)).conditions
    assert (reach.met, reach.missing) == (False, {"figure": 100})
    assert (count.met, count.missing) == (True, {})


@pytest.mark.parametrize(
    ("tried", "missing"),
    [
        (rule("theme", themes=["death"], at_least=0.95), {"figure": 0.05}),
        (rule("growth", at_least=1000, within="6h", probability=0.8), {"figure": 0.5}),
        (rule("author_reach", followers=5000, sentiment="positive"),
         {"figure": 2000, "sentiment": "positive, not negative"}),
        (rule("terms", terms=["listériose"]), {}),
        (rule("rating", stars=1), {"stars_less": 1}),
        (rule("spread", at_least=3, window="6h"), {"networks": 2}),
        (rule("spread", to_press=True, window="6h"), {"press": "no article after a post"}),
        (rule("rating", fall=1.0), {"fall": 1.0, "count": 4, "before_count": 20}),
    ],
    ids=lambda value: value.kind if hasattr(value, "kind") else "",
)  # fmt: skip
async def test_every_kind_says_what_was_nearest(database, tried: Any, missing: Any) -> None:
    author = Author(handle="grand@social.example", followers=3000)
    post = mention(1, "CHU honte #death", author=author, rating=2.0)
    processor = await heard(database, post, scorer=Seer())
    later = NIGHT + MINUTE
    grown = Page(engagements=[figures(post, later, reactions=300)])
    await processor.process(grown, ORIGIN, later)
    (found,) = (await answer(database, tried, later)).conditions
    assert not found.met
    assert found.missing == missing


async def test_a_burst_says_that_it_was_within_the_usual(database) -> None:
    calm = BurstFact(
        subject="chu",
        stream="negative",
        until=NIGHT,
        score=1.2,
        alarm=False,
        ongoing=False,
        observed=2,
        expected=1.4,
        record=5.0,
        span=15 * MINUTE,
    )

    async def bursts(at: Any) -> list[BurstFact]:
        return [calm]

    tried = rule("burst", minimum=5, factor=3)
    (found,) = (await answer(database, tried, bursts=bursts)).conditions
    assert found.seen["observed"] == 2
    assert found.missing == {"observed": 3, "unusual": "it was within the usual"}


async def test_what_had_not_lasted_yet_says_since_when_it_was_crossed(database) -> None:
    await heard(database, *(mention(n) for n in range(3)))
    lasting = rule("count", at_least=3, window="30m", **{"for": "10m"})
    found = await answer(database, lasting)
    assert found.conditions[0].met
    assert (found.crossed_since, found.lasting) == (NIGHT - MINUTE, 10 * MINUTE)
    calm = await answer(database, lasting, NIGHT + 40 * MINUTE)
    assert calm.crossed_since is None


async def test_cool_down_muting_and_events_are_told(database) -> None:
    grave = rule("severity", id="grave", at_least=80, cool_down="2h", inhibits=["nombre"])
    count = rule("count", id="nombre", level="warning", at_least=1, window="10m")
    await heard(database, mention(1, "CHU honte gravité 90"), rules=(grave, count))
    strike = KnownEvent(
        id="greve",
        name="Préavis",
        since=NIGHT,
        until=NIGHT + timedelta(days=1),
        effect=Effect.MUTE,
        rules=frozenset({"nombre"}),
    )
    later = NIGHT + 30 * MINUTE
    quiet = await answer(database, count, later, grave, events=[strike])
    assert quiet.muted_by == "grave"
    assert [event.id for event in quiet.events] == ["greve"]
    cooling = await answer(database, grave, later, count)
    assert cooling.cooling_until == NIGHT - MINUTE + timedelta(hours=2)
    assert (await answer(database, count, NIGHT + timedelta(hours=3), grave)).muted_by is None


async def test_one_subject_may_be_asked_about(database) -> None:
    await heard(database, mention(1, "Les urgences du CHU de Valmont, honte"))
    many = rule("count", at_least=9, window="1h", subjects=["chu", "urgences"])
    both = await asked(database, many).why_not(many, NIGHT)
    assert [found.subject for found in both] == ["chu", "urgences"]
    (one,) = await asked(database, many).why_not(many, NIGHT, subject="urgences")
    assert one.conditions[0].missing == {"count": 8}


MANY = """
[[rule]]
id = "nombre"
kind = "count"
level = "warning"
at_least = 9
window = "1h"
for = "10m"
[[event]]
id = "greve"
name = "Préavis de grève"
from = 2026-03-14
until = 2026-03-15
effect = "raise"
"""


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder: Path = tmp_path_factory.mktemp("why")
    told = House(folder)
    told.config.write_text(CONFIG.format(folder=folder) + MANY, encoding="utf-8")
    asyncio.run(fill(told))
    return told


def test_why_prints_each_breach_in_words_and_figures(evening: House) -> None:
    (breach, *_) = evening.json("why", "1")
    assert (breach["rule"], breach["kind"], breach["level"]) == ("grave", "severity", "critical")
    assert breach["seen"] == {"severity": 95}
    assert breach["expected"] == {"at_least": 80}
    assert "95" in breach["what"] and "80" in breach["threshold"]
    assert breach["at"].startswith("2026-03-14T")
    assert breach["event"] == "greve"
    table = evening("why", "1").stdout
    assert "severity 95 / at_least 80" in table
    assert "known event greve" in table


def test_why_of_no_incident_fails(evening: House) -> None:
    done = evening("why", "99")
    assert done.exit_code == 1
    assert "there is no incident 99" in done.stderr


def test_why_not_prints_what_was_missing(evening: House) -> None:
    said = evening.json("why-not", "nombre", "--at", "2026-03-14T23:00")
    (found,) = said["answers"]
    assert found["conditions"][0]["seen"]["count"] == 2
    assert found["conditions"][0]["missing"] == {"count": 7}
    assert found["lasting_seconds"] == 600
    shown = evening("why-not", "nombre", "--at", "2026-03-14T23:00").stdout
    assert "count 7" in shown
    assert "must be crossed for" in shown
    assert "known event greve (Préavis de grève): raise" in shown


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["tempete", "--at", "2026-03-14T23:00"], "is no rule"),
        (["nombre", "--at", "hier"], "is no instant"),
        (["nombre", "--at", "1d", "--subject", "lune"], "is no watch"),
    ],
)
def test_why_not_of_what_is_not_there_is_refused(
    evening: House, arguments: list[str], complaint: str
) -> None:
    done = evening("why-not", *arguments)
    assert done.exit_code == 2
    assert complaint in done.stderr.replace("\n", " ")
