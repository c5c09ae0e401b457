"""Spans of time: asked page by page, halved while full, kept in a walk's token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.spans import Span, Spans

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
SINCE = AT - timedelta(hours=8)


def test_a_walk_begins_with_all_of_its_time() -> None:
    spans = Spans.of(None, SINCE)
    assert (spans.first.begins, spans.first.ends, spans.first.page) == (SINCE, None, 1)


def test_a_token_holds_what_is_left() -> None:
    halves = Spans.of(None, SINCE).turned().halved(AT, timedelta(seconds=2))
    assert halves is not None
    assert Spans.of(halves.token(), AT) == halves
    assert halves.ended().ended().token() is None


def test_halves_leave_no_second_out_and_keep_an_open_end() -> None:
    halves = Spans.of(None, SINCE).halved(AT, timedelta(seconds=2))
    assert halves is not None
    later, earlier = halves.left
    assert later.until is None
    assert earlier.begins == SINCE
    assert earlier.until is not None and earlier.until > later.since


def test_a_span_is_halved_down_to_its_shortest() -> None:
    spans, halvings = Spans.of(None, SINCE), 0
    while (halves := spans.halved(AT, timedelta(minutes=15))) is not None:
        spans, halvings = Spans(halves.left[1:2]), halvings + 1
    assert halvings == 5
    assert spans.first.until is not None
    assert spans.first.until - spans.first.since >= 900


def test_what_lies_below_an_instant_is_the_rest_of_its_span() -> None:
    spans = Spans.of(None, SINCE).below(AT - timedelta(hours=1))
    assert spans.first.ends == AT - timedelta(hours=1) + timedelta(seconds=1)
    assert spans.below(SINCE - timedelta(seconds=2)).left == ()


@pytest.mark.parametrize(
    "token", ["", "{}", "[]", "[[1]]", '[["a",2,1]]', "[[1,-2,1]]", "[[1,2,{}]]"]
)
def test_a_token_that_cannot_be_read_starts_over(token: str) -> None:
    assert Spans.of(token, SINCE) == Spans((Span(since=int(SINCE.timestamp())),))
