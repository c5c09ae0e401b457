"""`listener label`: which mentions are most worth a person's word, on screen or through a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.common import (
    ConfigOption,
    ExitCode,
    JsonOption,
    Opened,
    open_config,
    run,
    say,
    tell_restricted,
)
from listener.cli.output import Row, print_json, show
from listener.domain.labelling import Word

if TYPE_CHECKING:
    from sqlalchemy import Row as Stored

    from listener.domain.labelling import Candidate, Proposal

LOOKED_AT = 5000  # mentions, the newest
EXCERPT = 200  # characters on screen


def label(
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 50,
    restricted: Annotated[
        bool, typer.Option("--restricted", help="Show posts that may reveal who is a patient.")
    ] = False,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write them as JSONL, to be filled in.")
    ] = None,
    bring: Annotated[
        Path | None, typer.Option("--import", metavar="FILE", help="Read what was filled in.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose the mentions whose labels would teach most, and say why.

    They are the least certain of the newest ones, spread over networks and themes, one a
    story. Label them with `listener correct`, or in a file: --export, fill in "sentiment", "themes",
    "private", "about" and "toxic", --import. What is left empty says nothing; "themes", where it is
    given, is all of them.
    """
    opened = open_config(config)
    if bring is not None:
        run(_import(opened, bring), opened.config)
        return
    rows = run(_propose(opened, count, restricted=restricted), opened.config)
    if export is not None:
        _write(export, rows)
        say(f"{len(rows)} mentions in {export}, with their texts: delete it once it is imported")
    elif as_json:
        print_json(rows)
    else:
        show([_short(row) for row in rows], as_json=False)
    if not rows:
        say("nothing to label: every text that stands is labelled")


async def _propose(opened: Opened, count: int, *, restricted: bool) -> list[Row]:
    from listener.app.build import application
    from listener.domain.labelling import propose
    from listener.storage import labels

    async with application(opened.config) as app, app.database.read() as connection:
        candidates = await labels.unlabelled(connection, limit=LOOKED_AT)
        chosen = propose(candidates, count)
        texts = await labels.texts(connection, [proposal.id for proposal in chosen])
    by_id = {candidate.id: candidate for candidate in candidates}
    tell_restricted(opened, sum(row.restricted for row in texts.values()), shown=restricted)
    return [
        _row(proposal, by_id[proposal.id], texts[proposal.id], restricted=restricted)
        for proposal in chosen
        if proposal.id in texts
    ]


def _row(proposal: Proposal, candidate: Candidate, stored: Stored[Any], *, restricted: bool) -> Row:
    """What is to be filled in is empty: a suggestion would be copied."""
    return {
        "id": proposal.id,
        "occurred_at": candidate.occurred_at,
        "network": candidate.network,
        "why": _why(proposal),
        "text": _text(stored, restricted=restricted),
        "sentiment": None,
        "themes": None,
        "private": None,
        "about": None,
        "toxic": None,
    }


def _why(proposal: Proposal) -> list[str]:
    reasons = [f"{name}?" for name in proposal.doubtful[:3]]
    if proposal.sentiment >= 0.5:
        return [f"tone uncertain ({proposal.sentiment:.0%})", *reasons]
    return reasons or [f"the least certain of what is left ({proposal.sentiment:.0%})"]


def _text(stored: Stored[Any], *, restricted: bool) -> str | None:
    from classifiers.confidentiality import find_patients
    from listener.notifiers import safe

    if not stored.republish or (stored.restricted and not restricted):
        return None
    whole = f"{stored.title} — {stored.text}" if stored.title else str(stored.text)
    spans = [(span.start, span.end) for span in find_patients(whole)]
    return safe.clean(safe.mask(whole, spans))


def _short(row: Row) -> Row:
    from listener.notifiers import safe

    text = row["text"]
    shown = "(hidden: it may reveal who is a patient)" if text is None else text
    return {
        "number": row["id"],
        "when": row["occurred_at"].strftime("%Y-%m-%d"),
        "where": row["network"],
        "why": row["why"],
        "text": safe.shorten(shown, EXCERPT),
    }


def _write(path: Path, rows: list[Row]) -> None:
    import orjson

    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.writelines(orjson.dumps(row, option=orjson.OPT_UTC_Z) + b"\n" for row in rows)


async def _import(opened: Opened, path: Path) -> None:
    from listener.app.build import application
    from listener.cli.label_file import read
    from listener.workflows.correct import Corrector

    try:
        words: Mapping[int, Word] = read(path)
    except ValueError as error:
        say(str(error))
        raise typer.Exit(ExitCode.FAILED) from None
    async with application(opened.config, config_hash=opened.fingerprint) as app:
        done = await Corrector(processor=app.processor).correct(words, at=app.clock())
    say(f"{len(done.ids)} mentions labelled; `listener train` learns from them")
    if missing := len(words) - len(done.ids):
        say(f"{missing} passed over: their texts are gone")
    if done.alerts:
        say(f"{done.alerts} message(s) will be sent: a rule is breached by what they say now")
