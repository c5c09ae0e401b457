"""A rota that is kept in a calendar: recurring events, time zones, names, and calendars that bite."""

from __future__ import annotations

# ruff: noqa: DTZ001 - hypothesis takes naive bounds
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.domain.oncall import IcsRota, Person, Rota, RotaSettings, WeekdayRota
from listener.domain.oncall.ics import CalendarError, Imported, Reader

PARIS = ZoneInfo("Europe/Paris")
PEOPLE = (
    Person(id="lea", name="Léa Martin", email="lea.martin@chu-valmont.example"),
    Person(id="ali", name="Ali Benali", email="ali.benali@chu-valmont.example"),
    Person(id="zoe", name="Zoé Le Goff"),
    Person(id="chef", name="Camille Roux"),
)
YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC))


def paris(month: int, day: int, hour: int = 12, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def event(*lines: str, title: str = "Léa Martin", uid: str = "1") -> str:
    body = "\n".join(lines)
    return f"BEGIN:VEVENT\nUID:{uid}\nSUMMARY:{title}\n{body}\nEND:VEVENT\n"


def calendar(*events: str) -> bytes:
    parts = "".join(events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//CHU//FR\n{parts}END:VCALENDAR\n".encode()


def settings(**values: Any) -> IcsRota:
    known = {"id": "com", "kind": "ics", "file": "astreinte.ics", "fallback": "chef"}
    return IcsRota.model_validate(known | values)


def read(
    *events: str, since: datetime = YEAR[0], until: datetime = YEAR[1], **values: Any
) -> Imported:
    reader = Reader(rota=settings(**values), people=PEOPLE, zone=PARIS)
    return reader.read(calendar(*events), since, until)


def rota(*events: str, **values: Any) -> Rota:
    return Rota(settings(**values), PARIS, read(*events, **values).stretches)


def who(roster: Rota, at: datetime) -> str:
    return roster.on_call(at).person


WEEKS = "DTSTART;TZID=Europe/Paris:{start}T090000\nDTEND;TZID=Europe/Paris:{end}T090000"
IN_TURN = (
    event(WEEKS.format(start="20260302", end="20260309"), "RRULE:FREQ=WEEKLY;INTERVAL=3"),
    event(
        WEEKS.format(start="20260309", end="20260316"),
        "RRULE:FREQ=WEEKLY;INTERVAL=3",
        title="Ali Benali",
        uid="2",
    ),
    event(
        WEEKS.format(start="20260316", end="20260323"),
        "RRULE:FREQ=WEEKLY;INTERVAL=3",
        title="Zoé Le Goff",
        uid="3",
    ),
)
BY_HAND = Rota(
    RotaSettings.model_validate(
        {
            "id": "com",
            "people": ["lea", "ali", "zoe"],
            "starts_on": "2026-03-02",
            "fallback": "chef",
        }
    ),
    PARIS,
)
IMPORTED = rota(*IN_TURN)


@given(st.datetimes(datetime(2026, 3, 3), datetime(2027, 1, 31), timezones=st.just(UTC)))
def test_a_calendar_says_the_same_as_the_rota_written_by_hand(at: datetime) -> None:
    assert IMPORTED.on_call(at) == BY_HAND.on_call(at)


def test_a_calendar_hands_over_when_the_rota_written_by_hand_does_over_both_changes_of_clocks() -> (
    None
):
    since, until = paris(3, 3), paris(12, 31)
    assert list(IMPORTED.shifts(since, until)) == list(BY_HAND.shifts(since, until))


def test_nights_by_weekday_are_the_same_in_a_calendar() -> None:
    nights = rota(
        event(
            "DTSTART;TZID=Europe/Paris:20260105T200000",
            "DTEND;TZID=Europe/Paris:20260106T080000",
            "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE",
        ),
        event("DTSTART;VALUE=DATE:20260110", "RRULE:FREQ=WEEKLY", title="Ali Benali", uid="2"),
    )
    night = {"hours": "20:00-08:00", "person": "lea"}
    by_hand = WeekdayRota.model_validate(
        {
            "id": "com",
            "kind": "weekday",
            "fallback": "chef",
            "starts_on": "2026-01-05",
            "monday": [night],
            "tuesday": [night],
            "wednesday": [night],
            "saturday": "ali",
            "handover_time": "00:00",
        }
    )
    since, until = paris(1, 5, 0), paris(12, 31)
    assert list(nights.shifts(since, until)) == list(Rota(by_hand, PARIS).shifts(since, until))


@pytest.mark.parametrize(
    "title",
    ["lea", "LEA MARTIN", "lea.martin@chu-valmont.example", "Astreinte com : Léa Martin", "Dr L."],
)
def test_a_title_names_a_person_by_id_name_address_or_as_the_rota_says(title: str) -> None:
    day = ("DTSTART:20260310T080000Z", "DTEND:20260310T180000Z")
    found = read(event(*day, title=title), names={"Dr L.": "lea"})
    assert [stretch.person for stretch in found.stretches] == ["lea"]


def test_whom_an_event_invites_is_on_call_unless_they_declined() -> None:
    day = ("DTSTART:20260310T080000Z", "DTEND:20260310T180000Z")
    declined = "ATTENDEE;PARTSTAT=DECLINED:mailto:lea.martin@chu-valmont.example"
    named = "ATTENDEE;CN=Ali Benali:mailto:somebody@else.example"
    found = read(event(*day, declined, named, title="Astreinte"))
    assert [stretch.person for stretch in found.stretches] == ["ali"]


def test_an_event_that_names_nobody_or_two_people_is_a_hole_and_is_told() -> None:
    day = ("DTSTART:20260310T080000Z", "DTEND:20260310T180000Z")
    found = read(
        event(*day, title="Astreinte"), event(*day, title="Léa Martin ou Ali Benali", uid="2")
    )
    assert found == Imported(unknown=("Astreinte", "Léa Martin ou Ali Benali"))


def test_what_is_long_past_may_name_whom_it_likes() -> None:
    old = event("DTSTART:20200310T080000Z", "DTEND:20200310T180000Z", title="Parti depuis")
    assert read(old) == Imported()


def test_one_occurrence_moved_cancelled_or_given_to_somebody_else_changes_that_one_alone() -> None:
    weekly = event(
        "DTSTART;TZID=Europe/Paris:20260302T180000",
        "DTEND;TZID=Europe/Paris:20260303T080000",
        "RRULE:FREQ=WEEKLY",
        "EXDATE;TZID=Europe/Paris:20260330T180000",
    )
    given_away = event(
        "RECURRENCE-ID;TZID=Europe/Paris:20260309T180000",
        "DTSTART;TZID=Europe/Paris:20260309T200000",
        "DTEND;TZID=Europe/Paris:20260310T080000",
        title="Zoé Le Goff",
    )
    cancelled = event(
        "RECURRENCE-ID;TZID=Europe/Paris:20260316T180000",
        "DTSTART;TZID=Europe/Paris:20260316T180000",
        "DTEND;TZID=Europe/Paris:20260317T080000",
        "STATUS:CANCELLED",
    )
    nights = rota(weekly, given_away, cancelled)
    evenings = [who(nights, paris(3, day, 22)) for day in (2, 9, 16, 23, 30)]
    assert evenings == ["lea", "zoe", "chef", "lea", "chef"]
    assert nights.on_call(paris(3, 9, 19)).hole
    assert who(nights, paris(4, 6, 22)) == "lea"


def test_hours_of_other_zones_outlook_s_names_for_them_and_floating_ones_are_understood() -> None:
    utc = event("DTSTART:20260701T160000Z", "DTEND:20260701T170000Z")
    outlook = event(
        "DTSTART;TZID=Romance Standard Time:20260702T180000",
        "DTEND;TZID=Romance Standard Time:20260702T190000",
        uid="2",
    )
    floating = event("DTSTART:20260703T180000", "DURATION:PT1H", uid="3")
    found = read(utc, outlook, floating).stretches
    assert [s.since for s in found] == [paris(7, day, 18) for day in (1, 2, 3)]
    assert {s.until - s.since for s in found} == {timedelta(hours=1)}


def test_a_calendar_may_define_its_own_zone() -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Chez nous\n"
        "BEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\n"
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\n"
        "BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n"
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n"
    )
    daily = event(
        "DTSTART;TZID=Chez nous:20260325T090000",
        "DTEND;TZID=Chez nous:20260325T180000",
        "RRULE:FREQ=DAILY;UNTIL=20260401T215959Z",
    )
    found = read(zone, daily).stretches
    assert [s.since for s in found] == [
        *(paris(3, day, 9) for day in range(25, 32)),
        paris(4, 1, 9),
    ]


def test_whole_days_begin_at_the_hand_over_and_a_leap_day_is_one() -> None:
    days = event("DTSTART;VALUE=DATE:20280228", "RRULE:FREQ=DAILY;COUNT=3")
    year = {"since": paris(1, 1, year=2028), "until": paris(12, 31, year=2028)}
    found = read(days, **year, handover_time="08:00").stretches
    assert [s.since for s in found] == [
        paris(2, 28, 8, year=2028),
        paris(2, 29, 8, year=2028),
        paris(3, 1, 8, year=2028),
    ]


def test_an_event_that_cannot_be_read_stops_no_other() -> None:
    good = event("DTSTART:20260310T080000Z", "DTEND:20260310T180000Z", uid="2")
    bad = event("DTSTART:demain", title="Brouillon")
    found = read(bad, good)
    assert [s.person for s in found.stretches] == ["lea"]
    assert found.unknown == ("Brouillon",)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYMINUTE=0,1,2,3",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SOMETIMES",
    ],
)
def test_a_rule_that_would_never_end_is_left_out(rule: str) -> None:
    start = ("DTSTART:20010310T080000Z", "DTEND:20010310T180000Z")
    good = event("DTSTART:20260310T080000Z", "DTEND:20260310T180000Z", uid="2")
    found = read(event(*start, f"RRULE:{rule}", title="Ali Benali"), good)
    assert [s.person for s in found.stretches] == ["lea"]


