"""A digest's charts: drawn elsewhere, small, their findings in words, and never missed for long."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from listener.domain.digest import Band, Day, Digest, Figures, Part, Period
from listener.i18n import Speaker
from listener.notifiers.child import Child
from listener.notifiers.digest import drawing
from listener.notifiers.digest.charts import (
    FILES,
    LARGEST,
    WORKER,
    Painter,
    attachments,
    day_chart,
    sources,
    theme_chart,
)
from tests.listener.digests import WEEKS, a_month, crisis, empty, good_news, quiet
from tests.listener.weeks import PARIS

ENGLISH, FRENCH = Speaker("en", PARIS), Speaker("fr", PARIS)


@pytest.fixture
async def painter():
    made = Painter()
    yield made
    await made.close()


async def test_every_week_is_drawn_small_at_twice_the_width_of_a_mail_and_once_for_all(painter):
    for made in [*WEEKS.values(), a_month]:
        drawn = await painter.paint(made(), language="fr")
        assert list(drawn) == ["days", "themes"]
        for png in drawn.values():
            wide, high = struct.unpack(">II", png[16:24])
            assert png.startswith(b"\x89PNG") and len(png) <= LARGEST
            assert wide == 1120 and 400 < high < 1200
            image = Image.open(BytesIO(png))
            assert image.mode == "P" and min(image.convert("RGB").getpixel((0, 0))) > 245
        assert await painter.paint(made(), language="fr") is drawn


async def test_a_busier_week_is_another_picture_and_an_empty_one_is_none(painter):
    one = await painter.paint(quiet(), language="en")
    other = await painter.paint(crisis(), language="en")
    assert one["days"] != other["days"] and one["themes"] != other["themes"]
    assert await painter.paint(empty(), language="en") == {}
    speechless = replace(crisis(), themes=())
    assert list(await painter.paint(speechless, language="en")) == ["days"]


def test_an_empty_or_single_day_and_a_single_theme_are_no_chart():
    assert day_chart(ENGLISH, empty()) is None and theme_chart(ENGLISH, empty()) is None
    single = replace(crisis(), days=crisis().days[:1], themes=crisis().themes[:1])
    assert day_chart(ENGLISH, single) is None and theme_chart(ENGLISH, single) is None


class Fixed(Child):
    """Says the same to every request."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(WORKER)
        self._answer = answer

    async def ask(self, request: Mapping[str, Any], *, within: float) -> dict[str, Any]:
        return self._answer


class Here(Child):
    """Draws in the test's own process, where one is not worth starting."""

    async def ask(self, request: Mapping[str, Any], *, within: float) -> dict[str, Any]:
        read = json.loads(json.dumps(request))
        drawn = {name: drawing.CHARTS[name](found) for name, found in read.items()}
        return {"png": {name: base64.b64encode(png).decode() for name, png in drawn.items()}}


def told(chart) -> str:
    return chart.alt.replace("\xa0", " ")


def test_the_words_beside_a_chart_tell_what_it_shows():
    assert told(day_chart(ENGLISH, crisis())) == (
        "Mentions by day: 59 on average, 112 (of which 82 negative) on Thursday 19 November,"
        " 5.3 times the usual; above the usual on 5 days of 7."
    )
    assert told(day_chart(ENGLISH, quiet())) == (
        "Mentions by day: 20 on average, 24 (of which 5 negative) on Monday 16 November;"
        " never above the usual."
    )
    assert told(theme_chart(ENGLISH, good_news())).startswith(
        "Most spoken of: thanks and praise, 127, against 29 before; then life of the institution 85, "
    )


def test_what_is_not_known_is_not_told():
    young = replace(
        crisis(), days=[replace(day, usual=None) for day in crisis().days], known_since=None
    )
    assert "usual" not in told(day_chart(ENGLISH, young))
    assert "before" not in told(theme_chart(ENGLISH, young))


def test_a_few_mentions_keep_a_decimal_of_their_average():
    one = Figures(neutral=1)
    days = [
        Day(day=day, figures=one if place < 5 else Figures())
        for place, day in enumerate(crisis().period.days)
    ]
    assert told(day_chart(ENGLISH, replace(empty(), days=days))).startswith(
        "Mentions by day: 0.7 on average, 1 on Monday 16 November."
    )


async def test_a_mail_carries_each_picture_under_the_name_that_it_is_referred_to():
    drawn = {"days": b"1", "themes": b"2"}
    named = {f"cid:{found.name}": found.content for found in attachments(drawn)}
    assert {name: named[source] for name, source in sources(drawn).items()} == drawn
    assert set(FILES) == set(drawn)


