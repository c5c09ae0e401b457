from __future__ import annotations

import re
import string
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import listener
from classifiers.themes import THEMES, title
from listener.i18n import Speaker, catalogue_path, translator
from listener.notifiers import words

PACKAGE = Path(listener.__file__).parent
PARIS = ZoneInfo("Europe/Paris")
NIGHT = datetime(2026, 3, 7, 22, 10, tzinfo=UTC)
french, english = Speaker("fr", PARIS), Speaker("en", PARIS)


def ids_in_code() -> set[str]:
    methods = [("**.py", "python"), ("**/templates/**", "jinja2")]
    found = extract_from_dir(PACKAGE, methods, strip_comment_tags=False)
    return {message[0] if isinstance(message, tuple) else message for _, _, message, *_ in found}


def catalogue():
    with catalogue_path("fr").open("rb") as file:
        return [message for message in read_po(file, locale="fr") if message.id]


def first(value: str | tuple[str, ...] | list[str]) -> str:
    return value if isinstance(value, str) else value[0]


def forms(value: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def test_everything_that_people_read_has_a_french_text():
    translated = {first(m.id) for m in catalogue() if all(forms(m.string)) and not m.fuzzy}

    assert ids_in_code() - translated == set(), "run `make messages`, then fill what is empty"


def test_the_catalogue_holds_nothing_that_the_code_no_longer_says():
    stale = {first(m.id) for m in catalogue()} - ids_in_code()

    assert stale == set(), "run `make messages`"


def test_a_theme_is_called_as_the_classifiers_define_it():
    for name in THEMES:
        assert words.theme(french, name) == title(name)[0].lower() + title(name)[1:].replace(
            "'", "’"
        )
        assert words.theme(english, name)


def test_a_translation_has_the_places_of_its_message_and_no_other():
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for message in catalogue():
        for form in forms(message.string):
            assert places(form) == places(first(message.id)), message.id


def test_french_marks_stand_behind_spaces_that_never_break():
    for message in catalogue():
        for form in forms(message.string):
            bare = re.sub(r"\S+@\S+|https?://\S+", "", form)
            assert not re.search(r"(?<![\xa0\u202f\d])[:;!?»](?!\w)", bare), form
            assert not re.search(r"«(?!\xa0)|'|\.\.\.", bare), form


def test_a_language_that_is_not_shipped_is_refused():
    with pytest.raises(ValueError, match="'tlh'"):
        translator("tlh")


def test_an_unknown_message_is_said_in_english():
    assert french.gettext("never written") == "never written"


def test_figures_are_written_as_the_reader_writes_them():
    assert french.number(1234) == "1\u202f234"
    assert french.number(2.5, decimals=1) == "2,5"
    assert french.percent(0.125, decimals=1) == "12,5\xa0%"
    assert french.percent(0.853) == "85\xa0%"
    assert english.number(1234) == "1,234"
    assert english.percent(0.125, decimals=1) == "12.5%"


def test_plurals_follow_the_language():
    say = ("{count} post", "{count} posts")

    assert french.ngettext(*say, 0) == "0\xa0message"
    assert french.ngettext(*say, 1200) == "1\u202f200\xa0messages"
    assert english.ngettext(*say, 0) == "0 posts"


def test_hours_are_told_in_the_hospitals_zone_also_over_a_change_of_clocks():
    assert french.clock(NIGHT) == "23\xa0h\xa010"
    assert english.clock(NIGHT) == "23:10"
    assert french.clock(datetime(2026, 3, 29, 1, 0, tzinfo=UTC)) == "3\xa0h\xa000"


def test_an_instant_names_its_day_only_where_it_is_another():
    assert french.moment(NIGHT, now=NIGHT + timedelta(minutes=30)) == "23\xa0h\xa010"
    assert french.moment(NIGHT, now=NIGHT + timedelta(hours=2)) == "hier à 23\xa0h\xa010"
    later = NIGHT + timedelta(days=3)
    assert french.moment(NIGHT, now=later) == "7\xa0mars à 23\xa0h\xa010"
    assert french.moment(NIGHT, now=NIGHT + timedelta(days=400)).startswith("7\xa0mars\xa02026")


def test_days_are_told_in_full():
    assert french.day(date(2026, 5, 1), weekday=True, year=True) == "vendredi\xa01er\xa0mai\xa02026"
    assert french.day(date(2026, 5, 21)) == "21\xa0mai"
    assert english.day(date(2026, 5, 1), weekday=True) == "Friday\xa01\xa0May"


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(minutes=20), "20\xa0min"),
        (timedelta(minutes=60), "1\xa0h"),
        (timedelta(minutes=75), "75\xa0min"),
        (timedelta(minutes=125), "2\xa0h\xa005"),
        (timedelta(hours=24), "24\xa0h"),
        (timedelta(days=3), "3\xa0j"),
    ],
)
def test_a_length_of_time_is_told_in_its_own_size(span, said):
    assert french.duration(span) == said


def test_lists_and_quotes_read_well():
    assert french.listing(["a", "b", "c"]) == "a, b et c"
    assert french.quoted("mot") == "«\xa0mot\xa0»"
    assert english.quoted("word") == "“word”"
