"""What `listener import` shows: how a file is understood, or what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from listener.cli.common import say
from listener.cli.output import Row, print_json, show

if TYPE_CHECKING:
    from connectors.imports import Survey
    from connectors.imports.scene import Notes
    from connectors.imports.survey import Told
    from listener.workflows.bring import Brought
    from listener.workflows.collect import Poll

MOST_SET_ASIDE = 20  # shown to people; programs get all
TEXT_START = 60  # characters


def show_done(done: Poll, brought: Brought, *, as_json: bool) -> None:
    outcome = done.outcome
    known = outcome.received - outcome.stored - outcome.edited - outcome.dropped
    row: Row = {
        "source": done.source,
        "read": outcome.received,
        "new": outcome.stored,
        "edited": outcome.edited,
        "known": max(known, 0),
        "concern_nobody": outcome.dropped,
        "set_aside": len(brought.set_aside),
        "account_days": brought.audiences,
        "error": done.error or done.skipped,
    }
    if as_json:
        notes = _notes(brought.connector.notes)
        print_json({**row, "why_set_aside": brought.set_aside, **notes})
        return
    show([row], as_json=False)
    _say_set_aside(brought.set_aside)
    if outcome.dropped:
        say("what concerns no watch was not kept; --about WATCH keeps all of a file")
    if outcome.unscored:
        say(f"{outcome.unscored} are not scored yet: `listener run` catches up")


def show_survey(found: Survey, zone: ZoneInfo, *, as_json: bool) -> None:
    rows = [_row(told, zone) for told in found.first]
    if as_json:
        print_json(_as_json(found, rows))
        return
    show(rows, as_json=False)
    _say_survey(found, zone)


def _row(told: Told, zone: ZoneInfo) -> Row:
    from connectors.mention import Mention

    said, taken = told
    if not isinstance(said, Mention):
        return {
            "network": said.network,
            "kind": "audience",
            "date": said.taken_at.astimezone(zone),
            "author": "known",
            "text": said.account,
            "figures": _figures(said, ("followers", "reach", "views")),
        }
    who = said.author
    rating = f"rating {said.rating:g}" if said.rating is not None else ""
    figures = _figures(taken, ("views", "reactions", "replies", "shares"))
    return {
        "network": said.network,
        "kind": said.kind.value,
        "date": said.published_at.astimezone(zone) if said.published_at else None,
        "author": "known" if who.handle or who.name or who.external_id else "unknown",
        "text": " ".join((said.title or said.text).split())[:TEXT_START],
        "figures": ", ".join(filter(None, (rating, figures))),
    }


def _figures(taken: object, names: Sequence[str]) -> str:
    counts = ((name, getattr(taken, name, None)) for name in names)
    return ", ".join(f"{name} {count}" for name, count in counts if count is not None)


def _as_json(found: Survey, rows: Sequence[Row]) -> dict[str, Any]:
    counts = [
        {"network": network, "kind": kind, "count": count}
        for (network, kind), count in sorted(found.counts.items())
    ]
    return {
        "rows": rows,
        "counts": counts,
        "oldest": found.oldest,
        "newest": found.newest,
        "set_aside": len(found.set_aside),
        "why_set_aside": found.set_aside,
        **_notes(found.notes),
    }


def _notes(notes: Notes) -> dict[str, Any]:
    tables = [
        {
            "place": table.place.rstrip(": "),
            "format": table.format,
            "network": table.network,
            "understood": dict(table.columns),
            "not_understood": list(table.ignored),
        }
        for table in notes.tables
    ]
    return {"tables": tables, "not_recognised": notes.unknown, "not_read": notes.left}


def _say_survey(found: Survey, zone: ZoneInfo) -> None:
    for table in found.notes.tables:
        where = table.place or "the file: "
        taken = ", ".join(f"{field} = {header!r}" for field, header in table.columns.items())
        say(f"{where}read as {table.format} of {table.network}" + (f"; {taken}" if taken else ""))
        if table.ignored:
            say(f"  columns not understood: {', '.join(map(repr, table.ignored))}")
    _say_left("not recognised", found.notes.unknown)
    _say_left("not read", found.notes.left)
    for (network, kind), count in sorted(found.counts.items()):
        say(f"{network}: {count} {kind}")
    if found.oldest and found.newest:
        say(
            f"from {found.oldest.astimezone(zone):%Y-%m-%d} to {found.newest.astimezone(zone):%Y-%m-%d}"
        )
    _say_set_aside(found.set_aside)
    say("nothing was kept: this was a dry run")


def _say_left(what: str, places: Sequence[str]) -> None:
    for place in places[:MOST_SET_ASIDE]:
        say(f"{what}: {place}")
    if (more := len(places) - MOST_SET_ASIDE) > 0:
        say(f"{what}: {more} more")


def _say_set_aside(reasons: Sequence[str]) -> None:
    if not reasons:
        return
    say(f"{len(reasons)} set aside:")
    for reason in reasons[:MOST_SET_ASIDE]:
        say(f"  {reason}")
    if len(reasons) > MOST_SET_ASIDE:
        say("  …")