def test_a_rule_of_a_thousand_million_times_ends_with_the_window() -> None:
    daily = event(
        "DTSTART:20200310T080000Z", "DTEND:20200310T180000Z", "RRULE:FREQ=DAILY;COUNT=1000000000"
    )
    assert len(read(daily).stretches) == (YEAR[1] - YEAR[0]).days


ZONE_BOMB = (
    "BEGIN:VTIMEZONE\nTZID:x\nBEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\n"
    "TZOFFSETTO:+0100\nRRULE:FREQ=SECOND\n LY\nEND:STANDARD\nEND:VTIMEZONE\n"
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>connexion</html>",
        b"\xff\xfe\x00",
        b"BEGIN:VCALENDAR\n" * 50,
        b"BEGIN:VEVENT\nEND:VEVENT\n",
        b" " * (4 * 1024 * 1024 + 1),
        calendar(event("DTSTART:20260310T080000Z") * 5001),
        calendar(ZONE_BOMB),
    ],
    ids=["empty", "page", "bytes", "nested", "event", "large", "many", "zone"],
)
def test_what_is_no_calendar_or_too_much_of_one_is_refused(body: bytes) -> None:
    with pytest.raises(CalendarError):
        Reader(rota=settings(), people=PEOPLE, zone=PARIS).read(body, *YEAR)


def test_a_calendar_that_takes_too_long_is_given_up() -> None:
    seconds = count(step=6)
    reader = Reader(rota=settings(), people=PEOPLE, zone=PARIS, ticking=lambda: next(seconds))
    with pytest.raises(CalendarError, match="too long"):
        reader.read(calendar(*IN_TURN), *YEAR)


@given(st.binary(max_size=300))
def test_whatever_bytes_come_are_read_or_refused(noise: bytes) -> None:
    body = calendar(*IN_TURN)
    for text in (noise, body[:200] + noise + body[200:]):
        try:
            Reader(rota=settings(), people=PEOPLE, zone=PARIS).read(text, *YEAR)
        except CalendarError:
            continue
