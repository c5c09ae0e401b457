from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from listener.domain.action import Action, Reason, Refusal, Reply
from listener.domain.incident import State
from listener.i18n import Speaker
from listener.notifiers.replies import action_label, failure_text, reason_label, reply_text

AT = datetime(2026, 3, 9, 2, 12, tzinfo=UTC)
ENGLISH = Speaker("en", ZoneInfo("Europe/Paris"))
NAMES = {"camille": "Camille Roy"}


def said(action: Action = Action.ACKNOWLEDGE, *, at: datetime | None = AT, **reply) -> str:
    return reply_text(Reply(incident=12, action=action, **reply), ENGLISH, NAMES, at=at)


def test_whoever_takes_it_is_named_with_the_hour_of_the_hospital():
    assert said(by="camille") == "Incident 12: Camille Roy takes care of it since 03:12."
    assert said(by="camille", at=None) == "Incident 12: Camille Roy takes care of it."


def test_a_snooze_says_when_it_ends():
    assert said(Action.SNOOZE) == "Incident 12: nobody is called again before 03:42."
    longer = reply_text(
        Reply(incident=12, action=Action.SNOOZE), ENGLISH, NAMES, snooze=timedelta(hours=1)
    )
    assert longer == "Incident 12: nobody is called again for 1 h."


def test_a_stranger_is_told_that_nothing_was_done():
    text = said(refused=Refusal.UNKNOWN_PERSON)
    assert "not among those on call" in text and "nothing was done" in text


def test_who_was_quicker_is_named():
    text = said(refused=Refusal.ALREADY, state=State.ACKNOWLEDGED, by="camille")
    assert text == "Incident 12: Camille Roy takes care of it already."
    closed = said(refused=Refusal.ALREADY, state=State.DISMISSED, by="camille")
    assert closed == "Incident 12: it was closed as a false alarm already."


def test_somebody_who_left_the_configuration_is_still_told_by_id():
    assert "jules takes care" in said(by="jules")


def test_a_name_cannot_move_the_cursor_of_whoever_reads_it():
    evil = {"camille": "Camille\n\x1b[2JRoy\u202e"}
    text = reply_text(
        Reply(incident=12, action=Action.ACKNOWLEDGE, by="camille"), ENGLISH, evil, at=AT
    )
    assert text == "Incident 12: Camille Roy takes care of it since 03:12."


@pytest.mark.parametrize(("action", "refusal"), list(product(Action, [*Refusal, None])))
def test_everything_that_may_come_of_a_request_has_words(action, refusal):
    for state, by in product([*State, None], ["camille", None]):
        text = said(action, refused=refusal, state=state, by=by)
        assert text.endswith(".") and "{" not in text


def test_labels_fit_a_button():
    labels = [action_label(action, ENGLISH) for action in Action]
    labels += [reason_label(reason, ENGLISH) for reason in Reason]
    assert len(set(labels)) == len(labels)
    assert all(0 < len(label) <= 75 for label in labels)
    assert "nothing was done" in failure_text(ENGLISH)
