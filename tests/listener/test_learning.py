"""`listener correct`, `label`, `train` and `models`, as people use them."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from classifiers import site_store
from classifiers.themes import THEMES
from connectors.connector import Page
from connectors.mention import Author
from listener.cli import train
from listener.cli.label_file import read
from tests.listener.commands import House, build, fill
from tests.listener.forgetting import post


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = build(tmp_path_factory.mktemp("house"))
    asyncio.run(fill(house))
    return house


@pytest.fixture
def own(filled: House, tmp_path: Path) -> House:
    house = build(tmp_path)
    shutil.copytree(filled.folder / "state", tmp_path / "state")
    return house


def row(house: House, number: int) -> Any:
    return next(r for r in house.lines("mentions", "--format", "jsonl") if r["number"] == number)


def test_a_correction_is_seen_at_once(own: House) -> None:
    done = own("correct", "1", "--sentiment", "neutral", "--theme", "waiting", "--not-toxic")
    assert (done.exit_code, "listener train" in done.stderr) == (0, True)
    found = row(own, 1)
    assert (found["sentiment"], found["themes"], found["toxicity"]) == ("neutral", ["waiting"], 0.0)
    assert found["severity"] < 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["1"], 2),
        (["1", "--sentiment", "angry"], 2),
        (["1", "--theme", "waiting", "--no-theme", "waiting"], 2),
        (["1", "--toxic", "--by", "nobody"], 2),
        (["999", "--toxic"], 1),
        (["1", "--toxic", "--by", "lea"], 0),
    ],
)
def test_a_correction_that_says_nothing_or_nonsense_is_refused(
    own: House, arguments: list[str], code: int
) -> None:
    assert own("correct", *arguments).exit_code == code


def test_what_is_proposed_says_why_and_hides_what_may_reveal_a_patient(own: House) -> None:
    own("correct", "2", "--private")
    found = own.json("label")
    assert {r["id"] for r in found} == {1, 3, 4}  # 2 is labelled already
    named = next(r for r in found if r["id"] == 3)
    assert "Jeanne Morel" not in named["text"]
    assert all(r["why"] for r in found)
    assert next(r for r in found if r["id"] == 4)["text"] is None  # not to be shown elsewhere
    assert own("label", "--count", "1").stdout.count("mastodon") <= 1


def test_labels_go_out_to_a_file_and_come_back(own: House, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    assert own("label", "--export", str(path)).exit_code == 0
    assert path.stat().st_mode & 0o077 == 0
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [r["id"] for r in rows].count(1) == 0  # the answer to it, 2, stands for their story
    filled = next(r for r in rows if r["id"] == 2)
    filled |= {"sentiment": "neutral", "themes": ["death"], "private": True}
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    done = own("label", "--import", str(path))
    assert "1 mentions labelled" in done.stderr
    lines = own.lines("mentions", "--format", "jsonl")
    assert next(r for r in lines if r["number"] == 2)["themes"] == ["death"]
    assert {r["id"] for r in own.json("label")} == {1, 3, 4}


@pytest.mark.parametrize(
    "line",
    [
        '{"id": 1, "sentiment": "angry"}',
        '{"id": 1, "themes": "waiting"}',
        '{"id": 1, "themes": ["wating"]}',
        '{"id": "1", "private": true}',
        '{"id": 1, "private": "yes"}',
        "[1]",
        "{",
    ],
)
def test_a_file_that_cannot_be_understood_is_not_half_imported(
    own: House, tmp_path: Path, line: str
) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"id": 2, "toxic": true}\n' + line, "utf-8")
    done = own("label", "--import", str(path))
    assert (done.exit_code, "line 2" in done.stderr) == (1, True)
    assert {r["id"] for r in own.json("label")} == {2, 3, 4}


def test_themes_in_a_file_are_all_of_a_text_s_and_empty_keys_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"id": 7, "themes": ["death"], "about": false}\n\n{"id": 8, "toxic": null}')
    (word,) = read(path).values()
    assert word == {t: "yes" if t == "death" else "no" for t in THEMES} | {"about_hospital": "no"}


def test_too_few_labels_are_said_and_nothing_takes_over(own: House) -> None:
    own("correct", "1", "--sentiment", "neutral")
    done = own("train")
    assert (done.exit_code, "1 labelled texts: 40 are needed" in done.stderr) == (4, True)
    assert own.json("models") == []
    assert "shipped models are in force" in own("models").stderr


def test_a_training_is_told_texts_on_its_input_alone(own: House, monkeypatch: Any) -> None:
    told: list[Any] = []

    def record(command: Any, **values: Any) -> Any:
        told.append((command, json.loads(values["input"])))
        return subprocess.CompletedProcess(command, 3, b"", b"a model is missing\n")

    own("correct", "1", "--sentiment", "neutral")
    before = {path for path in own.folder.rglob("*") if path.is_file()}
    monkeypatch.setattr(train.subprocess, "run", record)
    done = own("train", "--since", "2020-01-01", "--dry-run")
    assert (done.exit_code, "a model is missing" in done.stderr) == (1, True)
    ((command, request),) = told
    assert command == train.COMMAND
    assert request["labels"][0]["word"] == {"sentiment": "neutral"}
    assert "brancard" in request["labels"][0]["text"]
    assert {path for path in own.folder.rglob("*") if path.is_file()} == before
    assert own("train", "--since", "2099-01-01").exit_code == 1
    assert told[1][1]["labels"] == []


def forty(house: House) -> None:
    """Enough to learn from, most of it as the models have it already."""
    said = [("honte, attente interminable", "negative"), ("merci à tous, parfait", "positive")]
    posts = [
        post(
            external_id=f"n{n}",
            url=f"https://social.example/n{n}",
            text=f"CHU de Valmont : {said[n % 2][0]}, chambre {n}",
            author=Author(handle=f"a{n}"),
        )
        for n in range(48)
    ]
    asyncio.run(fill(house, [Page(mentions=posts, cursor={"v": 2}, complete=True)]))
    rows = house.lines("mentions", "--format", "jsonl")
    path = house.folder / "labels.jsonl"
    lines = [{"id": r["number"], "sentiment": said["merci" in r["text"]][1]} for r in rows]
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    assert house("label", "--import", str(path)).exit_code == 0


def test_what_was_learned_is_listed_compared_taken_back_and_put_in_force(tmp_path: Path) -> None:
    house = build(tmp_path)
    house.config.write_text(house.config.read_text() + "[scoring]\ndeep = false\n", "utf-8")
    forty(house)
    done = house("train", "--json")
    assert done.exit_code in (0, 4), done.stderr
    card = json.loads(done.stdout)
    version = card["version"]
    assert (card["labels"]["texts"], card["tiers"]) == (48, ["fast"])
    (listed,) = house.json("models")
    assert (listed["version"], listed["current"]) == (version, card["verdict"] == "promoted")
    assert version in house("models").stdout
    assert house("models", "promote", version, "--force").exit_code == 0
    folder = tmp_path / "state" / "models"
    assert site_store.current(folder) == version
    assert "held back" in house("models", "compare", version, version).stdout
    assert "shipped" in house("models", "rollback").stderr
    assert site_store.current(folder) == "shipped"
    assert house("models", "rollback", version).exit_code == 0
    assert house("models", "rollback", "shipped").exit_code == 0


def test_a_version_that_was_kept_aside_is_put_in_force_by_force_alone(own: House) -> None:
    folder = own.folder / "state" / "models"
    version = site_store.name_of(b"weights", "20261129")
    card = {
        "version": version, "trained_at": "2026-11-29T08:00", "verdict": "aside",
        "against": ["labels fell from 0.7 to 0.6"],
    }  # fmt: skip
    site_store.keep(folder, b"weights", card, "")
    done = own("models", "promote", version)
    assert (done.exit_code, "fell from 0.7" in done.stderr) == (4, True)
    assert own("models", "promote", version, "--force").exit_code == 0
    assert site_store.current(folder) == version


def test_who_is_forgotten_leaves_no_label_and_one_is_told_to_train_anew(own: House) -> None:
    own("correct", "1", "--sentiment", "neutral")
    done = own("forget", "--mention", "1", "--yes")
    assert "1 of them were labelled" in done.stderr
    assert "labelled" not in own("forget", "--mention", "3", "--yes").stderr
    assert "0 labelled texts" in own("train").stderr
