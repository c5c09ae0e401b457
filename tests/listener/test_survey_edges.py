"""A digest where one case decides: answers, audiences, incidents, clocks that change, years that end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from listener.domain.digest import Band, Figures, Period, month, week
from listener.domain.digest.period import midnight
from listener.storage import answers
from listener.storage.answers import Answered, Asked
from listener.storage.database import Database
from listener.storage.figures import Filters
from listener.workflows.survey import mentions
from tests.listener.digest_crowd import Told, store
from tests.listener.reporting import House
from tests.listener.weeks import MONDAY, PARIS, W47, said, within

HOUR = timedelta(hours=1)
BEFORE = W47.previous()
ASKED = within(W47, 1)


async def read(database: Database, period: Period = W47, *, service: str = "", at=None):
    surveyor = House(database).reporter.surveyor
    async with database.read(snapshot=True) as connection:
        return await surveyor.digest(connection, period, at or MONDAY, service=service)


def complaint(number: int = 1, **values) -> Told:
    said = {"at": ASKED, "sentiment": "negative", "themes": ("waiting",), "severity": 50.0}
    return Told(id=number, **{**said, **values})


def reply(after: timedelta, **values) -> dict:
    """By the hospital, so long after the complaint; `parent` and `root` count from it."""
    return {"at": ASKED + after, "kind": "reply", "speaker": "chu", "parent": 0, "root": 0} | values


ANSWERS = [  # what is said below a complaint, and after how long it is answered
    ([], None),
    ([reply(HOUR)], HOUR),
    ([reply(3 * HOUR), reply(2 * HOUR)], 2 * HOUR),  # the first
    ([reply(HOUR, parent=None)], HOUR),  # where only the root is told
    ([reply(HOUR, parent=9)], None),  # below somebody else's reply
    ([reply(-HOUR)], timedelta(0)),  # a network's clock
    ([reply(W47.until - ASKED + HOUR)], W47.until - ASKED + HOUR),  # after the week
    ([reply(MONDAY - ASKED + HOUR)], None),  # it is not written yet
    ([reply(HOUR, speaker="urgences")], HOUR),
    ([reply(HOUR, speaker="bremont")], None),
    ([reply(HOUR, speaker=None)], None),
    ([reply(HOUR, network="elsewhere")], None),
    ([reply(HOUR, exercise_id="drill-1")], None),
    ([reply(HOUR, text=None)], HOUR),  # erased since: it was said
]


async def test_an_answer_is_what_the_hospital_says_right_below(database):
    told = []
    for case, (replies, _) in enumerate(ANSWERS, 1):
        network = f"network-{case}"
        told.append(complaint(100 * case, network=network))
        for n, values in enumerate(replies, 1):
            below = {
                name: None if values[name] is None else 100 * case + values[name]
                for name in ("parent", "root")
            }
            told.append(Told(id=100 * case + n, **{"network": network, **values, **below}))
    await store(database, told)
    async with database.read() as connection:
        for case, (_, delay) in enumerate(ANSWERS, 1):
            here = Filters(until=W47.until, official=False, networks=(f"network-{case}",))
            found = await answers.answered(
                connection,
                here,
                Asked.COMPLAINTS,
                by=("chu", "urgences"),
                at=MONDAY,
                oldest=5,
            )
            waits = [100 * case] if delay is None else []
            expected = Answered(asked=1, delays=[] if waits else [delay], oldest=waits)
            assert found == expected, ANSWERS[case - 1]


ASKS = [  # what is said, and whether it is a complaint or a case
    ({}, Asked.COMPLAINTS),
    ({"sentiment": "neutral"}, None),
    ({"sentiment": None}, None),
    ({"themes": ("institutional",)}, None),
    ({"themes": ()}, None),
    ({"themes": ("waiting", "personal_case")}, Asked.COMPLAINTS),
    ({"themes": ("personal_case",)}, Asked.CASES),
    ({"themes": ("personal_case",), "sentiment": "positive"}, None),  # a thank-you
    ({"themes": ("waiting", "personal_case"), "sentiment": "neutral"}, Asked.CASES),
    ({"kind": "article"}, None),
    ({"kind": "repost", "themes": ("personal_case",)}, None),
    ({"kind": "review", "themes": (), "sentiment": "positive", "rating": 2.0}, Asked.COMPLAINTS),
    ({"kind": "review", "themes": (), "sentiment": None, "rating": 1.0}, Asked.COMPLAINTS),
    ({"kind": "review", "themes": (), "sentiment": "positive", "rating": 2.5}, None),
    ({"kind": "post", "themes": (), "rating": 1.0}, None),  # no review
    ({"speaker": "chu"}, None),
    ({"exercise_id": "drill-1"}, None),
    ({"subjects": ("bremont",)}, None),
]


async def test_what_waits_for_an_answer(database):
    instants = [W47.since + n * HOUR for n in range(len(ASKS))]
    await store(
        database,
        [
            complaint(n, at=at, **values)
            for n, (at, (values, _)) in enumerate(zip(instants, ASKS, strict=True), 1)
        ],
    )
    surveyor = House(database).reporter.surveyor
    asked = {kind: [n for n, (_, found) in enumerate(ASKS, 1) if found is kind] for kind in Asked}
    async with database.read() as connection:
        for kind, numbers in asked.items():
            filters = surveyor.scope(W47, MONDAY).filters()
            found = await answers.answered(
                connection, filters, kind, by=("chu",), at=MONDAY, oldest=99
            )
            assert found == Answered(asked=len(numbers), delays=[], oldest=numbers)


async def test_a_restricted_complaint_waits_and_is_not_shown(database):
    await store(database, [complaint(restricted=True), complaint(2, at=ASKED + HOUR)])
    hidden, shown = (await read(database)).complaints.oldest
    assert hidden.post is None and shown.post is not None


PERIODS = [
    week("2026-W13", PARIS),  # Sunday has 23 hours
    week("2026-W14", PARIS),
    week("2026-W43", PARIS),  # Sunday has 25
    week("2026-W44", PARIS),
    week("2026-W53", PARIS),
    week("2027-W01", PARIS),
    month("2026-02", PARIS),
    month("2026-12", PARIS),
    month("2027-03", PARIS),
]


async def test_each_local_day_holds_its_own_first_and_last_instants(database):
    first, last = date(2025, 12, 1), date(2027, 5, 1)
    begun = [midnight(first + timedelta(days=n), PARIS) for n in range((last - first).days)]
    edge = timedelta(microseconds=1)
    instants = [at - part * edge for at in begun for part in (0, 1)]
    await store(database, [Told(id=n, at=at) for n, at in enumerate(instants, 1)])
    surveyor = House(database).reporter.surveyor
    async with database.read() as connection:
        for period in PERIODS:
            scope = surveyor.scope(period, MONDAY)
            days, before = await mentions.days(connection, scope, instants[0])
            assert [found.day for found in days] == list(period.days)
            assert {found.figures for found in days} == {Figures(neutral=2)}
            assert {found.usual for found in days} == {Band(low=2, middle=2, high=2)}
            assert before == dict.fromkeys(period.previous().days, 2)
            (network,) = await mentions.networks(connection, scope)
            assert network.now.mentions == 2 * period.length
            assert network.before.mentions == 2 * period.previous().length


async def test_a_weekday_is_usual_once_four_weeks_before_are_wholly_known(database):
    weeks = [W47.since - n * timedelta(weeks=1) for n in range(1, 6)]
    told = [Told(id=n, at=at + timedelta(hours=12)) for n, at in enumerate(weeks, 1)]
    await store(database, told[:4])
    assert {found.usual for found in (await read(database)).days} == {None}
    # The week in which the records begin is known in part.
    await store(database, told[4:], stories=0)
    monday, *others = [found.usual for found in (await read(database)).days]
    assert monday is not None and (monday.low, monday.middle, monday.high) == (1, 1, 1)
    assert {band.middle for band in others if band} == {0}


async def test_a_year_before_is_told_where_the_records_reach_so_far(database):
    year = W47.year_before()
    await store(database, [Told(id=1, at=ASKED), Told(id=2, at=year.since + HOUR)])
    digest = await read(database)
    assert (digest.year_before.mentions, digest.has_year) == (1, False)  # known in part
    await store(database, [Told(id=3, at=year.since - HOUR, network="rss")], stories=0)
    digest = await read(database)
    assert (digest.year_before.mentions, digest.has_year) == (1, True)
    assert [(part.name, part.year_before.mentions) for part in digest.networks] == [("mastodon", 1)]


async def test_a_network_of_the_year_before_alone_counts_there(database):
    year = W47.year_before()
    await store(database, [Told(id=1, at=ASKED), Told(id=2, at=year.since, network="google_plus")])
    digest = await read(database)
    assert digest.year_before.mentions == 1
    assert [part.name for part in digest.networks] == ["mastodon", "google_plus"]


async def test_imports_count_and_exercises_do_not(database):
    await said(database, ASKED, live=False)
    await said(database, ASKED, exercise_id="drill-1")
    assert (await read(database)).now.mentions == 1


async def test_a_stranger_of_the_hospital_s_name_counts_as_a_stranger(database):
    """Stored without a speaker, as workflows decide it: what he says is said of the hospital."""
    below = {"parent": 1, "root": 1, "kind": "reply"}
    stranger = Told(id=2, at=ASKED + HOUR, text="CHU de Valmont : non", **below)
    await store(database, [complaint(), stranger])
    digest = await read(database)
    assert (digest.now.mentions, digest.published, digest.complaints.answered) == (2, 0, 0)


async def test_a_story_s_copies_elsewhere_are_one_story_and_its_post_the_furthest(database):
    shown = {"severity": 5.0, "readings": [(None, 9, None, None)]}
    await store(
        database,
        [
            Told(id=1, at=ASKED, story=2, restricted=True, readings=[(None, 99, 9, 9)]),
            Told(id=2, at=ASKED + HOUR, story=3, text="Le CHU, tard.", **shown),
            Told(id=3, at=within(BEFORE, 1), story=2, speaker="chu"),
            Told(id=4, at=within(BEFORE, 2), story=3, network="rss"),
        ],
    )
    (story,) = (await read(database)).stories
    assert (story.number, story.now.mentions, story.before, story.engagement) == (2, 2, 1, 126)
    assert story.first_at == within(BEFORE, 2)  # what the hospital said itself is not counted
    assert story.post is not None and story.post.excerpt == "Le CHU, tard."


async def test_figures_are_read_of_one_instant(database):
    """What is written meanwhile is in all of them or in none."""
    await store(database, [Told(id=1, at=ASKED, themes=("waiting",))])
    surveyor = House(database).reporter.surveyor
    async with database.read(snapshot=True) as connection:
        first = await surveyor.digest(connection, W47, MONDAY)
        await said(database, ASKED)
        again = await surveyor.digest(connection, W47, MONDAY)
    assert first.now == again.now == Figures(neutral=1)
    assert (await read(database, at=datetime(2026, 11, 30, tzinfo=UTC))).now.mentions == 2


async def test_a_restricted_post_that_went_furthest_is_counted_and_neither_quoted_nor_linked(
    database,
):
    common = {
        "network": "mastodon",
        "text": "Le CHU de Valmont, une honte",
        "sentiment": "negative",
    }
    await said(database, W47.since + HOUR, reactions=900, restricted=True, **common)
    await said(database, W47.since + HOUR, reactions=1, **common)
    (found,) = (await read(database)).furthest
    assert (len(found.posts), found.withheld) == (1, 1)
    assert not found.posts[0].restricted
