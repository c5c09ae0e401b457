"""Instants as people give them to a command."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import typer

from connectors.durations import parse_duration

MOMENT_HELP = 'Such as "7d" ago, 2026-03-14 or 2026-03-14T22:30, in the hospital\'s zone.'


def moment(text: str | None, *, zone: ZoneInfo, now: datetime, option: str) -> datetime | None:
    """A duration before `now`, a day's beginning, or an instant; UTC."""
    if text is None:
        return None
    try:
        return now - parse_duration(text)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        message = f'{text!r} is no instant: write it as 2026-03-14T22:30, or as "7d"'
        raise typer.BadParameter(message, param_hint=option) from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
