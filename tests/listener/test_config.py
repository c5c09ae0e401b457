"""config.toml: what is right is read, what is wrong is said whole, what is secret is never shown."""

from __future__ import annotations

import sys
from copy import deepcopy
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from listener.config import ConfigError, find, load
from listener.config.load import fingerprint, parse

MINIMAL: dict[str, Any] = {
    "hospital": {"name": "CHU de Valmont"},
    "watch": [{"id": "chu", "names": ["CHU de Valmont"]}],
}


def config(**sections: Any) -> dict[str, Any]:
    return deepcopy(MINIMAL) | sections


def problems(raw: dict[str, Any], environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(raw, environ=environ or {})
    return caught.value.problems


def test_a_name_and_a_watch_are_enough_and_nobody_is_called() -> None:
    read = parse(config(alerts={"critical": ["console"], "warning": [], "fallback": "console"}))
    assert read.alerts.mode == "observe"
    assert read.hospital.zone.key == "Europe/Paris"
    assert read.database.url == "sqlite"


def test_durations_and_hours_are_read_as_people_write_them() -> None:
    read = parse(
        config(
            alerts={"critical": [], "warning": [], "fallback": "console", "max_lateness": "90m"},
            digest={"hour": "07:45"},
            rule=[{"id": "n", "kind": "count", "level": "info", "at_least": 3, "window": "2h"}],
            source=[
                {"id": "past", "connector": "file", "path": "x.jsonl", "every": "1d"},
            ],
        )
    )
    assert read.alerts.max_lateness == timedelta(minutes=90)
    assert read.digest.hour == time(7, 45)
    assert read.rule[0].window == timedelta(hours=2)
    assert read.source[0].every == timedelta(days=1)
    assert read.source[0].settings.path == Path("x.jsonl")


def test_a_connector_s_durations_are_spelt_like_all_others() -> None:
    source = {"id": "sky", "connector": "bluesky", "look_back": "3d", "overlap": "soon"}
    found = problems(config(source=[source], alerts=QUIET))
    assert found == [
        'source[0].overlap: \'soon\': should be a duration such as "90s", "10m", "2h" or "7d"'
    ]
    del source["overlap"]
    read = parse(config(source=[source], alerts=QUIET))
    assert read.source[0].settings.look_back == timedelta(days=3)


QUIET = {"critical": ["console"], "warning": ["console"], "fallback": "console"}


def test_every_mistake_is_said_at_once_with_its_key_its_value_and_what_would_be_right() -> None:
    raw = config(
        hospital={"timezone": "Europe/Valmont", "nmae": "CHU de Valmont"},
        watch=[
            {"id": "chu", "names": ["CHU de Valmont"]},
            {"id": "CHU !", "names": ["CHU"]},
            {"id": "urgences", "kind": "service", "of": "chv", "names": ["urgences"]},
        ],
        source=[
            {"id": "sky", "connector": "blusky"},
            {"id": "past", "connector": "file", "pth": "x", "every": "often"},
            {"id": "later", "connector": "file", "path": "x.jsonl", "about": ["autre"]},
            {"id": "none"},
        ],
        rule=[
            {"id": "a", "kind": "severty", "level": "critical", "at_least": 80},
            {"id": "b", "kind": "severity", "level": "critical", "at_least": 180},
            {"id": "c", "kind": "count", "level": "urgent", "at_least": 1, "window": "0s"},
            {"id": "d", "level": "info"},
            {"id": "e", "kind": "terms", "level": "info", "terms": ["!!"]},
        ],
        person=[{"id": "lea", "name": "Léa", "email": "lea"}],
        rota=[{"id": "r", "people": ["lea", "ali"], "starts_on": "soon", "fallback": "sam"}],
        calendar={"monday": ["8h-18h"], "country": "FR", "subdivision": "GE"},
        email={"host": "smtp", "port": 70000, "security": "none"},
        digest={"hour": 8},
        privcy={},
    )
    found = problems(raw)
    expected = {
        "hospital.name": "is required",
        "hospital.nmae": 'is not a key here: did you mean "name"?',
        "hospital.timezone": "'Europe/Valmont': should be a zone such as \"Europe/Paris\"",
        "watch[1].id": "'CHU !': should be lower-case letters",
        "watch[2].of": "'chv': should be the id of a [[watch]]: CHU !, chu",
        "source[0].connector": "'blusky': should be one of ",
        "source[1].path": "is required",
        "source[1].pth": 'is not a key here: did you mean "path"?',
        "source[1].every": "'often': should be a duration",
        "source[2].about": "'autre': should be the id of a [[watch]]",
        "source[3].connector": "is required",
        "rule[0].kind": "'severty': should be one of 'severity', 'count'",
        "rule[1].at_least": "180: should be at most 100",
        "rule[2].level": "'urgent': should be 'info', 'warning' or 'critical'",
        "rule[2].window": "'0s': should be more than 0s",
        "rule[3].kind": "is required",
        "rule[4].terms": "['!!']: each should hold a word",
        "person[0].email": "'lea': should be one address",
        "rota[0].people": "'ali': should be the id of a [[person]]: lea",
        "rota[0].starts_on": "'soon': should be a valid date",
        "rota[0].fallback": "'sam': should be the id of a [[person]]: lea",
        "calendar.monday[0]": "'8h-18h': should be hours such as",
        "calendar.subdivision": "'GE': should be one of 57, 6AE",
        "email.port": "70000: should be at most 65535",
        "email.security": '"none": sends in clear',
        "digest.hour": '8: should be an hour of the day such as "08:30"',
        "privcy": 'is not a key here: did you mean "privacy"?',
        "alerts.critical": "'slack': needs a [slack] section",
    }
    for key, complaint in expected.items():
        assert [p for p in found if p.startswith(f"{key}: {complaint}")], (key, complaint, found)
    unexpected = [p for p in found if p.split(": ", 1)[0] not in expected]
    assert unexpected == ["alerts.warning: 'slack': needs a [slack] section"]


def test_a_wrong_value_is_not_blamed_twice() -> None:
    found = problems(config(alerts=QUIET, watch=[{"id": "chu", "names": 3}]))
    assert found == ['watch[0].names: 3: should be a list such as ["a", "b"]']


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"state_dir": 3}, "state_dir: 3: should be a path in quotes"),
        ({"hospital": 3}, "hospital: 3: should be a table of keys"),
        ({"watch": "chu"}, "watch: 'chu': should be a list such as"),
        ({"watch": []}, "watch: []: should hold something"),
    ],
)
def test_a_wrong_shape_is_told_in_the_file_s_own_words(section: dict[str, Any], said: str) -> None:
    assert any(line.startswith(said) for line in problems(config(alerts=QUIET) | section))


