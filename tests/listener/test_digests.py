"""The invented weeks are whole and agree with themselves."""

from __future__ import annotations

from dataclasses import fields

import pytest

from listener.domain.digest import Digest, Figures, Finding, headline
from tests.listener.digests import WEEKS, a_month, empty

SELDOM = {"service", "exercise", "rumours", "incidents"}  # empty in a week where nothing happens


@pytest.mark.parametrize("name", WEEKS)
def test_an_invented_week_fills_every_field_and_its_days_add_up_to_its_networks(name):
    week = WEEKS[name]()
    missing = {field.name for field in fields(Digest) if not getattr(week, field.name)}
    assert missing <= SELDOM | {"restricted"}
    assert sum((day.figures for day in week.days), Figures()) == week.now
    assert sum(week.days_before.values()) == week.before.mentions
    counts = week.reviews.stars
    assert sum(counts.values()) == week.reviews.count
    assert sum(stars * count for stars, count in counts.items()) == week.reviews.total


def test_each_invented_week_is_remembered_for_what_it_is():
    assert [headline(week()).finding for week in WEEKS.values()] == [
        Finding.STEADY,
        Finding.PRAISED,
        Finding.CRISIS,
    ]
    assert headline(empty()).finding is Finding.UNHEARD


def test_the_invented_months_days_add_up():
    november = a_month()
    assert len(november.days) == 30
    assert sum((day.figures for day in november.days), Figures()) == november.now
