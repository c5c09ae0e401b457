"""What was sent stays true: figures, states and deletions reach the messages that were sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from connectors.mention import Deletion
from listener.domain.action import Action, Reason, Refusal, Request, Way
from tests.listener.forgetting import ORIGIN, SAID, Home, home, post, reply, rows
from tests.listener.house import NIGHT

ESCALATION = {"escalation": {"step": [{"wait": "10m"}], "last_resort": "lea"}}


@pytest.fixture
async def night(database: Any, tmp_path: Any) -> AsyncIterator[Home]:
    async with home(database, tmp_path, **ESCALATION) as opened:
        yield opened


def copy(number: int, **values: Any) -> Any:
    return post(
        external_id=f"https://social.example/users/a{number}/statuses/{number}",
        url=f"https://social.example/@a{number}/{number}",
        author=replace(post().author, handle=f"a{number}@social.example", external_id=f"a{number}"),
        published_at=NIGHT,
        **values,
    )


async def wait(night: Home, minutes: float, step: float = 1) -> None:
    """Let time pass, the daemon ticking and delivering."""
    end = night.at + timedelta(minutes=minutes)
    while night.at < end:
        night.at = min(end, night.at + timedelta(minutes=step))
        await night.app.ticker.tick(night.at)
        await night.tell()


async def act(night: Home, action: Action, **values: Any) -> Any:
    known = {"incident": 1, "person": "lea", "way": Way.SMS, **values}
    return await night.app.alerting.actor.act(Request(action=action, **known), night.at)


def told(night: Home) -> list[Any]:
    """What Slack shows of incidents."""
    return [m for m in night.slack.messages if "Essai" not in m.text]


async def test_copies_of_one_post_make_one_incident_and_few_updates(night) -> None:
    await night.hear(post())
    await night.tell()
    await act(night, Action.ACKNOWLEDGE)
    for batch in range(20):
        await night.hear(*(copy(100 * batch + n, text=SAID) for n in range(40)))
        await wait(night, 1.5)
    await wait(night, 11)
    (incident,) = await rows(night.app.database, "incidents")
    assert len(await rows(night.app.database, "incident_mentions")) == 801
    assert 1 < incident.updates <= 7  # the answer, and one each ten minutes
    (root, _answer) = told(night)
    assert "801" in root.text + str(root.blocks)
    pages = await rows(night.app.database, "pages")
    assert [page.folded for page in pages] == [False]


async def test_an_answer_shows_in_the_message_and_in_its_thread(night) -> None:
    await night.hear(post())
    await night.tell()
    reply = await act(night, Action.ACKNOWLEDGE)
    assert (reply.refused, reply.by) == (None, "lea")
    await wait(night, 1)
    root, note = told(night)
    assert "Pris en charge par Léa Petit, depuis" in str(root.blocks)
    assert note.thread_ts == root.ts
    assert "Léa Petit s’en occupe (SMS)" in note.text
    again = await act(night, Action.ACKNOWLEDGE, way=Way.SLACK)
    assert (again.refused, again.by) == (Refusal.ALREADY, "lea")
    await wait(night, 15)
    assert len(told(night)) == 2  # whoever answered is left in peace


async def test_a_false_alarm_teaches_nothing_before_somebody_looks_and_can_be_undone(night) -> None:
    await night.hear(post())
    await night.tell()
    assert (await act(night, Action.DISMISS)).refused is Refusal.REASON_MISSING
    assert (await act(night, Action.DISMISS, reason=Reason.HARMLESS)).refused is None
    (label,) = await rows(night.app.database, "labels")
    assert (label.origin, label.reviewed, label.by) == ("dismissal", False, "lea")
    await wait(night, 1)
    assert "Fausse alerte selon Léa Petit" in str(night.slack.messages[0].blocks)
    assert (await act(night, Action.REOPEN)).refused is None
    assert await rows(night.app.database, "labels") == []
    (incident,) = await rows(night.app.database, "incidents")
    assert (incident.state, incident.acknowledged_by) == ("acknowledged", "lea")


async def test_a_stranger_acts_on_nothing(night) -> None:
    await night.hear(post())
    for person in (None, "marc"):
        refused = await act(night, Action.DISMISS, person=person, reason=Reason.OTHER)
        assert refused.refused is Refusal.UNKNOWN_PERSON
    (incident,) = await rows(night.app.database, "incidents")
    assert incident.state == "open"


async def test_a_post_that_its_network_deletes_leaves_the_messages_that_show_it(night) -> None:
    said = post()
    await night.hear(said, reply())
    await night.tell()
    assert "brancard" in night.shown()
    gone = Deletion(network="mastodon", external_id=said.external_id, seen_at=night.at)
    await night.hear(deletions=[gone])
    await wait(night, 1)
    assert "brancard" not in night.shown()


async def test_while_slack_is_away_an_update_waits_for_it(night) -> None:
    await night.hear(post())
    await night.tell()
    await act(night, Action.ACKNOWLEDGE)
    night.slack.refusals = {"chat.update": "internal_error"}
    await wait(night, 1)
    assert "Pris en charge" not in str(night.slack.messages[0].blocks)
    night.slack.refusals = {}
    await wait(night, 6)
    assert "Pris en charge par Léa Petit" in str(night.slack.messages[0].blocks)


async def test_nobody_answers_and_the_page_rings_on(night) -> None:
    await night.hear(post(), origin=ORIGIN)
    await wait(night, 9.5, step=0.5)
    pages = await rows(night.app.database, "pages")
    gaps = {later.at - page.at for page, later in pairwise(pages)}
    assert gaps == {timedelta(minutes=3)}
    assert [page.step for page in pages] == [0, 0, 0, 0]
