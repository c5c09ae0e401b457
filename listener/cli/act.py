"""`listener ack|escalate|snooze|resolve|dismiss|reopen`: what a button does, from a terminal."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer

from listener.cli.common import ConfigOption, ExitCode, JsonOption, open_config, run
from listener.cli.output import print_json
from listener.domain.action import SNOOZE, Action, Reason, Request, Way

Number = Annotated[int, typer.Argument(metavar="N", help="The incident's number.")]
By = Annotated[
    str,
    typer.Option(
        "--by", metavar="PERSON", envvar="LISTENER_PERSON", help="The id of a [[person]] on call."
    ),
]


def ack(number: Number, by: By, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Take care of an incident: nobody else is called about it."""
    _do(Request(incident=number, action=Action.ACKNOWLEDGE, **_of(by)), config, as_json)


def escalate(
    number: Number, by: By, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Call the next person of the escalation now."""
    _do(Request(incident=number, action=Action.ESCALATE, **_of(by)), config, as_json)


def snooze(
    number: Number,
    by: By,
    minutes: Annotated[int, typer.Option(min=1, max=24 * 60)] = int(SNOOZE.total_seconds() // 60),
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ring nobody about an incident for a while."""
    span = timedelta(minutes=minutes)
    _do(Request(incident=number, action=Action.SNOOZE, snooze=span, **_of(by)), config, as_json)


def resolve(
    number: Number, by: By, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Close an incident: it is over."""
    _do(Request(incident=number, action=Action.RESOLVE, **_of(by)), config, as_json)


def dismiss(
    number: Number,
    by: By,
    reason: Annotated[Reason, typer.Option(help="Why it was a false alarm.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close an incident as a false alarm; undone within a day by `listener reopen`."""
    _do(
        Request(incident=number, action=Action.DISMISS, reason=reason, **_of(by)),
        config,
        as_json,
    )


def reopen(
    number: Number, by: By, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Take an incident up again that was closed within a day."""
    _do(Request(incident=number, action=Action.REOPEN, **_of(by)), config, as_json)


def _of(person: str) -> dict[str, Any]:
    return {"person": person, "way": Way.COMMAND}


def _do(request: Request, path: Any, as_json: bool) -> None:
    opened = open_config(path)
    done = run(_act(opened.config, opened.fingerprint, request, as_json=as_json), opened.config)
    if not done:
        raise typer.Exit(ExitCode.FAILED)


async def _act(config: Any, config_hash: str, request: Request, *, as_json: bool) -> bool:
    from listener.app.build import application
    from listener.i18n import Speaker
    from listener.notifiers.replies import reply_text

    async with application(config, config_hash=config_hash) as app:
        at = app.clock()
        reply = await app.alerting.actor.act(request, at)
    speaker = Speaker(config.language, config.hospital.zone)
    names = {person.id: person.name for person in config.person}
    said = reply_text(reply, speaker, names, at=at, snooze=request.snooze)
    if as_json:
        print_json(
            {
                "incident": reply.incident,
                "action": reply.action.value,
                "done": reply.refused is None,
                "refused": reply.refused.value if reply.refused else None,
                "state": reply.state.value if reply.state else None,
                "by": reply.by,
                "text": said,
            }
        )
    else:
        typer.echo(said)
    return reply.refused is None
