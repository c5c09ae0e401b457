"""The scorer's process: reads frames of samples on stdin, answers frames of scores on stdout.

It speaks first: {"ready": versions}, or {"error": ..., "model": true} when a model cannot be
loaded. Then {"id", "samples"} is answered, in order, by {"id", "scores"} or {"id", "error"}, and
{"id", "representatives"} of stories by {"id", "proposals"} of what to merge.
It ends when stdin closes; the process that started it decides when, so that a page in hand is
finished: SIGINT and SIGTERM, which a terminal and systemd send to both, are ignored.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import resource
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Protocol

import orjson

from classifiers import frames
from classifiers.classifier import ModelError, Sample, Score
from classifiers.settings import PanelSettings
from classifiers.stories.proposals import Proposal, Representative

log = logging.getLogger(__name__)
EXIT_MODEL = 3
NICENESS = 5  # the event loop, which wakes people, goes first
LAST = 15  # what re-reads gives way to what reads
_BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Scorer(Protocol):
    """What a worker serves: the panel, or a test's double."""

    @property
    def versions(self) -> Mapping[str, str]: ...

    def score(self, samples: Sequence[Sample]) -> list[list[Score]]: ...

    def propose(self, representatives: Sequence[Representative]) -> list[Proposal]: ...


def serve(scorer: Scorer, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until `requests` ends. One bad batch is an error frame, never the end."""
    _write(answers, {"ready": dict(scorer.versions)})
    while (request := _read(requests)) is not None:
        _write(answers, _answer(scorer, request))


def _answer(scorer: Scorer, request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        if "representatives" in request:
            told = frames.unpack_representatives(request["representatives"])
            found = scorer.propose(told)
            return {"id": request["id"], "proposals": frames.pack_proposals(found)}
        samples = [frames.unpack_sample(packed) for packed in request["samples"]]
        return {"id": request["id"], "scores": frames.pack_scores(scorer.score(samples))}
    # Whatever one text provokes, the next batch must still be scored; the message could quote it.
    except Exception as error:
        log.warning("scorer.batch_failed error=%s", type(error).__name__)
        return {"id": request.get("id"), "error": type(error).__name__}


def _read(stream: BinaryIO) -> dict[str, Any] | None:
    header = stream.read(frames.HEADER)
    if len(header) < frames.HEADER:
        return None
    length = frames.body_length(header)
    body = stream.read(length)
    if len(body) < length:
        return None
    message: dict[str, Any] = orjson.loads(body)
    return message


def _write(stream: BinaryIO, message: Mapping[str, Any]) -> None:
    stream.write(frames.encode(message))
    stream.flush()


def own_stdout() -> BinaryIO:
    """Keep stdout for frames alone: whatever a library prints from now on goes to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def limit_memory(megabytes: int) -> None:
    """Bound the address space, so that a runaway text ends this process and not the machine."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m classifiers.worker", description=__doc__)
    parser.add_argument("--memory-mb", type=int, default=0, help="address space limit, 0: none")
    parser.add_argument("--panel", type=PanelSettings.load, default=PanelSettings(), help="JSON")
    options = parser.parse_args(arguments)
    settings: PanelSettings = options.panel
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.SIG_IGN)
    deep = settings.tier == "whole"
    # Two BLAS threads on two cores would fight the event loop for the second one. The numerical
    # libraries read this when they are first imported, in _run.
    os.environ.update(dict.fromkeys(_BLAS_THREADS, "1"))
    os.nice(LAST if deep else NICENESS)
    answers = own_stdout()
    if options.memory_mb:
        limit_memory(options.memory_mb)
    # The client that goes away in the middle of an answer is the ordinary end.
    with contextlib.suppress(BrokenPipeError):
        return _run(answers, settings)
    return 0


def _run(answers: BinaryIO, settings: PanelSettings) -> int:
    from classifiers.panel import panel_of

    try:
        panel = panel_of(settings)
        panel.warm_up()
    except ModelError as error:
        _write(answers, {"error": str(error), "model": True})
        return EXIT_MODEL
    serve(panel, sys.stdin.buffer, answers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
