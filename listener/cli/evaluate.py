"""`listener evaluate`: how good the classifiers and detectors are, on labelled files of one's own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from listener.cli.common import ExitCode, JsonOption, say

evaluate = typer.Typer(
    help="Measure classifiers and detectors on labelled files: figures as fractions from 0 to 1.",
    no_args_is_help=True,
    add_completion=False,
)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="JSONL, or TSV with a header.")]


class Tier(StrEnum):
    FAST = "fast"
    WHOLE = "whole"


TierOption = Annotated[
    Tier, typer.Option("--tier", help="fast: words alone; whole: with the encoder.")
]


@evaluate.command()
def sentiment(
    file: FileArgument,
    tier: TierOption = Tier.WHOLE,
    binary: Annotated[bool, typer.Option("--binary", help="Leave neutral texts out.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Columns text, label (negative, neutral or positive)."""
    _run(["sentiment", file, "--tier", tier, *(["--binary"] if binary else [])], as_json)


@evaluate.command()
def themes(file: FileArgument, tier: TierOption = Tier.WHOLE, as_json: JsonOption = False) -> None:
    """Columns text, themes (a list, or names separated by spaces)."""
    _run(["themes", file, "--tier", tier], as_json)


@evaluate.command()
def privacy(file: FileArgument, tier: TierOption = Tier.WHOLE, as_json: JsonOption = False) -> None:
    """Columns text, label (1: it reveals who is or was a patient)."""
    _run(["privacy", file, "--tier", tier], as_json)


@evaluate.command()
def relevance(
    file: FileArgument, tier: TierOption = Tier.WHOLE, as_json: JsonOption = False
) -> None:
    """Columns text, label (1: about a hospital). The figures are of the class sought: 0."""
    _run(["relevance", file, "--tier", tier], as_json)


@evaluate.command()
def toxicity(
    file: FileArgument, tier: TierOption = Tier.WHOLE, as_json: JsonOption = False
) -> None:
    """Columns text, label (1: toxic)."""
    _run(["toxicity", file, "--tier", tier], as_json)


@evaluate.command()
def language(file: FileArgument, as_json: JsonOption = False) -> None:
    """JSONL with text and answers (the admitted codes; "unknown" where it is nobody's)."""
    _run(["language", file], as_json)


@evaluate.command()
def virality(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Cascades, JSONL (.gz too).")],
    at: Annotated[
        str, typer.Option("--at", metavar="SECONDS,…", help="Ages of the posts.")
    ] = "300,600,1800,3600",
    as_json: JsonOption = False,
) -> None:
    """Cascades of reshares: an object a line with id, t (seconds of each reshare), followers0."""
    if not all(age.strip().isdigit() for age in at.split(",")):
        raise typer.BadParameter(
            f"{at!r} is no list of seconds, such as 600,3600", param_hint="--at"
        )
    _run(["virality", file, "--at", at], as_json)


@evaluate.command()
def bursts(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="CSV of counts.")],
    windows: Annotated[
        Path | None, typer.Option("--windows", help="JSON: labelled windows by file.")
    ] = None,
    scores: Annotated[
        Path | None, typer.Option("--scores", help="Folder to write each row's score into.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Columns timestamp, value. NAB's figures are out of 100."""
    options = [
        *(("--windows", windows) if windows else ()),
        *(("--scores", scores) if scores else ()),
    ]
    _run(["bursts", *files, *options], as_json)


def _run(arguments: list[Any], as_json: bool) -> None:
    """In a process of its own: numbers are crunched outside the application, here as in service."""
    command = [sys.executable, "-m", "classifiers.evaluation", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    said = done.stderr.decode("utf-8", "replace").strip()
    if said:
        say(said)
    if done.returncode:
        raise typer.Exit(ExitCode.FAILED)
    if as_json:
        typer.echo(done.stdout.decode().rstrip())
        return
    import orjson

    for line in _lines(orjson.loads(done.stdout)):
        typer.echo(line)


def _lines(figures: Mapping[str, Any], indent: str = "") -> list[str]:
    """Names and figures, an indent a level."""
    lines = []
    for name, value in figures.items():
        if isinstance(value, Mapping) and not all(_plain(v) for v in value.values()):
            lines += [f"{indent}{name}", *_lines(value, f"{indent}  ")]
        elif isinstance(value, Mapping):
            parts = ", ".join(f"{key} {_figure(part)}" for key, part in value.items())
            lines.append(f"{indent}{name:<24}{parts}")
        else:
            lines.append(f"{indent}{name:<24}{_figure(value)}")
    return lines


def _plain(value: Any) -> bool:
    return not isinstance(value, Mapping)


def _figure(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return " – ".join(map(_figure, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
