from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.domain.action import Action, Reason, Way
from listener.notifiers.interactions import MAX_BYTES, BadInteraction, Press, read_press

MEMBERS = {"U0CAMILLE1": "camille"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=5,
)


def payload(**changes: Any) -> dict[str, Any]:
    action = {
        "type": "button",
        "action_id": "listener:acknowledge",
        "block_id": "b",
        "action_ts": "1773021120.000001",
        "value": "12",
    }
    return {
        "type": "block_actions",
        "user": {"id": "U0CAMILLE1", "name": "camille"},
        "channel": {"id": "C0VALMONT01", "name": "alertes"},
        "container": {"type": "message", "message_ts": "1773021000.000001"},
        "response_url": "https://hooks.slack.com/actions/T0V/1/x",
        "actions": [action],
    } | changes


def pressed(**changes: Any) -> dict[str, Any]:
    return payload(actions=[payload()["actions"][0] | changes])


def read(found: dict[str, Any]) -> Press | None:
    """Both ways in come to the same."""
    press = read_press(found, MEMBERS)
    assert read_press(json.dumps(found), MEMBERS) == press
    return press


def test_a_press_says_who_asks_what_of_which_incident():
    press = read(payload())

    assert press is not None
    request = press.request
    assert (request.incident, request.action, request.person, request.way) == (
        12,
        Action.ACKNOWLEDGE,
        "camille",
        Way.SLACK,
    )
    assert (press.member, press.channel, press.thread) == ("U0CAMILLE1", "C0VALMONT01", None)


def test_a_choice_brings_its_reason():
    option = {"text": {"type": "plain_text", "text": "Spam"}, "value": "12:spam"}
    press = read(
        pressed(
            type="static_select",
            action_id="listener:dismiss",
            value=None,
            selected_option=option,
        )
    )

    assert press is not None
    assert (press.request.action, press.request.reason) == (Action.DISMISS, Reason.SPAM)


def test_a_stranger_is_nobody():
    press = read(payload(user={"id": "U0STRANGER"}))

    assert press is not None and press.request.person is None


def test_two_presses_differ_and_one_told_twice_does_not():
    once, again = read(payload()), read(payload(response_url=None))
    later = read(pressed(action_ts="1773021121.000001"))
    other = read(payload(user={"id": "U0LEA00001"}))

    assert once and again and later and other
    assert once.key == again.key
    assert len({once.key, later.key, other.key}) == 3


@pytest.mark.parametrize(
    "other",
    [
        {"type": "view_submission", "view": {}},
        {"type": "shortcut"},
        pressed(action_id="other-app:approve"),
        pressed(type="datepicker", action_id="date"),
        payload(actions=[{"type": "overflow"}]),
        payload(actions=["?"]),
    ],
)
def test_what_is_not_about_an_incident_is_left_alone(other):
    assert read(other) is None


@pytest.mark.parametrize(
    "wrong",
    [
        pressed(value="0"),
        pressed(value="-1"),
        pressed(value="12; DROP TABLE incidents"),
        pressed(value="١٢"),
        pressed(value="9" * 16),
        pressed(value=None),
        pressed(value=12),
        pressed(value="12:no_such_reason"),
        pressed(value="12\n"),
        pressed(action_id="listener:delete"),
        pressed(action_id="listener:"),
        pressed(type="datepicker"),
        pressed(action_ts="soon"),
        payload(user={"id": "camille"}),
        payload(user=None),
        payload(actions=[]),
        payload(actions=[payload()["actions"][0]] * 26),
        payload(channel={"id": "../../etc"}),
        payload(container={"message_ts": "1; 2"}),
        payload(response_url="h" * 2001),
        {},
    ],
)
def test_what_slack_would_not_send_is_refused(wrong):
    with pytest.raises(BadInteraction):
        read_press(wrong, MEMBERS)


def test_what_is_refused_is_not_repeated():
    with pytest.raises(BadInteraction) as caught:
        read_press(payload(user={"id": "<script>Jeanne Morel</script>"}), MEMBERS)

    assert "Morel" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


@pytest.mark.parametrize("body", [b"", b"\xff", "{", "[]", "[" * 100_000, b'"\\ud800"', "null"])
def test_what_is_no_json_object_is_refused(body):
    with pytest.raises(BadInteraction):
        read_press(body, MEMBERS)


def test_a_payload_without_end_is_not_even_parsed():
    with pytest.raises(BadInteraction, match="over 262144 bytes"):
        read_press(" " * (MAX_BYTES + 1), MEMBERS)


@given(JSON)
def test_nothing_that_is_thrown_at_it_does_more_than_be_refused(thrown):
    for body in (json.dumps(thrown), thrown if isinstance(thrown, dict) else "{}"):
        with pytest.raises(BadInteraction):
            read_press(body, MEMBERS)


@given(st.data())
def test_one_wild_field_is_refused_or_changes_nobody_elses_incident(data):
    body = payload()
    place = data.draw(st.sampled_from(["user", "channel", "container", "response_url", "actions"]))
    body[place] = data.draw(JSON)
    try:
        press = read_press(body, MEMBERS)
    except BadInteraction:
        return
    assert press is None or press.request.incident == 12


@given(value=st.text(), action=st.sampled_from([*Action, "", "x"]) | st.text())
def test_any_value_names_an_incident_or_is_refused(value, action):
    try:
        press = read_press(pressed(value=value, action_id=f"listener:{action}"), MEMBERS)
    except BadInteraction:
        return
    assert press is not None and 0 < press.request.incident < 10**15
