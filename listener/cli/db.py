"""`listener db`: the schema's version, raised and lowered by hand. `listener run` raises it itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from listener.cli.common import ConfigOption, JsonOption, open_config, run, say
from listener.cli.output import print_json

if TYPE_CHECKING:
    from listener.cli.common import Opened
    from listener.storage.database import Database

T = TypeVar("T")

db = typer.Typer(
    add_completion=False, no_args_is_help=True, help="The database's schema and its version."
)


@db.command()
def current(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Say the schema's version, and the one this listener needs."""
    from listener.storage import migrate

    opened = open_config(config)
    stands = _with_database(opened, migrate.current)
    needed = migrate.head()
    if as_json:
        print_json({"current": stands, "needed": needed, "up_to_date": stands == needed})
        return
    typer.echo(stands or "empty")
    if stands != needed:
        say(f"needed: {needed}: say listener db upgrade")


@db.command()
def upgrade(
    revision: Annotated[str, typer.Argument(help="Where to stop.")] = "head",
    config: ConfigOption = None,
) -> None:
    """Raise the schema, all of it or nothing."""
    from listener.storage import migrate

    opened = open_config(config)
    _with_database(opened, lambda database: migrate.upgrade(database, revision))
    say(f"now: {_with_database(opened, migrate.current) or 'empty'}")


@db.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help='Such as "-1", or "base" to empty it.')],
    config: ConfigOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Lower the schema for an older listener. What only the newer one keeps is lost."""
    from listener.storage import migrate

    opened = open_config(config)
    if not yes:
        typer.confirm("What only the newer schema keeps will be lost. Go on?", abort=True, err=True)
    _with_database(opened, lambda database: migrate.downgrade(database, revision))
    say(f"now: {_with_database(opened, migrate.current) or 'empty'}")


def _with_database(opened: Opened, work: Callable[[Database], Awaitable[T]]) -> T:
    from listener.app.build import open_database

    async def worked() -> T:
        database = open_database(opened.config)
        try:
            return await work(database)
        finally:
            await database.close()

    return run(worked(), opened.config)
