"""Dates as exports write them: in the reader's own order of day and month, without a year, by half days."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo

from connectors.dates import from_epoch, parse_date

_SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)(.*)", re.DOTALL)
_HALF_DAY = re.compile(r"\b(\d{1,2}):(\d{2})(:\d{2})?\s*([ap])\.?m\b\.?", re.IGNORECASE)
_WITHOUT_YEAR = re.compile(
    r"(\d{1,2})(?:er|st|nd|rd|th|\.)?\s+([^\W\d_]{3,12})\.?|([^\W\d_]{3,12})\.?\s+(\d{1,2})"
)
_EPOCH = re.compile(r"\d{9,16}")
_SERIAL = re.compile(r"[2-5]\d{4}(?:\.\d+)?")  # a spreadsheet's days, shown as a number
_FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 - of no zone, as the spreadsheet itself
_POSTED = "%a %b %d %H:%M:%S %z %Y"  # X's own


def read_moment(
    text: str, zone: tzinfo, *, month_first: bool = False, near: datetime
) -> datetime | None:
    """A UTC instant, None where it is none. A day without a year is the last one before `near`."""
    text = _HALF_DAY.sub(_whole_day, " ".join(text.split()))
    if _EPOCH.fullmatch(text):
        return from_epoch(text)
    if _SERIAL.fullmatch(text):
        return (_FIRST_DAY + timedelta(days=float(text))).replace(tzinfo=zone).astimezone(UTC)
    if found := _SLASHED.fullmatch(text):
        return parse_date(_day_first(found, month_first), zone=zone)
    if found := _WITHOUT_YEAR.fullmatch(text):
        return _last(found[1] or found[4], found[2] or found[3], zone, near)
    return parse_date(text, zone=zone) or _posted(text)


def month_comes_first(texts: Iterable[str]) -> bool | None:
    """What a column's dates show; None where all of them can be read both ways."""
    for text in texts:
        if found := _SLASHED.fullmatch(text.strip()):
            first, second = int(found[1]), int(found[3])
            if first > 12 or second > 12:
                return second > 12
    return None


def _whole_day(found: re.Match[str]) -> str:
    hour = int(found[1]) % 12 + (12 if found[4] in "pP" else 0)
    return f"{hour:02}:{found[2]}{found[3] or ''}"


def _day_first(found: re.Match[str], month_first: bool) -> str:
    first, _, second, year, rest = found.groups()
    if int(second) > 12 or (month_first and int(first) <= 12):
        first, second = second, first
    return f"{first}/{second}/{'20' if len(year) == 2 else ''}{year}{rest}"


def _last(day: str, month: str, zone: tzinfo, near: datetime) -> datetime | None:
    for year in (near.year, near.year - 1):
        moment = parse_date(f"{day} {month} {year}", zone=zone)
        if moment is not None and moment <= near + timedelta(days=1):
            return moment
    return None


def _posted(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _POSTED).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
