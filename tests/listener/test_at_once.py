"""Alerts, answers and erasures in the same instant: nobody waits for ever, nothing falls between."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.mention import Author, Deletion
from listener.domain.action import Action, Reason, Request, Way
from listener.notifiers.slack import SlackNotifier
from listener.storage import belonging, incidents
from listener.workflows.act import Actor
from listener.workflows.draft import Origin
from listener.workflows.mend import Mender
from listener.workflows.morning import Morning
from listener.workflows.process import Processor
from listener.workflows.reconcile import Reconciler
from tests.listener.forgetting import HANDLE, URI, home, left, post
from tests.listener.house import NIGHT, ORIGIN, count, figures, house, live, mention, page, rows
from tests.listener.meeting import on_postgresql, until_blocked
from tests.listener.tiers import Says, deep, said, tiers

LATER = NIGHT + timedelta(minutes=5)
ESCALATION = {"escalation": {"step": [{"wait": "10m"}], "last_resort": "lea"}}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday")
HELD_BACK = {
    "rule": [{"id": "moyen", "kind": "severity", "level": "warning", "at_least": 50}],
    "calendar": {"country": "FR", **{day: ["09:00-18:00"] for day in WEEKDAYS}},
}


def actor_of(processor: Processor) -> Actor:
    judgement = processor.judgement
    return Actor(
        database=processor.database,
        ringer=judgement.summons.ringer,
        updates=judgement.updates,
        allowed=lambda: {"lea"},
    )


def asks(action: Action, **values: Any) -> Request:
    return Request(incident=1, action=action, person="lea", way=Way.LINK, **values)


@on_postgresql
async def test_a_false_alarm_is_said_while_its_posts_grow(database) -> None:
    processor = house(database)
    actor = actor_of(processor)
    await live(processor)
    posts = [mention(n, "Le CHU de Valmont, honte ! gravité 90") for n in range(1, 31)]
    await processor.process(page(*posts), ORIGIN, NIGHT)
    for n in range(12):
        at = LATER + timedelta(seconds=n)
        moved = page(engagements=[figures(p, at, reactions=4000 + n) for p in posts])

        async def click(wait: float, at: datetime) -> Any:
            await asyncio.sleep(wait)
            return await actor.act(asks(Action.DISMISS, reason=Reason.HARMLESS), at)

        _, reply = await asyncio.gather(processor.process(moved, ORIGIN, at), click(0.005 * n, at))
        assert reply.refused is None
        await actor.act(asks(Action.REOPEN), at)


@on_postgresql
async def test_a_page_waits_for_a_false_alarm_that_waits_for_no_page(database, monkeypatch) -> None:
    processor = house(database)
    await live(processor)
    posts = [mention(n, "Le CHU de Valmont, honte ! gravité 90") for n in (1, 2, 3)]
    await processor.process(page(*posts), ORIGIN, NIGHT)
    moved = page(engagements=[figures(p, LATER, reactions=4000) for p in posts])
    alone = incidents.alone
    writing: list[asyncio.Task[Any]] = []

    async def alone_at_last(connection: Any) -> None:
        """The person's transaction is about to be alone; a page wants the same posts."""
        if not writing:
            writing.append(asyncio.create_task(processor.process(moved, ORIGIN, LATER)))
            await until_blocked(database)
        await alone(connection)

    monkeypatch.setattr(incidents, "alone", alone_at_last)
    dismissed = await actor_of(processor).act(asks(Action.DISMISS, reason=Reason.HARMLESS), LATER)
    await writing[0]
    assert dismissed.refused is None
    assert await count(database, "labels") == 1


@on_postgresql
async def test_incidents_become_one_beside_a_deeper_reading(database, monkeypatch) -> None:
    fast = Says(otherwise=said("negative", 0.9, severity=90.0))
    processor, deepener = tiers(database, fast, Says(otherwise=deep("negative", severity=95.0)))
    await live(processor)
    tales = ("Le CHU de Valmont, honte au bloc", "Une infirmière du CHU de Valmont dit autre chose")
    for number, tale in enumerate(tales, 1):
        at = NIGHT + timedelta(seconds=number)
        await processor.process(page(mention(number, tale)), ORIGIN, at)
    reconciler = Reconciler(database=database, updates=processor.judgement.updates)
    move = belonging.move
    reading: list[asyncio.Task[int]] = []

    async def move_at_last(*args: Any) -> None:
        reading.append(asyncio.create_task(deepener.deepen(LATER, timedelta(seconds=5))))
        await until_blocked(database)
        await move(*args)

    monkeypatch.setattr(belonging, "move", move_at_last)
    async with database.write() as connection:
        assert await reconciler._unite(connection, 1, 2, LATER)
    await reading[0]


