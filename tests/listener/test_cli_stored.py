"""`listener mentions`, `incidents` and `quarantine`: what is stored, as people and programs ask for it."""

from __future__ import annotations

import asyncio
import base64
import csv
import io
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.themes import pack
from connectors.connector import Page
from listener.cli.mention_rows import FIELDS, ROWS_A_TABLE, defused
from tests.listener.commands import NAMED, House, build, fill
from tests.listener.forgetting import LINK, SAID, post


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Read only."""
    house = build(tmp_path_factory.mktemp("house"))
    asyncio.run(fill(house))
    return house


@pytest.fixture
def own(filled: House, tmp_path: Path) -> House:
    """A copy to be changed."""
    house = build(tmp_path)
    shutil.copytree(filled.folder / "state", tmp_path / "state")
    return house


def numbers(house: House, *arguments: str) -> list[int]:
    rows = house.lines("mentions", "--format", "jsonl", *arguments)
    return [row["number"] for row in rows]


def test_mentions_come_newest_first_with_all_that_is_known(filled: House) -> None:
    rows = filled.lines("mentions", "--format", "jsonl")
    assert [row["number"] for row in rows] == [2, 1, 3, 4]
    row = rows[1]
    assert tuple(row) == FIELDS
    assert (row["text"], row["link"], row["severity"]) == (SAID, LINK, 95.0)
    assert (row["reactions"], row["shares"], row["views"]) == (12, 3, None)
    assert (row["subjects"], row["live"]) == (["chu"], True)
    assert row["occurred_at"] == "2026-03-14T22:59:00+01:00"


def test_json_is_asked_of_mentions_as_of_any_table(filled: House) -> None:
    assert filled.lines("mentions", "--json") == filled.lines("mentions", "--format", "jsonl")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--since", "2026-03-14"], [2, 1]),
        (["--until", "2026-03-14T00:00"], [3, 4]),
        (["--since", "2026-03-14T22:59", "--until", "2026-03-14T22:59:01"], [2, 1]),
        (["--since", "2026-03-14T21:59:30Z"], []),
        (["--network", "bluesky"], [3]),
        (["--network", "bluesky", "--network", "mastodon", "--limit", "1"], [2]),
        (["--sentiment", "negative"], [2, 1]),
        (["--sentiment", "unscored"], []),
        (["--min-severity", "90"], [1]),
        (["--subject", "chu"], [2, 1, 3, 4]),
        (["--subject", "other"], []),
        (["--source", "mastodon", "--min-severity", "80"], [2, 1]),
        (["--live"], [2, 1, 3, 4]),
        (["--backfill"], []),
    ],
    ids=str,
)
def test_mentions_are_filtered(filled: House, options: list[str], found: list[int]) -> None:
    assert numbers(filled, *options) == found


@pytest.mark.parametrize(
    "options",
    [
        ["--since", "yesterday"],
        ["--until", "2026-13-01"],
        ["--sentiment", "angry"],
        ["--min-severity", "101"],
        ["--limit", "0"],
        ["--format", "xlsx"],
    ],
    ids=str,
)
def test_a_filter_that_makes_no_sense_is_refused_and_explained(
    filled: House, options: list[str]
) -> None:
    done = filled("mentions", *options)
    assert done.exit_code == 2
    assert options[0] in done.stderr


def test_handles_are_pseudonyms_and_patients_masked_unless_asked_for(filled: House) -> None:
    shown = filled("mentions", "--format", "jsonl").stdout
    assert "Jeanne" not in shown
    assert "ma mère […] attend" in shown
    assert "@zoe_lambert honte" not in shown
    plain = filled("mentions", "--format", "jsonl", "--unmasked").stdout
    assert NAMED in plain
    assert "@zoe_lambert honte" not in plain


def test_what_may_not_be_shown_is_not(filled: House) -> None:
    row = filled.lines("mentions", "--format", "jsonl", "--unmasked")[-1]
    assert (row["text"], row["remark"]) == (None, "its author asks not to be shown elsewhere")
    assert "merci" not in filled("mentions").stdout


def test_a_table_shows_number_words_and_link_and_says_what_is_left(filled: House) -> None:
    done = filled("mentions", "--limit", "2")
    assert "onze heures sur un brancard" in done.stdout
    assert LINK in done.stdout
    assert "the newest 2 of 4" in done.stderr
    assert "no mention" in filled("mentions", "--network", "x").stderr


def test_a_spreadsheet_computes_nothing_of_what_strangers_wrote(filled: House) -> None:
    done = filled("mentions", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["number"] for row in rows] == ["2", "1", "3", "4"]
    assert rows[0]["text"].startswith("'@")
    assert rows[2]["text"].endswith("=1+1")  # within a sentence it is a text


def test_rows_are_laid_out_a_part_at_a_time(tmp_path: Path) -> None:
    house = build(tmp_path)
    count = ROWS_A_TABLE + 50
    many = [post(external_id=str(n), url=None, text=f"CHU de Valmont {n}") for n in range(count)]
    asyncio.run(fill(house, [Page(mentions=many, cursor={"v": 1})]))
    done = house("mentions", "--limit", "1000")
    assert done.stdout.count("CHU de Valmont") == count
    assert done.stdout.count("number") == 1
    assert len(numbers(house)) == count
    assert "the newest 50" in house("mentions").stderr


FLAGS = {"patient_privacy": 0.7, "about_hospital": 0.9, "toxicity": 0.1}


@pytest.fixture
def judged(own: House) -> House:
    """The first mention, a rumour about somebody's stay, is read deeply and restricted."""
    (file,) = own.folder.glob("state/*.db")
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(
            "UPDATE mentions SET restricted = (id = 1), themes = ?, tier = 'deep' WHERE id < 3",
            [pack(["waiting", "rumour"])],
        )
        database.execute(
            "INSERT INTO scores (mention_id, classifier, scored_at, version, probabilities, reasons)"
            " VALUES (1, 'flags', '2026-03-14 22:00:01', 'f1+e1', ?, '[]')",
            [json.dumps(FLAGS)],
        )
    return own


