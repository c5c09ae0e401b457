"""`listener digest`: on the terminal, in a folder, or on its way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from listener.cli.app import app

CONFIG = """
state_dir = "{folder}/state"
[hospital]
name = "CHU de Valmont"
[[watch]]
id = "chu"
names = ["CHU de Valmont"]
[alerts]
critical = ["email"]
warning = ["email"]
team_email = "communication@chu-valmont.example"
[email]
outbox = "{folder}/outbox"
[digest]
recipients = ["direction@chu-valmont.example"]
"""


@pytest.fixture
def listener(tmp_path: Path, monkeypatch):
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(folder=tmp_path), encoding="utf-8")
    monkeypatch.setenv("LISTENER_CONFIG", str(path))

    def call(*arguments: str):
        return CliRunner().invoke(app, ["digest", *arguments])

    return call


def test_the_last_whole_week_is_told_on_the_terminal(listener):
    done = listener()
    assert done.exit_code == 0, done.output
    assert "Bilan de la semaine — CHU de Valmont" in done.stdout
    assert "Aucune mention cette semaine" in done.stdout


def test_a_week_may_be_asked_for_as_data_in_another_language(listener):
    done = listener("--week", "2026-W47", "--format", "json", "--lang", "en")
    data = json.loads(done.stdout)
    assert (data["week"], data["since"]) == ("2026-W47", "2026-11-15T23:00:00Z")
    assert data["mentions"]["mentions"] == 0


def test_every_form_is_written_to_a_folder(listener, tmp_path):
    done = listener("--week", "2026-W47", "--out", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [f"digest-2026-W47.{suffix}" for suffix in ("html", "json", "txt")]


def test_a_week_that_is_none_is_a_wrong_usage(listener):
    done = listener("--week", "2025-W53")
    assert done.exit_code == 2
    assert "2025 has no week 53" in done.output


def test_a_digest_is_sent_by_hand_once(listener, tmp_path):
    assert "sent (1)" in listener("--week", "2026-W47", "--send").stderr
    assert "was sent already" in listener("--week", "2026-W47", "--send").stderr
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1
