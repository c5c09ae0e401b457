"""What commands share: the configuration in use, what is printed where, and how they end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from listener.config import Config

T = TypeVar("T")


class ExitCode(IntEnum):
    """Documented in `listener --help` and docs/commands.md."""

    DONE = 0
    FAILED = 1
    USAGE = 2  # also the code of a wrong option, and of a configuration that cannot be used
    DATABASE = 3
    ASIDE = 4  # what was learned did not take over
    INTERRUPTED = 130


CONFIG_OPTION = typer.Option(
    "--config",
    "-c",
    metavar="FILE",
    help="The configuration; else $LISTENER_CONFIG, ./config.toml, /etc/listener/config.toml, "
    "./config.example.toml.",
    show_default=False,
)
ConfigOption = Annotated[Path | None, CONFIG_OPTION]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

_chosen: ContextVar[Path | None] = ContextVar("chosen", default=None)


def remember(config: Path | None) -> None:
    """Keep a --config that was given before the command's name."""
    _chosen.set(config)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The configuration in use, and the file it was read from."""

    config: Config
    path: Path

    @property
    def fingerprint(self) -> str:
        from listener.config.load import fingerprint

        return fingerprint(self.path)


def open_config(path: Path | None) -> Opened:
    """Find, say and read the configuration; raises ConfigError with every mistake."""
    from listener.app import logs
    from listener.config import find, load

    found = find(path or _chosen.get())
    say(f"configuration: {found}")
    config = load(found)
    # Standard output is for what was asked: connectors' warnings go where a person looks.
    logs.configure(config.service.log_format, "warning")
    return Opened(config=config, path=found)


def say(message: str) -> None:
    """A line for whoever runs the command: standard output is for what was asked."""
    typer.echo(message, err=True)


def tell_restricted(opened: Opened, count: int, *, shown: bool) -> None:
    """Who looks at what may reveal patients leaves a trace: of how many posts, never of which."""
    if not count:
        return
    if not shown:
        say(f"{count} text(s) hidden, which may reveal who is a patient: --restricted shows them")
        return
    from listener.app.access import note_access

    noted = note_access(opened.config.state_dir, count, datetime.now(UTC))
    say(f"{count} text(s) that may reveal who is a patient: noted in {noted}")


def run(work: Coroutine[Any, Any, T], config: Config) -> T:
    """Run to the end; a database that cannot be used is said in a line, with its exit code."""
    from socket import gaierror

    from sqlalchemy.exc import SQLAlchemyError

    from listener.storage.database import explain, resolve_url

    try:
        return asyncio.run(work)
    except BrokenPipeError:  # of our own output, whose reader has seen enough
        raise
    except (SQLAlchemyError, ConnectionError, gaierror) as error:
        # asyncpg lets connection errors through as they are; the networks' and channels' never do.
        settings = config.database
        url = resolve_url(settings.url, config.state_dir, settings.password)
        say(explain(error, url))
        raise typer.Exit(ExitCode.DATABASE) from None


def is_terminal() -> bool:
    return sys.stderr.isatty()
