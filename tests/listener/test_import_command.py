"""`listener import`: what a dry run shows, what a run keeps, and what it never does."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from listener.__main__ import main
from tests.connectors.imports.exports import csv, write, zipped
from tests.listener.service import house

MORE = """
[[source]]
id = "releves"
connector = "import"
path = "releves.csv"
network = "releve"
about = ["chu"]
columns = { text = "Verbatim" }
[[rule]]
id = "grave"
kind = "severity"
level = "critical"
at_least = 1
"""
ROWS = [
    ["Id", "Date", "Auteur", "Message", "Vues", "Couleur"],
    [
        "1",
        "14/03/2026 12:30",
        "@lea",
        "Honte au CHU de Valmont, onze heures d'attente",
        "1,2 k",
        "x",
    ],
    ["2", "15/03/2026 08:00", "", "Il fait beau", "3", ""],
    ["3", "jadis", "", "Merci au CHU de Valmont", "", ""],
]


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Runs one command in a house of its own; its code and what it printed."""
    house(tmp_path, more=MORE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LISTENER_CONFIG", raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def called(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return called


@pytest.fixture
def export(tmp_path) -> Path:
    return write(tmp_path / "export.csv", csv(ROWS, ";"))


def kept(folder: Path, table: str) -> int:
    with sqlite3.connect(folder / "state" / "listener.db") as database:
        [[count]] = database.execute(f"SELECT count(*) FROM {table}")
    return int(count)


def test_a_dry_run_shows_how_rows_are_understood_and_keeps_nothing(call, export, tmp_path) -> None:
    code, out, err = call("import", str(export), "--network", "forum", "--dry-run")
    assert code == 0
    assert "2026-03-14 12:30 CET" in out
    assert "known" in out and "unknown" in out and "views 1200" in out
    assert "lea" not in out  # who said it is not what is checked here
    assert "columns not understood: 'Couleur'" in err
    assert "forum: 2 post" in err
    assert "line 4: published_at: not a date" in err
    assert "text = 'Message'" in err
    assert "nothing was kept" in err
    assert not (tmp_path / "state").exists()


def test_a_dry_run_says_the_same_to_programs(call, tmp_path) -> None:
    rows = [[str(n), "2026-03-14", "", f"Message {n}", "", ""] for n in range(30)]
    path = zipped(tmp_path / "a.zip", {"a.csv": csv([ROWS[0], *rows]), "b.csv": "Taille\n3\n"})
    code, out, _ = call("import", str(path), "--network", "forum", "--dry-run", "--json")
    found = json.loads(out)
    assert (code, len(found["rows"])) == (0, 10)
    assert found["rows"][0]["date"] == "2026-03-14T00:00:00+01:00"
    assert found["counts"] == [{"network": "forum", "kind": "post", "count": 30}]
    [table] = found["tables"]
    assert (table["place"], table["format"]) == ("a.csv", "table")
    assert table["not_understood"] == ["Couleur"]
    assert [text.partition(":")[0] for text in found["not_recognised"]] == ["b.csv"]


def test_a_run_keeps_what_concerns_a_watch_once_and_alerts_nobody(call, export, tmp_path) -> None:
    code, out, err = call("import", str(export), "--network", "forum", "--json")
    assert code == 0, err
    first = json.loads(out)
    told = {name: first[name] for name in ("source", "read", "new", "known", "concern_nobody")}
    assert told == {"source": "import", "read": 2, "new": 1, "known": 0, "concern_nobody": 1}
    assert (first["set_aside"], first["error"]) == (1, None)
    assert first["why_set_aside"][0].startswith("line 4: published_at: not a date")
    figures = kept(tmp_path, "snapshots")
    _, out, _ = call("import", str(export), "--network", "forum", "--about", "chu", "--json")
    again = json.loads(out)
    assert (again["read"], again["new"], again["known"], again["edited"]) == (2, 1, 1, 0)
    _, out, err = call("import", str(export), "--network", "forum", "--about", "chu")
    assert "1 set aside" in err
    assert kept(tmp_path, "mentions") == 2
    assert (figures, kept(tmp_path, "snapshots")) == (1, 2)
    assert kept(tmp_path, "incidents") == 0
    assert kept(tmp_path, "outbox") == 0
    _, out, _ = call("mentions", "--format", "jsonl", "--since", "2026-01-01")
    assert "lea" not in out


def test_who_asked_to_be_forgotten_is_not_brought_back(call, export, tmp_path) -> None:
    call("import", str(export), "--network", "forum")
    assert call("forget", "--author", "forum:@lea", "--yes")[0] == 0
    _, out, _ = call("import", str(export), "--network", "forum", "--json")
    assert json.loads(out)["new"] == 0
    with sqlite3.connect(tmp_path / "state" / "listener.db") as database:
        texts = [row[0] for row in database.execute("SELECT text FROM mentions") if row[0]]
    assert texts == []


def test_a_configured_source_lends_its_columns_network_and_watches(call, tmp_path) -> None:
    path = write(tmp_path / "mars.csv", csv([["Id", "Verbatim"], ["1", "Onze heures"]]))
    code, out, _ = call("import", str(path), "--source", "releves", "--json")
    done = json.loads(out)
    assert (code, done["source"], done["new"], done["tables"][0]["network"]) == (
        0, "releves", 1, "releve"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--source", "archive"], "is no source that imports: releves"),
        (["--source", "releves", "--about", "chu"], "give neither beside it"),
        (["--about", "nobody"], "is no watch: chu"),
        (["--columns", "Verbatim"], "should be FIELD=HEADER"),
        (["--columns", "texte=Verbatim"], "unknown fields"),
        (["--format", "myspace"], "--format"),
        (["--zone", "Paris"], "not a time zone"),
    ],
)
def test_a_wrong_option_is_explained(call, export, options, said) -> None:
    code, _, err = call("import", str(export), *options)
    assert code == 2
    assert said in " ".join(err.replace("│", " ").split())


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_a_file_that_says_nothing_is_refused_with_its_headers(call, tmp_path, dry) -> None:
    path = write(tmp_path / "odd.csv", "Couleur;Taille\nbleu;3\n")
    code, out, err = call("import", str(path), *dry)
    assert (code, out) == (1, "")
    assert "'Couleur', 'Taille'" in err and "columns = {" in err
    assert not (tmp_path / "state").exists()
    assert call("import", str(tmp_path / "absent.csv"), *dry)[0] == 1