@on_postgresql
async def test_a_letter_taken_up_while_somebody_is_forgotten_shows_them_not(
    database, tmp_path, monkeypatch
) -> None:
    async with home(database, tmp_path) as made:
        await made.hear(post())
        plan = Mender.plan
        telling: list[asyncio.Task[int]] = []

        async def plan_then_tell(self: Mender, *args: Any) -> Any:
            found = await plan(self, *args)
            telling.append(asyncio.create_task(made.tell()))
            await asyncio.wait(telling, timeout=0.5)
            return found

        monkeypatch.setattr(Mender, "plan", plan_then_tell)
        await made.forget(network="mastodon", author=HANDLE)
        await telling[0]
        await made.tell()
        assert left(made.shown()) == []


@on_postgresql
async def test_a_letter_taken_up_while_a_deletion_waits_its_turn_shows_it_not(
    database, tmp_path
) -> None:
    async with home(database, tmp_path) as made:
        await made.hear(post())
        gone = Deletion(network="mastodon", external_id=URI, seen_at=NIGHT)
        other = post(
            external_id="x9",
            url=None,
            text="CHU de Valmont gravité 90",
            author=Author(handle="ana@social.example"),
        )
        async with database.write() as connection:
            await incidents.alone(connection)
            hearing = asyncio.create_task(made.hear(other, deletions=[gone]))
            await until_blocked(database)
            telling = asyncio.create_task(made.tell())
            await asyncio.wait([telling], timeout=0.5)
        await hearing
        await telling
        made.at += timedelta(minutes=30)
        await made.app.ticker.tick(made.at)
        await made.tell()
        assert left(made.shown()) == []


@pytest.mark.parametrize("slow", [False, True])
async def test_an_answer_given_while_slack_is_still_sending_is_shown_there(
    database, tmp_path, monkeypatch, slow
) -> None:
    async with home(database, tmp_path, **ESCALATION) as made:
        send = SlackNotifier.send
        sending, go = asyncio.Event(), asyncio.Event()

        async def send_at_last(self: SlackNotifier, message: Any, *, thread: Any = None) -> Any:
            sending.set()
            await go.wait()
            return await send(self, message, thread=thread)

        if slow:
            monkeypatch.setattr(SlackNotifier, "send", send_at_last)
        await made.hear(post())
        telling = asyncio.create_task(made.tell())
        await (sending.wait() if slow else telling)
        answer = Request(incident=1, action=Action.ACKNOWLEDGE, person="lea", way=Way.SMS)
        assert (await made.app.alerting.actor.act(answer, made.at)).refused is None
        made.at += timedelta(seconds=5)
        await made.app.ticker.tick(made.at)
        go.set()
        await telling
        for _ in range(3):
            made.at += timedelta(minutes=1)
            await made.app.ticker.tick(made.at)
            await made.tell()
        assert "Pris en charge par Léa" in made.shown()


@on_postgresql
async def test_what_joins_the_mornings_list_as_it_is_sent_is_told(
    database, tmp_path, monkeypatch
) -> None:
    opening = datetime(2026, 3, 16, 8, 0, tzinfo=UTC)
    elsewhere = Origin(source_id="forum", refreshes=True)
    async with home(database, tmp_path, **HELD_BACK) as made:
        made.at = datetime(2026, 3, 15, 22, 0, tzinfo=UTC)
        first = post(published_at=made.at, text="honte au CHU de Valmont parking gravité 60")
        await made.hear(first)
        await made.hear(origin=elsewhere)
        hold = Morning.hold
        held, go = asyncio.Event(), asyncio.Event()

        async def hold_at_last(self: Morning, *args: Any, **values: Any) -> bool:
            done = await hold(self, *args, **values)
            held.set()
            await go.wait()
            return done

        monkeypatch.setattr(Morning, "hold", hold_at_last)
        made.at = opening - timedelta(seconds=1)
        second = post(
            published_at=made.at,
            external_id="https://social.example/users/b/statuses/9",
            url="https://social.example/@b/9",
            author=Author(handle="b@social.example", external_id="b"),
            text="cantine fermée honte au CHU de Valmont encore gravité 60",
        )
        hearing = asyncio.create_task(made.hear(second, origin=elsewhere))
        await held.wait()
        made.at = opening + timedelta(seconds=1)
        ticking = asyncio.create_task(made.app.ticker.tick(made.at))
        await asyncio.wait([ticking], timeout=0.5)
        await made.tell()
        go.set()
        await hearing
        await ticking
        made.at += timedelta(minutes=1)
        await made.app.ticker.tick(made.at)
        await made.tell()
        assert "2 alertes retenues" in made.shown()
        assert [row.kind for row in await rows(database, "outbox")].count("morning") == 1