@pytest.mark.parametrize("section", ["watch", "source", "rule", "person", "rota"])
def test_a_list_that_is_no_list_is_an_error_like_any_other(section: str) -> None:
    for wrong in ("x", 3, {"id": "x"}, ["x"], [[]], [None]):
        assert any(p.startswith(section) for p in problems(config(**{section: wrong})))


def test_ids_are_required_and_each_is_used_once() -> None:
    double = [{"id": "chu", "names": ["CHU"]}, {"id": "chu", "names": ["Hôpital"]}]
    anonymous = [{"name": "Léa"}, {"name": "Ali"}]
    found = problems(config(watch=double, person=anonymous, alerts=QUIET))
    assert found == [
        "person[0].id: is required",
        "person[1].id: is required",
        "watch[1].id: 'chu': is used 2 times: each watch should have its own",
    ]


def test_a_live_configuration_needs_somebody_to_call_and_a_way_to() -> None:
    alerts = {"mode": "live", "critical": ["email"], "warning": [], "fallback": "email"}
    email = {"outbox": "var/outbox"}
    found = problems(config(alerts=alerts, email=email, person=[{"id": "lea", "name": "Léa"}]))
    assert found == [
        'alerts.mode: "live" needs a [[rota]] to know whom to call',
        "person[0].email: is required, since alerts.critical uses e-mail",
        "alerts.team_email: is required, since alerts.fallback uses e-mail",
    ]


def test_a_gateway_is_named_by_its_id_and_knows_where_each_person_is() -> None:
    gateway = {"id": "sms", "kind": "apprise", "url": {"env": "SMS"}, "rings": True}
    people = [
        {"id": "lea", "name": "Léa", "phone": "+33199000001"},
        {"id": "ali", "name": "Ali", "addresses": {"sms": "+33199000002"}},
        {"id": "sam", "name": "Sam"},
    ]
    alerts = {"critical": ["sms"], "warning": [], "fallback": "console"}
    raw = config(alerts=alerts, channel=[gateway], person=people)
    read = parse(raw, environ={"SMS": "smsgw://user:hunter2@gateway.example/{address}"})
    sms, (lea, ali, sam) = read.channels["sms"], read.person
    assert [sms.address_of(p) for p in (lea, ali, sam)] == ["+33199000001", "+33199000002", None]
    assert [sms.wakes(p) for p in (lea, ali, sam)] == [True, True, False]
    assert "hunter2" not in repr(read)


