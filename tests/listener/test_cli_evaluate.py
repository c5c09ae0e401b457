"""`listener evaluate`: the figures as documented, as fractions, and one clear line for a bad file."""

from __future__ import annotations

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from listener.cli.app import app
from listener.cli.evaluate import _lines

SENTIMENTS = ("negative", "neutral", "positive")
LABELLED = [
    ("Honte à vous, neuf heures d'attente aux urgences", "negative"),
    ("Le conseil de surveillance se réunira mardi", "neutral"),
    ("Merci à toute l'équipe, vous êtes formidables", "positive"),
    ("Personnel odieux, chambre sale, plus jamais", "negative"),
]
PARTS = {"precision", "recall", "f1"}
FLAG_KEYS = {
    "n", "tier", "sought_label", "sought", *PARTS, "recall_at_precision_0_6",
    "average_precision", "texts_per_second",
}  # fmt: skip
ERRORS = {
    "median_relative_error", "p75_relative_error", "coverage_80", "kendall_tau",
    "auc_top_decile", "brier",
}  # fmt: skip


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def figures(*arguments: object) -> dict[str, Any]:
    done = evaluate(*arguments, "--json")
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def fractions(*values: float) -> bool:
    return all(0 <= value <= 1 for value in values)


def write(path: Path, rows: list[tuple[str, object]], key: str = "label") -> Path:
    path.write_text("\n".join(json.dumps({"text": t, key: label}) for t, label in rows), "utf-8")
    return path


def test_sentiment(tmp_path: Path) -> None:
    path = tmp_path / "labelled.tsv"
    path.write_text("text\tlabel\n" + "".join(f"{t}\t{label}\n" for t, label in LABELLED), "utf-8")
    got = figures("sentiment", path, "--tier", "fast")
    assert set(got) == {
        "n", "tier", "macro_f1", "interval_95", "accuracy", "ece", "per_class", "confusion",
        "texts_per_second",
    }  # fmt: skip
    assert (got["n"], got["tier"]) == (4, "fast")
    low, high = got["interval_95"]
    assert fractions(got["macro_f1"], got["accuracy"], got["ece"], low, high)
    assert low <= got["macro_f1"] <= high
    assert tuple(got["per_class"]) == tuple(got["confusion"]) == SENTIMENTS
    for row in got["per_class"].values():
        assert set(row) == PARTS
        assert fractions(*row.values())
    assert all(tuple(row) == SENTIMENTS for row in got["confusion"].values())
    assert sum(count for row in got["confusion"].values() for count in row.values()) == 4
    assert got["texts_per_second"] > 0


def test_sentiment_without_the_neutral_texts_in_words_for_people(tmp_path: Path) -> None:
    done = evaluate("sentiment", write(tmp_path / "x", LABELLED), "--tier", "fast", "--binary")
    assert done.exit_code == 0, done.output
    lines = dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if " " in line.strip())
    assert lines["n"] == "3"
    assert lines["macro_f1"]
    assert "neutral" not in done.stdout


def test_themes(tmp_path: Path) -> None:
    rows: list[tuple[str, object]] = [
        (LABELLED[0][0], ["waiting"]),
        (LABELLED[2][0], "praise staff_attitude"),
        (LABELLED[3][0], ["hygiene", "staff_attitude"]),
    ]
    got = figures("themes", write(tmp_path / "x", rows, "themes"), "--tier", "fast")
    assert set(got) == {"n", "tier", "macro_f1", "micro_f1", "per_theme", "texts_per_second"}
    assert set(got["per_theme"]) == {"waiting", "hygiene", "staff_attitude", "praise"}
    assert {name: row["n"] for name, row in got["per_theme"].items()}["staff_attitude"] == 2
    assert fractions(got["macro_f1"], got["micro_f1"])
    assert fractions(*(row["f1"] for row in got["per_theme"].values()))


