"""`listener models`: what was learned on site: listed, compared, put in force, taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from classifiers import site_store
from classifiers.site_store import SHIPPED
from listener.cli.common import (
    ConfigOption,
    ExitCode,
    JsonOption,
    open_config,
    remember,
    say,
)
from listener.cli.output import Row, print_json, show

models = typer.Typer(
    help="What was learned on site: list it, compare it, put it in force, go back.",
    add_completion=False,
)
Version = Annotated[str, typer.Argument(metavar="VERSION")]
TAKEN_UP = "a running `listener run` takes it up within seconds"


@models.callback(invoke_without_command=True)
def listed(
    context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """List the versions, the newest first."""
    if context.invoked_subcommand is not None:
        if config is not None:
            remember(config)
        return
    folder = _folder(config)
    current = site_store.current(folder)
    cards = site_store.versions(folder)
    if as_json:
        print_json([{**card, "current": card["version"] == current} for card in cards])
        return
    show([_row(card, current) for card in cards], as_json=False)
    if current == SHIPPED:
        say("the shipped models are in force")
    elif all(card["version"] != current for card in cards):
        say(f"{current} is to be in force and cannot be read: the shipped models speak")


@models.command()
def compare(
    one: Version, other: Version, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Two versions side by side: what each was taught, and its figures."""
    folder = _folder(config)
    cards = [site_store.read_card(folder, version) for version in (one, other)]
    found = [dict(_figures(card)) for card in cards]
    names = list(dict.fromkeys(name for figures in found for name in figures))
    rows = [{"figure": name, one: found[0].get(name), other: found[1].get(name)} for name in names]
    show(rows, as_json=as_json)


@models.command()
def rollback(
    version: Annotated[
        str | None, typer.Argument(metavar="[VERSION]", help='Default: what was before; "shipped".')
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Go back to what was in force before, to a version, or to the models as they are shipped."""
    folder = _folder(config)
    if version is None:
        version = site_store.roll_back(folder)
    else:
        site_store.promote(folder, version)
    say(f"in force: {version}; {TAKEN_UP}")


@models.command()
def promote(
    version: Version,
    force: Annotated[
        bool, typer.Option("--force", help="Though it was kept aside as worse.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Put a version in force."""
    folder = _folder(config)
    card = site_store.read_card(folder, version)
    if card["verdict"] == "aside" and not force:
        for reason in card["against"]:
            say(reason)
        say(f"{version} was kept aside: --force puts it in force all the same")
        raise typer.Exit(ExitCode.ASIDE)
    site_store.promote(folder, version)
    say(f"in force: {version}; {TAKEN_UP}")


def _folder(config: Path | None) -> Path:
    from listener.app.build import models_folder

    return models_folder(open_config(config).config)


def _row(card: Mapping[str, Any], current: str) -> Row:
    labels, posts = card["labels"], card["virality"]["posts"]
    return {
        "version": card["version"],
        "trained": str(card["trained_at"])[:16].replace("T", " "),
        "labels": f"{labels['texts']} ({labels['held_back']} held back)",
        "posts": posts,
        "local": _short(card, "local"),
        "test": _short(card, "test"),
        "verdict": "in force" if card["version"] == current else card["verdict"],
    }


def _short(card: Mapping[str, Any], texts: str) -> str:
    """Macro-F1 of the last tier that was measured, sentiment then labels."""
    tiers: Sequence[str] = card["tiers"]
    if not tiers:
        return ""
    pairs = card["figures"][tiers[-1]].get(texts, {})
    return " / ".join(f"{pair['after']:.3f}" for pair in pairs.values())


def _figures(card: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "trained", card["trained_at"]
    yield "compared with", card["beside"]
    yield "verdict", card["verdict"]
    yield "labels", card["labels"]["texts"]
    yield "held back", card["labels"]["held_back"]
    yield "finished posts", card["virality"]["posts"]
    for tier, by_texts in card["figures"].items():
        for texts, pairs in by_texts.items():
            for name, pair in pairs.items():
                yield f"{tier}, {texts}: {name}", f"{pair['before']:.3f} -> {pair['after']:.3f}"
