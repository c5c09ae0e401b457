"""What a digest says: figures that hold, what was not seen, and never a patient's name."""

from __future__ import annotations

import pytest

from listener.domain.alert import Recipient
from listener.domain.digest import Digest
from listener.notifiers.digest.content import digest_content
from listener.notifiers.digest.data import digest_data
from listener.notifiers.render import as_html, as_text, lay_out
from listener.storage import figures
from listener.storage.database import Database
from listener.storage.figures import Filters
from tests.listener.reporting import BEFORE, House, text_of
from tests.listener.weeks import MONDAY, W47, happened, insert, said, within


@pytest.fixture
async def listening(database) -> Database:
    """A listener that was at work before the week began."""
    await said(database, within(BEFORE, -20))
    return database


async def test_figures_are_those_of_the_listing_to_the_unit(listening):
    for hour in range(60):
        await said(
            listening,
            within(W47, 0, hour * 2.5),
            sentiment=("negative", "neutral", "positive", None)[hour % 4],
            network=("mastodon", "bluesky")[hour % 2],
            live=hour % 3 == 0,
        )
    for hour in range(10):
        await said(listening, within(BEFORE, 0, hour), sentiment="negative")
    await said(listening, within(W47, 2), subjects=("bremont",), sentiment="negative")
    await said(listening, within(W47, 2), exercise_id="drill-1", sentiment="negative")
    digest = await House(listening).reporter.digest(W47, MONDAY)
    mine = Filters(since=W47.since, until=W47.until, subjects=("chu", "urgences"))
    async with listening.read() as connection:
        listed = [item.row async for item in figures.listing(connection, mine)]
    assert digest.now.mentions == len(listed) == 60
    assert digest.now.negative == sum(1 for row in listed if row.sentiment == "negative")
    assert digest.now.unscored == sum(1 for row in listed if row.sentiment is None)
    for found in digest.networks:
        assert found.now.mentions == sum(1 for r in listed if r.network == found.name)
    assert digest.before.mentions == digest.before.negative == 10
    assert [(p.name, p.now.negative) for p in digest.peers] == [("CHU de Brémont", 1)]


async def test_an_empty_week_says_so(listening):
    text = await text_of(listening)
    assert "Semaine de silence : aucune mention.\nAucun incident, aucun appel de nuit." in text
    assert "Mentions : 0, stable, semaine d’avant : 0." in text
    assert "%" not in text.partition("\n-- \n")[0]


async def test_a_network_that_has_fallen_silent_stays_in_sight(listening):
    await said(listening, within(BEFORE, 1), network="bluesky")
    text = await text_of(listening)
    assert "Bluesky : 0 mention (semaine d’avant : 1)" in text


async def test_a_share_of_a_handful_is_not_told(listening):
    for n in range(19):
        await said(listening, within(W47, 1), sentiment="negative" if n < 9 else "neutral")
    assert "19 mentions (en nette hausse), dont 9 négatives." in await text_of(listening)
    await said(listening, within(W47, 1), sentiment="negative")
    assert "20 mentions (en nette hausse), dont 10 négatives (50 %)." in await text_of(listening)


async def test_night_calls_are_those_outside_working_hours(listening):
    saturday, working = within(W47, 5, 14), within(W47, 2, 10)
    await happened(listening, saturday, calls=(saturday, within(W47, 6, 3)))
    await happened(listening, working, calls=(working,), state="open")
    await happened(listening, working, calls=(working,), called=())  # told nobody by name
    await happened(listening, saturday, calls=(saturday,), exercise_id="drill-1")
    text = await text_of(listening)
    assert "3 incidents, 2 appels de nuit." in text
    assert "samedi 21 novembre à 14 h 00 : Alerte critique, incident n°" in text
    assert "toujours ouvert" in text


