"""`listener quarantine`: what could not be read, and why."""

from __future__ import annotations

import base64
import re
import sys
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from listener.cli.common import ConfigOption, ExitCode, JsonOption, Opened, open_config, run, say
from listener.cli.output import Row, print_json, show

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy import Row as Stored

    from listener.storage.seal import Sealer

WARNING = (
    "what follows is as the network sent it: it may name its author and patients, and is not masked"
)
_CONTROL = re.compile(
    r"[^\S \n\t]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f]"
)


def quarantine(
    number: Annotated[
        int | None, typer.Argument(metavar="[N]", help="One item, with what the network sent.")
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="ID", help="Of one source.")] = None,
    drop: Annotated[
        int | None, typer.Option("--drop", metavar="N", help="Erase one item for good.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1)] = 100,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what could not be read, the newest first; or show one item as the network sent it."""
    opened = open_config(config)
    if drop is not None:
        run(_drop(opened, drop), opened.config)
    elif number is not None:
        run(_show(opened, number, as_json=as_json), opened.config)
    else:
        run(_list(opened, source, limit, as_json=as_json), opened.config)


async def _list(opened: Opened, source: str | None, limit: int, *, as_json: bool) -> None:
    from listener.app.build import application
    from listener.storage import sources

    async with application(opened.config) as app, app.database.read() as connection:
        found = await sources.quarantined(connection, source_id=source, limit=limit)
    show([_row(row, opened.config.hospital.zone) for row in found], as_json=as_json)
    if not found:
        say("nothing is in quarantine")


async def _drop(opened: Opened, number: int) -> None:
    from listener.app.build import application
    from listener.storage import sources

    async with application(opened.config) as app, app.database.write() as connection:
        if not await sources.drop_quarantined(connection, number):
            _missing(number)
    say(f"item {number} is erased")


async def _show(opened: Opened, number: int, *, as_json: bool) -> None:
    from listener.app.build import application
    from listener.storage import sources

    async with application(opened.config) as app, app.database.read() as connection:
        found = await sources.quarantined_item(connection, number)
        if found is None:
            _missing(number)
        payload = _opened(app.sealer, found.sealed)
    say(f"warning: {WARNING}")
    if as_json:
        text = payload.decode("utf-8", "replace")
        encoded = base64.b64encode(payload).decode()
        row = _row(found, opened.config.hospital.zone)
        print_json({**row, "payload": text, "payload_base64": encoded})
    elif sys.stdout.isatty():
        typer.echo(_harmless(payload))
    else:
        typer.echo(payload)


def _missing(number: int) -> NoReturn:
    say(f"there is no item {number} in quarantine")
    raise typer.Exit(ExitCode.FAILED)


def _opened(sealer: Sealer, sealed: bytes) -> bytes:
    from listener.storage.seal import SealError
    from listener.storage.sources import QUARANTINE

    try:
        return sealer.open(sealed, QUARANTINE)
    except SealError as error:
        say(f"the item cannot be opened: it was {error}")
        raise typer.Exit(ExitCode.FAILED) from None


def _row(row: Stored[Any], zone: ZoneInfo) -> Row:
    return {
        "number": row.id,
        "source": row.source_id,
        "feed": row.feed,
        "received": row.received_at.astimezone(zone),
        "expires": row.expires_at.astimezone(zone),
        "error": row.error,
    }


def _harmless(payload: bytes) -> str:
    """Nothing in it moves the cursor, colours the screen or hides."""
    text = payload.decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
