"""Imports lose nothing and repeat nothing; replays are due when they are due."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.connector import (
    Cursors,
    Malformed,
    Page,
    Refused,
    Unauthorized,
    Unavailable,
    Watched,
)
from connectors.file import FileConnector, FileSettings
from connectors.mention import Kind, Mention
from connectors.registry import CONNECTORS

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Hands:
    """A clock that the test moves."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def source(path: Path, clock: Hands | None = None, **keys: object) -> FileConnector:
    return FileConnector(
        FileSettings(path=path, **keys), http=None, watched=Watched(), clock=clock or Hands()
    )


async def read(connector: FileConnector, cursors: Cursors | None = None) -> list[Page]:
    """One poll; `cursors` is brought up to date as the listener does."""
    cursors = {} if cursors is None else cursors
    pages = []
    async for page in connector.poll(cursors):
        pages.append(page)
        if page.cursor is not None:
            cursors[page.feed] = json.loads(json.dumps(page.cursor))
    return pages


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def errors(pages: list[Page]) -> list[str]:
    return [reject.error for page in pages for reject in page.rejects]


def jsonl(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")
    return path


def post(number: int, **keys: object) -> dict[str, object]:
    return {"external_id": str(number), "text": f"Message {number}"} | keys


async def test_every_field_of_a_mention_is_read(tmp_path):
    path = jsonl(
        tmp_path / "a.jsonl",
        {
            "network": "mastodon", "external_id": 42, "kind": "reply", "title": None,
            "published_at": "2026-03-14T21:52:10+01:00", "url": "https://social.example/@lea/42",
            "text": "Onze heures 😡", "language": "fr-FR", "rating": None,
            "author": {"handle": "@lea", "followers": 312}, "parent_id": 41, "root_id": "40",
            "media": [{"alt": "Un couloir"}], "tags": ["#Valmont"], "accounts": ["@chu_valmont"],
            "links": ["https://presse.example/a"], "engagement": {"reactions": 3},
        },
    )  # fmt: skip
    [page] = await read(source(path))
    [mention] = page.mentions
    assert (mention.network, mention.external_id, mention.kind) == ("mastodon", "42", Kind.REPLY)
    assert mention.published_at == datetime(2026, 3, 14, 20, 52, 10, tzinfo=UTC)
    assert (mention.language, mention.author.handle, mention.author.followers) == ("fr", "lea", 312)
    assert (mention.parent_id, mention.root_id, mention.tags) == ("41", "40", ("Valmont",))
    assert mention.media[0].kind == "image"
    [figures] = page.engagements
    assert (figures.key, figures.reactions, figures.views) == (mention.key, 3, None)
    assert figures.taken_at == NOW


async def test_figures_deletions_and_audiences_stand_on_their_own_lines(tmp_path):
    at = "2026-03-14T22:00:00Z"
    path = jsonl(
        tmp_path / "a.jsonl",
        {"type": "engagement", "network": "bluesky", "external_id": "1", "at": at, "shares": 120},
        {"type": "deletion", "external_id": "1", "at": at},
        {"type": "deletion", "author_id": "7"},
        {"type": "audience", "account": "@chu_valmont", "at": at, "followers": 5120},
    )
    [page] = await read(source(path))
    assert page.engagements[0].shares == 120
    assert [deletion.author_id for deletion in page.deletions] == [None, "7"]
    assert page.deletions[1].seen_at == NOW
    assert page.audiences[0].account == "chu_valmont"


@pytest.mark.parametrize("count", [350, 10_000])
async def test_everything_is_read_once_in_pages_and_appended_lines_follow(tmp_path, count):
    path = jsonl(tmp_path / "a.jsonl", *(post(n) for n in range(count)))
    cursors: Cursors = {}
    pages = await read(source(path), cursors)
    assert [m.external_id for m in mentions(pages)] == [str(n) for n in range(count)]
    assert max(len(page.mentions) for page in pages) == 100
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    with path.open("a") as file:
        file.write(json.dumps(post(count)) + "\n")
    assert [m.external_id for m in mentions(await read(source(path), cursors))] == [str(count)]
    assert mentions(await read(source(path), cursors)) == []


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
async def test_a_crash_after_any_page_loses_and_repeats_nothing(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    if suffix == "jsonl":
        jsonl(path, *(post(n) for n in range(450)))
    else:
        rows = "".join(f'{n};"Message\n{n}"\n' for n in range(450))
        path.write_text("id;texte\n" + rows)
    cursors: Cursors = {}
    seen: list[str] = []
    for _ in range(5):
        async for page in source(path).poll(cursors):
            seen += [mention.external_id for mention in page.mentions]
            cursors[""] = page.cursor
            break
    assert seen == [str(n) for n in range(450)]


async def test_a_bad_line_is_set_aside_with_its_number_and_the_rest_goes_on(tmp_path):
    path = tmp_path / "a.jsonl"
    lines = [
        b'{"text": "un"}', b"{nope", b"", b"[1]", b'{"text": "\\ud800"}', b'{"text": 5}',
        b'{"autor": "x", "text": "y"}', b'{"text": "y", "author": {"follower": 3}}', b"{}",
        b'{"text": "y", "published_at": "jadis"}', b'{"text": "y", "url": "javascript:alert(1)"}',
        b'{"type": "like"}', b"a\0b", b'{"text": "' + b"z" * 5000 + b'"}',
        b'{"text": "y", "rating": 11}', b'{"text": "deux"}',
    ]  # fmt: skip
    path.write_bytes(b"\n".join(lines) + b"\n")
    pages = await read(source(path, max_line=4096))
    assert [mention.text for mention in mentions(pages)] == ["un", "deux"]
    said = errors(pages)
    assert [int(error.split(":")[0].removeprefix("line ")) for error in said] == [
        2, *range(4, 16)
    ]  # fmt: skip
    assert "unknown key 'autor', did you mean 'author'?" in said[4]
    assert "unknown key 'author.follower'" in said[5]
    assert "required" in said[6]
    assert "published_at: not a date" in said[7]
    assert "longer than max_line" in said[11]
    assert max(len(reject.payload) for page in pages for reject in page.rejects) <= 4096


async def test_an_error_never_holds_what_was_said(tmp_path):
    secret = "Madame Secrète"
    path = jsonl(
        tmp_path / "a.jsonl",
        {"text": "y", "published_at": secret},
        {"text": [secret]},
        {"text": "y", "kind": secret, "url": secret, "rating": secret},
        {"text": "y", "author": {"followers": secret}},
    )
    said = errors(await read(source(path)))
    assert len(said) == 4
    assert not any("Secrète" in error for error in said)


async def test_odd_values_make_sensible_mentions(tmp_path):
    path = jsonl(
        tmp_path / "a.jsonl",
        dict.fromkeys(("network", "external_id", "author", "media")) | {"text": "nul\0"},
        {"text": "epoch", "published_at": 1773520800},
        {"text": "français", "published_at": "14/03/2026 à 21h40", "author": "@marie"},
        {"text": "vieux", "published_at": "1970-01-01T00:00:00Z"},
        {"text": "futur", "published_at": "2099-01-01", "author": "Marie Martin"},
        {"rating": 1},
        {"text": "lien", "url": "www.exemple.fr/page"},
    )
    pages = await read(source(path))
    assert errors(pages) == []
    nul, epoch, french, old, future, review, link = mentions(pages)
    assert (nul.text, nul.network, len(nul.external_id)) == ("nul", "file", 32)
    assert epoch.published_at == datetime(2026, 3, 14, 20, 40, tzinfo=UTC)
    assert french.published_at == datetime(2026, 3, 14, 20, 40, tzinfo=UTC)
    assert french.author.handle == "marie"
    assert (old.published_at.year, future.published_at.year) == (1970, 2098)
    assert future.author.name == "Marie Martin"
    assert review.kind is Kind.REVIEW
    assert link.url == "https://www.exemple.fr/page"


async def test_a_line_without_an_id_keeps_the_same_one_at_each_import(tmp_path):
    line = {"text": "Merci", "author": "Léa", "published_at": "2026-03-14"}
    path = jsonl(tmp_path / "a.jsonl", line, line | {"text": "Bravo"}, line)
    first, other, again = mentions(await read(source(path)))
    assert first.external_id == again.external_id != other.external_id


async def test_a_last_line_still_being_written_waits_for_its_end(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", post(1))
    os.utime(path, (NOW.timestamp(),) * 2)
    cursors: Cursors = {}
    await read(source(path), cursors)
    whole = json.dumps(post(2)) + "\n"
    for part in (whole[:20], whole[20:]):
        with path.open("a") as file:
            file.write(part)
        os.utime(path, (NOW.timestamp(),) * 2)
        pages = await read(source(path), cursors)
        assert errors(pages) == []
    assert [m.external_id for m in mentions(pages)] == ["2"]


async def test_a_whole_object_needs_no_newline_and_a_cut_one_is_told_once_the_file_rests(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(post(1)) + "\n" + json.dumps(post(2)))
    cursors: Cursors = {}
    assert len(mentions(await read(source(path), cursors))) == 2
    with path.open("a") as file:
        file.write('\n{"text": "cou')
    os.utime(path, (NOW.timestamp(),) * 2)
    assert errors(await read(source(path), cursors)) == []
    later = Hands(NOW + timedelta(minutes=2))
    assert errors(await read(source(path, later), cursors)) == ["line 3: not JSON (column 14)"]


async def test_a_file_replaced_or_emptied_is_read_from_its_beginning(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", post(1), post(2))
    cursors: Cursors = {}
    await read(source(path), cursors)
    jsonl(path, post(8), post(9), post(10))
    assert [m.external_id for m in mentions(await read(source(path), cursors))] == ["8", "9", "10"]
    path.write_text("")
    assert mentions(await read(source(path), cursors)) == []
    jsonl(path, post(11))
    assert [m.external_id for m in mentions(await read(source(path), cursors))] == ["11"]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
async def test_a_table_is_read_whatever_its_delimiter_and_encoding(tmp_path, delimiter, encoding):
    path = tmp_path / "export.csv"
    rows = [
        ["Date", "Réseau", "Auteur", "Message", "Lien", "Étoiles", "J'aime", "Couleur"],
        ["14/03/2026 21:40", "facebook", "@léa", '"Déçue, ""onze"" heures ; | \n honte"',
         "https://exemple.fr/1", "1,0", "1 204", "bleu"],
        ["15 mars 2026 à 8h05", "google", "Paul M.", "Été très bien reçu", "", "5/5", "", ""],
    ]  # fmt: skip
    text = "\r\n".join(delimiter.join(row) for row in rows)
    if delimiter == ",":
        text = text.replace("1,0", '"1,0"')
    path.write_bytes(text.encode(encoding))
    os.utime(path, (0, 0))
    pages = await read(source(path))
    assert errors(pages) == []
    first, second = mentions(pages)
    assert first.text == 'Déçue, "onze" heures ; | \n honte'
    assert first.published_at == datetime(2026, 3, 14, 20, 40, tzinfo=UTC)
    assert (first.network, first.author.handle, first.rating) == ("facebook", "léa", 1.0)
    assert pages[0].engagements[0].reactions == 1204
    assert (second.author.name, second.rating, second.kind) == ("Paul M.", 5.0, Kind.REVIEW)
    assert second.published_at == datetime(2026, 3, 15, 7, 5, tzinfo=UTC)


async def test_columns_are_mapped_by_name(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("sep=;\nVerbatim;Texte;Adresse\nLong;court;https://exemple.fr/9\n")
    columns = {"text": "Verbatim", "url": "adresse"}
    [mention] = mentions(await read(source(path, columns=columns)))
    assert (mention.text, mention.url) == ("Long", "https://exemple.fr/9")


async def test_a_header_that_lacks_the_text_says_what_it_has(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("Verbatim;Lien\nx;y\n")
    with pytest.raises(Malformed, match=r"columns = \{text.*'Verbatim', 'Lien'"):
        await read(source(path))
    with pytest.raises(Malformed, match=r"no column \['Avis'\]"):
        await read(source(path, columns={"text": "Avis"}))


async def test_an_unclosed_quote_costs_one_row(tmp_path):
    path = tmp_path / "export.csv"
    rows = "".join(f"{n};Message {n}\n" for n in range(3, 2000))
    path.write_text('id;texte\n1;"jamais fermé\n2;"bien"\n' + rows + '7777;un 5" de pluie\n8;a;b\n')
    pages = await read(source(path))
    assert len(mentions(pages)) == 1999
    assert [error.split(":")[0] for error in errors(pages)] == ["line 2", "line 2002"]


async def test_a_one_column_table_keeps_its_commas(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("Texte\nMerci, merci, merci\n")
    assert [mention.text for mention in mentions(await read(source(path)))] == [
        "Merci, merci, merci"
    ]


async def test_each_failure_to_open_says_what_to_do_next(tmp_path, monkeypatch):
    with pytest.raises(Unavailable, match="does not exist"):
        await read(source(tmp_path / "absent.jsonl"))
    with pytest.raises(Refused, match="not a regular file"):
        await read(source(tmp_path, format="jsonl"))
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(Refused):
        await read(source(tmp_path / "pipe.jsonl"))
    wide = tmp_path / "wide.csv"
    wide.write_bytes("id;texte\n".encode("utf-16"))
    with pytest.raises(Malformed, match="UTF-16"):
        await read(source(wide))

    def forbidden(*_args: object, **_keys: object) -> None:
        raise PermissionError(13, "denied")

    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(Unauthorized):
        await read(source(wide))


@pytest.mark.parametrize(
    "keys",
    [
        {"zone": "Europe/Valmont"},
        {"encoding": "latin-99"},
        {"encoding": "utf-16"},
        {"columns": {"texte": "Message"}},
        {"start": "2026-03-14T21:40:00"},
        {"pace": 0},
        {"mode": "replay", "format": "csv"},
        {"colour": "blue"},
    ],
)
def test_a_wrong_setting_is_refused(keys):
    with pytest.raises(ValidationError):
        FileSettings(path="a.jsonl", **keys)


def test_the_source_is_registered_and_needs_no_network(tmp_path):
    assert CONNECTORS["file"] is FileConnector
    assert source(tmp_path / "a.jsonl").hosts() == ()
    assert source(tmp_path / "a.jsonl").backfill
    assert not source(tmp_path / "a.jsonl", mode="replay").backfill


# Replays

EVENING = datetime(2026, 3, 14, 20, 40, tzinfo=UTC)


def evening(path: Path, *minutes: float) -> Path:
    return jsonl(
        path,
        *(post(n, published_at=(EVENING + timedelta(minutes=m)).isoformat())
          for n, m in enumerate(minutes)),
    )  # fmt: skip


async def test_a_replay_begins_at_its_first_poll_and_keeps_its_pace(tmp_path):
    path = evening(tmp_path / "a.jsonl", 0, 10, 20)
    clock, cursors = Hands(), {}
    seen = []
    for minute in (0, 9, 10, 30):
        clock.at = NOW + timedelta(minutes=minute)
        pages = await read(source(path, clock, mode="replay"), cursors)
        assert pages[-1].complete
        seen.append([(m.external_id, m.published_at - NOW) for m in mentions(pages)])
    assert seen == [
        [("0", timedelta())], [], [("1", timedelta(minutes=10))], [("2", timedelta(minutes=20))]
    ]  # fmt: skip


async def test_a_faster_pace_brings_an_hour_in_a_minute(tmp_path):
    path = evening(tmp_path / "a.jsonl", 0, 60, 120)
    clock = Hands(NOW + timedelta(minutes=1))
    [page] = await read(source(path, clock, mode="replay", pace=60, start=NOW))
    assert [m.published_at - NOW for m in page.mentions] == [timedelta(), timedelta(minutes=1)]


async def test_what_came_before_the_anchor_is_given_at_once_as_the_past(tmp_path):
    path = evening(tmp_path / "a.jsonl", -120, -60, 0, 60)
    connector = source(path, mode="replay", pace=60, anchor=EVENING)
    [page] = await read(connector)
    assert [(NOW - m.published_at) / timedelta(minutes=1) for m in page.mentions] == [120, 60, 0]


async def test_figures_and_deletions_of_a_replay_are_moved_too(tmp_path):
    path = jsonl(
        tmp_path / "a.jsonl",
        post(1, published_at=EVENING.isoformat()),
        *({"type": "engagement", "external_id": "1", "shares": 10 * n,
           "at": (EVENING + timedelta(minutes=n)).isoformat()} for n in range(1, 5)),
        {"type": "deletion", "external_id": "1", "at": (EVENING + timedelta(hours=1)).isoformat()},
    )  # fmt: skip
    clock, cursors = Hands(), {}
    connector = source(path, clock, mode="replay", pace=2)
    assert len(mentions(await read(connector, cursors))) == 1
    clock.at = NOW + timedelta(minutes=1)
    [page] = await read(connector, cursors)
    assert [(e.shares, e.taken_at - NOW) for e in page.engagements] == [
        (10, timedelta(seconds=30)), (20, timedelta(minutes=1))
    ]  # fmt: skip
    clock.at = NOW + timedelta(hours=1)
    [page] = await read(connector, cursors)
    assert page.deletions[0].seen_at == NOW + timedelta(minutes=30)


async def test_a_recording_in_any_order_is_played_in_the_order_of_its_instants(tmp_path):
    path = evening(tmp_path / "a.jsonl", 30, 0, 20, 10)
    clock, cursors, seen = Hands(), {}, []
    for minute in range(0, 40, 5):
        clock.at = NOW + timedelta(minutes=minute)
        seen += [
            m.external_id for m in mentions(await read(source(path, clock, mode="replay"), cursors))
        ]
    assert seen == ["1", "3", "2", "0"]


async def test_a_long_replay_stopped_after_each_page_loses_and_repeats_nothing(tmp_path):
    path = evening(tmp_path / "a.jsonl", *(n // 7 for n in range(1050)))
    clock, cursors, seen = Hands(), {}, []
    await read(source(evening(tmp_path / "b.jsonl", 0), clock, mode="replay"), {})
    await read(source(path, clock, mode="replay"), cursors)
    seen = ["0", "1", "2", "3", "4", "5", "6"]
    clock.at = NOW + timedelta(days=1)
    for _ in range(11):
        async for page in source(path, clock, mode="replay").poll(cursors):
            seen += [mention.external_id for mention in page.mentions]
            cursors[""] = page.cursor
            break
    assert seen == [str(n) for n in range(1050)]


async def test_lines_appended_to_a_recording_are_played_though_their_time_is_past(tmp_path):
    path = evening(tmp_path / "a.jsonl", 0, 10)
    clock, cursors = Hands(), {}
    await read(source(path, clock, mode="replay"), cursors)
    clock.at = NOW + timedelta(minutes=10)
    await read(source(path, clock, mode="replay"), cursors)
    with path.open("a") as file:
        file.write(json.dumps(post(7, published_at=EVENING.isoformat())) + "\n")
    assert [
        m.external_id for m in mentions(await read(source(path, clock, mode="replay"), cursors))
    ] == ["7"]
    assert mentions(await read(source(path, clock, mode="replay"), cursors)) == []


async def test_a_date_of_1970_does_not_hold_the_evening_back(tmp_path):
    path = jsonl(
        tmp_path / "a.jsonl",
        post(0, published_at="1970-01-01T00:00:00Z"),
        post(1, published_at=EVENING.isoformat()),
        post(2),
    )
    pages = await read(source(path, mode="replay"))
    assert [mention.external_id for mention in mentions(pages)] == ["0", "1", "2"]


async def test_bad_lines_of_a_replay_are_set_aside_when_their_turn_comes(tmp_path):
    path = evening(tmp_path / "a.jsonl", 0, 10)
    path.write_text("{nope\n" + path.read_text() + '{"texte": "x"}\n')
    pages = await read(source(path, mode="replay"))
    assert errors(pages) == ["line 1: not JSON (column 2)"]
    pages = await read(source(path, Hands(NOW + timedelta(hours=1)), mode="replay", start=NOW))
    assert [error.split(":")[0] for error in errors(pages)] == ["line 1", "line 4"]


async def test_an_empty_recording_is_complete_and_waits(tmp_path):
    path = jsonl(tmp_path / "a.jsonl")
    [page] = await read(source(path, mode="replay"))
    assert page.complete
    assert page.cursor is None


async def test_a_cursor_of_another_mode_is_read_as_none(tmp_path):
    path = evening(tmp_path / "a.jsonl", 0)
    cursors: Cursors = {}
    await read(source(path), cursors)
    assert len(mentions(await read(source(path, mode="replay"), cursors))) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
KEYS = st.sampled_from(
    ["type", "network", "external_id", "kind", "published_at", "text", "title", "author", "url",
     "media", "rating", "tags", "links", "accounts", "language", "engagement", "at", "views", "x"]
)  # fmt: skip
RECORDS = st.dictionaries(KEYS, JSON, max_size=6).map(lambda r: json.dumps(r).encode())


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(RECORDS | st.binary(max_size=60).filter(lambda b: b"\n" not in b), max_size=8)
)
@pytest.mark.parametrize("mode", ["import", "replay"])
async def test_whatever_the_lines_each_is_a_record_or_a_reject_and_a_good_one_gets_through(
    tmp_path, lines, mode
):
    path = tmp_path / "wild.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in [*lines, b'{"text": "bonne"}']))
    if path.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return
    pages = await read(source(path, mode=mode))
    told = sum(
        len(p.mentions) + len(p.deletions) + len(p.audiences) + len(p.rejects) for p in pages
    ) + sum(len(p.engagements) for p in pages)
    # A mention's own figures count once more; a blank line counts for nothing.
    assert told >= sum(bool(line.strip()) for line in lines) + 1
    assert "bonne" in [mention.text for mention in mentions(pages)]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.binary(max_size=40), max_size=8))
async def test_whatever_the_bytes_of_a_table_its_good_rows_get_through(tmp_path, rows):
    path = tmp_path / "wild.csv"
    clean = [row.replace(b'"', b"'").replace(b"\n", b" ").replace(b"\r", b" ") for row in rows]
    path.write_bytes(b"id;texte\n" + b"".join(row + b"\n" for row in clean) + b"9;bonne\n")
    pages = await read(source(path))
    assert mentions(pages)[-1].text == "bonne"
