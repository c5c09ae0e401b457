"""Pinterest's own: what a pin becomes, figures, deletions, the beta, errors by code, the login."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from connectors.connector import (
    Malformed,
    Page,
    RateLimited,
    Unauthorized,
    Unseen,
    Watched,
)
from connectors.http import NotFound
from connectors.mention import Engagement, Kind, Media, MentionKey
from connectors.oauth import begin_consent, exchange
from connectors.pinterest import PinterestConnector, PinterestSettings
from connectors.tokens import Token
from tests.connectors.case import NOON, Case
from tests.connectors.cases.pinterest import connector
from tests.connectors.contract import Bench, bench, ids
from tests.networks.pinterest import APP_ID, APP_SECRET, REFRESH, RENEWED, TOKEN, Pinterest, error
from tests.networks.standin import Fault

LOGIN = {"access_token": None, "app_id": APP_ID, "app_secret": APP_SECRET}
TERMS = Watched(terms=("CHU de Valmont",))


@asynccontextmanager
async def source(watched: Watched | None = None, **keys: Any) -> AsyncIterator[Bench]:
    build = partial(connector, watched=watched, **keys)
    async with bench(Case("pinterest", Pinterest, build)) as ready:
        yield ready


def made(ready: Bench) -> PinterestConnector:
    built = ready.connector()
    assert isinstance(built, PinterestConnector)
    return built


async def refreshed(ready: Bench, *pins: str) -> list[Page]:
    keys = [MentionKey(network="pinterest", external_id=pin) for pin in pins]
    return [page async for page in made(ready).refresh(keys)]


async def test_a_pin_becomes_a_post_with_its_picture_its_link_and_its_figures() -> None:
    async with source() as ready:
        pin = ready.network.pin()
        (page,) = [page for page in await ready.drain() if page.mentions]
    (mention,) = page.mentions
    assert mention.kind is Kind.POST
    assert mention.url == f"https://www.pinterest.com/pin/{pin['id']}/"
    assert mention.title == "Octobre rose au CHU de Valmont"
    assert mention.text == "Le dépistage, sans rendez-vous"
    assert mention.author.handle == "chuvalmont"
    assert mention.links == ("https://www.chu-valmont.example/octobre-rose",)
    assert mention.media == (
        Media(kind="image", url="https://i.example/1200.jpg", alt="Une affiche rose"),
    )
    assert page.engagements == [
        Engagement(key=mention.key, taken_at=NOON, views=120, reactions=7, replies=2, shares=9)
    ]


async def test_a_date_without_a_zone_is_universal_time() -> None:
    async with source() as ready:
        ready.network.pin(created_at="2026-03-02T09:10:40")
        (mention,) = [m for page in await ready.drain() for m in page.mentions]
    assert mention.published_at == datetime(2026, 3, 2, 9, 10, 40, tzinfo=UTC)


@pytest.mark.parametrize("metrics", [None, {}, {"lifetime_metrics": None}, {"90d": {"save": 3}}])
async def test_a_fresh_pin_without_figures_has_none_rather_than_zero(metrics: Any) -> None:
    async with source() as ready:
        ready.network.pin(pin_metrics=metrics)
        pages = await ready.drain()
    assert ids(pages)
    assert not any(page.engagements for page in pages)


async def test_figures_of_a_whole_life_are_read_under_their_other_name() -> None:
    async with source() as ready:
        ready.network.pin(pin_metrics={"all_time": {"impression": "41", "save": 0}})
        (figures,) = [f for page in await ready.drain() for f in page.engagements]
    assert (figures.views, figures.shares, figures.reactions) == (41, 0, None)


async def test_a_saved_pin_names_the_one_that_it_came_from() -> None:
    async with source() as ready:
        ready.network.pin(parent_pin_id="42", description=None, title=None, media=None)
        (mention,) = [m for page in await ready.drain() for m in page.mentions]
    assert mention.parent_id == "42"
    assert (mention.text, mention.title, mention.media) == ("", None, ())


async def test_a_carousel_gives_each_picture_and_a_film_is_a_video() -> None:
    slides = [{"images": {"600x": {"url": f"https://i.example/{n}.jpg"}}} for n in (1, 2)]
    film = {"media_type": "video", "cover_image_url": "https://i.example/film.jpg", "images": None}
    async with source() as ready:
        ready.network.pin(media={"media_type": "multiple_images", "items": slides})
        ready.network.pin(media=film)
        last, first = (m for page in await ready.drain() for m in page.mentions)
    assert [media.url for media in first.media] == [
        "https://i.example/1.jpg",
        "https://i.example/2.jpg",
    ]
    assert [(media.kind, media.url) for media in last.media] == [
        ("video", "https://i.example/film.jpg")
    ]


async def test_figures_are_read_again_and_a_pin_that_is_gone_is_deleted() -> None:
    async with source() as ready:
        kept, gone = ready.network.publish(2)
        ready.network.gone[gone] = error(404, 50, "Pin not found.")
        pages = await refreshed(ready, kept, gone)
    assert [figures.views for page in pages for figures in page.engagements] == [120]
    assert [d.external_id for page in pages for d in page.deletions] == [gone]


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(status=404, text="not here"),
        lambda: error(404, 7, "User not found."),
        lambda: error(403, 403, "Not authorized to access board or Pin."),
    ],
    ids=["a proxy's", "an account's", "a secret board's"],
)
async def test_another_refusal_of_one_pin_deletes_nothing_and_stops_nothing(answer: Any) -> None:
    async with source() as ready:
        refused, kept = ready.network.publish(2)
        ready.network.gone[refused] = answer()
        pages = await refreshed(ready, refused, kept)
    assert not any(page.deletions for page in pages)
    assert sum(len(page.engagements) for page in pages) == 1


async def test_what_was_found_by_search_is_not_looked_up_nor_missed_even_after_a_restart() -> None:
    async with source(TERMS, pins=False, search=True) as ready:
        ready.network.found = [{"id": "99", "title": "Le CHU de Valmont", "alt_text": None}]
        pages = await ready.drain()
        assert ids(pages) == ["99"]
        (mention,) = [m for page in pages for m in page.mentions]
        assert mention.published_at is None
        assert ids(await ready.drain()) == []
        asked = ready.network.asked("/search/partner/pins")[0].query
        assert (asked["term"], asked["country_code"]) == ("CHU de Valmont", "FR")
        again = await refreshed(ready, "99")  # a new object, the same ledger
        assert not any(page.deletions for page in again)
        before = len(ready.network.asked("/pins/99"))
        running = made(ready)
        [page async for page in running.poll({})]
        key = MentionKey(network="pinterest", external_id="99")
        assert [page async for page in running.refresh([key])] == []
        assert len(ready.network.asked("/pins/99")) == before


async def test_a_search_that_is_not_open_to_us_is_told_once_and_own_pins_are_read() -> None:
    async with source(TERMS, search=True) as ready:
        ready.network.beta = False
        new = ready.network.publish(2)
        running = made(ready)
        first = [page async for page in running.poll({})]
        second = [page async for page in running.poll({})]
    assert sorted(ids(first)) == sorted(new)
    (gap,) = [gap for page in first for gap in page.gaps]
    assert "code 29" in gap.reason
    assert not any(page.gaps for page in second)


async def test_a_search_without_a_word_asks_nothing_and_is_complete() -> None:
    async with source(pins=False, search=True) as ready:
        pages = await ready.drain()
        assert [page.complete for page in pages] == [True]
        assert not ready.network.requests


async def test_the_audience_is_read_once_a_day() -> None:
    async with source(audience=True) as ready:
        (own,) = [one for page in await ready.drain() for one in page.audiences]
        assert (own.account, own.followers, own.views, own.posts) == ("chuvalmont", 640, 12_345, 88)
        ready.means.clock.at += timedelta(hours=1)
        assert not any(page.audiences for page in await ready.drain())
        ready.means.clock.at += timedelta(days=1)
        ready.network.account["monthly_views"] = -1
        (own,) = [one for page in await ready.drain() for one in page.audiences]
    assert own.views is None


@pytest.mark.parametrize(
    ("status", "code", "named"),
    [
        (401, 2, Unauthorized),
        (401, 7, Unauthorized),
        (403, 29, Unauthorized),
        (400, 29, Unauthorized),
        (404, 7, NotFound),
        (400, 1, Malformed),
        (409, 409, Malformed),
        (400, 8, RateLimited),
        (429, 8, RateLimited),
        (200, 8, RateLimited),
    ],
)
async def test_an_error_is_named_by_its_code(
    status: int, code: int, named: type[Exception]
) -> None:
    async with source() as ready:
        said = error(status, code, "A message that may quote what was asked")
        fault = Fault(status=status, body=said.body, headers={"Content-Type": "application/json"})
        ready.network.faults.extend([fault] * 3)
        with pytest.raises(named) as caught:
            await ready.drain()
    assert "quote" not in str(caught.value)
    assert TOKEN not in repr(caught.value)


async def test_a_bookmark_that_pinterest_has_forgotten_loses_nothing() -> None:
    async with source(page_size=5) as ready:
        new = ready.network.publish(12)
        given: list[str] = []
        async for page in ready.poll():
            given += ids([page])
            break
        ready.cursors |= {page.feed: page.cursor}
        ready.network.forgets_bookmarks = True
        with pytest.raises(Malformed):
            await ready.drain()
        ready.network.forgets_bookmarks = False
        given += ids(await ready.drain())
    assert set(given) == set(new)


async def test_a_login_is_exchanged_renewed_and_kept_out_of_sight() -> None:
    async with source(**LOGIN) as ready:
        running = made(ready)
        client = running.oauth()
        assert client is not None
        consent = begin_consent(client, "http://localhost:8788/")
        assert "scope=boards%3Aread%2Cpins%3Aread%2Cuser_accounts%3Aread" in consent.url
        fresh = await exchange(ready.means.http, client, consent, "code-de-valmont", NOON)
        await ready.means.tokens.save(await running.admitted(fresh))
        ready.network.publish(1)
        assert len(ids(await ready.drain())) == 1
        assert await running.access_ends_at() == NOON + timedelta(days=60)
        assert APP_SECRET not in repr(client) + repr(fresh)


async def test_a_token_that_is_refused_is_renewed_on_the_spot() -> None:
    async with source(**LOGIN) as ready:
        client = made(ready).oauth()
        assert client is not None
        stale = Token(access="pina_perime", refresh=REFRESH, made_for=client.made_for)
        await ready.means.tokens.save(stale)
        ready.network.publish(1)
        assert len(ids(await ready.drain())) == 1
        kept = await ready.means.tokens.load()
    assert kept is not None and kept.access == RENEWED


async def test_no_token_stands_in_an_address_a_cursor_or_a_setting() -> None:
    async with source(audience=True) as ready:
        ready.network.publish(3)
        await ready.drain()
        settings = PinterestSettings(access_token=TOKEN)  # type: ignore[arg-type]
        assert all(TOKEN not in str(request.url) for request in ready.network.requests)
        assert TOKEN not in repr(ready.cursors) + repr(settings)


def test_a_source_says_what_it_cannot_see() -> None:
    own = PinterestSettings(access_token="x")  # type: ignore[arg-type]
    blind = PinterestConnector(own, http=_NoHttp(), watched=TERMS, clock=lambda: NOON).unseen()
    assert Unseen.ELSEWHERE in blind and Unseen.COMMENTS in blind


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"app_id": "1"},
        {"access_token": "x", "country": "France"},
        {"access_token": "x", "pins": False, "audience": False},
    ],
)
def test_settings_that_cannot_work_are_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PinterestSettings.model_validate(keys)


class _NoHttp:
    def limit(self, *_: Any) -> None:
        return None
