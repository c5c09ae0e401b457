"""`listener digest`: on the terminal, in a folder, or on its way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from listener.app.application import Application
from listener.cli.app import app
from listener.notifiers import render
from listener.notifiers.painting import NoPainter

CONFIG = """
state_dir = "{folder}/state"
[hospital]
name = "CHU de Valmont"
[[watch]]
id = "chu"
names = ["CHU de Valmont"]
[[watch]]
id = "urgences"
kind = "service"
of = "chu"
names = ["urgences"]
[[watch]]
id = "maternite"
kind = "service"
of = "chu"
names = ["maternité"]
[alerts]
critical = ["email"]
warning = ["email"]
team_email = "communication@chu-valmont.example"
[email]
outbox = "{folder}/outbox"
[digest]
recipients = ["direction@chu-valmont.example"]
[[digest.service]]
subject = "urgences"
recipients = ["cadre.urgences@chu-valmont.example", "chef.urgences@chu-valmont.example"]
"""
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


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
    assert "Semaine sans écoute" in done.stdout


def test_a_week_may_be_asked_for_as_data_in_another_language(listener):
    done = listener("--week", "2026-W47", "--format", "json", "--lang", "en")
    data = json.loads(done.stdout)
    assert (data["week"], data["since"]) == ("2026-W47", "2026-11-15T23:00:00Z")
    assert data["mentions"]["mentions"] == 0


def test_a_month_and_any_days_may_be_asked_for(listener):
    month = json.loads(listener("--month", "2026-11", "--format", "json").stdout)
    assert (month["since"], month["until"]) == ("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z")
    days = listener("--since", "2026-10-25", "--until", "2026-10-25", "--format", "json")
    told = json.loads(days.stdout)  # one day, an hour longer than others
    assert (told["since"], told["until"]) == ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")


def test_a_week_that_is_not_over_says_so(listener):
    done = listener("--week", "2099-W10", "--lang", "en")
    assert "is not over: its figures will still grow" in done.stdout


def test_slack_is_shown_as_it_would_be_sent(listener):
    done = listener("--week", "2026-W47", "--format", "slack")
    message = json.loads(done.stdout)
    assert set(message) == {"text", "blocks"}
    assert "CHU de Valmont" in message["text"]
    assert message["blocks"][0]["type"] == "header"


def test_every_form_is_written_to_a_folder(listener, tmp_path):
    done = listener("--week", "2026-W47", "--out", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    suffixes = ("html", "json", "slack.json", "txt")
    assert names == [f"digest-2026-W47.{suffix}" for suffix in suffixes]


def test_one_form_of_a_service_is_written_under_its_name(listener, tmp_path):
    wanted = ("--month", "2026-11", "--service", "urgences", "--format", "text")
    done = listener(*wanted, "--out", str(tmp_path / "out"))
    assert done.stdout.split() == [str(tmp_path / "out" / "digest-2026-11-urgences.txt")]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["digest-2026-11-urgences.txt"]


class Painter(NoPainter):
    """Paints one chart."""

    async def paint(self, digest, *, language):
        return {"days": b"\x89PNG of " + language.encode()}


def test_a_page_s_pictures_are_files_beside_it_and_named_after_it(listener, tmp_path, monkeypatch):
    asked = []
    laid_out = render.as_html

    def as_html(content, **values):
        asked.append(values["sources"])
        return laid_out(content, **values)

    monkeypatch.setattr(Application, "painter", Painter())
    monkeypatch.setattr(render, "as_html", as_html)
    folder = tmp_path / "out"
    listener("--week", "2026-W47", "--format", "html", "--lang", "en", "--out", str(folder))
    assert asked == [{"days": "digest-2026-W47-days.png"}]
    assert (folder / "digest-2026-W47-days.png").read_bytes() == b"\x89PNG of en"
    listener("--week", "2026-W47", "--format", "text", "--out", str(tmp_path / "words"))
    assert [path.suffix for path in (tmp_path / "words").iterdir()] == [".txt"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--week", "2025-W53"), "2025 has no week 53"),
        (("--week", "47"), 'a week should look like "2026-W47"'),
        (("--month", "2026-13"), "a year has no month 13"),
        (("--month", "2026-W47"), 'a month should look like "2026-11"'),
        (("--since", "2026-11-03"), "--since and --until go together"),
        (("--until", "2026-11-03"), "--since and --until go together"),
        (("--since", "2026-02-30", "--until", "2026-03-01"), "there is no day 2026-02-30"),
        (("--since", "lundi", "--until", "mardi"), 'a day should look like "2026-11-03"'),
        (("--since", "2026-11-04", "--until", "2026-11-03"), "comes before"),
        (("--since", "2024-01-01", "--until", "2025-01-01"), "is more than 366 days"),
        (("--week", "2026-W47", "--month", "2026-11"), "one of them"),
        (("--month", "2026-11", "--since", "2026-11-03"), "one of them"),
        (("--week", "2026-W47", "--since", "2026-11-03", "--until", "2026-11-04"), "one of them"),
        (("--service", "chu"), "urgences, maternite"),
        (("--service", "maternite", "--send"), "no [[digest.service]] says to whom"),
        (("--send", "--format", "json"), "each channel has its own format"),
        (("--send", "--out", "somewhere"), "each channel has its own format"),
    ],
)
def test_what_cannot_be_meant_is_a_wrong_usage(listener, tmp_path, arguments, complaint):
    done = listener(*arguments)
    assert done.exit_code == 2
    said = " ".join(done.output.replace("│", " ").split())
    assert complaint in said
    assert not (tmp_path / "state").exists()  # said before anything was opened


def test_a_digest_is_sent_by_hand_once(listener, tmp_path):
    assert "was sent (1)" in listener("--week", "2026-W47", "--send").stderr
    assert "was sent already" in listener("--week", "2026-W47", "--send").stderr
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1


def test_a_service_s_digest_is_sent_by_hand_to_its_own_readers(listener, tmp_path):
    wanted = ("--month", "2026-10", "--service", "urgences", "--send")
    assert "the digest of urgences for 2026-10 was sent (2)" in listener(*wanted).stderr
    assert "was sent already" in listener(*wanted).stderr
    mails = [path.read_text(encoding="utf-8") for path in (tmp_path / "outbox").glob("*.eml")]
    assert len(mails) == 2
    assert not any("direction@" in mail for mail in mails)


@pytest.mark.parametrize("form", ["text", "html", "slack", "json"])
def test_the_example_has_a_digest_in_every_form(tmp_path, monkeypatch, form):
    monkeypatch.chdir(tmp_path)  # its state_dir is relative
    monkeypatch.setenv("LISTENER_CONFIG", str(EXAMPLE))
    done = CliRunner().invoke(app, ["digest", "--month", "2026-11", "--format", form])
    assert done.exit_code == 0, done.output
    assert "CHU de Valmont" in done.stdout