def test_a_gateway_that_is_wrong_is_said_without_its_address() -> None:
    alerts = {"critical": ["sms"], "warning": ["sms"], "fallback": "pigeon", "mode": "live"}
    channels = [
        {"id": "sms", "kind": "apprise", "url": {"env": "SMS"}, "secret": {"env": "SECRET"}},
        {"id": "email", "kind": "apprise", "outbox": "var"},
        {"id": "hook", "kind": "webhook", "url": {"env": "HOOK"}},
        {"id": "idle", "kind": "apprise"},
    ]
    environ = {"SMS": "json://hunter2/{address}", "HOOK": "ftp://hunter2", "SECRET": "hunter2"}
    people = [{"id": "lea", "name": "Léa", "addresses": {"fax": "1"}}]
    found = problems(config(alerts=alerts, channel=channels, person=people), environ)
    assert found[:2] == [
        "channel[1].id: 'email': is the name of the [email] section: choose another",
        "channel[2].url: a secret: should be an https:// address, since kind is webhook",
    ]
    keys = [problem.partition(":")[0] for problem in found[2:]]
    assert keys == [
        "alerts.fallback",
        "channel[0].secret",
        "channel[3].url",
        "person[0].addresses",
        "alerts.mode",
        "person[0].phone",
        "channel[0].team_address",
    ]
    assert "hunter2" not in "".join(found)


def test_what_may_reveal_a_patient_is_kept_no_longer_than_the_rest() -> None:
    quiet = config(alerts={"critical": [], "warning": [], "fallback": "console"})
    assert problems(
        quiet | {"privacy": {"retention_days": 20, "restricted_retention_days": 25}}
    ) == ["privacy.restricted_retention_days: 25: should be at most privacy.retention_days, 20"]
    short = parse(quiet | {"privacy": {"retention_days": 20}})
    assert short.privacy.restricted_retention == timedelta(days=20)
    assert parse(quiet).privacy.restricted_retention == timedelta(days=30)


@pytest.mark.parametrize(
    ("key", "value"),
    [("deep_budget", "6s"), ("restricted_from", 0), ("about_from", 1.2), ("deep_memory_mb", 10)],
)
def test_deep_scoring_is_given_no_more_than_there_is(key: str, value: Any) -> None:
    (problem,) = [p for p in problems(config(scoring={key: value})) if p.startswith("scoring")]
    assert problem.startswith(f"scoring.{key}: ")


def test_a_demonstration_replays_a_file_source_of_the_configuration() -> None:
    found = problems(config(alerts=QUIET, demo={"source": "semaine"}))
    assert found == ["demo.source: 'semaine': should be the id of a [[source]]: there is none"]


def test_a_secret_typed_in_the_file_is_refused_and_never_repeated() -> None:
    raw = config(
        slack={"token": "xoxb-typed", "channel": "#veille"},
        email={"host": "smtp.example", "user": "u", "password": 31337},
        source=[{"id": "sky", "connector": "bluesky", "app_password": "abcd-efgh"}],
        network={"proxy": "http://login:motdepasse@proxy:3128"},
        database={"url": "postgresql://listener:motdepasse@db/listener"},
    )
    raw["source"] += [
        {"id": "presse", "connector": "rss", "urls": ["https://moi:motdepasse@journal.example/"]},
        {"id": "blog", "connector": "wordpress", "url": "https://motdepasse@blog.example"},
    ]
    found = problems(raw)
    text = "\n".join(found)
    for path in ("slack.token", "email.password", "source[0].app_password"):
        assert f"{path}: a secret never stands in the file: write {{ env = " in text
    for path in ("source[1].urls", "source[2].url"):
        assert any(line.startswith(path) and "should hold no login" in line for line in found)
    assert "network.proxy: 'http://…@proxy:3128': should be" in text
    assert "database.url: 'postgresql://…@db/listener': holds a password" in text
    for secret in ("xoxb", "31337", "abcd", "motdepasse"):
        assert secret not in text


def test_a_misplaced_secret_is_not_repeated_either() -> None:
    found = problems(config(alerts=QUIET, slack={"tokn": "xoxb-typed", "channel": "#veille"}))
    assert 'slack.tokn: is not a key here: did you mean "token"?' in found
    assert "xoxb" not in "".join(found)


