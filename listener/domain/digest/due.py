"""When a digest goes out, and until when a missed one is still worth sending."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from listener.domain.calendar import WEEKDAYS, Weekday, WorkCalendar
from listener.domain.digest.period import Period, Span

SEARCH_DAYS = 30  # no run of closed days is longer


def due_at(period: Period, calendar: WorkCalendar, *, day: Weekday, hour: time) -> datetime:
    """At `hour` on the first `day` after a week has ended, or the first working day of the next month.

    A public holiday or closed day passes it on to the next working day.
    """
    following = period.last_day + timedelta(days=1)
    if period.span is Span.MONTH:
        wanted = _first_open(calendar, following)
    else:
        wanted = following + timedelta(days=WEEKDAYS.index(day))
        if calendar.is_holiday(wanted):
            wanted = _first_open(calendar, wanted)
    return datetime.combine(wanted, hour, calendar.zone).astimezone(UTC)


def _first_open(calendar: WorkCalendar, day: date) -> date:
    later = (day + timedelta(days=n) for n in range(SEARCH_DAYS))
    return next((found for found in later if _is_open(calendar, found)), day)


def _is_open(calendar: WorkCalendar, day: date) -> bool:
    # A calendar without any hours works on every day that is not a holiday.
    return not calendar.is_holiday(day) and calendar.next_working_day(day) == day


def is_superseded(
    period: Period, calendar: WorkCalendar, at: datetime, *, day: Weekday, hour: time
) -> bool:
    """True where a digest that was missed is of no more use: a later one is the one to tell."""
    later = period.next()
    if due_at(later, calendar, day=day, hour=hour) <= at:
        return True
    return due_at(period, calendar, day=day, hour=hour) < later.until <= at
