"""`listener classify`: a result a line, in order and as they come, whatever the lines hold."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from classifiers.classifier import ModelError, Reason, Sample, Score
from classifiers.client import ScorerUnavailable
from classifiers.settings import PanelSettings
from classifiers.themes import THEMES as KNOWN_THEMES
from listener.__main__ import main
from listener.cli.app import app
from listener.cli.classify_input import MAX_LINE, batches, entry_of
from tests.listener.house import score

THEMES = Score(
    classifier="themes",
    version="w1",
    probabilities={"waiting": 0.9, "staffing": 0.2},
    reasons=(Reason(code="theme_words", share=0.41234, detail="waiting: attente"),),
)
FLAGS = {"patient_privacy": 0.8, "about_hospital": 0.95, "toxicity": 0.1}


class Scorer:
    """Judges by one word, knows no label of what is English, chokes on "poison", notes the asking."""

    sizes: list[int]
    command: Sequence[str]
    timeout: float
    away = False

    def __init__(self, *, command: Sequence[str], timeout: float) -> None:
        Scorer.sizes, Scorer.command, Scorer.timeout = [], command, timeout

    async def start(self) -> None:
        if self.away:
            raise ScorerUnavailable("the scorer does not start")

    async def score_or_bisect(self, samples: Sequence[Sample]) -> tuple[Any, list[int]]:
        self.sizes.append(len(samples))
        found: list[list[Score] | None] = [
            None if "poison" in sample.text else scores_of(sample) for sample in samples
        ]
        return found, [i for i, scores in enumerate(found) if scores is None]

    async def stop(self) -> None:
        return None


def scores_of(sample: Sample) -> list[Score]:
    if "English" in sample.text:
        empty = [Score(classifier=name, version="none") for name in ("themes", "flags")]
        return [*score(sample), *empty]
    flags = Score(classifier="flags", version="w1", probabilities=FLAGS)
    return [*score(sample), THEMES, flags]


@pytest.fixture
def classify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("classifiers.client.ScorerClient", Scorer)
    path = tmp_path / "texts"

    def call(content: str | bytes, *options: str) -> Result:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return CliRunner().invoke(app, ["classify", str(path), *options])

    return call


def objects(done: Result) -> list[Any]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_plain_lines_give_an_object_each(classify) -> None:
    done = classify("merci à tous\n\nhonte, gravité 90 merci\r\n")
    assert done.exit_code == 0, done.output
    first, second = objects(done)
    assert (first["line"], first["sentiment"], first["language"]) == (1, "positive", "fr")
    assert (second["line"], second["sentiment"], second["severity"]) == (3, "negative", 90.0)
    assert set(first["probabilities"]) == {"negative", "neutral", "positive"}


def test_themes_flags_the_version_and_the_reasons_are_told(classify) -> None:
    (found,) = objects(classify("honte, neuf heures d'attente\n"))
    assert set(found) == {
        "line", "language", "sentiment", "probabilities", "themes", *FLAGS, "severity", "version",
        "reasons",
    }  # fmt: skip
    assert found["themes"] == {"waiting": 0.9, "staffing": 0.2}
    assert {name: found[name] for name in FLAGS} == FLAGS
    assert found["version"] == "w1"
    assert found["reasons"] == [
        {"of": "themes", "code": "theme_words", "share": 0.412, "detail": "waiting: attente"}
    ]


def test_what_no_model_could_say_is_null_and_not_left_out(classify) -> None:
    (found,) = objects(classify("in English\n"))
    assert found["themes"] == {}
    assert {name: found[name] for name in FLAGS} == dict.fromkeys(FLAGS)


@pytest.mark.parametrize("tier", ["fast", "whole"])
def test_the_tier_is_what_the_scorer_is_started_with(classify, tier: str) -> None:
    assert classify("merci\n", "--tier", tier).exit_code == 0
    settings = PanelSettings.load(Scorer.command[Scorer.command.index("--panel") + 1])
    assert settings.tier == tier
    assert Scorer.timeout >= (200 if tier == "whole" else 20)


def test_an_unknown_tier_is_wrong_usage(classify) -> None:
    assert classify("merci\n", "--tier", "deepest").exit_code == 2


def test_jsonl_keeps_its_ids_and_order_and_says_what_is_wrong_in_place(classify) -> None:
    lines = [
        '{"id": "a", "text": "merci"}',
        '{"id": "b", "text": 3}',
        "{not json",
        '{"id": {"n": 1}, "text": "honte", "rating": 1, "language": "fr", "else": [1]}',
        '["text"]',
        '{"id": "c"}',
        '{"text": "poison"}',
        '{"text": "merci", "rating": 9}',
    ]
    done = classify("\n".join(lines))
    assert done.exit_code == 1
    found = objects(done)
    assert [item["line"] for item in found] == list(range(1, 9))
    assert [item.get("id") for item in found] == ["a", "b", None, {"n": 1}, None, "c", None, None]
    assert [item.get("sentiment") for item in found][::3] == ["positive", "negative", None]
    assert [item.get("error", "")[:12] for item in found] == [
        "",
        "text: Input ",
        "not JSON",
        "",
        "not an objec",
        "text: Field ",
        "the scorer c",
        "rating: Inpu",
    ]
    assert "6 lines could not be scored" in done.stderr


def test_what_a_line_is_may_be_said(classify) -> None:
    (found,) = objects(classify('{"merci": 1}\n', "--format", "lines"))
    assert found["sentiment"] == "positive" or found["sentiment"] == "neutral"
    (wrong,) = objects(classify("merci\n", "--format", "jsonl"))
    assert wrong["error"] == "not JSON"


def test_broken_bytes_and_endless_lines_cost_one_line_each(classify) -> None:
    endless = b"x" * (2 * MAX_LINE + 5)
    done = classify(b"\xef\xbb\xbfmerci\n\xff\xfe\n" + endless + b"\nhonte")
    assert done.exit_code == 1
    first, broken, long, last = objects(done)
    assert first["sentiment"] == "positive"
    assert broken == {"line": 2, "error": "not UTF-8"}
    assert long == {"line": 3, "error": f"longer than {MAX_LINE} bytes"}
    assert (last["line"], last["sentiment"]) == (4, "negative")


def test_many_lines_are_scored_in_batches_and_in_order(classify) -> None:
    done = classify("\n".join(f"merci {n}" for n in range(3000)))
    assert [item["line"] for item in objects(done)] == list(range(1, 3001))
    assert max(Scorer.sizes) <= 200
    assert len(Scorer.sizes) < 30


def test_nothing_gives_nothing_and_a_missing_file_is_said(classify, tmp_path: Path) -> None:
    done = classify("\n\n")
    assert (done.exit_code, done.stdout) == (0, "")
    missing = CliRunner().invoke(app, ["classify", str(tmp_path / "none")])
    assert missing.exit_code == 1
    assert "No such file" in missing.stderr


def test_without_a_scorer_it_says_so(classify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scorer, "away", True)
    done = classify("merci\n")
    assert done.exit_code == 1
    assert "scoring: the scorer does not start" in done.stderr


def test_without_a_model_the_command_says_which(
    classify, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def start(_self: Scorer) -> None:
        raise ModelError("no sentence encoder can be had on this machine")

    monkeypatch.setattr(Scorer, "start", start)
    (tmp_path / "texts").write_text("merci\n", "utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["classify", str(tmp_path / "texts"), "--tier", "whole"])
    assert ended.value.code == 1
    assert "scoring: no sentence encoder" in capsys.readouterr().err


@given(st.binary(max_size=200), st.booleans())
def test_no_line_is_beyond_it(line: bytes, jsonl: bool) -> None:
    entry = entry_of(1, line, jsonl=jsonl)
    assert (entry.sample is None) != (entry.error is None)
    if entry.error:
        orjson.dumps(entry.error)


async def test_a_slow_pipe_is_answered_line_by_line(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    found = batches(fifo, "auto", 100)
    first = asyncio.ensure_future(anext(found))
    with await asyncio.to_thread(fifo.open, "wb", 0) as pipe:
        for n in range(3):
            pipe.write(f"merci {n}\n".encode())
            (entry,) = await asyncio.wait_for(first, 30)
            assert entry.sample is not None
            assert entry.sample.text == f"merci {n}"
            first = asyncio.ensure_future(anext(found))
    with pytest.raises(StopAsyncIteration):
        await first


def test_the_shipped_models_answer_on_a_pipe() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "listener", "classify", "-"],
        input="Honte à vous, onze heures aux urgences\nMerci à toute l'équipe\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [item["sentiment"] for item in found] == ["negative", "positive"]
    for item in found:
        assert item["version"].startswith("lexical-fr-")
        assert all(0 <= item[name] <= 1 for name in FLAGS)
        assert set(item["themes"]) <= set(KNOWN_THEMES)
    assert {reason["of"] for reason in found[0]["reasons"]} >= {"sentiment", "severity"}
