"""`listener oncall`: who answers tonight, or at any instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from listener.cli.common import ConfigOption, ExitCode, JsonOption, open_config, say
from listener.cli.output import Row, show

if TYPE_CHECKING:
    from listener.config import Config


def oncall(
    at: Annotated[
        str | None,
        typer.Option(
            metavar="INSTANT",
            help="Such as 2026-03-14T22:30, in the hospital's zone unless it says another. "
            "Default: now.",
            show_default=False,
        ),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say who is on call, until when, and how to reach them."""
    opened = open_config(config)
    instant = _instant(at, opened.config.hospital.zone)
    rows = list(_duties(opened.config, instant))
    show(rows, as_json=as_json, styles={"fallback: the rota has a hole": "yellow"})
    if not rows:
        say("no [[rota]] in this configuration: nobody is on call")
        raise typer.Exit(ExitCode.FAILED)


def _instant(text: str | None, zone: ZoneInfo) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no instant: write it as 2026-03-14T22:30"
        raise typer.BadParameter(message, param_hint="--at") from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _duties(config: Config, at: datetime) -> Iterator[Row]:
    from listener.domain.oncall import Rota

    zone = config.hospital.zone
    for settings in config.rota:
        duty = Rota(settings, zone).on_call(at)
        person = config.people[duty.person]
        yield {
            "rota": duty.rota,
            "person": person.id,
            "name": person.name,
            "email": person.email,
            "phone": person.phone,
            "slack": person.slack,
            "at": at.astimezone(zone),
            "until": duty.until.astimezone(zone),
            "by": "fallback: the rota has a hole" if duty.hole else "rota",
        }
