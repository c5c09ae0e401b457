"""`listener poll`: one whole pass over the sources: read, score, judge, deliver."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from listener.cli.common import (
    ConfigOption,
    ExitCode,
    JsonOption,
    Opened,
    is_terminal,
    open_config,
    say,
)
from listener.cli.common import run as run_work
from listener.cli.output import Row, print_json, show

if TYPE_CHECKING:
    from listener.config import Config
    from listener.workflows.collect import Poll, Source
    from listener.workflows.process import Outcome

AT_ONCE = 4  # sources


def poll(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE]...",
            help="Ids of the sources to read, whatever they wait for. Default: all that may be.",
            show_default=False,
        ),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the sources once, score and judge what came, and send what is due."""
    opened = open_config(config)
    chosen = _chosen(opened.config, sources or [])
    # What is delivered to the console would stand in the midst of the JSON.
    console = sys.stderr if as_json else None
    work = _pass(opened, chosen, force=bool(sources), console=console)
    polls, sent = run_work(work, opened.config)
    rows = [_row(found) for found in polls]
    if as_json:
        print_json({"sources": rows, "sent": sent})
    else:
        show(rows, as_json=False, styles={"failed": "red", "stopped": "red", "read": "green"})
        say(f"{sent} message(s) sent")
    if any(map(_is_failed, polls)):
        raise typer.Exit(ExitCode.FAILED)


def _chosen(config: Config, wanted: Sequence[str]) -> list[str]:
    enabled = [source.id for source in config.source if source.enabled]
    for name in wanted:
        if name not in enabled:
            known = ", ".join(enabled) or "none is enabled"
            raise typer.BadParameter(f"{name!r} is no enabled source: {known}")
    return list(wanted) or enabled


async def _pass(
    opened: Opened, names: Sequence[str], *, force: bool, console: TextIO | None
) -> tuple[list[Poll], int]:
    from listener.app.build import application

    with _Progress(len(names)) as progress:
        async with application(
            opened.config,
            config_hash=opened.fingerprint,
            on_page=progress.saw_page,
            console=console,
        ) as app:
            free = asyncio.Semaphore(AT_ONCE)

            async def read(name: str) -> Poll:
                async with free:
                    found = await app.collector.poll(app.sources[name], force=force)
                progress.saw_poll()
                return found

            polls = await asyncio.gather(*(read(name) for name in names))
            await app.rescorer.rescore(app.clock())
            return list(polls), await app.postman.deliver()


def _is_failed(found: Poll) -> bool:
    return bool(found.error or found.skipped == "stopped" or found.outcome.unscored)


def _row(found: Poll) -> Row:
    state = "failed" if found.error else found.skipped or "read"
    counts = ("received", "stored", "dropped", "rejected", "unscored", "alerts")
    return {
        "source": found.source,
        "state": state,
        **{name: getattr(found.outcome, name) for name in counts},
        "error": found.error,
    }


class _Progress:
    """A moving line on a terminal, nothing elsewhere."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._bar: Any = None
        self._task: Any = None
        self._received = 0

    def __enter__(self) -> _Progress:
        if is_terminal():
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self._words(), total=self._total)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def saw_page(self, _source: Source, outcome: Outcome) -> None:
        self._received += outcome.received
        if self._bar is not None:
            self._bar.update(self._task, description=self._words())

    def saw_poll(self) -> None:
        if self._bar is not None:
            self._bar.advance(self._task)

    def _words(self) -> str:
        return f"{self._total} source(s), {self._received} mentions"
