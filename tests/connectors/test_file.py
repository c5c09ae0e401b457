"""Imports of JSONL lose nothing, repeat nothing, and name what they refuse."""

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
    Refused,
    Unauthorized,
    Unavailable,
)
from connectors.file import FileConnector, FileSettings
from connectors.mention import Kind
from connectors.registry import CONNECTORS
from tests.connectors.files import NOW, Hands, errors, jsonl, mentions, post, read, source


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
