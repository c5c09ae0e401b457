from __future__ import annotations

import pytest

from listener.domain.action import Action, Reason
from listener.domain.incident import State
from listener.domain.rule import Level
from listener.notifiers.blocks import BLOCKS, blocks
from listener.notifiers.buttons import buttons
from listener.notifiers.content import Button, Confirm, Content, Quote, Section
from tests.listener.pressing import ENGLISH
from tests.networks.slack_blocks import errors_of

LONG = "a long word " * 400


def content(**changes) -> Content:
    return Content(level=Level.CRITICAL, badge="Alert", title="CHU de Valmont", **changes)


def actions_of(laid: list) -> list:
    (block,) = [each for each in laid if each["type"] == "actions"]
    return block["elements"]


def test_an_open_incident_is_taken_by_the_first_and_only_coloured_button():
    shown = buttons(12, State.OPEN, ENGLISH)

    assert [b.action for b in shown] == ["acknowledge", "escalate", "snooze", "dismiss"]
    assert [b.style for b in shown] == ["primary", "", "", ""]
    assert {b.incident for b in shown} == {12}


def test_a_dismissal_asks_for_its_reason_and_whether_it_is_meant():
    dismissal = buttons(12, State.OPEN, ENGLISH)[-1]

    assert [reason for reason, _words in dismissal.choices] == list(Reason)
    assert dismissal.confirm is not None


def test_what_somebody_handles_can_only_be_closed():
    shown = buttons(12, State.ACKNOWLEDGED, ENGLISH)

    assert [b.action for b in shown] == [Action.RESOLVE, Action.DISMISS]
    assert all(b.confirm for b in shown)


@pytest.mark.parametrize("state", [State.RESOLVED, State.DISMISSED])
def test_a_closed_incident_has_no_buttons(state):
    assert buttons(12, state, ENGLISH) == ()
    assert all(b["type"] != "actions" for b in blocks(content(actions=buttons(12, state, ENGLISH))))


@pytest.mark.parametrize("state", [State.OPEN, State.ACKNOWLEDGED])
def test_slack_takes_the_buttons(state):
    laid = blocks(content(actions=buttons(999_999_999, state, ENGLISH), footer="Incident"))

    assert errors_of(laid) == []
    assert [b["type"] for b in laid[-2:]] == ["actions", "context"]


def test_words_too_long_for_a_button_are_cut_to_what_slack_takes():
    asked = Confirm(title=LONG, text=LONG, yes=LONG, no=LONG)
    plain = Button(label=LONG, action=Action.RESOLVE, incident=12, style="danger", confirm=asked)
    choice = Button(
        label=LONG, action=Action.DISMISS, incident=12, choices=[(Reason.SPAM, LONG)], confirm=asked
    )

    assert errors_of(blocks(content(actions=(plain, choice)))) == []


def test_however_long_the_message_its_buttons_and_its_number_are_never_cut_off():
    quotes = [Quote(label="X", figures="", excerpt="…")]
    sections = [Section(title=str(number), quotes=quotes) for number in range(BLOCKS)]
    actions = buttons(12, State.OPEN, ENGLISH)
    laid = blocks(content(sections=sections, actions=actions, footer="Incident 12"))

    assert len(laid) == BLOCKS and errors_of(laid) == []
    assert len(actions_of(laid)) == 4
    assert laid[-1]["elements"][0]["text"] == "Incident 12"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"text": {"type": "plain_text", "text": "a" * 76}}, "/text/text"),
        ({"text": {"type": "mrkdwn", "text": "a"}}, "/text"),
        ({"value": "a" * 2001}, "/value"),
        ({"action_id": "a" * 256}, "/action_id"),
        ({"style": "loud"}, "/style"),
        ({"confirm": {"title": {"type": "plain_text", "text": "a"}}}, "/confirm/text"),
        ({"type": "datepicker"}, ""),
        ({"surprise": 1}, ""),
    ],
)
def test_the_stand_in_refuses_a_button_that_slack_refuses(change, pointer):
    good = {"type": "button", "text": {"type": "plain_text", "text": "a"}, "value": "1"}
    found = errors_of([{"type": "actions", "elements": [good | change]}])

    assert any(f"/blocks/0/elements/0{pointer}]" in each for each in found), found


def test_the_stand_in_refuses_choices_that_slack_refuses():
    option = {"text": {"type": "plain_text", "text": "a"}, "value": "1"}
    select = {"type": "static_select", "options": [option] * 101}
    twice = {"type": "overflow", "action_id": "same", "options": [option] * 6}
    found = errors_of([{"type": "actions", "elements": [select, twice, twice]}])

    assert any("less than 101" in each for each in found)
    assert any("less than 6" in each for each in found)
    assert any("unique" in each for each in found)
    assert any("block_id" in each for each in errors_of([{"type": "divider", "block_id": "x"}] * 2))
