"""Replays are due when they are due, whatever stops in between."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.connector import (
    Cursors,
)
from tests.connectors.files import NOW, Hands, errors, jsonl, mentions, post, read, source

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
