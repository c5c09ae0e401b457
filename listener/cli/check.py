"""`listener check-config`: is the configuration right, and does what it relies on answer?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.common import (
    ConfigOption,
    ExitCode,
    JsonOption,
    Opened,
    is_terminal,
    open_config,
    run,
    say,
)
from listener.cli.output import print_json, show

if TYPE_CHECKING:
    from listener.workflows.verify import Finding

STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red"}


def check_config(
    online: Annotated[
        bool,
        typer.Option(
            "--online",
            help="Try the sources, the database, the calendars, Slack and the mail server.",
        ),
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the configuration, and with --online everything that it relies on.

    Every mistake is shown at once. Ends with 2 where the configuration cannot be used, with 1
    where a part failed; warnings alone end with 0.
    """
    opened = _open(config, as_json=as_json)
    findings = _findings(opened, online=online)
    show([asdict(finding) for finding in findings], as_json=as_json, styles=STYLES)
    failed = sum(finding.state == "failed" for finding in findings)
    warned = sum(finding.state == "warning" for finding in findings)
    say(f"{opened.path} is right; {failed} failed, {warned} warnings")
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def _open(path: Path | None, *, as_json: bool) -> Opened:
    from listener.config import ConfigError

    try:
        return open_config(path)
    except ConfigError as error:
        if as_json:
            problems = [_problem(line) for line in error.problems]
            print_json(problems)
        raise


def _problem(line: str) -> dict[str, str]:
    name, _, detail = line.partition(": ")
    return {"part": "configuration", "name": name, "state": "failed", "detail": detail}


def _findings(opened: Opened, *, online: bool) -> list[Finding]:
    from listener.workflows.verify import verify_offline, verify_online

    found = list(verify_offline(opened.config, datetime.now(UTC)))
    if online:
        answers = verify_online(opened.config, lambda: datetime.now(UTC))
        found += run(_collect(answers), opened.config)
    return found


async def _collect(answers: AsyncIterator[Finding]) -> list[Finding]:
    found: list[Finding] = []
    with _progress() as progress:
        async for finding in answers:
            found.append(finding)
            if progress is not None:
                progress.update(f"{finding.part} {finding.name}: {finding.state}")
    order = ("database", "source", "channel", "rota", "person")
    return sorted(found, key=lambda finding: (order.index(finding.part), finding.name))


def _progress() -> Any:
    """A spinner on a terminal, nothing elsewhere."""
    if not is_terminal():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True, markup=False).status("asking…")
