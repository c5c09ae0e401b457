"""How GDELT is asked: phrases, spans of time, its pace; what its sentences and refusals are called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.connector import Malformed, RateLimited, Watched
from connectors.gdelt import GdeltSettings
from tests.connectors.case import NOON
from tests.connectors.gdelt.support import Bench, ids
from tests.networks.gdelt import START, STEP, sentence
from tests.networks.standin import Fault


async def test_a_term_is_a_phrase_in_one_language(ready: Bench) -> None:
    await ready.poll(filters=["sourcecountry:FR"])
    query = ready.network.requests[0].query
    assert query["query"] == '"CHU de Valmont" sourcelang:fre sourcecountry:FR'
    assert (query["mode"], query["format"], query["sort"]) == ("ArtList", "json", "DateDesc")
    assert query["maxrecords"] == "250"
    assert query["startdatetime"] == "20260223120000"
    await ready.poll(language=None, filters=[])
    assert ready.network.requests[-1].query["query"] == '"CHU de Valmont"'


async def test_a_short_word_is_asked_for_without_quotes_and_quotes_do_not_nest(
    ready: Bench,
) -> None:
    watched = Watched(terms=("CHUV", 'Le "CHU" (Valmont)', " ", "chuv"))
    await ready.poll(ready.connector(watched, language=None))
    asked = {request.query["query"] for request in ready.network.requests}
    assert asked == {"CHUV", '"Le CHU Valmont"'}


async def test_a_full_answer_is_asked_below_its_last_article(ready: Bench) -> None:
    new = ready.network.publish(900)
    pages = await ready.poll()
    assert sorted(ids(pages)) == sorted(new)
    assert not any(page.gaps for page in pages)
    assert len(ready.network.requests) <= 6


async def test_more_articles_than_one_step_can_show_are_told_as_a_gap(ready: Bench) -> None:
    at = START + 8 * STEP
    for number in range(260):
        ready.network.article(at, url=f"https://journal.example/{number}")
    older = ready.network.publish(5)
    ready.network.articles.sort(key=lambda article: article["seendate"])
    ready.network.seen.sort()
    pages = await ready.poll()
    assert len(ids(pages)) == 255 and set(older) <= set(ids(pages))
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert (gap.since, gap.until) == (at, at + STEP)


async def test_no_span_is_too_narrow_for_gdelt(ready: Bench) -> None:
    ready.network.article(NOON)
    await ready.poll(overlap="0s")
    ready.clock.at += timedelta(minutes=1)
    await ready.poll(overlap="0s")
    assert ids(await ready.poll(overlap="0s")) == []


async def test_after_more_than_three_months_a_gap_is_told_once(ready: Bench) -> None:
    ready.network.article(NOON - timedelta(hours=1))
    await ready.poll()
    ready.clock.at = NOON + timedelta(days=100)
    new = ready.network.article(ready.clock.at - timedelta(hours=1))
    connector = ready.connector()
    pages = await ready.poll(connector)
    assert ids(pages) == [new["url"]]
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert (gap.since, gap.until) == (NOON, NOON + timedelta(days=10))
    assert not [gap for page in await ready.poll(connector) for gap in page.gaps]


async def test_a_term_that_nobody_writes_about_makes_no_gap_and_no_longer_span(
    ready: Bench,
) -> None:
    for _ in range(20):
        pages = await ready.poll()
        assert not [gap for page in pages for gap in page.gaps]
        ready.clock.at += timedelta(days=6)
    begins = datetime.strptime(
        ready.network.requests[-1].query["startdatetime"], "%Y%m%d%H%M%S"
    ).replace(tzinfo=UTC)
    assert ready.clock.at - begins <= timedelta(days=20)


async def test_requests_are_five_seconds_apart(ready: Bench) -> None:
    watched = Watched(terms=("CHU de Valmont", "hôpital de Valmont", "urgences de Valmont"))
    await ready.poll(ready.connector(watched))
    assert len(ready.network.requests) == 3
    assert 4.9 < ready.slept[0] <= 5
    assert 9.8 < ready.slept[1] <= 10, "nobody slept, so the third waits for two"


async def test_what_was_shed_is_asked_again_within_a_budget(ready: Bench) -> None:
    new = ready.network.publish(1)
    ready.network.shed = 2
    assert ids(await ready.poll()) == new
    assert len(ready.network.requests) == 3


async def test_the_budget_of_retries_survives_a_new_connector(ready: Bench) -> None:
    ready.network.shed = 100
    for _ in range(4):
        with pytest.raises(RateLimited) as refused:
            await ready.poll(retries_per_hour=5)
        assert refused.value.retry_after is not None
        assert refused.value.retry_after >= timedelta(minutes=2)
    assert len(ready.network.requests) == 4 + 5
    ready.clock.at += timedelta(hours=2)
    with pytest.raises(RateLimited):
        await ready.poll(retries_per_hour=5)
    assert len(ready.network.requests) == 4 + 5 + 3


async def test_what_keeps_being_shed_is_left_alone_for_a_while(ready: Bench) -> None:
    connector = ready.connector(retries=0)
    ready.network.shed = 100
    for _ in range(5):
        with pytest.raises(RateLimited):
            await ready.poll(connector)
    asked = len(ready.network.requests)
    with pytest.raises(RateLimited) as refused:
        await ready.poll(connector)
    assert len(ready.network.requests) == asked, "nothing is asked while the circuit is open"
    assert refused.value.retry_after is not None
    ready.network.shed = 0
    ready.clock.at += timedelta(minutes=20)
    new = ready.network.publish(1)
    assert ids(await ready.poll(connector)) == new


async def test_a_term_that_is_too_short_is_named_and_hides_no_other(ready: Bench) -> None:
    new = ready.network.publish(2)
    watched = Watched(terms=("CHU", "CHU de Valmont"))
    connector = ready.connector(watched, shortest_phrase=1)
    pages = await ready.poll(connector)
    assert sorted(ids(pages)) == sorted(new)
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert "shortest_phrase" in gap.reason
    assert not [gap for page in await ready.poll(connector) for gap in page.gaps]
    with pytest.raises(Malformed, match="too short"):
        await ready.poll(ready.connector(Watched(terms=("CHU",)), shortest_phrase=1))


@pytest.mark.parametrize(
    ("said", "named", "words"),
    [
        ("Queries containing OR'd terms must be surrounded by ().", Malformed, "OR'd terms"),
        ("The specified phrase is too short.", Malformed, "shortest_phrase"),
        ("Your query was too short or too long.", Malformed, "too short or too long"),
        ("Please limit requests to one every 5 seconds.", RateLimited, "GDELT"),
        ("<html><body>Wartung</body></html>", Malformed, "neither a list"),
        ("HTTP/1.1 200 OK\r\nDate: now\r\n" + "x" * 1_000, Malformed, "neither a list"),
    ],
)
async def test_a_sentence_in_place_of_a_list_is_named(
    ready: Bench, said: str, named: type[Exception], words: str
) -> None:
    body = sentence(said).body
    assert isinstance(body, bytes)
    ready.network.faults.extend([Fault(status=200, body=body)] * 9)
    with pytest.raises(named, match=words):
        await ready.poll()


async def test_nothing_found_is_an_empty_object(ready: Bench) -> None:
    (page,) = await ready.poll()
    assert page.complete and not page.mentions


async def test_feeds_tell_no_term(ready: Bench) -> None:
    await ready.poll()
    assert ready.cursors and not [feed for feed in ready.cursors if "valmont" in feed.lower()]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"max_records": 251}, "250"),
        ({"language": "FR-fr"}, "pattern"),
        ({"filters": ["France"]}, "sourcecountry"),
        ({"spacing": "0s"}, "greater than or equal"),
        ({"jamais_vu": 1}, "Extra inputs"),
    ],
)
def test_settings_say_what_would_be_right(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        GdeltSettings.model_validate(keys)


def test_the_base_is_gdelt_s_own() -> None:
    assert GdeltSettings().base_url == "https://api.gdeltproject.org/api/v2/doc/doc"