def test_programs_are_told_themes_flags_and_which_classifiers_spoke(judged: House) -> None:
    row = judged.lines("mentions", "--json")[1]
    assert (row["themes"], row["tier"]) == (["waiting", "rumour"], "deep")
    assert {name: row[name] for name in FLAGS} == FLAGS
    unread = judged.lines("mentions", "--json")[-1]
    assert (unread["themes"], unread["toxicity"], unread["tier"]) == (None, None, "fast")


def test_people_are_told_themes_in_their_language_and_that_a_rumour_is_to_be_checked(
    judged: House,
) -> None:
    shown = " ".join(judged("mentions").stdout.split())
    assert "affirmation à" in shown
    assert "rumour" not in shown


def test_mentions_are_filtered_by_theme(judged: House) -> None:
    assert numbers(judged, "--theme", "rumour") == [2, 1]
    assert numbers(judged, "--theme", "praise", "--theme", "waiting") == [2, 1]
    assert numbers(judged, "--theme", "praise") == []
    assert judged("mentions", "--theme", "gossip").exit_code == 2


@pytest.mark.parametrize("form", ["table", "jsonl", "csv"])
def test_a_post_that_may_reveal_a_patient_is_hidden_and_counted(judged: House, form: str) -> None:
    done = judged("mentions", "--format", form, "--unmasked")
    assert "onze heures sur un brancard" not in done.stdout
    assert "it may reveal who is a patient" in done.stdout
    assert "1 text(s) hidden" in done.stderr
    assert not list(judged.folder.glob("state/restricted-access.jsonl"))


def test_whoever_looks_at_what_may_reveal_patients_leaves_a_trace_of_how_many(
    judged: House,
) -> None:
    for _ in range(2):
        done = judged("mentions", "--restricted")
        assert "onze heures sur un brancard" in done.stdout
    trace = judged.folder / "state" / "restricted-access.jsonl"
    assert [json.loads(line)["shown"] for line in trace.read_text().splitlines()] == [1, 1]
    assert "brancard" not in trace.read_text()
    assert trace.stat().st_mode & 0o777 == 0o600


DANGEROUS = st.sampled_from("=+-@＝＋－＠|%")


@given(st.text(max_size=20), DANGEROUS, st.text(max_size=20))
def test_no_cell_begins_with_a_formula(before: str, sign: str, after: str) -> None:
    cell = defused(before + sign + after)
    assert cell.lstrip(" \t\r\n\"'")[:1] not in set("=+-@") or cell.startswith("'")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        (' "=1', "' \"=1"),
        ("oui;=1", "oui;'=1"),
        ("oui, -5 et a=b", "oui, -5 et a=b"),
        ("@marc merci", "'@marc merci"),
        ("", ""),
    ],
)
def test_formulas_are_defused_and_texts_left_alone(text: str, cell: str) -> None:
    assert defused(text) == cell


def test_incidents_are_listed_with_what_they_hold(filled: House) -> None:
    (incident,) = filled.json("incidents")
    assert {name: incident[name] for name in ("number", "state", "level", "subject")} == {
        "number": 1,
        "state": "open",
        "level": "critical",
        "subject": "chu",
    }
    assert incident["mentions"] >= 2
    assert "critical" in filled("incidents").stdout
    assert filled.json("incidents", "--state", "resolved") == []