def test_secrets_come_from_the_environment_a_file_or_systemd(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cr3t-file\n")
    (tmp_path / "proxy").write_text("s3cr3t-systemd")
    raw = config(
        slack={"token": {"env": "SLACK_TOKEN"}, "channel": "#veille"},
        email={
            "host": "smtp.example",
            "user": "u",
            "password": {"file": str(tmp_path / "password")},
        },
        network={"proxy": "http://proxy:3128", "proxy_password": {"credential": "proxy"}},
    )
    environ = {"SLACK_TOKEN": "s3cr3t-env", "CREDENTIALS_DIRECTORY": str(tmp_path)}
    read = parse(raw, environ=environ)
    assert read.slack is not None
    assert read.email is not None
    assert read.email.password is not None
    assert read.network.proxy_password is not None
    assert read.slack.token.get_secret_value() == "s3cr3t-env"
    assert read.email.password.get_secret_value() == "s3cr3t-file"
    assert read.network.proxy_password.get_secret_value() == "s3cr3t-systemd"
    for shown in (repr(read), str(read), repr(read.model_dump()), read.model_dump_json()):
        assert "s3cr3t" not in shown


@pytest.mark.parametrize(
    ("reference", "complaint"),
    [
        ({"env": "MISSING"}, "environment variable MISSING is not set"),
        ({"env": "EMPTY"}, "env EMPTY is empty"),
        ({"env": ""}, "should name a secret: "),
        ({"env": 3}, "should name a secret: "),
        ({"env": "A", "file": "B"}, "a secret never stands in the file: "),
        ({"vault": "A"}, "a secret never stands in the file: "),
        ({"file": "/nonexistent/secret"}, "cannot read /nonexistent/secret: No such file"),
        ({"credential": "slack"}, "credential slack needs systemd's LoadCredential="),
    ],
)
def test_a_secret_that_cannot_be_read_says_why(reference: Any, complaint: str) -> None:
    raw = config(alerts=QUIET, slack={"token": reference, "channel": "#veille"})
    (found,) = problems(raw, {"EMPTY": ""})
    assert found.startswith(f"slack.token: {complaint}")


def test_a_credential_s_name_cannot_climb_out_of_its_directory(tmp_path: Path) -> None:
    raw = config(alerts=QUIET, slack={"token": {"credential": "../shadow"}, "channel": "#veille"})
    (found,) = problems(raw, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert "should be a bare name" in found


def test_a_value_that_is_right_beside_a_wrong_secret_stays_unseen() -> None:
    raw = config(
        alerts=QUIET,
        source=[
            {"id": "sky", "connector": "bluesky", "app_password": {"env": "SKY"}, "look_back": 3}
        ],
    )
    found = problems(raw, {"SKY": "s3cr3t"})
    assert "s3cr3t" not in "".join(found)
    assert any(p.startswith("source[0].look_back: 3: should be a duration") for p in found)


def test_the_file_is_looked_for_in_the_promised_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        sys.modules[parse.__module__],
        "SEARCHED",
        (Path("config.toml"), tmp_path / "etc.toml", Path("config.example.toml")),
    )
    named, chosen = tmp_path / "named.toml", tmp_path / "chosen.toml"
    with pytest.raises(ConfigError, match=r"looked for config\.toml, .*config\.example\.toml"):
        find(None, {})
    for expected in ("config.example.toml", "etc.toml", "config.toml"):
        (tmp_path / expected).touch()
        assert find(None, {}).name == expected
    named.touch()
    chosen.touch()
    assert find(None, {"LISTENER_CONFIG": str(named)}) == named
    assert find(chosen, {"LISTENER_CONFIG": str(named)}) == chosen


def test_a_file_that_is_asked_for_and_absent_is_not_replaced_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").touch()
    for explicit, environ in ((Path("x.toml"), {}), (None, {"LISTENER_CONFIG": "x.toml"})):
        with pytest.raises(ConfigError, match=r"looked for x\.toml"):
            find(explicit, environ)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"[hospital\n", "not valid TOML"),
        (b"name = '\xff'\n", "not valid TOML"),
        (b"a = 1\na = 2\n", "not valid TOML"),
        (b"", "hospital: is required"),
    ],
)
def test_a_file_that_is_no_configuration_is_said_so(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=complaint) as caught:
        load(path)
    assert caught.value.path == path


def test_a_byte_order_mark_of_a_windows_editor_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    text = (
        '[hospital]\nname = "CHU de Valmont"\n[[watch]]\nid = "chu"\nnames = ["CHU de Valmont"]\n'
        '[alerts]\ncritical = []\nwarning = []\nfallback = "console"\n'
    )
    path.write_text(text, encoding="utf-8-sig")
    assert load(path).hospital.name == "CHU de Valmont"


def test_the_fingerprint_changes_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("a = 1\n")
    first = fingerprint(path)
    path.write_text("a = 2\n")
    assert len(first) == 16
    assert fingerprint(path) != first


def test_a_wrong_document_of_any_shape_ends_in_a_list_of_problems() -> None:
    for wrong in ("x", 3, [], [{}], {"id": []}, {"kind": {}}, None, True):
        for section in ("hospital", "alerts", "slack", "email", "demo", "calendar", "state_dir"):
            assert problems({section: wrong})
