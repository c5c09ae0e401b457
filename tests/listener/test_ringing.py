"""`check-config` on the on-call: whom nothing wakes, what a calendar leaves unsaid, who is silent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from listener.config import Config
from listener.config.load import parse
from listener.workflows.verify import Finding, State, verify_offline, verify_online
from tests.networks.slack import CHANNEL, TOKEN, SlackApi

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
SMS = {
    "id": "sms",
    "kind": "apprise",
    "url": {"env": "SMS"},
    "rings": True,
    "team_address": "+33600000009",
}
ENVIRON = {"SLACK": TOKEN, "SMS": "sms://{address}", "CALENDAR": "http://127.0.0.1:1/a.ics"}
ROTA = {"id": "com", "people": ["lea"], "starts_on": "2026-11-02", "fallback": "chef"}


def config(tmp_path: Path, **sections: Any) -> Config:
    alerts = {"critical": ["console"], "warning": ["console"], "fallback": "console"}
    phone = {"phone": "+33600000003"} if sections.pop("ali_has_a_phone", False) else {}
    known: dict[str, Any] = {
        "state_dir": str(tmp_path),
        "hospital": {"name": "CHU de Valmont"},
        "watch": [{"id": "chu", "names": ["CHU de Valmont"]}],
        "network": {"allowed_hosts": ["127.0.0.1"]},
        "person": [
            {"id": "lea", "name": "Léa Martin", "phone": "+33600000001", "slack": "U0LEA00001"},
            {"id": "ali", "name": "Ali Benali", "slack": "U0ALI00001", **phone},
            {"id": "chef", "name": "Camille Roux", "phone": "+33600000002"},
        ],
        "rota": [ROTA],
    }
    alerts |= sections.pop("alerts", {})
    return parse(known | {"alerts": alerts} | sections, environ=ENVIRON)


def found(settings: Config, part: str) -> list[Finding]:
    return [finding for finding in verify_offline(settings, AT) if finding.part == part]


async def asked(settings: Config) -> list[Finding]:
    return [f async for f in verify_online(settings, lambda: AT) if f.part in ("person", "rota")]


def test_a_live_listener_fails_for_everybody_whom_nothing_wakes(tmp_path: Path) -> None:
    failed = found(config(tmp_path, alerts={"mode": "live"}), "person")
    assert [(f.name, f.state) for f in failed] == [("chef", State.FAILED), ("lea", State.FAILED)]
    assert "Slack is silent in Do Not Disturb and an e-mail wakes nobody" in failed[0].detail


def test_while_it_only_observes_that_is_a_warning(tmp_path: Path) -> None:
    assert {f.state for f in found(config(tmp_path), "person")} == {State.WARNING}


def test_a_channel_that_rings_wakes_whoever_has_a_phone(tmp_path: Path) -> None:
    alerts = {"mode": "live", "critical": ["console", "sms"]}
    assert (
        found(config(tmp_path, alerts=alerts, channel=[SMS], ali_has_a_phone=True), "person") == []
    )


def test_a_channel_that_rings_but_is_not_for_critical_wakes_nobody(tmp_path: Path) -> None:
    alerts = {"mode": "live", "warning": ["console", "sms"]}
    assert (
        len(found(config(tmp_path, alerts=alerts, channel=[SMS], ali_has_a_phone=True), "person"))
        == 2
    )


def test_a_channel_that_does_not_ring_wakes_nobody(tmp_path: Path) -> None:
    alerts = {"mode": "live", "critical": ["sms"]}
    quiet = SMS | {"rings": False}
    assert (
        len(found(config(tmp_path, alerts=alerts, channel=[quiet], ali_has_a_phone=True), "person"))
        == 2
    )


@pytest.mark.parametrize(
    "calls_ali",
    [
        {"rota": [ROTA | {"people": ["lea", "ali"]}]},
        {
            "rota": [
                ROTA
                | {"override": [{"from": "2027-01-01", "until": "2027-01-02", "person": "ali"}]}
            ]
        },
        {"escalation": {"last_resort": "ali"}},
        {"escalation": {"step": [{"people": ["ali"]}]}},
        {"rota": [{"id": "c", "kind": "weekday", "monday": "ali", "fallback": "chef"}]},
    ],
    ids=["rota", "override", "last resort", "step", "weekday"],
)
def test_whoever_may_ever_be_called_needs_an_address_there(
    tmp_path: Path, calls_ali: dict[str, Any]
) -> None:
    alerts = {"critical": ["sms"]}
    (lost,) = found(config(tmp_path, alerts=alerts, channel=[SMS], **calls_ali), "person")
    assert (lost.name, lost.state) == ("ali", State.WARNING)  # of one that only observes
    assert lost.detail == "sms has no address of theirs: say phone, or addresses.sms"


def test_the_chain_is_told_in_order(tmp_path: Path) -> None:
    chain = {"step": [{"rotas": ["com"]}, {"people": ["ali"], "wait": "20m"}]}
    (told,) = found(config(tmp_path, escalation=chain), "escalation")
    assert told.detail == "lea (10m), then ali (20m), then chef"


def test_a_step_whose_rota_answers_for_none_of_its_subjects_is_warned_of(tmp_path: Path) -> None:
    watches = [
        {"id": "chu", "names": ["CHU de Valmont"]},
        {"id": "maternite", "names": ["maternité"], "kind": "service", "of": "chu"},
    ]
    chain = {"step": [{"rotas": ["com"], "subjects": ["maternite"]}]}
    rotas = [ROTA | {"subjects": ["chu"]}]
    _now, warned = found(
        config(tmp_path, watch=watches, rota=rotas, escalation=chain), "escalation"
    )
    assert (warned.name, warned.state) == ("com", State.WARNING)


def test_a_swap_that_finds_neither_of_the_two_is_warned_of(tmp_path: Path) -> None:
    swap = {
        "people": ["ali", "chef"],
        "during": [{"from": "2026-12-07T09:00", "until": "2026-12-14T09:00"}],
    }
    _on_call, warned = found(config(tmp_path, rota=[ROTA | {"swap": [swap]}]), "rota")
    assert warned.state is State.WARNING
    assert "neither ali nor chef is on call from 2026-12-07 09:00:00" in warned.detail


ICS = {"id": "com", "kind": "ics", "fallback": "chef"}
ASTREINTE = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n"
    "BEGIN:VEVENT\nUID:1\nSUMMARY:Léa Martin\nDTSTART;VALUE=DATE:20261101\n"
    "DTEND;VALUE=DATE:20270401\nEND:VEVENT\n"
    "BEGIN:VEVENT\nUID:2\nSUMMARY:Dr Inconnu\nDTSTART;VALUE=DATE:20261201\nEND:VEVENT\n"
    "END:VCALENDAR\n"
)


def test_an_event_of_a_calendar_that_names_nobody_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_text(ASTREINTE, encoding="utf-8")
    rotas = [ICS | {"file": str(tmp_path / "a.ics")}]
    on_call, unknown = found(config(tmp_path, rota=rotas), "rota")
    assert on_call.detail == "lea is on call"
    assert unknown.state is State.WARNING
    assert "'Dr Inconnu' in its calendar is no [[person]]'s" in unknown.detail


def test_a_calendar_that_was_never_read_is_told(tmp_path: Path) -> None:
    rotas = [ICS | {"url": {"env": "CALENDAR"}}]
    details = [f.detail for f in found(config(tmp_path, rota=rotas), "rota")]
    assert "its calendar was not read yet: chef is called meanwhile" in details


async def test_online_the_calendar_itself_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_text(ASTREINTE, encoding="utf-8")
    good, unknown = await asked(config(tmp_path, rota=[ICS | {"file": str(tmp_path / "a.ics")}]))
    assert (good.state, good.detail) == (State.OK, "its calendar answers; 1 stretches of duty")
    assert "Dr Inconnu" in unknown.detail
    (tmp_path / "b.ics").write_text("<html>", encoding="utf-8")
    places = [
        {"file": str(tmp_path / "b.ics")},
        {"file": str(tmp_path / "none.ics")},
        {"url": {"env": "CALENDAR"}},
    ]
    for place in places:
        (failed,) = await asked(config(tmp_path, rota=[ICS | place]))
        assert failed.state is State.FAILED
        assert "a.ics" not in failed.detail


async def test_online_slack_tells_who_is_not_to_be_disturbed(tmp_path: Path) -> None:
    slack = SlackApi()
    night = datetime(2026, 11, 20, 21, tzinfo=UTC).timestamp()
    slack.dnd["U0LEA00001"] = {
        "dnd_enabled": True,
        "next_dnd_start_ts": int(night),
        "next_dnd_end_ts": int(night) + 10 * 3600,
    }
    slack.dnd["U0ALI00001"] = slack.dnd["U0LEA00001"]  # who is never called
    async with slack.serving():
        section = {"token": {"env": "SLACK"}, "channel": CHANNEL, "base_url": slack.api_url}
        settings = config(tmp_path, slack=section, alerts={"critical": ["slack"]})
        (silent,) = await asked(settings)
        slack.scopes.discard("dnd:read")
        (untold,) = await asked(settings)
    assert (silent.name, silent.state) == ("lea", State.WARNING)
    assert silent.detail == (
        "Slack is silent for them from 2026-11-20 22:00 to 08:00: Do Not Disturb"
    )
    assert untold.state is State.WARNING
    assert "dnd:read" in untold.detail
