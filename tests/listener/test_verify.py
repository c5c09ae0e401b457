"""`check-config --online` asks every source, channel and database, and tells what each answered."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from listener.config import Config
from listener.config.load import parse
from listener.workflows.verify import Finding, State, verify_offline, verify_online
from tests.networks.rss import FeedServer
from tests.networks.slack import CHANNEL, TOKEN, SlackApi
from tests.networks.smtp import SmtpStandIn
from tests.networks.standin import Fault

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
CONSOLE = {"critical": ["console"], "warning": ["console"], "fallback": "console"}


def config(tmp_path: Path, **sections: Any) -> Config:
    minimal: dict[str, Any] = {
        "state_dir": str(tmp_path),
        "hospital": {"name": "CHU de Valmont"},
        "watch": [{"id": "chu", "names": ["CHU de Valmont"]}],
        "alerts": CONSOLE,
        "network": {"allowed_hosts": ["127.0.0.1"]},
    }
    return parse(minimal | sections, environ={"SLACK": TOKEN, "WRONG": "xoxb-not-this-one"})


async def asked(settings: Config) -> dict[str, Finding]:
    return {finding.name: finding async for finding in verify_online(settings, lambda: AT)}


def feed(name: str, url: str, **keys: Any) -> dict[str, Any]:
    return {"id": name, "connector": "rss", "url": url, **keys}


async def test_a_source_that_answers_tells_what_its_first_page_holds(tmp_path: Path) -> None:
    async with FeedServer().serving() as server:
        server.publish(3)
        found = await asked(config(tmp_path, source=[feed("presse", server.url)]))
    assert found["presse (rss)"].state is State.OK
    assert "3 mentions" in found["presse (rss)"].detail


async def test_sources_that_fail_are_told_apart_and_stop_no_other(tmp_path: Path) -> None:
    async with FeedServer().serving() as server:
        server.publish(1)
        sources = [
            feed("lost", server.url.replace("/feed/", "/lost/")),
            feed("inside", "http://10.1.2.3/feed/"),
            feed("off", server.url, enabled=False),
            feed("good", server.url),
        ]
        found = await asked(config(tmp_path, source=sources))
    assert found["good (rss)"].state is State.OK
    assert found["lost (rss)"].state is State.FAILED
    assert found["inside (rss)"].state is State.FAILED
    assert found["inside (rss)"].detail.startswith("Refused: ")
    assert found["off (rss)"].state is State.WARNING


async def test_an_error_names_its_kind_and_never_the_address_s_query(tmp_path: Path) -> None:
    async with FeedServer().serving() as server:
        server.faults.extend([Fault(status=401)] * 5)
        found = await asked(config(tmp_path, source=[feed("x", server.url + "?token=s3cr3t")]))
    assert found["x (rss)"].detail.startswith("Unauthorized: ")
    assert "s3cr3t" not in found["x (rss)"].detail


async def test_slack_and_mail_are_tried_without_sending(tmp_path: Path) -> None:
    slack, mail = SlackApi(), SmtpStandIn()
    async with slack.serving(), mail.serving():
        found = await asked(
            config(
                tmp_path,
                slack={"token": {"env": "SLACK"}, "channel": CHANNEL, "base_url": slack.api_url},
                email={
                    "host": "127.0.0.1",
                    "port": mail.port,
                    "security": "none",
                    "relay": True,
                },
            )
        )
    assert found["slack"].state is State.OK
    assert found["email"].state is State.OK
    assert not slack.messages
    assert not mail.mails


async def test_a_wrong_token_is_said_without_being_shown(tmp_path: Path) -> None:
    slack = SlackApi()
    async with slack.serving():
        section = {"token": {"env": "WRONG"}, "channel": CHANNEL, "base_url": slack.api_url}
        found = await asked(config(tmp_path, slack=section))
    assert found["slack"].state is State.FAILED
    assert "invalid_auth" in found["slack"].detail
    assert "xoxb" not in found["slack"].detail


async def test_a_database_that_is_not_there_yet_is_left_alone(tmp_path: Path) -> None:
    found = await asked(config(tmp_path))
    assert found["sqlite"].state is State.OK
    assert list(tmp_path.iterdir()) == []


async def test_a_database_that_does_not_answer_is_said_in_a_line(tmp_path: Path) -> None:
    url = "postgresql://listener@127.0.0.1:1/listener"
    found = await asked(config(tmp_path, database={"url": url}))
    assert found["postgresql"].state is State.FAILED
    assert "Connect" in found["postgresql"].detail
    assert "\n" not in found["postgresql"].detail


async def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "listener.db").write_bytes(b"not a database, not even a little" * 100)
    found = await asked(config(tmp_path))
    assert found["sqlite"].state is State.FAILED


async def test_a_schema_of_a_newer_version_is_said(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "listener.db")) as newer, newer:
        newer.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        newer.execute("INSERT INTO alembic_version VALUES ('29990101_later')")
    found = await asked(config(tmp_path))
    assert found["sqlite"].state is State.FAILED
    assert "newer version's" in found["sqlite"].detail


def offline(settings: Config) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in verify_offline(settings, AT):
        found.setdefault(finding.part, []).append(finding)
    return found


def test_holes_of_the_rota_are_warnings_that_name_the_fallback(tmp_path: Path) -> None:
    people = [{"id": "lea", "name": "Léa"}, {"id": "chef", "name": "Chef"}]
    rota = {
        "id": "cm",
        "people": ["lea"],
        "starts_on": "2026-11-02",
        "fallback": "chef",
        "override": [{"from": "2026-11-25T18:00", "until": "2026-11-26T08:00"}],
    }
    on_call, hole = offline(config(tmp_path, person=people, rota=[rota]))["rota"]
    assert (on_call.state, on_call.detail) == (State.OK, "lea is on call")
    assert hole.state is State.WARNING
    assert hole.detail == (
        "nobody from 2026-11-25 18:00 to 2026-11-26 08:00: chef is called instead"
    )


def test_what_cannot_alert_or_call_is_warned_of(tmp_path: Path) -> None:
    found = offline(config(tmp_path))
    for part in ("rules", "rota", "calendar", "alerts"):
        assert [finding.state for finding in found[part]] == [State.WARNING]


def test_a_certificate_authority_that_cannot_be_read_fails(tmp_path: Path) -> None:
    settings = config(tmp_path, network={"ca_file": str(tmp_path / "none.pem")})
    (found,) = offline(settings)["network"]
    assert found.state is State.FAILED
    assert "none.pem" in found.detail


def test_a_rule_of_a_network_that_no_source_brings_is_warned_of(tmp_path: Path) -> None:
    rule = {"id": "nombre", "kind": "count", "level": "info", "at_least": 5, "window": "10m"}
    source = {"id": "presse", "connector": "rss", "url": "https://journal.example/rss"}
    misspelt = config(tmp_path, source=[source], rule=[rule | {"networks": ["rss", "mastodn"]}])
    (warned,) = offline(misspelt)["rule"]
    assert (warned.name, warned.state) == ("nombre", State.WARNING)
    assert "mastodn" in warned.detail
    assert "rss" not in warned.detail


def test_a_source_of_one_s_own_pages_that_is_about_nobody_is_a_warning(tmp_path: Path) -> None:
    keys = {"business_units": ["chu.example"], "webhook_secret": {"env": "SLACK"}}
    page = {"id": "avis", "connector": "trustpilot", **keys}

    def warned(**values: Any) -> list[str]:
        found = offline(config(tmp_path, source=[{**page, **values}]))
        return [finding.name for finding in found.get("source", ())]

    assert warned() == ["avis"]
    assert warned(about=["chu"]) == []
    assert warned(enabled=False) == []
