"""The scorer's process may crash, hang or be absent: one poison item costs one item."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from classifiers.classifier import ModelError, Reading, Reason, Sample, Score
from classifiers.client import (
    ScorerClient,
    ScorerCrashed,
    ScorerFailed,
    ScorerTimeout,
    ScorerUnavailable,
)
from classifiers.frames import pack_sample, pack_scores, unpack_sample, unpack_scores
from classifiers.stories.proposals import Proposal, Representative

DOUBLE = (sys.executable, str(Path(__file__).with_name("scorer_double.py")))


@asynccontextmanager
async def scorer(**options):
    client = ScorerClient(**{"command": DOUBLE, "timeout": 5.0, **options})
    try:
        yield client
    finally:
        await client.stop()


def samples(*texts):
    return [Sample(text=text) for text in texts]


def values(rows):
    return [row[0].value if row else None for row in rows]


async def test_a_batch_is_scored_in_order():
    async with scorer() as client:
        assert await client.start() == {"double": "1"}
        assert values(await client.score(samples("a", "bbb", "cc"))) == [1, 3, 2]
        assert await client.score([]) == []


async def test_overlapping_requests_are_each_answered():
    async with scorer() as client:
        rows = await asyncio.gather(*(client.score(samples("x" * n)) for n in range(50)))
        assert [values(row) for row in rows] == [[float(n)] for n in range(50)]


async def test_proposals_to_merge_stories_are_answered_between_scores():
    told = [
        Representative(story=n, text=f"récit {n} \ud800", at=1.5 * n, subjects=frozenset({"chu"}))
        for n in (7, 9)
    ]
    async with scorer() as client:
        before, proposals, after = await asyncio.gather(
            client.score(samples("aa")), client.propose(told), client.score(samples("bbb"))
        )
        assert (values(before), values(after)) == ([2], [3])
        assert proposals == [Proposal(older=7, newer=9, similarity=0.75)]
        assert await client.propose([]) == []
        with pytest.raises(ScorerCrashed):
            await client.propose([replace(one, text="crash") for one in told])
        assert values(await client.score(samples("a"))) == [1]


async def test_what_a_library_prints_does_not_reach_the_frames():
    async with scorer() as client:
        assert values(await client.score(samples("print", "b"))) == [5, 1]


async def test_a_crash_fails_its_batch_alone_and_the_process_comes_back():
    async with scorer() as client:
        found = await asyncio.gather(
            client.score(samples("a")),
            client.score(samples("crash")),
            client.score(samples("ccc")),
            client.score(samples("dddd")),
            return_exceptions=True,
        )
        assert isinstance(found[1], ScorerCrashed)
        assert [values(found[i]) for i in (0, 2, 3)] == [[1], [3], [4]]
        assert client.restarts == 1


async def test_a_batch_that_takes_too_long_fails_alone():
    async with scorer(timeout=0.4) as client:
        await client.start()
        found = await asyncio.gather(
            client.score(samples("hang")), client.score(samples("b")), return_exceptions=True
        )
        assert isinstance(found[0], ScorerTimeout)
        assert values(found[1]) == [1]


async def test_an_error_inside_the_scorer_fails_the_batch_without_quoting_it():
    async with scorer() as client:
        with pytest.raises(ScorerFailed, match=r"^ValueError$"):
            await client.score(samples("raise the secret"))
        assert values(await client.score(samples("b"))) == [1]
        assert client.restarts == 0


@pytest.mark.parametrize("poison", ["crash", "raise"])
async def test_bisecting_isolates_the_poison_items(poison):
    texts = [f"text {n}" for n in range(20)]
    texts[3] = texts[17] = poison
    async with scorer() as client:
        rows, poisoned = await client.score_or_bisect(samples(*texts))
    assert poisoned == [3, 17]
    assert [i for i, row in enumerate(rows) if row is None] == [3, 17]
    assert values(rows)[0] == len("text 0")


async def test_bisecting_isolates_an_item_that_hangs():
    async with scorer(timeout=1.6) as client:
        rows, poisoned = await client.score_or_bisect(samples("a", "hang", "ccc"))
    assert (values(rows), poisoned) == ([1, None, 3], [1])


async def test_a_single_item_that_failed_once_is_tried_again_before_it_is_poison():
    async with scorer() as client:
        await client.start()
        waiting = asyncio.create_task(client.score_or_bisect(samples("hang once, then be killed")))
        await asyncio.sleep(0.05)
        # The machine's doing, not the item's; the second try meets a scorer that does not hang.
        client.command = (sys.executable, "-c", QUICK)
        os.kill(client.pid, signal.SIGKILL)
        rows, poisoned = await waiting
    assert (values(rows), poisoned) == ([7.0], [])


async def test_a_process_killed_while_idle_comes_back_at_the_next_batch():
    async with scorer() as client:
        await client.score(samples("a"))
        os.kill(client.pid, signal.SIGKILL)
        while client.pid is not None:
            await asyncio.sleep(0.01)
        assert values(await client.score(samples("bb"))) == [2]


async def test_a_caller_who_goes_away_disturbs_nobody():
    async with scorer() as client:
        await client.start()
        gone = asyncio.create_task(client.score(samples("a")))
        await asyncio.sleep(0)
        gone.cancel()
        assert values(await client.score(samples("bb"))) == [2]


async def test_a_command_that_does_not_exist_is_unavailable():
    async with scorer(command=("/nonexistent/scorer",)) as client:
        with pytest.raises(ScorerUnavailable, match="does not start"):
            await client.start()
        with pytest.raises(ScorerUnavailable):
            await client.score(samples("a"))
        with pytest.raises(ScorerUnavailable):
            await client.score_or_bisect(samples("a"))


@pytest.mark.parametrize(
    "program", ["pass", "print('not a frame' * 99)", "import time; time.sleep(9)"]
)
async def test_a_process_that_never_says_it_is_ready_is_unavailable(program):
    command = (sys.executable, "-c", program)
    async with scorer(command=command, start_timeout=1.0) as client:
        with pytest.raises(ScorerUnavailable):
            await client.start()


async def test_a_model_that_cannot_be_loaded_is_named_to_who_starts_the_scorer():
    frame = orjson.dumps({"error": "sentiment-fr.npz is missing", "model": True})
    program = (
        f"import sys; b={frame!r}; o=sys.stdout.buffer;"
        "o.write(len(b).to_bytes(4,'big')+b); o.flush(); sys.exit(3)"
    )
    async with scorer(command=(sys.executable, "-c", program)) as client:
        with pytest.raises(ModelError, match=r"sentiment-fr\.npz is missing"):
            await client.start()
        with pytest.raises(ScorerUnavailable, match=r"sentiment-fr\.npz is missing"):
            await client.score(samples("a"))


async def test_stopping_ends_the_process_and_a_stopped_client_can_start_again():
    async with scorer() as client:
        await client.start()
        pid = client.pid
        await client.stop()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert values(await client.score(samples("a"))) == [1]


async def test_the_true_scorer_scores_wild_texts_over_the_wire():
    wild = [
        Sample(text="\ud800 honte \x00", title="\udfff", followers=2**70, usual=float("inf")),
        Sample(text="é" * 200_000, rating=1.0),
        Sample(text="", readings=(Reading(age=float("nan")), Reading(age=9.0, shares=2**80))),
        Sample(text="ok", weight=float("nan")),
    ]
    async with scorer(command=ScorerClient().command, timeout=30.0) as client:
        versions = await client.start()
        rows = await client.score(wild)
    names = {"language", "sentiment", "themes", "flags", "virality", "severity"}
    assert set(versions) == names
    assert [[score.classifier for score in row] for row in rows] == [list(versions)] * 4


async def test_the_worker_outlives_the_signals_its_parent_handles():
    async with scorer(command=ScorerClient().command, timeout=30.0) as client:
        await client.start()
        os.kill(client.pid, signal.SIGTERM)
        os.kill(client.pid, signal.SIGINT)
        assert len(await client.score(samples("Merci à tous"))) == 1
        assert client.restarts == 0


async def test_a_worker_over_its_memory_dies_alone():
    command = (sys.executable, "-m", "classifiers.worker", "--memory-mb", "40")
    async with scorer(command=command) as client:
        with pytest.raises(ScorerUnavailable):
            await client.start()


def test_samples_and_scores_survive_the_wire():
    sample = Sample(
        text="a", title="b", language="fr", network="rss", kind="review", rating=2.0, followers=3,
        readings=(Reading(age=1.0, views=2, shares=0),), usual=1.5, weight=2.0,
    )  # fmt: skip
    assert unpack_sample(orjson.loads(orjson.dumps(pack_sample(sample)))) == sample
    score = Score(
        classifier="c", version="1", probabilities={"x": 1.0}, value=None,
        reasons=(Reason(code="r", share=0.5, detail="é"),),
    )  # fmt: skip
    assert unpack_scores(orjson.loads(orjson.dumps(pack_scores([[score]])))) == [[score]]


QUICK = """
import sys
from classifiers.classifier import Score
from classifiers.worker import own_stdout, serve
class Quick:
    versions = {}
    def score(self, samples):
        return [[Score(classifier="q", version="1", value=7.0)] for _ in samples]
answers = own_stdout()
serve(Quick(), sys.stdin.buffer, answers)
"""