async def test_a_call_of_this_week_is_told_of_an_incident_that_began_in_the_week_before(listening):
    await happened(listening, within(BEFORE, 6, 23), calls=(within(W47, 0, 3),), state="open")
    digest = await House(listening).reporter.digest(W47, MONDAY)
    assert (len(digest.incidents), digest.night_calls) == (1, 1)
    assert not (await House(listening).reporter.digest(W47.next(), MONDAY)).incidents


async def test_observed_calls_say_that_nobody_was_called(listening):
    night = within(W47, 5, 23)
    await happened(listening, night, calls=(night,), kind="would_have_alerted")
    assert "mode observation : personne n’a été appelé" in await text_of(listening)


async def test_what_could_not_be_seen_is_told(listening):
    gap = {"source_id": "bluesky", "feed": "search", "reason": "window too short"}
    await insert(listening, "gaps", since=within(W47, 1), until=within(W47, 1, 6), **gap)
    await insert(listening, "gaps", since=within(W47, 9), until=within(W47, 10), **gap)
    sources = [
        {"id": name, "connector": "rss", "settings": {"url": "https://presse.example/rss"}}
        for name in ("presse", "blog", "radio", "neuve")
    ]
    await insert(listening, "sources", id="presse", failing_since=within(W47, 3), failures=9)
    await insert(listening, "sources", id="radio", stopped="unauthorized")
    await insert(listening, "sources", id="blog", last_success_at=MONDAY)
    await insert(listening, "sources", id="removed", failing_since=within(W47, 3))
    await said(listening, within(W47, 1), sentiment=None)
    house = House(listening)
    house.reporter.surveyor.sources.extend(source["id"] for source in sources)
    digest = await house.reporter.digest(W47, MONDAY)
    text = as_text(digest_content(digest, language="en", excerpt="masked")).replace("\xa0", " ")
    told = text.partition("What could not be seen\n")[2].partition("\n\n")[0].splitlines()
    assert told == [
        "The source “presse” does not answer (since Thursday 19 November at 00:00).",
        "The source “radio” refuses our credentials: it is no longer read.",
        "The source “neuve” has given nothing so far.",
        "The source “bluesky” can no longer give a stretch "
        "(Tuesday 17 November at 00:00 – Tuesday 17 November at 06:00).",
        "1 mention was not judged: it counts, without a sentiment.",
    ]


async def test_a_first_week_is_compared_with_nothing(database):
    await said(database, within(W47, 2))
    text = await text_of(database)
    assert "(semaine d’avant" not in text
    assert "les relevés commencent avec celle-ci" in text


async def test_a_week_before_that_is_known_in_part_is_said_to_be(database):
    await said(database, within(BEFORE, 3))
    text = await text_of(database)
    assert "Mentions : 0, semaine d’avant : 1." in text
    assert "Les relevés commencent le jeudi 12 novembre" in text


ANSWERED = {"fr": "les sources ont répondu", "en": "the sources answered"}
STARTED = {
    "fr": "La veille écoute depuis le {} : de ce qui précède, "
    "elle ne connaît que ce que les sources rendaient encore.",
    "en": "The listener has been listening since {}: of what came before, "
    "it knows only what the sources still gave.",
}


@pytest.mark.parametrize(
    ("language", "day"),
    [("fr", "mardi 24 novembre à 10 h 00"), ("en", "Tuesday 24 November at 10:00")],
)
async def test_of_a_week_before_the_listener_ran_it_says_since_when_it_listens(
    database, language, day
):
    tuesday = within(W47, 8, 10)
    feed = {"source_id": "presse", "cursor": {}, "updated_at": tuesday}
    await insert(database, "feeds", feed="a", live_since=tuesday, **feed)
    await insert(database, "feeds", feed="b", live_since=within(W47, 9), **feed)
    await insert(database, "feeds", feed="c", live_since=None, **feed)
    await said(database, within(W47, 1), received_at=within(W47, 8, 11))  # the look-back's
    text = await text_of(database, language=language)
    assert ANSWERED[language] not in text
    assert STARTED[language].format(day) in text


