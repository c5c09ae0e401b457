"""Lists of unknown order: what may end a walk, and what is only left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.order import not_older
from connectors.walk import Found

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def page(*hours: int | None) -> list[Found]:
    """Items so many hours after noon; None has no date."""
    return [
        Found(id=str(hour), position=None if hour is None else NOON + timedelta(hours=hour))
        for hour in hours
    ]


def kept(*hours: int | None) -> list[str]:
    return [item.id for item in not_older(page(*hours), NOON)]


def test_a_page_that_shows_itself_newest_first_is_left_whole() -> None:
    assert kept(2, 1, -1) == ["2", "1", "-1"]
    assert kept(-1, -1, -2) == ["-1", "-1", "-2"]  # below the floor: the walk may end here


@pytest.mark.parametrize("hours", [(-2, -1, 1), (1, -1, 2), (-1,), (-1, -1)])
def test_any_other_page_loses_what_is_below_the_floor_and_ends_nothing(
    hours: tuple[int, ...],
) -> None:
    assert kept(*hours) == [str(hour) for hour in hours if hour >= 0]


def test_what_has_no_date_is_kept_and_shows_no_order() -> None:
    assert kept(None, -1) == ["None"]
    assert kept(1, None, -1) == ["1", "None", "-1"]
