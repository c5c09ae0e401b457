"""`listener train`: what people corrected, and what posts became, is learned from."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from listener.cli.common import ConfigOption, ExitCode, JsonOption, Opened, open_config, run, say
from listener.cli.models import TAKEN_UP
from listener.cli.moments import MOMENT_HELP, moment
from listener.cli.output import print_json, show

COMMAND = (sys.executable, "-m", "classifiers.training.site")


def train(
    since: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help=f"Labels given from then on. {MOMENT_HELP}"),
    ] = None,
    encoder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Learn heads for the ONNX encoder in this folder, and keep them there.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Measure, and keep nothing.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn from corrections and from finished posts; take over only what is not worse.

    Labels of people correct the classifiers, and posts that were watched to their end the forecasts.
    A quarter of the labels, always the same, only measures. Ends with 4 where nothing new took
    over: too few labels, or it was worse than what is in force and is kept aside.
    """
    if encoder is not None and dry_run:
        raise typer.BadParameter("heads of an encoder are kept as they are learned")
    opened = open_config(config)
    zone, now = opened.config.hospital.zone, datetime.now(UTC)
    start = moment(since, zone=zone, now=now, option="--since")
    request = run(_request(opened, start), opened.config)
    own = {"own": None if encoder is None else str(encoder.resolve())}
    card = _learn({**request, **_settings(opened), **own, "dry_run": dry_run})
    if as_json:
        print_json(card)
    else:
        show(list(_rows(card)), as_json=False)
    if card["verdict"] == "own":
        say(f'heads kept in {encoder}: scoring.encoder = "{encoder}" puts them to use')
        return
    for line in _said(card, dry_run=dry_run):
        say(line)
    if card["verdict"] != "promoted":
        raise typer.Exit(ExitCode.ASIDE)


async def _request(opened: Opened, since: datetime | None) -> dict[str, Any]:
    from listener.app.build import application
    from listener.workflows.teach import Teacher

    async with application(opened.config) as app:
        return await Teacher(processor=app.processor).request(app.clock(), since=since)


def _settings(opened: Opened) -> dict[str, Any]:
    from listener.app.build import models_folder

    scoring = opened.config.scoring
    return {
        "folder": str(models_folder(opened.config)),
        "deep": scoring.deep,
        "encoder": str(scoring.encoder) if scoring.encoder else None,
    }


def _learn(request: Mapping[str, Any]) -> dict[str, Any]:
    """In a process of its own, told on its standard input: texts touch no disk and no command line."""
    done = subprocess.run(  # noqa: S603
        COMMAND, input=orjson.dumps(request), capture_output=True, check=False
    )
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode:
        say(said.splitlines()[-1] if said else "the training ended without a word")
        raise typer.Exit(ExitCode.FAILED)
    if said:
        say(said)
    card: dict[str, Any] = orjson.loads(done.stdout)
    return card


def _rows(card: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for tier, by_texts in card["figures"].items():
        for texts, pairs in by_texts.items():
            for name, pair in pairs.items():
                yield {
                    "tier": tier,
                    "texts": texts,
                    "macro-F1 of": name,
                    "n": pair["n"],
                    "before": f"{pair['before']:.3f}",
                    "after": f"{pair['after']:.3f}",
                    "difference": f"{pair['low']:+.3f} to {pair['high']:+.3f}",
                }


def _said(card: Mapping[str, Any], *, dry_run: bool) -> Iterator[str]:
    labels, virality = card["labels"], card["virality"]
    if labels["texts"] < labels["least"]:
        least = labels["least"]
        yield f"{labels['texts']} labelled texts: {least} are needed before anything is learned"
    if virality["learned"]:
        networks = ", ".join(f"{name} ({n})" for name, n in virality["networks"].items())
        yield f"forecasts learned from finished posts: {networks}"
    elif virality["error"] is None:
        yield f"{virality['posts']} finished posts: too few for forecasts to learn from"
    else:
        yield "forecasts stay as they were: what finished posts taught made them worse"
    yield from card["against"]
    if dry_run:
        yield "a dry run: nothing was kept"
    elif card["verdict"] == "promoted":
        yield f"in force: {card['version']}; {TAKEN_UP}"
    elif card["verdict"] == "aside":
        yield f"kept aside as {card['version']}: what was in force stays in force"