@pytest.mark.parametrize(("kind", "sought"), [("privacy", 1), ("relevance", 0), ("toxicity", 1)])
def test_flags(tmp_path: Path, kind: str, sought: int) -> None:
    rows: list[tuple[str, object]] = [(t, n % 2) for n, (t, _) in enumerate(LABELLED * 2)]
    got = figures(kind, write(tmp_path / "x", rows), "--tier", "fast")
    assert set(got) == FLAG_KEYS
    assert (got["n"], got["sought_label"], got["sought"]) == (8, sought, 4)
    rates = PARTS | {"recall_at_precision_0_6", "average_precision"}
    assert fractions(*(got[name] for name in rates))


def test_virality(tmp_path: Path) -> None:
    posts = [
        {"id": f"c{n}", "t": [30 * k + n for k in range(20 + 5 * n)], "followers0": 100 * n}
        for n in range(20)
    ]
    path = tmp_path / "cascades.jsonl"
    path.write_text("\n".join(map(json.dumps, posts)), "utf-8")
    got = figures("virality", path, "--at", "600,300")
    assert list(got["at"]) == ["300", "600"]
    for row in got["at"].values():
        assert set(row) >= ERRORS | {"n", "abstained", "constant", "szabo_huberman"}
        assert set(row["constant"]) == set(row["szabo_huberman"]) == ERRORS
        assert fractions(row["coverage_80"], row["brier"], row["auc_top_decile"])
        assert -1 <= row["kendall_tau"] <= 1
        assert row["n"] + row["abstained"] == len(posts)


def test_bursts(tmp_path: Path) -> None:
    monday, step = datetime(2026, 3, 2), timedelta(minutes=5)  # noqa: DTZ001 - files name no zone
    at = [monday + n * step for n in range(10 * 288)]
    counts = [7 + n % 3 + (90 if 2200 <= n < 2230 else 0) for n in range(len(at))]
    path, windows, scores = tmp_path / "valmont.csv", tmp_path / "w.json", tmp_path / "scores"
    rows = [f"{instant},{count}\n" for instant, count in zip(at, counts, strict=True)]
    path.write_text("timestamp,value\n" + "".join(rows), "utf-8")
    windows.write_text(json.dumps({"valmont.csv": [[str(at[2190]), str(at[2300])]]}), "utf-8")
    got = figures("bursts", path, "--windows", windows, "--scores", scores)
    assert set(got) == {
        "nab", "windows_found", "windows", "false_alarms_per_month",
        "night_false_alarms_per_month", "median_delay_minutes", "files",
    }  # fmt: skip
    assert set(got["nab"]) == {"standard", "low_fp", "low_fn"}
    assert (got["windows_found"], got["windows"]) == (1, 1)
    assert 50 < got["nab"]["standard"] <= 100
    with (scores / "valmont.csv").open(encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert len(written) == len(counts)
    assert fractions(*(float(row["score"]) for row in written))
    assert sum(int(row["alarm"]) for row in written) == got["files"][0]["alarms"]


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("sentiment", "text\tlabel\nmerci\tpositive\nhonte\tbad\n", "bad.tsv, line 3: label"),
        ("privacy", None, "bad.tsv: No such file"),
        ("virality", "nonsense\n", "bad.tsv:1: not JSON"),
        ("bursts", "timestamp,value\nyesterday,3\n", "bad.tsv:2: not a timestamp"),
    ],
)
def test_a_bad_file_is_one_line_and_ends_with_1(
    tmp_path: Path, kind: str, content: str | None, message: str
) -> None:
    path = tmp_path / "bad.tsv"
    if content is not None:
        path.write_text(content, "utf-8")
    done = evaluate(kind, path, "--json")
    assert (done.exit_code, done.stdout) == (1, "")
    assert message in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr


def test_ages_that_are_none_are_wrong_usage(tmp_path: Path) -> None:
    done = evaluate("virality", tmp_path / "x", "--at", "soon")
    assert done.exit_code == 2
    assert "600,3600" in done.output


def test_figures_for_people_are_indented_by_their_level() -> None:
    lines = _lines({"n": 3, "per": {"a": {"f1": 0.5}}, "ends": [0.25, 1.0], "delay": None})
    assert [line.split() for line in lines] == [
        ["n", "3"], ["per"], ["a", "f1", "0.5"], ["ends", "0.25", "–", "1"], ["delay", "–"],
    ]  # fmt: skip
    assert lines[2].startswith("  a")
