"""Dates as sites write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.dates import believable, from_epoch, parse_date

TEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
AT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "Fri, 20 Nov 2026 10:00:00 +0000",
        "20 Nov 26 05:00 EST",
        "Fri,20 Nov 2026 11:00:00 CET",
        "ven., 20 nov. 2026 11:00:00 +0100",
        "vendredi 20 novembre 2026 à 10h00",
        "20 NOVEMBRE 2026 10:00",
        "Fr, 20 Nov. 2026 10:00:00 GMT",
        "Fri Nov 20 10:00:00 2026",
        "November 20th, 2026 at 10:00",
        "20/11/2026 10:00",
        "20.11.2026 10:00:00",
        "2026-11-20T10:00:00Z",
        "2026-11-20T15:30:00+05:30",
        "2026-11-20 10:00:00",
        "20261120T100000Z",
        "Fri, 20 Nov 2026 12:00:00 GMT+02:00",
        "Fri, 20 Nov 2026 10:00:00 -0000 (UTC)",
    ],
)
def test_the_same_instant_is_read_however_it_is_written(written):
    assert parse_date(written) == TEN


@pytest.mark.parametrize(
    ("written", "month"),
    [("3 févr. 2026", 2), ("3 fév 2026", 2), ("1er août 2026", 8), ("9 juil. 2026", 7),
     ("9 juin 2026", 6), ("3 déc. 2026", 12), ("3 avr 2026", 4), ("3 mai 2026", 5), ("mar 3 mars 2026", 3)],
)  # fmt: skip
def test_french_months_are_known(written, month):
    instant = parse_date(written)
    assert instant is not None and instant.month == month


@pytest.mark.parametrize(
    "written",
    ["", "hier", "0000-00-00T00:00:00", "32 Jan 2026", "2026-02-30", "Fri, 20 Nov 2026 24:00:00 GMT",
     "2026-11-20T10:00:00+2500", "20 xyz 2026", "9" * 300, "²0 Nov 2026", None],
)  # fmt: skip
def test_what_is_no_date_is_none(written):
    assert parse_date(written) is None


def test_without_a_zone_a_date_is_utc_unless_the_caller_knows_better():
    assert parse_date("2026-11-20T10:00:00") == TEN
    paris = parse_date("2026-11-20T11:00:00", zone=ZoneInfo("Europe/Paris"))
    assert paris == TEN


def test_two_digit_years_follow_rfc_2822():
    assert parse_date("01 Jan 49 00:00 GMT") == datetime(2049, 1, 1, tzinfo=UTC)
    assert parse_date("01 Jan 98 00:00 GMT") == datetime(1998, 1, 1, tzinfo=UTC)


def test_epochs_come_in_seconds_or_milliseconds_as_numbers_or_digits():
    stamp = int(TEN.timestamp())
    assert from_epoch(stamp) == from_epoch(str(stamp)) == from_epoch(stamp * 1000) == TEN
    for wild in (None, True, "x", float("nan"), float("inf"), 10**400, [1]):
        assert from_epoch(wild) is None


def test_absurd_claims_are_not_believed_and_slight_futures_are_clamped():
    assert believable(datetime(1970, 1, 1, tzinfo=UTC), AT) is None
    assert believable(datetime(2099, 1, 1, tzinfo=UTC), AT) is None
    assert believable(AT + timedelta(hours=2), AT) == AT
    assert believable(TEN, AT) == TEN
    assert believable(None, AT) is None


@given(st.floats(min_value=0, max_value=4e9))
def test_every_well_written_date_is_read_back(seconds):
    instant = datetime.fromtimestamp(seconds, tz=UTC)
    assert parse_date(instant.isoformat()) == instant
    assert parse_date(format_datetime(instant)) == instant.replace(microsecond=0)


@given(
    st.one_of(
        st.text(max_size=120),
        st.from_regex(r"[\d]{1,4}[-/ .][\w]{1,9}[-/ .]\d{2,4} [\d:hT+-]{0,14}"),
    )
)
def test_no_text_makes_the_reading_fail(text):
    instant = parse_date(text)
    assert instant is None or instant.tzinfo is UTC


@given(st.one_of(st.floats(), st.integers(), st.text()))
def test_no_number_makes_the_reading_fail(value):
    from_epoch(value)
