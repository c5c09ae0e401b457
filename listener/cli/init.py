"""`listener init`: from a clone to one's own hospital's first real mention."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from listener.cli.common import ExitCode, say
from listener.cli.starter import Answers, is_generic, starter

LANGUAGES = ("fr", "en")


def init(
    name: Annotated[
        str | None, typer.Option(help='The hospital\'s name, such as "CHU de Valmont".')
    ] = None,
    alias: Annotated[
        list[str] | None, typer.Option(help="Another name people use; may be repeated.")
    ] = None,
    account: Annotated[
        list[str] | None, typer.Option(help="One of its accounts, on any network; may be repeated.")
    ] = None,
    town: Annotated[str | None, typer.Option(help="Its town.")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", "--zone", help="Its zone.")] = None,
    language: Annotated[str, typer.Option(help="Of alerts and digests: fr or en.")] = "fr",
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("config.toml"),
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
) -> None:
    """Write a first config.toml for your hospital, with the public sources that need no key."""
    if out.exists() and not force:
        say(f"{out} exists: --force replaces it, --out writes another")
        raise typer.Exit(ExitCode.FAILED)
    if language not in LANGUAGES:
        raise typer.BadParameter("should be fr or en", param_hint="--language")
    ask = sys.stdin.isatty() and not yes
    answers = Answers(
        name=_name(name, ask),
        aliases=_specific(_several(alias, ask, "Other names people use, separated by commas")),
        accounts=_several(account, ask, "Its accounts (@…), separated by commas"),
        town=_one(town, ask, "Its town", ""),
        timezone=_zone(_one(timezone, ask, "Its time zone", "Europe/Paris")),
        language=language,
    )
    _write(out, starter(answers))
    typer.echo(_next_steps(out))


def _name(given: str | None, ask: bool) -> str:
    name = (given or "").strip()
    if not name and ask:
        name = str(typer.prompt('The hospital\'s name (such as "CHU de Valmont")')).strip()
    if not name:
        raise typer.BadParameter("the hospital's name is needed", param_hint="--name")
    if is_generic(name):
        raise typer.BadParameter(
            f"{name!r} alone means every hospital's: add the town", param_hint="--name"
        )
    return name


def _several(given: list[str] | None, ask: bool, question: str) -> tuple[str, ...]:
    parts = given
    if parts is None and ask:
        parts = str(typer.prompt(question, default="", show_default=False)).split(",")
    return tuple(part.strip() for part in parts or () if part.strip())


def _one(given: str | None, ask: bool, question: str, default: str) -> str:
    if given is None and ask:
        given = str(typer.prompt(question, default=default, show_default=bool(default)))
    return (default if given is None else given).strip()


def _specific(aliases: tuple[str, ...]) -> tuple[str, ...]:
    for alias in filter(is_generic, aliases):
        say(f"left out {alias!r}: alone it means every hospital's")
    return tuple(alias for alias in aliases if not is_generic(alias))


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"{name!r} is no zone: write it as Europe/Paris"
        raise typer.BadParameter(message, param_hint="--timezone") from None


def _write(path: Path, text: str) -> None:
    """All of it or nothing, for this user only: secrets are named in it, and people's addresses."""
    from listener.config.load import parse

    parse(tomllib.loads(text), path=path)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        say(f"{path}: {error.strerror}")
        raise typer.Exit(ExitCode.FAILED) from error


def _next_steps(path: Path) -> str:
    option = "" if path == Path("config.toml") else f" --config {path}"
    steps = {
        "check-config --online": "does every source answer?",
        "poll": "read them once",
        "mentions": "what was said about you",
        "run": "go on, for good",
    }
    width = max(map(len, steps)) + len(option) + 3
    commands = "\n".join(
        f"  listener {command + option:{width}}{purpose}" for command, purpose in steps.items()
    )
    return f"""\
{path} is written. It observes: nobody is called yet.

Now:
{commands}

Then, in {path}: homonyms to exclude, your region's newspapers, people and their rota, Slack
and e-mail; and after a week of observing, alerts.mode = "live". For the firewall request:
  listener hosts{option}"""
