"""SlideShare's own: what a presentation becomes, hostile XML, errors by number, calls a day, secrets."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from connectors.budget import BudgetSpent
from connectors.connector import (
    ConnectorError,
    Malformed,
    Page,
    RateLimited,
    Unauthorized,
    Unavailable,
    Watched,
)
from connectors.http import NotFound
from connectors.mention import Engagement, Kind, Mention, MentionKey
from connectors.slideshare import SlideshareConnector, SlideshareSettings
from tests.connectors.case import NOON, Case
from tests.connectors.cases.slideshare import connector
from tests.connectors.contract import Bench, bench, ids
from tests.networks.slideshare import API_KEY, FIRST_ID, SECRET, USER, Slideshare, error, slideshow
from tests.networks.standin import Fault

TERMS = Watched(terms=("CHU de Valmont",))
WELL = {"api_key": "x", "shared_secret": "y"}
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


@asynccontextmanager
async def source(watched: Watched | None = TERMS, **keys: Any) -> AsyncIterator[Bench]:
    build = partial(connector, watched=watched, **keys)
    async with bench(Case("slideshare", Slideshare, build)) as ready:
        yield ready


def made(ready: Bench) -> SlideshareConnector:
    built = ready.connector()
    assert isinstance(built, SlideshareConnector)
    return built


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


async def refreshed(ready: Bench, *shows: str) -> list[Page]:
    keys = [MentionKey(network="slideshare", external_id=show) for show in shows]
    return [page async for page in made(ready).refresh(keys)]


async def given_by(body: str) -> list[Page]:
    """What becomes of one answer that is written by hand."""
    async with source() as ready:
        ready.network.faults.append(Fault(status=200, body=body.encode("utf-8", "surrogatepass")))
        return await ready.drain()


async def test_a_presentation_becomes_a_post_with_its_figures() -> None:
    async with source() as ready:
        ready.network.show()
        pages = await ready.drain()
    (mention,) = mentions(pages)
    assert mention.kind is Kind.POST
    assert mention.external_id == str(FIRST_ID)
    assert mention.url == f"https://www.slideshare.net/chuvalmont/urgences-{FIRST_ID}"
    assert mention.title == "Les urgences du CHU de Valmont"
    assert mention.text == "Neuf heures d'attente : que faire ?"
    assert mention.published_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert (mention.author.handle, mention.author.external_id) == ("chuvalmont", "44912752")
    assert (mention.language, mention.tags) == ("fr", ("urgences", "valmont"))
    assert [media.kind for media in mention.media] == ["document"]
    (figures,) = [figures for page in pages for figures in page.engagements]
    assert figures == Engagement(
        key=mention.key, taken_at=NOON, views=41, reactions=2, replies=1, shares=3
    )


async def test_figures_that_are_not_told_are_unknown_rather_than_zero() -> None:
    async with source() as ready:
        ready.network.show(NumViews=None, NumDownloads="", NumComments="-1", NumFavorites="2 000")
        (figures,) = [figures for page in await ready.drain() for figures in page.engagements]
    assert (figures.views, figures.shares, figures.replies, figures.reactions) == (None,) * 4


async def test_the_making_of_its_slides_is_no_edit_and_a_change_the_day_after_is() -> None:
    async with source() as ready:
        show = ready.network.show()
        (first,) = mentions(await ready.drain())
        assert first.edited_at is None
        ready.means.clock.at += timedelta(hours=12)
        show |= {"Updated": "2026-03-02 20:57:38 UTC", "Title": "Autre titre"}
        (second,) = mentions(await ready.drain())
        assert mentions(await ready.drain()) == []
    assert second.external_id == first.external_id
    assert second.edited_at == datetime(2026, 3, 2, 20, 57, 38, tzinfo=UTC)


async def test_a_presentation_without_an_id_is_set_aside_and_the_page_goes_on() -> None:
    async with source() as ready:
        ready.network.show(ID="pas un numéro")
        (kept,) = ready.network.publish(1)
        pages = await ready.drain()
    assert ids(pages) == [kept]
    assert sum(len(page.rejects) for page in pages) == 1


async def test_own_accounts_and_searches_give_a_presentation_once() -> None:
    async with source(users=[USER]) as ready:
        new = ready.network.publish(3)
        assert sorted(ids(await ready.drain())) == sorted(new)
        asked = ready.network.asked("search_slideshows")[0].query
    assert (asked["q"], asked["sort"], asked["detailed"]) == ("CHU de Valmont", "latest", "1")
    assert USER not in repr(ready.cursors)


async def test_figures_are_read_again_and_what_is_gone_is_deleted() -> None:
    async with source() as ready:
        kept, gone, hidden = ready.network.publish(3)
        ready.network.says[gone] = error(9, "SlideShow Not Found")
        ready.network.says[hidden] = error(16, "Insufficient permissions")
        pages = await refreshed(ready, kept, gone, hidden)
    assert [figures.views for page in pages for figures in page.engagements] == [41]
    assert [d.external_id for page in pages for d in page.deletions] == [gone]


async def test_a_bare_404_deletes_nothing() -> None:
    async with source() as ready:
        (show,) = ready.network.publish(1)
        ready.network.says[show] = web.Response(status=404)
        with pytest.raises(NotFound):
            await refreshed(ready, show)


@pytest.mark.parametrize(
    ("code", "named"),
    [
        (0, Unauthorized),
        (1, Unauthorized),
        (2, Unauthorized),
        (9, NotFound),
        (10, NotFound),
        (13, NotFound),
        (14, Malformed),
        (15, Malformed),
        (16, Unauthorized),
        (17, Malformed),
        (99, RateLimited),
        (100, Unauthorized),
        (999, Unavailable),
        (12345, Unavailable),
    ],
)
async def test_an_error_that_comes_with_a_200_is_named_by_its_number(
    code: int, named: type[ConnectorError]
) -> None:
    async with source() as ready:
        said = error(code, f"words with {API_KEY}")
        assert isinstance(said.body, bytes)
        ready.network.faults.append(Fault(status=200, body=said.body))
        with pytest.raises(named) as caught:
            await ready.drain()
    assert API_KEY not in str(caught.value)


async def test_daily_calls_that_are_spent_there_are_spent_here_until_the_next_day() -> None:
    async with source() as ready:
        new = ready.network.publish(2)
        ready.network.quota = 0
        with pytest.raises(RateLimited) as asked:
            await ready.drain()
        assert asked.value.retry_after == timedelta(hours=12)
        ready.network.quota, before = None, len(ready.network.requests)
        ready.means.clock.at += timedelta(hours=11)
        with pytest.raises(BudgetSpent):
            await ready.drain()  # a new object, the same ledger
        assert len(ready.network.requests) == before
        ready.means.clock.at += timedelta(hours=1)
        assert sorted(ids(await ready.drain())) == sorted(new)


async def test_our_own_count_stops_before_the_network_does_and_nothing_is_lost() -> None:
    async with source(daily_calls=3, page_size=10) as ready:
        new = ready.network.publish(70)
        given: list[str] = []
        for _day in range(4):
            try:
                async for page in ready.poll():
                    given += ids([page])
            except BudgetSpent:
                pass
            ready.means.clock.at += timedelta(days=1)
        assert sorted(given) == sorted(new)


async def test_figures_take_half_of_the_calls_at_most() -> None:
    async with source(daily_calls=10) as ready:
        shows = ready.network.publish(8)
        with pytest.raises(BudgetSpent):
            await refreshed(ready, *shows)
        assert len(ready.network.requests) == 5
        assert ids(await ready.drain())


async def test_a_clock_that_is_wrong_is_named_as_a_cause() -> None:
    async with source() as ready:
        ready.network.now = lambda: NOON + timedelta(hours=1)
        with pytest.raises(Unauthorized, match="clock"):
            await ready.drain()


async def test_no_secret_stands_in_a_log_an_error_a_cursor_or_a_setting(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with source() as ready:
        ready.network.publish(2)
        await ready.drain()
        signed = ready.network.requests[0].query
        assert SECRET not in str(ready.network.requests[0].url)
        ready.network.faults.extend([Fault(status=500)] * 9)
        with pytest.raises(Unavailable) as caught:
            await ready.drain()
        settings = SlideshareSettings(api_key=API_KEY, shared_secret=SECRET)  # type: ignore[arg-type]
        held = caplog.text + repr(caught.value) + repr(ready.cursors) + repr(settings)
        held += repr(made(ready)) + repr(made(ready).budgets())
    # The stand-in's own server may log what it was asked; ours may not.
    assert not any(secret in held for secret in (API_KEY, SECRET, signed["hash"]))


BILLION = """<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Slideshows><Slideshow><ID>1</ID><Title>&b;</Title></Slideshow></Slideshows>"""
OUTSIDE = """<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>
<Slideshows><Slideshow><ID>1</ID><Title>&f;</Title></Slideshow></Slideshows>"""


@pytest.mark.parametrize(
    "body",
    [
        HEAD + BILLION,
        HEAD + OUTSIDE,
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><Slideshows/>',
        "<Slideshows><Slideshow></Slideshows>",
        "<Slideshows/><Slideshows/>",
        "<Slideshows>" + "<a>" * 120_000,
        "<html><body>Connexion</body></html>",
        "<Tags/>",
        "",
    ],
    ids=[
        "entities",
        "a file",
        "a DTD",
        "crossed",
        "two",
        "a thicket",
        "HTML",
        "another",
        "nothing",
    ],
)
async def test_what_is_no_answer_is_malformed_and_no_entity_is_expanded(body: str) -> None:
    with pytest.raises(Malformed):
        await given_by(body)


async def test_a_document_type_hidden_by_its_encoding_is_not_read_either() -> None:
    async with source() as ready:
        hidden = (HEAD.replace("UTF-8", "UTF-16") + BILLION).encode("utf-16")
        ready.network.faults.append(Fault(status=200, body=hidden))
        with pytest.raises(Malformed):
            await ready.drain()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("R&D & soins", "R&D & soins"),
        ("l&#8217;hôpital &eacute;puis&eacute;", "l\u2019hôpital épuisé"),
        ("trois\x00 \x1b[31mheures &#0;&#x1;&#xD83D;&#99999999;", "trois [31mheures"),
        ("&amp;lt;b&amp;gt;Honte&amp;lt;/b&amp;gt;", "Honte"),
        ("&LT;3 &inconnu; \U0001f691\u200fمستشفى", "<3 &inconnu; \U0001f691\u200fمستشفى"),
        ("<![CDATA[A & B <3]]>", "A & B <3"),
    ],
)
async def test_markup_that_is_broken_in_one_text_is_mended(written: str, read: str) -> None:
    show = f"<Slideshow><ID>7</ID><Description>{written}</Description></Slideshow>"
    (mention,) = mentions(await given_by(f"{HEAD}<Slideshows>{show}</Slideshows>"))
    assert mention.text == read


async def test_a_page_that_counts_nothing_is_followed_to_an_empty_one() -> None:
    async with source() as ready:
        shows = [ready.network.show() for _ in range(2)]
        bodies = [f"<Slideshows>{slideshow(show)}</Slideshows>" for show in reversed(shows)]
        bodies.append("<Slideshows/>")
        faults = [Fault(status=200, body=(HEAD + body).encode()) for body in bodies]
        ready.network.faults.extend(faults)
        assert sorted(ids(await ready.drain())) == [show["ID"] for show in shows]
        assert [request.query["page"] for request in ready.network.requests] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "keys",
    [
        {"language": "french"},
        {"users": ["deux mots"]},
        {"search": False},
        {"page_size": 51},
        {"shared_secret": None},
    ],
)
def test_settings_that_cannot_work_are_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SlideshareSettings.model_validate(WELL | keys)


def test_an_account_is_named_by_its_address_too() -> None:
    told = WELL | {"users": ["https://www.slideshare.net/chuvalmont/"]}
    assert SlideshareSettings.model_validate(told).users == ("chuvalmont",)
