"""Where a letter goes on a gateway: the person's own address, the team's, or nowhere."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from listener.config.load import parse
from listener.notifiers.build import build_notifiers, excerpt_setting, layout
from listener.workflows.compose import Composer
from listener.workflows.deliver import Undeliverable
from tests.listener.alerts import AT


def config(**more: Any):
    channels = [
        {"id": "sms", "kind": "apprise", "url": {"env": "SMS"}, **more},
        {"id": "teams", "kind": "apprise", "url": {"env": "TEAMS"}, "form": "long"},
        {"id": "hook", "kind": "webhook", "url": {"env": "HOOK"}},
    ]
    people = [
        {"id": "lea", "name": "Léa", "phone": "+33199000001"},
        {"id": "ali", "name": "Ali", "phone": "+33199000002", "addresses": {"sms": "+33199000003"}},
        {"id": "sam", "name": "Sam"},
    ]
    return parse(
        {
            "hospital": {"name": "CHU de Valmont"},
            "watch": [{"id": "chu", "names": ["CHU de Valmont"]}],
            "alerts": {"critical": ["sms", "teams"], "warning": [], "fallback": "console"},
            "channel": channels,
            "person": people,
        },
        environ={
            "SMS": "json://sms.example/{address}",
            "TEAMS": "json://teams.example/",
            "HOOK": "https://supervision.example/",
        },
    )


def recipient(channel: str, person: str | None, **more: Any):
    composer = Composer(
        database=SimpleNamespace(),  # type: ignore[arg-type]  # a recipient is found without it
        config=config(**more),
        viewer=SimpleNamespace(),  # type: ignore[arg-type]
        kinds={},
    )
    # An e-mail's own address must not be taken for a number.
    payload = {"address": "direction@chu-valmont.example"}
    return composer.recipient(SimpleNamespace(channel=channel, person=person, payload=payload))


def test_each_person_is_reached_at_their_own_address() -> None:
    assert recipient("sms", "lea").address == "+33199000001"
    assert recipient("sms", "ali").address == "+33199000003"
    assert recipient("sms", None, team_address="+33199000009").address == "+33199000009"


@pytest.mark.parametrize("person", ["sam", None])
def test_who_has_no_address_there_is_told_by_the_next_channel(person) -> None:
    with pytest.raises(Undeliverable):
        recipient("sms", person)
    assert recipient("teams", person).address == ""


def test_each_gateway_has_its_own_layout_and_its_own_discretion() -> None:
    read = config(excerpt="masked")
    names = ("slack", "email", "console", "sms", "teams", "hook")
    assert [layout(read, name) for name in names] == [
        "slack",
        "email",
        "console",
        "short",
        "text",
        "webhook",
    ]
    assert (excerpt_setting(read, "sms"), excerpt_setting(read, "teams")) == ("masked", "none")
    assert list(build_notifiers(read, clock=lambda: AT)) == ["console", "sms", "teams", "hook"]
