"""`listener poll` and `listener db`: one pass by hand, and the schema by hand."""

from __future__ import annotations

import io
import json
import sys

import pytest

from classifiers.client import ScorerClient
from listener.__main__ import main
from tests.listener.service import house

REFUSED = '\n[[source]]\nid = "presse"\nconnector = "rss"\nurl = "http://127.0.0.1:9/rss"\n'
WITHOUT_MODEL = """
import sys
from classifiers import frames
said = {"error": "sentiment-fr.npz is missing", "model": True}
sys.stdout.buffer.write(frames.encode(said))
"""


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Runs one command in a house of its own; its code and what it printed."""
    house(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LISTENER_CONFIG", raising=False)

    def called(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return called


def test_one_pass_reads_scores_and_keeps(call) -> None:
    code, out, _ = call("poll", "--json")
    assert code == 0
    (source,) = json.loads(out)["sources"]
    assert (source["source"], source["state"]) == ("archive", "read")
    assert (source["received"], source["stored"], source["unscored"]) == (1, 1, 0)


def test_a_source_that_fails_fails_the_pass_and_not_the_others(call, tmp_path) -> None:
    house(tmp_path, more=REFUSED)
    code, out, _ = call("poll", "--json")
    assert code == 1
    states = {row["source"]: row["state"] for row in json.loads(out)["sources"]}
    assert states == {"archive": "read", "presse": "failed"}


def test_a_model_that_is_missing_is_named_and_fails_the_pass(call, monkeypatch) -> None:
    client = ScorerClient(command=(sys.executable, "-c", WITHOUT_MODEL))
    monkeypatch.setattr("listener.app.build.build_scorer", lambda _config: client)
    code, out, err = call("poll", "--json")
    (source,) = json.loads(out)["sources"]
    assert (source["stored"], source["unscored"], code) == (1, 1, 1)
    assert "sentiment-fr.npz is missing" in err


def test_a_source_may_be_chosen_and_must_exist(call, tmp_path) -> None:
    house(tmp_path, more=REFUSED)
    code, out, err = call("poll", "archive")
    assert (code, "archive" in out, "presse" in out) == (0, True, False)
    assert "0 message(s) sent" in err
    code, _, err = call("poll", "nobody")
    assert code == 2
    assert "archive, presse" in " ".join(err.split())


def test_the_schema_is_raised_told_and_lowered(call) -> None:
    assert call("db", "current")[:2] == (0, "empty\n")
    assert call("db", "upgrade")[0] == 0
    _, out, _ = call("db", "current", "--json")
    assert json.loads(out)["up_to_date"] is True
    assert call("db", "downgrade", "base", "--yes")[0] == 0
    assert call("db", "current")[:2] == (0, "empty\n")


def test_a_schema_is_not_lowered_without_a_word(call, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    call("db", "upgrade")
    code, _, _ = call("db", "downgrade", "base")
    assert code == 1
    assert call("db", "current")[1] != "empty\n"


def test_an_unknown_revision_is_said_in_a_line(call) -> None:
    code, _, err = call("db", "upgrade", "19990101_never")
    assert code == 3
    assert "19990101_never" in err
