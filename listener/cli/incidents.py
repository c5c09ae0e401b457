"""`listener incidents`: what was alerted about, and how one incident went."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.common import ConfigOption, ExitCode, JsonOption, Opened, open_config, run, say
from listener.cli.output import Row, print_json, show

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy import Row as Stored

    from listener.domain.alert import PostView
    from listener.i18n import Speaker

COLUMNS = ("number", "state", "level", "subject", "opened", "mentions", "last_breach", "closed")
STYLES = {"critical": "bold red", "warning": "yellow", "open": "red", "failed": "bold red"}


class State(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


def incidents(
    number: Annotated[
        int | None, typer.Argument(metavar="[N]", help="One incident, with all that happened.")
    ] = None,
    state: Annotated[list[State] | None, typer.Option(help="May be repeated.")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List incidents, the last opened first; or one's evidence, gravest posts, timeline, messages."""
    opened = open_config(config)
    if number is not None:
        run(_one(opened, number, as_json=as_json), opened.config)
        return
    states = [item.value for item in state or ()]
    run(_list(opened, states, limit, as_json=as_json), opened.config)


async def _list(opened: Opened, states: list[str], limit: int, *, as_json: bool) -> None:
    from listener.app.build import application
    from listener.storage import views

    async with application(opened.config) as app, app.database.read() as connection:
        found = await views.incident_list(connection, states=states, limit=limit)
    rows = [_incident(row, opened.config.hospital.zone) for row in found]
    show(rows, as_json=as_json, columns=COLUMNS, styles=STYLES)
    if not rows:
        say("no incident")


async def _one(opened: Opened, number: int, *, as_json: bool) -> None:
    from listener.app.build import application
    from listener.i18n import Speaker
    from listener.storage import views

    zone = opened.config.hospital.zone
    speaker = Speaker(opened.config.language, zone)
    async with application(opened.config) as app, app.database.read() as connection:
        found = await views.incident_list(connection, number=number)
        if not found:
            say(f"there is no incident {number}")
            raise typer.Exit(ExitCode.FAILED)
        worst = await app.viewer.worst(connection, number)
        happened = [_event(row, zone) for row in await views.timeline(connection, number)]
        messages = [_message(row, zone) for row in await views.deliveries(connection, number)]
    incident = _incident(found[0], zone)
    evidence = [_local(item, zone) for item in found[0].evidence]
    posts = [_post(speaker, of, post) for of, post in worst.items()]
    if as_json:
        parts = {"evidence": evidence, "posts": posts}
        parts |= {"timeline": happened, "deliveries": messages}
        print_json({**incident, **parts})
        return
    show([incident], as_json=False, columns=COLUMNS, styles=STYLES)
    for title, rows in (
        ("Why", [_evidence(item) for item in evidence]),
        ("Gravest posts", posts),
        ("What happened", happened),
        ("Who was told", messages),
    ):
        typer.echo(f"{title}:" if rows else f"{title}: nothing")
        show([_flat(row) for row in rows], as_json=False, styles=STYLES)


def _incident(row: Stored[Any], zone: ZoneInfo) -> Row:
    return {
        "number": row.id,
        "state": row.state,
        "level": row.level,
        "subject": row.subject,
        "opened": row.opened_at.astimezone(zone),
        "mentions": row.mentions,
        "last_breach": row.last_breach_at.astimezone(zone),
        "alerted": row.alerted_at.astimezone(zone) if row.alerted_at else None,
        "closed": row.closed_at.astimezone(zone) if row.closed_at else None,
        "exercise": row.exercise_id or None,
        "config": row.config_hash,
    }


def _local(item: Row, zone: ZoneInfo) -> Row:
    """A breach with its instants, kept as UTC in ISO 8601, in the hospital's zone."""
    told = {name: item[name] for name in ("at", "since") if item.get(name)}
    return {**item, **{k: datetime.fromisoformat(v).astimezone(zone) for k, v in told.items()}}


def _evidence(item: Row) -> Row:
    return {name: item.get(name) for name in ("rule", "kind", "level", "since", "seen", "expected")}


def _post(speaker: Speaker, number: int, post: PostView) -> Row:
    """Without its words, but for the terms that `listener mentions` would show as well."""
    from listener.notifiers import safe, why

    readable = why.visible(post, masked=True, restricted=False)
    return {
        "mention": number,
        "at": post.occurred_at.astimezone(speaker.zone),
        "network": post.network,
        "severity": None if post.severity is None else round(post.severity, 1),
        "sentiment": post.sentiment,
        "why": " · ".join(why.sentences(speaker, post, readable)) or None,
        "link": safe.link(post.link),
    }


def _event(row: Stored[Any], zone: ZoneInfo) -> Row:
    return {"at": row.at.astimezone(zone), "kind": row.kind, "data": row.data}


def _message(row: Stored[Any], zone: ZoneInfo) -> Row:
    return {
        "channel": row.channel,
        "person": row.person or "team",
        "alert": row.payload.get("alert"),
        "state": row.state,
        "attempts": row.attempts,
        "due": row.due_at.astimezone(zone),
        "sent": row.sent_at.astimezone(zone) if row.sent_at else None,
        "error": row.error,
    }


def _flat(row: Row) -> Row:
    """Figures by name in one cell."""
    return {
        name: _named(value) if isinstance(value, dict) else value for name, value in row.items()
    }


def _named(figures: Row) -> str:
    shown = ((name, value) for name, value in figures.items() if value not in (None, [], ""))
    return ", ".join(
        f"{name} {' '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in shown
    )
