"""The command line: what is printed where, in which form, with which exit code, and how fast."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from listener.__main__ import main
from listener.cli.app import COMMANDS
from listener.config import load

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"

Cli = Callable[..., "Result"]


class Result:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Runs one command in an empty folder, with neither a configuration nor a terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LISTENER_CONFIG", raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        shown = capsys.readouterr()
        return Result(int(ended.value.code or 0), shown.out, shown.err)

    return call


def with_example(cli: Cli, *arguments: str) -> Result:
    return cli(*arguments, "--config", str(EXAMPLE))


def test_version_says_which_in_both_forms(cli: Cli) -> None:
    assert cli("version").out.startswith("listener ")
    assert set(cli("version", "--json").json) == {"version", "python"}


def test_every_command_explains_itself_and_help_tells_the_exit_codes(cli: Cli) -> None:
    overview = cli("--help")
    assert overview.code == 0
    assert "Exit codes: 0 done" in overview.out
    for name in COMMANDS:
        assert name in overview.out
        explained = cli(name, "--help")
        assert explained.code == 0
        assert "Usage" in explained.out


def test_a_mistyped_command_is_guessed_and_a_wrong_option_is_refused(cli: Cli) -> None:
    guessed = cli("onccall")
    assert guessed.code == 2
    assert "oncall" in guessed.err
    assert cli("version", "--loud").code == 2


def test_the_configuration_in_use_is_said_aside_of_what_was_asked(cli: Cli) -> None:
    result = with_example(cli, "oncall", "--json")
    assert result.err.startswith(f"configuration: {EXAMPLE}")
    assert isinstance(result.json, list)


def test_the_configuration_may_be_named_before_the_command_or_in_the_environment(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("--config", str(EXAMPLE), "oncall").code == 0
    monkeypatch.setenv("LISTENER_CONFIG", str(EXAMPLE))
    assert cli("oncall").code == 0


def test_no_configuration_is_said_in_a_line_with_its_own_code(cli: Cli) -> None:
    result = cli("oncall")
    assert result.code == 2
    assert "no configuration file: looked for config.toml" in result.err
    assert "Traceback" not in result.err


def test_a_wrong_configuration_is_explained_line_by_line(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[hospital]\nname = "CHU de Valmont"\ntown = 3\n[[watch]]\nid = "chu"\n')
    result = cli("check-config")
    assert result.code == 2
    assert "  hospital.town: 3: should be a valid string" in result.err
    assert "  watch[0]: should have names" in result.err
    listed = cli("check-config", "--json")
    assert listed.code == 2
    assert {"part", "name", "state", "detail"} == set(listed.json[0])
    assert "hospital.town" in {problem["name"] for problem in listed.json}


def test_the_example_is_right_and_everything_it_needs_answers(cli: Cli, tmp_path: Path) -> None:
    here = tmp_path / "config.toml"
    week = EXAMPLE.parent / "listener" / "demo" / "semaine.jsonl"
    text = EXAMPLE.read_text(encoding="utf-8").replace("listener/demo/semaine.jsonl", str(week))
    here.write_text(text, encoding="utf-8")
    result = cli("check-config", "--online", "--json")
    assert result.code == 0
    found = {(row["part"], row["name"]): row["state"] for row in result.json}
    assert found[("source", "semaine (file)")] == "ok"
    assert found[("channel", "email")] == "ok"
    assert found[("database", "sqlite")] == "ok"
    assert not (tmp_path / "var" / "listener.db").exists()


def test_a_part_that_fails_is_shown_and_ends_with_one(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    result = cli("check-config", "--online")  # the recording is not in this folder
    assert result.code == 1
    assert "failed" in result.out
    assert "1 failed" in result.err


@pytest.mark.parametrize(
    ("at", "person", "by"),
    [
        ("2026-03-10T12:00", "nadia", "rota"),
        ("2026-03-14T22:30", "julien", "rota"),
        ("2026-03-14T21:30:00Z", "julien", "rota"),
        ("2026-03-14T17:59", "nadia", "rota"),
        ("2026-01-01", "camille", "fallback: the rota has a hole"),
    ],
)
def test_who_is_on_call_at_an_instant_of_the_hospital(
    cli: Cli, at: str, person: str, by: str
) -> None:
    duty, *_behind = with_example(cli, "oncall", "--at", at, "--json").json
    assert (duty["person"], duty["by"]) == (person, by)
    assert duty["at"].endswith("+01:00")


def test_behind_whoever_is_on_call_stand_the_steps_and_the_last_resort(cli: Cli) -> None:
    rows = with_example(cli, "oncall", "--at", "2026-03-10T12:00", "--json").json
    assert [(row["person"], row["by"]) for row in rows] == [
        ("nadia", "rota"),
        ("julien", "step 2, after 10 min"),
        ("camille", "last resort, after 20 min"),
    ]


def test_the_week_is_told_shift_by_shift_with_its_holes(cli: Cli) -> None:
    rows = with_example(cli, "oncall", "--at", "2026-02-28T12:00", "--week", "--json").json
    assert [(row["from"][:16], row["person"], row["by"]) for row in rows] == [
        ("2026-02-28T12:00", "camille", "fallback: the rota has a hole"),
        ("2026-03-02T09:00", "camille", "rota"),
    ]
    assert rows[-1]["until"].startswith("2026-03-07T12:00")


def test_a_subject_that_is_no_watch_is_a_wrong_usage(cli: Cli) -> None:
    result = with_example(cli, "oncall", "--subject", "cantine")
    assert result.code == 2
    assert "urgences" in result.err


def test_an_instant_that_is_none_is_a_wrong_usage(cli: Cli) -> None:
    assert with_example(cli, "oncall", "--at", "ce soir").code == 2


def test_hosts_lists_what_the_firewall_must_let_through(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        """
        [hospital]
        name = "CHU de Valmont"
        [[watch]]
        id = "chu"
        names = ["CHU de Valmont"]
        [[source]]
        id = "presse"
        connector = "rss"
        urls = ["https://www.lecourrierdevalmont.example/rss", "http://intranet.valmont.example:8080/f"]
        [[source]]
        id = "masto"
        connector = "mastodon"
        instances = ["https://toot.valmont.example"]
        [[source]]
        id = "off"
        connector = "rss"
        enabled = false
        url = "https://off.example/"
        [slack]
        token = { env = "HOME" }
        channel = "#veille"
        [email]
        host = "smtp.valmont.example"
        port = 25
        security = "none"
        relay = true
        [network]
        proxy = "http://proxy.valmont.example:3128"
        no_proxy = ["valmont.example"]
        [database]
        url = "postgresql://listener@db.valmont.example/listener"
        """
    )
    rows = cli("hosts", "--json").json
    assert {(row["host"], row["port"], row["via"], row["needed_by"]) for row in rows} == {
        ("db.valmont.example", 5432, "direct", "database"),
        ("intranet.valmont.example", 8080, "direct", "source presse"),
        ("proxy.valmont.example", 3128, "direct", "network.proxy"),
        ("slack.com", 443, "proxy", "slack"),
        ("smtp.valmont.example", 25, "direct", "email"),
        ("toot.valmont.example", 443, "direct", "source masto"),
        ("www.lecourrierdevalmont.example", 443, "proxy", "source presse"),
    }


def test_hosts_names_where_a_rota_s_calendar_is_and_nothing_of_its_address(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALENDAR", "webcal://agenda.valmont.example/private-3f9c2e/a.ics")
    (tmp_path / "config.toml").write_text(
        """
        [hospital]
        name = "CHU de Valmont"
        [[watch]]
        id = "chu"
        names = ["CHU de Valmont"]
        [[person]]
        id = "lea"
        name = "Léa"
        [[rota]]
        id = "com"
        kind = "ics"
        url = { env = "CALENDAR" }
        fallback = "lea"
        [alerts]
        critical = ["console"]
        warning = ["console"]
        fallback = "console"
        """
    )
    result = cli("hosts", "--json")
    assert result.json == [
        {"host": "agenda.valmont.example", "port": 443, "via": "direct", "needed_by": "rota com"}
    ]


INIT = ("init", "--name", "CHU de Valmont", "--alias", "CHU Valmont", "--town", "Saint-Valmont")


def test_init_writes_a_private_configuration_that_observes_with_keyless_sources(
    cli: Cli, tmp_path: Path
) -> None:
    result = cli(*INIT, "--account", "@chu_valmont")
    assert result.code == 0
    assert "listener check-config --online" in result.out
    path = tmp_path / "config.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    config = load(path, environ={})
    assert config.alerts.mode == "observe"
    assert {source.id for source in config.source if source.enabled} == {
        "google-news",
        "bing-news",
        "presse",
        "mastodon",
        "bluesky",
    }
    hospital = config.watch[0]
    assert hospital.names == ("CHU de Valmont",)
    assert hospital.accounts == ("@chu_valmont",)
    assert hospital.hashtags == ("CHUdeValmont", "CHUValmont")
    settings = {source.id: source.settings for source in config.source}
    assert "%22CHU+de+Valmont%22+OR+%22CHU+Valmont%22" in str(settings["google-news"].url)
    assert settings["mastodon"].hashtags == ("saintvalmont",)
    assert settings["bluesky"].stream
    assert config.rule


def test_what_init_leaves_ready_to_fill_in_is_right_once_uncommented(
    cli: Cli, tmp_path: Path
) -> None:
    cli(*INIT)
    path = tmp_path / "config.toml"
    text = path.read_text(encoding="utf-8")
    lines = [
        line[1:] if line.startswith("#") and not line.startswith("# ") else line
        for line in text.splitlines()
    ]
    document = tomllib.loads("\n".join(lines).replace("…", "valmont.example"))
    assert {"person", "rota", "slack", "email"} <= set(document)


@pytest.mark.parametrize(
    ("zone", "country", "subdivision"),
    [
        ("Europe/Paris", "FR", None),
        ("Europe/Zurich", "CH", None),
        ("Indian/Reunion", "FR", "974"),
        ("UTC", "FR", None),
    ],
)
def test_init_takes_holidays_and_news_of_the_zone_s_country(
    cli: Cli, tmp_path: Path, zone: str, country: str, subdivision: str | None
) -> None:
    assert cli(*INIT, "--zone", zone).code == 0
    calendar = load(tmp_path / "config.toml", environ={}).calendar
    assert (calendar.country, calendar.subdivision) == (country, subdivision)


def test_init_never_overwrites_unless_it_is_told_to(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("mine")
    refused = cli(*INIT)
    assert refused.code == 1
    assert "--force" in refused.err
    assert path.read_text() == "mine"
    assert cli(*INIT, "--force").code == 0
    assert cli(*INIT, "--out", str(tmp_path / "sub" / "other.toml")).code == 0
    assert [p.name for p in tmp_path.iterdir()] == ["config.toml", "sub"]


@pytest.mark.parametrize(
    "name", ['CHU "de" Valmont \\ x', "CHU\nde\tValmont\x7f", "L’Hôpital d'É [x] {{ y }} %s #"]
)
def test_no_name_breaks_the_file(cli: Cli, tmp_path: Path, name: str) -> None:
    assert cli("init", "--name", name, "--alias", name + " bis").code == 0
    written = load(tmp_path / "config.toml", environ={})
    expected = name.replace("\n", " ").replace("\t", " ").replace("\x7f", " ").strip()
    assert written.hospital.name == expected


def test_init_says_what_it_cannot_use(cli: Cli) -> None:
    assert "name is needed" in cli("init").err
    assert "every hospital's" in cli("init", "--name", "L'Hôpital").err
    assert "is no zone" in cli(*INIT, "--zone", "Europe/Valmont").err
    assert "fr or en" in cli(*INIT, "--language", "de").err
    dropped = cli(*INIT, "--alias", "CHU")
    assert dropped.code == 0
    assert "left out 'CHU'" in dropped.err


def test_a_quick_command_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['listener', 'version']\n"
        "from listener.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'aiohttp', 'sqlalchemy', 'numpy', 'holidays', 'sklearn', 'rich.table'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stderr.strip() == "[]"


def test_a_reader_that_has_seen_enough_ends_no_command_in_a_traceback() -> None:
    code = f"{sys.executable} -m listener oncall --config {EXAMPLE} --json | true"
    ended = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=False)
    assert "Traceback" not in ended.stderr
