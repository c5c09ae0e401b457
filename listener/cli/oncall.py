"""`listener oncall`: who answers tonight, or at any instant, who comes behind them, and the week."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from listener.cli.common import ConfigOption, ExitCode, JsonOption, open_config, say
from listener.cli.output import Row, show

if TYPE_CHECKING:
    from listener.config import Config
    from listener.domain.oncall import Rota

HOLE = "fallback: the rota has a hole"
WEEK = timedelta(days=7)


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
    week: Annotated[
        bool, typer.Option("--week", help="The seven days from then on, holes included.")
    ] = False,
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="WATCH",
            help="Whose incident is meant, by its [[watch]]'s id. Default: the hospital's.",
            show_default=False,
        ),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say who is on call, until when, how to reach them, and who is called if they do not answer."""
    from listener.workflows.calendars import rotas_of

    opened = open_config(config).config
    instant = _instant(at, opened.hospital.zone)
    about = _subject(opened, subject)
    rotas = [rota for rota in rotas_of(opened, instant) if subject is None or rota.concerns(about)]
    if week:
        rows = list(_week(opened, rotas, instant))
    else:
        rows = [*_duties(opened, rotas, instant), *_behind(opened, rotas, about, instant)]
    show(rows, as_json=as_json, styles={HOLE: "yellow"})
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


def _subject(config: Config, subject: str | None) -> str:
    from listener.domain.watch import WatchKind

    known = [watch.id for watch in config.watch]
    if subject is None:
        return next(watch.id for watch in config.watch if watch.kind is WatchKind.HOSPITAL)
    if subject not in known:
        message = f"{subject!r} is no watch: {', '.join(known)}"
        raise typer.BadParameter(message, param_hint="--subject")
    return subject


def _duties(config: Config, rotas: Sequence[Rota], at: datetime) -> Iterator[Row]:
    zone = config.hospital.zone
    for rota in rotas:
        shift = next(rota.shifts(at, at + timedelta(days=366)))
        yield {
            "rota": rota.id,
            **_person(config, shift.person),
            "at": at.astimezone(zone),
            "until": shift.until.astimezone(zone),
            "by": HOLE if shift.hole else "rota",
        }


def _behind(config: Config, rotas: Sequence[Rota], subject: str, at: datetime) -> Iterator[Row]:
    """Who is called after those who are on call, and how long after."""
    from listener.domain.rule import Level
    from listener.workflows.ringing import chain_of

    answering = {rota.on_call(at).person for rota in rotas}
    steps = chain_of(config, rotas).steps(Level.CRITICAL, subject, at)
    after = timedelta()
    for place, step in enumerate(steps):
        called = "last resort" if place == len(steps) - 1 else f"step {place + 1}"
        minutes = int(after / timedelta(minutes=1))
        for person in step.people:
            if place == 0 and person in answering:
                continue
            yield {
                "rota": None,
                **_person(config, person),
                "at": (at + after).astimezone(config.hospital.zone),
                "until": None,
                "by": f"{called}, after {minutes} min" if minutes else called,
            }
        after += step.wait


def _week(config: Config, rotas: Sequence[Rota], at: datetime) -> Iterator[Row]:
    zone = config.hospital.zone
    for rota in rotas:
        for shift in rota.shifts(at, at + WEEK):
            yield {
                "rota": rota.id,
                "from": shift.since.astimezone(zone),
                "until": shift.until.astimezone(zone),
                "person": shift.person,
                "name": config.people[shift.person].name,
                "by": HOLE if shift.hole else "rota",
            }


def _person(config: Config, name: str) -> Row:
    person = config.people[name]
    return {
        "person": person.id,
        "name": person.name,
        "email": person.email,
        "phone": person.phone,
        "slack": person.slack,
    }
