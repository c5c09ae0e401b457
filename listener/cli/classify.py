"""`listener classify`: texts in, scores out, in the same order and as they come."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.common import ExitCode, is_terminal, say
from listener.cli.evaluate import Tier

if TYPE_CHECKING:
    from classifiers.classifier import Score
    from classifiers.client import ScorerClient
    from listener.cli.classify_input import Entry

BATCH = 200
# Seconds a batch may take: the encoder needs its time for a page of long texts.
TIMEOUTS = {Tier.FAST: 30.0, Tier.WHOLE: 300.0}


class Form(StrEnum):
    AUTO = "auto"
    JSONL = "jsonl"
    LINES = "lines"


def classify(
    file: Annotated[
        Path, typer.Argument(metavar="[FILE|-]", help="Default: standard input.")
    ] = Path("-"),
    form: Annotated[
        Form,
        typer.Option("--format", help="auto: JSONL where the first line begins with a brace."),
    ] = Form.AUTO,
    tier: Annotated[
        Tier, typer.Option("--tier", help="fast: words alone; whole: with the encoder.")
    ] = Tier.FAST,
) -> None:
    """Score texts: plain lines, or JSONL with a "text" key, in; JSONL out, a line a text.

    Beside "text", an object may say id, title, language, network, kind, rating and followers.
    A line that cannot be read or scored gives an object with "error" in its place, and the command
    ends with 1. Empty lines are passed over.
    """
    from classifiers.client import ScorerError

    try:
        failed = asyncio.run(_classify(file, form, tier))
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        say(f"{file}: {error.strerror}")
        raise typer.Exit(ExitCode.FAILED) from None
    except ScorerError as error:
        say(f"scoring: {error}")
        raise typer.Exit(ExitCode.FAILED) from None
    if failed:
        say(f'{failed} lines could not be scored: see their "error"')
        raise typer.Exit(ExitCode.FAILED)


async def _classify(file: Path, form: Form, tier: Tier) -> int:
    """Score the lines as they come; how many failed."""
    from classifiers.client import COMMAND, ScorerClient
    from classifiers.settings import PanelSettings
    from listener.cli.classify_input import batches

    command = (*COMMAND, "--panel", PanelSettings(tier=tier.value).dump())
    client, failed = ScorerClient(command=command, timeout=TIMEOUTS[tier]), 0
    try:
        await client.start()
        with _progress() as advance:
            async for batch in batches(file, form.value, BATCH):
                answers = await _answers(client, batch)
                failed += sum("error" in answer for answer in answers)
                _print(answers)
                advance(len(batch))
    finally:
        await client.stop()
    return failed


async def _answers(client: ScorerClient, batch: Sequence[Entry]) -> list[Mapping[str, Any]]:
    samples = [entry.sample for entry in batch if entry.sample is not None]
    scores, _ = await client.score_or_bisect(samples) if samples else ([], [])
    found = iter(scores)
    return [_answer(entry, next(found) if entry.sample else None) for entry in batch]


def _answer(entry: Entry, scores: list[Score] | None) -> Mapping[str, Any]:
    named = {"line": entry.line, **({} if entry.id is None else {"id": entry.id})}
    if scores is None:
        return {**named, "error": entry.error or "the scorer cannot score this text"}
    from classifiers.outputs import FLAGS

    by_name = {score.classifier: score for score in scores}
    sentiment, severity = by_name["sentiment"], by_name["severity"]
    return {
        **named,
        "language": by_name["language"].label,
        "sentiment": sentiment.label,
        "probabilities": sentiment.probabilities,
        "themes": by_name["themes"].probabilities,
        **{name: by_name["flags"].probabilities.get(name) for name in FLAGS},
        "severity": severity.value,
        "version": sentiment.version,
        "reasons": [
            {"of": score.classifier, "code": r.code, "share": round(r.share, 3), "detail": r.detail}
            for score in (sentiment, by_name["themes"], by_name["flags"], severity)
            for r in score.reasons
        ],
    }


def _print(answers: Sequence[Mapping[str, Any]]) -> None:
    import orjson

    typer.echo(b"\n".join(orjson.dumps(answer) for answer in answers))


@contextmanager
def _progress() -> Iterator[Callable[[int], object]]:
    """How many were scored, where a terminal looks on and the results go elsewhere."""
    if not is_terminal() or sys.stdout.isatty():
        yield lambda _count: None
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.completed} texts scored"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("scoring", total=None)
        yield lambda count: progress.advance(task, count)