async def test_a_digest_goes_without_pictures_where_the_process_cannot_draw(caplog):
    for broken in (
        Painter(Child("listener.notifiers.no_such_module")),
        Painter(Child(WORKER), within=0.001),
        Painter(Fixed({"error": "KeyError"})),
        Painter(Fixed({"png": {"days": 1, "themes": "é"}})),
    ):
        with caplog.at_level(logging.WARNING, "listener.notifiers.digest.charts"):
            assert await broken.paint(crisis(), language="fr") == {}
        await broken.close()
        ours = [record.message for record in caplog.records if record.name.startswith("listener")]
        assert len(ours) == 1 and ours[0].startswith("charts.missing")
        caplog.clear()


async def test_a_process_that_dies_is_started_again_for_the_next_digest(painter):
    child = painter._child
    await painter.warm()
    (process,) = child._running
    process.kill()
    await process.wait()
    assert list(await painter.paint(crisis(), language="fr")) == ["days", "themes"]


async def test_a_process_started_ahead_is_the_one_that_draws_and_ends_unasked():
    child = Child(WORKER, idle=0.2)
    await child.warm()
    (ahead,) = child._running
    await asyncio.wait_for(ahead.wait(), 30)
    assert ahead.returncode == 0
    patient = Child(WORKER)
    await patient.warm()
    await patient.warm()
    (ahead,) = patient._running
    await patient.ask({}, within=30)
    assert patient._running == {ahead}
    await patient.close()


def test_starting_it_loads_no_application_and_writes_nowhere_but_in_a_place_of_its_own(tmp_path):
    heavy = "{'pydantic', 'babel', 'aiohttp', 'sqlalchemy', 'jinja2', 'listener.i18n'}"
    code = f"import sys; import {WORKER}; print({heavy} & set(sys.modules) or 'light')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path), "TMPDIR": str(tmp_path), "HOME": "/nowhere"},
    )
    assert done.stdout.strip() == "light" and not list(tmp_path.iterdir())


def test_a_request_that_is_none_is_answered_by_its_error():
    done = subprocess.run(
        [sys.executable, "-m", WORKER],
        input='{"days": {}}\nnonsense\n{"other": {}}\n',
        capture_output=True,
        text=True,
        check=True,
    )
    said = [json.loads(line)["error"] for line in done.stdout.splitlines()]
    assert said == ["KeyError", "JSONDecodeError", "KeyError"]


COUNTS = st.integers(0, 10) | st.integers(0, 10**9)
FIGURES = st.builds(Figures, negative=COUNTS, neutral=COUNTS, positive=COUNTS, unscored=COUNTS)
BANDS = st.none() | st.lists(st.integers(0, 10**10), min_size=3, max_size=3).map(sorted).map(
    lambda found: Band(low=found[0] / 10, middle=found[1] / 10, high=found[2] / 10)
)
THEMES = ("waiting", "praise", "staffing", "billing", "death", "hygiene", "rumour", "violence")


@st.composite
def digests(draw) -> Digest:
    first = draw(st.dates(date(2001, 1, 1), date(2030, 1, 1)))
    length = draw(st.sampled_from([2, 7, 10, 31, 366]))
    period = Period(first_day=first, last_day=first + timedelta(days=length - 1), zone=PARIS)
    figures = draw(st.lists(FIGURES, min_size=1, max_size=9))
    band = draw(BANDS)
    parts = [
        Part(name=name, now=draw(FIGURES), before=draw(FIGURES))
        for name in draw(st.sets(st.sampled_from(THEMES)))
    ]
    return replace(
        crisis(),
        period=period,
        days=[
            Day(day=day, figures=figures[place % len(figures)], usual=band)
            for place, day in enumerate(period.days)
        ],
        themes=parts,
        known_since=draw(st.none() | st.just(period.since - timedelta(days=9))),
    )


@given(digests(), st.sampled_from(["fr", "en"]))
@settings(max_examples=8, deadline=None)
def test_whatever_was_counted_is_drawn_within_its_bounds_and_told(digest, language):
    painter = Painter(Here(WORKER))
    charts = (day_chart(FRENCH, digest), theme_chart(FRENCH, digest))
    found = asyncio.run(painter.paint(digest, language=language))
    assert set(found) == {chart.name for chart in charts if chart}
    assert all(png.startswith(b"\x89PNG") for png in found.values())
    assert all(chart.alt.endswith(".") and "{" not in chart.alt for chart in charts if chart)