async def test_a_week_in_which_the_listener_began_says_when(database):
    await said(database, within(W47, -3), received_at=within(W47, 2, 14))
    text = await text_of(database)
    assert ANSWERED["fr"] not in text
    assert STARTED["fr"].format("mercredi 18 novembre à 14 h 00") in text
    assert ANSWERED["fr"] in await text_of(database, W47.next())


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("fr", "La veille n’a encore rien lu jusqu’au bout : ce qui s’est dit n’est pas connu."),
        ("en", "The listener has read nothing to its end yet: what was said is not known."),
    ],
)
async def test_a_listener_that_never_ran_does_not_say_that_the_sources_answered(
    database, language, told
):
    text = await text_of(database, language=language)
    assert ANSWERED[language] not in text
    assert told in text


async def test_a_week_that_is_not_over_says_so(listening):
    assert "n’est pas finie" in await text_of(listening, W47.next())


NAMED = "Ma mère Jeanne Morel est hospitalisée aux urgences du CHU de Valmont depuis neuf heures"
PHONED = "Merci au CHU, je suis joignable au 06 12 34 56 78"
TEAM = Recipient(person=None, name="", address="console")


def everywhere(digest: Digest, excerpt: str) -> str:
    """All that any channel, format or language shows of a digest."""
    told = []
    for language in ("fr", "en"):
        content = digest_content(digest, language=language, excerpt=excerpt)
        data = digest_data(digest, language=language, excerpt=excerpt)
        told += [as_text(content), as_html(content, language=language), repr(data)]
        options = {"recipient": TEAM, "key": "digest", "language": language}
        channels = ("slack", "email", "console")
        told += [repr(lay_out(content, channel=channel, **options)) for channel in channels]
    return "\n".join(told)


@pytest.mark.parametrize("excerpt", ["none", "masked", "full"])
async def test_a_post_that_reveals_a_patient_is_counted_and_never_quoted(listening, excerpt):
    await said(listening, within(W47, 1), NAMED, sentiment="negative", reactions=900)
    await said(listening, within(W47, 1), PHONED, reactions=8)
    digest = await House(listening).reporter.digest(W47, MONDAY)
    assert digest.now.mentions == 2
    shown = everywhere(digest, excerpt)
    assert [name for name in ("Jeanne", "Morel", "neuf heures", "06 12") if name in shown] == []
    assert ("Merci au CHU" in shown) is (excerpt != "none")
    assert "1\xa0message pourrait révéler un patient\xa0: compté, pas cité." in shown


async def test_a_text_erased_since_is_counted_and_not_shown(listening):
    await said(listening, within(W47, 1), None, sentiment="negative", reactions=9)
    text = await text_of(listening)
    assert "1 mention, dont 1 négative." in text
    assert "LES PLUS" not in text


async def test_hostile_texts_neither_mark_up_nor_link_nor_ping(listening):
    hostile = "<script>alert(1)</script> <!channel> https://mal.example/x \u202egnol " + "A" * 5000
    await said(listening, within(W47, 1), f"Le CHU {hostile} مرحبا 🏥", sentiment="negative")
    house = House(listening)
    content = digest_content(
        await house.reporter.digest(W47, MONDAY), language="fr", excerpt="masked"
    )
    html = as_html(content, language="fr")
    assert "<script>" not in html and "mal.example" not in html and "\u202e" not in html
    assert len(html.encode()) < 100_000


async def test_a_mentions_network_may_be_any_word(listening):
    await said(listening, within(W47, 1), network="forum_du_<b>val</b>", reactions=1)
    text = await text_of(listening)
    assert "Forum du <b>val</b> : 1 mention" in text


async def test_a_post_that_asks_not_to_be_shown_elsewhere_is_counted_only(listening):
    await said(listening, within(W47, 1), "Le CHU, entre nous", republish=False, reactions=900)
    text = await text_of(listening)
    assert "1 mention" in text
    assert "entre nous" not in text and "LES PLUS" not in text
