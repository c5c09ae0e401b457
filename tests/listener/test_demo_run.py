"""`listener run` on the bundled example: the whole way, from a post to the person on call."""

from __future__ import annotations

import email
import os
import sqlite3
import subprocess
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from listener.app.demo import SLOT, instants
from listener.demo import EVENING, RECORDING
from tests.listener.service import KEPT, LISTENER

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
pytestmark = pytest.mark.xdist_group("demonstration")  # played once, by one process
PATIENT = ("Yvette", "Lormeau")  # named by a relative, after the alert
ALIKE = ("AS Valmont", "Milos Forman")


class Played:
    """What a run of the demonstration left."""

    def __init__(self, folder: Path, output: str) -> None:
        self.output = output
        self.folder = folder
        self.mails = {path.name: read(path) for path in (folder / "var/outbox").glob("*.eml")}

    def rows(self, query: str) -> list[tuple]:
        with sqlite3.connect(self.folder / "var/demonstration.db") as database:
            return database.execute(query).fetchall()


def read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=default)


def text_of(mail: EmailMessage) -> str:
    return "".join(
        part.get_content() for part in mail.walk() if part.get_content_type()[:5] == "text/"
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> Played:
    folder = tmp_path_factory.mktemp("demo")
    return Played(folder, play(folder))


def play(folder: Path) -> str:
    example = EXAMPLE.read_text("utf-8")
    example = example.replace("listener/demo/semaine.jsonl", str(RECORDING))
    (folder / "config.toml").write_text(example.replace("#port = 8787", "port = 0"), "utf-8")
    ended = subprocess.run(
        [*LISTENER, "run", "--exit-after-demo"],
        cwd=folder,
        env={name: os.environ[name] for name in KEPT if name in os.environ},
        capture_output=True,
        timeout=200,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout.decode()


def test_the_console_shows_the_alert_in_the_night(played) -> None:
    assert "Alerte critique — CHU de Valmont" in played.output
    assert "Julien Morvan" in played.output
    assert "pris en charge par Julien Morvan" in played.output
    ((created,),) = played.rows(
        "SELECT min(created_at) FROM outbox WHERE kind = 'alert' AND state = 'sent'"
    )
    at = datetime.fromisoformat(created).replace(tzinfo=UTC)
    assert timedelta() < at - EVENING < timedelta(minutes=30)


def test_the_mail_to_the_person_on_call_lies_in_the_outbox(played) -> None:
    (mail,) = (m for name, m in played.mails.items() if name.startswith("incident-1-opened"))
    assert "julien.morvan@chu-valmont.example" in mail["To"]
    assert "CHU de Valmont" in mail["Subject"]
    assert "Onze heures" in text_of(mail)
    assert {part.get_content_type() for part in mail.walk()} >= {"text/plain", "text/html"}


def test_the_calm_week_calls_nobody(played) -> None:
    before = f"created_at < '{EVENING:%Y-%m-%d %H:%M}'"
    assert played.rows(f"SELECT * FROM outbox WHERE kind = 'alert' AND {before}") == []
    ((calm,),) = played.rows(
        f"SELECT count(*) FROM mentions WHERE live AND occurred_at < '{EVENING:%Y-%m-%d %H:%M}'"
    )
    assert calm > 80


def test_monday_brings_one_digest_to_each_recipient(played) -> None:
    digests = [mail for name, mail in played.mails.items() if name.startswith("digest")]
    assert len(digests) == 2
    assert "bilan de la semaine" in played.output


def test_no_patient_is_named_in_what_goes_out(played) -> None:
    ((stored,),) = played.rows("SELECT count(*) FROM mentions WHERE text LIKE '%Lormeau%'")
    assert stored > 0
    for text in (played.output, *map(text_of, played.mails.values())):
        assert not any(name in text for name in PATIENT)


def test_what_only_sounds_alike_is_left_out(played) -> None:
    assert "parlaient d’autre chose" in played.output
    for name in ALIKE:
        assert played.rows(f"SELECT id FROM mentions WHERE text LIKE '%{name}%'") == []


def test_every_post_that_was_kept_is_scored(played) -> None:
    ((kept, scored),) = played.rows("SELECT count(*), count(scored_at) FROM mentions")
    assert kept == scored > 180


def test_it_ends_by_saying_what_to_do_next(played) -> None:
    assert played.output.rstrip().endswith("listener init")


def test_a_calm_hour_is_looked_at_twice_and_a_bad_one_by_the_minute() -> None:
    begin = datetime(2026, 3, 14, 20, tzinfo=UTC)
    busy = [begin + timedelta(minutes=40, seconds=20 * n) for n in range(9)]
    looks = instants([begin + timedelta(minutes=5), *busy], begin, begin + timedelta(hours=2))
    assert looks[:2] == [begin, begin + SLOT]
    assert begin + timedelta(minutes=41) in looks
    assert looks[-1] == begin + timedelta(hours=2)
    assert looks == sorted(set(looks))
