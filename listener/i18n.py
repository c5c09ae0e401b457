"""The reader's language: gettext catalogues, and dates and figures as the hospital writes them."""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

LOCALES = Path(__file__).parent / "locale"
SOURCE_LANGUAGE = "en"  # the language of the message ids


def catalogue_path(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "listener.po"


@lru_cache
def translator(language: str) -> gettext.NullTranslations:
    """The catalogue of a language, compiled in memory; ValueError for one that is not shipped."""
    if language == SOURCE_LANGUAGE:
        return gettext.NullTranslations()
    path = catalogue_path(language)
    if not path.is_file():
        raise ValueError(f"no catalogue for {language!r}")
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says things in one language, with instants told in one zone (the hospital's)."""

    language: str
    zone: ZoneInfo

    @property
    def _locale(self) -> Locale:
        # British English: day before month and a 24-hour clock, as hospitals write them.
        return Locale.parse("en_GB" if self.language == "en" else self.language)

    def gettext(self, message: str) -> str:
        return translator(self.language).gettext(message)

    def ngettext(self, one: str, many: str, count: int, **values: str) -> str:
        """The form for `count`, with {count} and the other values filled in."""
        form = translator(self.language).ngettext(one, many, count)
        return form.format(count=self.number(count), **values)

    def number(self, value: float, *, decimals: int = 0) -> str:
        pattern = "#,##0" + ("." + "#" * decimals if decimals else "")
        return format_decimal(value, pattern, locale=self._locale)

    def percent(self, share: float, *, decimals: int = 0) -> str:
        """A share of one: 0.125 with one decimal is "12,5 %"."""
        digits = "0" + ("." + "#" * decimals if decimals else "")
        pattern = self._locale.percent_formats[None].pattern.replace("0", digits)
        return format_percent(share, pattern, locale=self._locale)

    def clock(self, at: datetime) -> str:
        """The hour of an instant: "23 h 10" in French, "23:10" in English."""
        pattern = "H\xa0'h'\xa0mm" if self.language == "fr" else "HH:mm"
        return format_time(at.astimezone(self.zone), pattern, locale=self._locale)

    def brief_day(self, day: date, *, month: bool) -> tuple[str, str]:
        """Weekday and date as they stand below a bar: "jeu." and "19", or "19 nov." """
        pattern = "d\xa0MMM" if month else "d"
        locale = self._locale
        return format_date(day, "EEE", locale=locale), format_date(day, pattern, locale=locale)

    def day(self, day: date | datetime, *, weekday: bool = False, year: bool = False) -> str:
        """A date in full, e.g. "lundi 9 mars 2026"; a datetime is told in the hospital's zone."""
        local = day.astimezone(self.zone).date() if isinstance(day, datetime) else day
        pattern = "EEEE " * weekday + "d MMMM" + " y" * year
        text = format_date(local, pattern, locale=self._locale)
        if self.language == "fr" and local.day == 1:
            text = text.replace("1 ", "1er ", 1)
        return text.replace(" ", "\xa0")

    def month(self, day: date) -> str:
        """A month and its year: "novembre 2026"."""
        return format_date(day, "LLLL y", locale=self._locale).replace(" ", "\xa0")

    def moment(self, at: datetime, *, now: datetime) -> str:
        """An instant as somebody awake at `now` would say it: the day only where it is another."""
        days = (now.astimezone(self.zone).date() - at.astimezone(self.zone).date()).days
        if days == 0:
            return self.clock(at)
        if days == 1:
            return self.gettext("yesterday at {time}").format(time=self.clock(at))
        far = abs(days) > 180
        return self.gettext("{day} at {time}").format(
            day=self.day(at, year=far), time=self.clock(at)
        )

    def duration(self, span: timedelta) -> str:
        """A length of time in its own size: "20 min", "1 h 30", "3 j"."""
        minutes = round(span.total_seconds() / 60)
        if minutes < 90 and minutes % 60:
            return self.gettext("{minutes} min").format(minutes=self.number(minutes))
        hours, minutes = divmod(minutes, 60)
        if hours >= 48:
            return self.gettext("{days} d").format(days=self.number(round(hours / 24)))
        if minutes:
            return self.gettext("{hours} h {minutes}").format(hours=hours, minutes=f"{minutes:02}")
        return self.gettext("{hours} h").format(hours=hours)

    def listing(self, items: Iterable[str]) -> str:
        """ "a, b et c"."""
        return format_list(list(items), locale=self._locale)

    def quoted(self, text: str) -> str:
        return f"«\xa0{text}\xa0»" if self.language == "fr" else f"“{text}”"
