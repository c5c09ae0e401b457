"""Dates as networks write them, into UTC instants, or None where they cannot be believed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
"""Nothing that the listener reads is older than the public web: 1970 is a missing date."""
AHEAD = timedelta(days=1)
"""How far ahead a date may run before it is absurd: a local time taken for UTC is hours off."""

_MAX_LENGTH = 100
_ISO = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[T\s]+(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(\D.*)?",
    re.IGNORECASE,
)
_CLOCK = r"(?:\s*(?:,|à|a|at|um|-)?\s*(\d{1,2})\s*[:hH]\s*(\d{2})?(?::(\d{2}))?)?\s*(.*)"
_NAMED = re.compile(
    rf"(\d{{1,2}})(?:er|st|nd|rd|th|\.)?[\s-]+([a-z]+)\.?[\s,-]+(\d{{4}}|\d{{2}})\b{_CLOCK}"
)
_MONTH_FIRST = re.compile(rf"([a-z]+)\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b{_CLOCK}")
_ASCTIME = re.compile(r"([a-z]+)\s+(\d{1,2})\s+(\d{2}:\d{2}:\d{2})\s+(?:[a-z]+\s+)?(\d{4})")
_SLASHED = re.compile(rf"(\d{{1,2}})[/.](\d{{1,2}})[/.](\d{{4}})\b{_CLOCK}")
_OFFSET = re.compile(r"(?:gmt|utc|ut)?\s*([+-])\s*(\d{1,2}):?(\d{2})?\b.*")
_WEEKDAY = re.compile(r"[a-z]+\.?(?:,\s*|\s+(?=\d{1,2}[a-z]{0,2}[\s-]+[a-z]|[a-z]+\.?\s+\d))")

# English, French, German, Italian, Spanish: the fewest letters that tell the months apart.
_MONTHS = (
    ("jan", "gen", "ene"), ("fev", "feb"), ("mar",), ("avr", "apr", "abr"), ("mai", "may", "mag"),
    ("jun", "juin", "giu"), ("jul", "juil", "lug"), ("aou", "aug", "ago"), ("sep", "set"),
    ("oct", "okt", "ott"), ("nov",), ("dec", "dez", "dic"),
)  # fmt: skip
_HOURS_EAST = {
    0: ("z", "gmt", "utc", "ut", "wet"),
    1: ("cet", "met", "bst", "mez", "west"),
    2: ("cest", "mest", "mesz", "eet"),
    3: ("eest",), -4: ("ast", "edt"), -5: ("est", "cdt"), -6: ("cst", "mdt"), -7: ("mst", "pdt"), -8: ("pst",),
}  # fmt: skip
_ZONES = {
    name: timezone(timedelta(hours=east)) for east, names in _HOURS_EAST.items() for name in names
}


def parse_date(raw: str | None, *, zone: tzinfo = UTC) -> datetime | None:
    """A UTC instant from ISO 8601, RFC 822 or what sites write instead; None if it is no date.

    A date without a zone is read in `zone`, UTC unless the caller knows better. Years of two
    digits as RFC 2822 says: 00–49 is 20xx, 50–99 is 19xx. With slashes or dots the day is first.
    """
    if not raw or len(raw) > _MAX_LENGTH:
        return None
    text = raw.strip()
    if found := _ISO.fullmatch(text):
        year, month, day, *clock, rest = found.groups()
        return _instant(year, month, day, clock, (rest or "").lower(), zone)
    return _written(_unaccented(text), zone)


def from_epoch(value: object) -> datetime | None:
    """A UTC instant from seconds or milliseconds since 1970, as a number or digits; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
        # No second count of this era has thirteen digits.
        return datetime.fromtimestamp(seconds / 1000 if abs(seconds) > 1e11 else seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def believable(claim: datetime | None, at: datetime) -> datetime | None:
    """The claim where it may be true: clamped to `at` if slightly ahead, None if absurd."""
    if claim is None or claim < EARLIEST or claim > at + AHEAD:
        return None
    return min(claim, at)


def _written(text: str, zone: tzinfo) -> datetime | None:
    text = text[found.end() :] if (found := _WEEKDAY.match(text)) else text
    if found := _ASCTIME.fullmatch(text):
        month, day, clock, year = found.groups()
        return _instant(year, _month(month), day, clock.split(":"), "", zone)
    if found := _NAMED.fullmatch(text):
        day, month, year, *clock, rest = found.groups()
        return _instant(year, _month(month), day, clock, rest, zone)
    if found := _MONTH_FIRST.fullmatch(text):
        month, day, year, *clock, rest = found.groups()
        return _instant(year, _month(month), day, clock, rest, zone)
    if found := _SLASHED.fullmatch(text):
        day, month, year, *clock, rest = found.groups()
        return _instant(year, month, day, clock, rest, zone)
    return None


def _instant(
    year: str, month: str, day: str, clock: Sequence[str | None], rest: str, zone: tzinfo
) -> datetime | None:
    hour, minute, second, fraction = (*clock, None, None, None, None)[:4]
    try:
        local = datetime(
            _full_year(year), int(month), int(day), int(hour or 0), int(minute or 0),
            min(int(second or 0), 59),  # a leap second is real, and datetime has none
            int((fraction or "0").ljust(6, "0")[:6]),
            tzinfo=_zone(rest.strip(), zone),
        )  # fmt: skip
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _full_year(year: str) -> int:
    if len(year) > 2:
        return int(year)
    return int(year) + (2000 if int(year) < 50 else 1900)


def _month(name: str) -> str:
    for number, prefixes in enumerate(_MONTHS, start=1):
        if name.startswith(prefixes):
            return str(number)
    return "0"


def _zone(text: str, default: tzinfo) -> tzinfo:
    if found := _OFFSET.fullmatch(text):
        sign, hours, minutes = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-offset if sign == "-" else offset)
    word = re.match(r"[a-z]*", text)
    return _ZONES.get(word[0] if word else "", default)


def _unaccented(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower())
    kept = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(kept.split())