def test_one_incident_shows_why_what_happened_and_who_was_told(filled: House) -> None:
    incident = filled.json("incidents", "1")
    assert incident["evidence"][0]["rule"] == "grave"
    assert "opened" in {event["kind"] for event in incident["timeline"]}
    (message,) = incident["deliveries"]
    assert (message["channel"], message["state"]) == ("email", "sent")
    shown = filled("incidents", "1").stdout
    assert all(part in shown for part in ("Why:", "What happened:", "Who was told:", "at_least"))
    assert "brancard" not in shown


def test_since_when_a_rule_was_breached_is_told_in_the_hospitals_time(own: House) -> None:
    (file,) = own.folder.glob("state/*.db")
    breach = {"rule": "nombre", "kind": "count", "level": "critical", "seen": {}, "expected": {}}
    with closing(sqlite3.connect(file)) as database, database:
        evidence = json.dumps([breach | {"since": "2026-07-14T21:30:00.123456+00:00"}])
        database.execute("UPDATE incidents SET evidence = ?", [evidence])
    assert "2026-07-14 23:30 CEST" in own("incidents", "1").stdout
    (told,) = own.json("incidents", "1")["evidence"]
    assert told["since"] == "2026-07-14T23:30:00.123456+02:00"


def test_an_incident_that_is_not_there_is_said(filled: House) -> None:
    done = filled("incidents", "99")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no incident 99" in done.stderr


def test_quarantine_lists_without_showing_and_shows_after_a_warning(filled: House) -> None:
    listed = filled.json("quarantine")
    assert [row["error"] for row in listed] == ["cut short", "id: should be a string"]
    assert "zoe" not in filled("quarantine").stdout
    done = filled("quarantine", "1")
    assert "warning:" in done.stderr
    assert "zoe_lambert" in done.stdout
    item = filled.json("quarantine", "2")
    assert base64.b64decode(item["payload_base64"]) == b'\x1b[31m{"text": \xff'


def test_quarantine_of_another_source_is_left_out(filled: House) -> None:
    assert filled.json("quarantine", "--source", "rss") == []
    assert len(filled.json("quarantine", "--source", "mastodon", "--limit", "1")) == 1


def test_an_item_is_dropped_once(own: House) -> None:
    assert own("quarantine", "--drop", "1").exit_code == 0
    assert own("quarantine", "--drop", "1").exit_code == 1
    assert [row["number"] for row in own.json("quarantine")] == [2]
    assert own("quarantine", "1").exit_code == 1


def test_forgetting_asks_first_and_does_nothing_when_refused(own: House, monkeypatch) -> None:
    monkeypatch.setattr("listener.cli.forget.can_ask", lambda: True)
    done = own("forget", "--link", LINK, answer="n\n")
    assert done.exit_code == 1
    assert "1 mentions would be erased" in done.stderr
    assert len(numbers(own)) == 4
    assert own("forget", "--link", LINK, answer="y\n").exit_code == 0
    assert "(erased)" in own("mentions").stdout


def test_forgetting_says_what_was_erased(own: House) -> None:
    done = own.json("forget", "--author", "mastodon:@zoe_lambert@social.example", "--yes")
    assert done == {
        "mentions": 1,
        "texts_of_others": 1,
        "labelled": 0,
        "quarantined": 1,
        "messages_changed": 1,
        "messages_waiting": 0,
        "messages_beyond_reach": 0,
        "beyond_reach": [],
    }
    assert "quarantined" in own("forget", "--mention", "3", "--yes").stdout


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--link", LINK],  # nobody can be asked
        ["--link", LINK, "--mention", "1", "--yes"],
        ["--author", "zoe", "--yes"],
        ["--author", "mastodon:@", "--yes"],
    ],
    ids=str,
)
def test_forgetting_refuses_what_is_not_one_clear_wish(own: House, options: list[str]) -> None:
    assert own("forget", *options).exit_code == 2
    assert len(own.lines("mentions", "--format", "jsonl", "--live")) == 4


def test_a_reader_that_has_seen_enough_is_no_trouble_of_the_database(filled: House) -> None:
    listing = f"{sys.executable} -m listener mentions --config {filled.config} --format jsonl"
    script = f"set -o pipefail; ( {listing}; echo code $? >&2 ) | true"
    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert "sqlite" not in ended.stderr
    assert "code 1" in ended.stderr


def test_an_author_whom_nothing_stored_knows_is_said(own: House) -> None:
    done = own("forget", "--author", "mastodon:nobody", "--yes")
    assert done.exit_code == 0
    assert "no stored mention answers to this" in done.stderr
    assert "zoe@its.server" in done.stderr
