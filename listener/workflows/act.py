"""Does what people ask of an incident, from whichever door: one transaction, once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.action import Action, Reason, Refusal, Reply, Request
from listener.domain.answer import next_step, refusal
from listener.domain.incident import AlertKind, Incident, State
from listener.domain.labelling import NO, SENTIMENT, Word
from listener.domain.paging import Call
from listener.domain.rule import Level
from listener.storage import belonging, incidents, labels, timeline
from listener.storage.database import Database
from listener.storage.labels import Readable
from listener.workflows.closing import close_incident
from listener.workflows.ring import Ringer
from listener.workflows.update import Updates

# What a false alarm says of each of its posts, once somebody has looked at them by day.
SAID: dict[Reason, Word] = {
    Reason.NOT_US: {"about_hospital": NO},
    Reason.HARMLESS: {SENTIMENT: "neutral"},
}

Texts = Mapping[int, Readable]  # by mention


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """`allowed` are those who may ever be called: nobody else acts."""

    database: Database
    ringer: Ringer
    updates: Updates
    allowed: Callable[[], Collection[str]]  # asked each time: calendars change

    async def act(self, request: Request, at: datetime) -> Reply:
        """Do it, or say why not; asked again it changes nothing."""
        async with self.database.write() as connection:
            texts = await self._texts(connection, request)
            await incidents.alone(connection)
            incident = await incidents.survivor(connection, request.incident)
            if request.person not in self.allowed():
                return _refused(request, Refusal.UNKNOWN_PERSON, incident)
            if incident is None:
                return _refused(request, Refusal.UNKNOWN_INCIDENT, None)
            refused = refusal(incident, request, self.ringer.steps(incident, at), at)
            if refused is not None:
                return _refused(request, refused, incident)
            done = await self._do(connection, incident, request, at)
            await _label(connection, request, texts, at)
            now = await incidents.get(connection, incident.id) or incident
        return _reply(request, now) if done else _refused(request, Refusal.CLOSED, now)

    async def _texts(self, connection: AsyncConnection, request: Request) -> Texts:
        """What a false alarm will speak of: held before the incidents are, as pages do it."""
        if request.action is not Action.DISMISS or request.reason not in SAID:
            return {}
        incident = await incidents.survivor(connection, request.incident, held=False)
        if incident is None:
            return {}
        numbers = await belonging.mentions_of(connection, incident.id)
        return await labels.readable(connection, numbers, exercise_id=incident.exercise_id)

    async def _do(
        self, connection: AsyncConnection, incident: Incident, request: Request, at: datetime
    ) -> bool:
        """False where its matter turns out to have another incident."""
        match request.action:
            case Action.ACKNOWLEDGE:
                await self._take(connection, incident, request, at)
            case Action.SNOOZE:
                until = at + request.snooze
                await incidents.change(connection, incident.id, snoozed_until=until)
                await self._log(connection, incident, request, at, until=until.isoformat())
            case Action.ESCALATE:
                await self._escalate(connection, incident, request, at)
            case Action.REOPEN:
                return await self._reopen(connection, incident, request, at)
            case Action.RESOLVE | Action.DISMISS:
                await self._close(connection, incident, request, at)
        return True

    async def _take(
        self, connection: AsyncConnection, incident: Incident, request: Request, at: datetime
    ) -> None:
        await incidents.change(
            connection,
            incident.id,
            state=State.ACKNOWLEDGED,
            acknowledged_at=at,
            acknowledged_by=request.person,
            snoozed_until=None,
        )
        await self._log(connection, incident, request, at)

    async def _escalate(
        self, connection: AsyncConnection, incident: Incident, request: Request, at: datetime
    ) -> None:
        """The next step is rung at once, and it is for them to answer."""
        steps = self.ringer.steps(incident, at)
        step = next_step(incident, steps)
        if step is None:
            raise ValueError("nobody is left to be called")
        await self._log(connection, incident, request, at, step=step)
        await incidents.change(
            connection,
            incident.id,
            state=State.OPEN,
            level=Level.CRITICAL,
            acknowledged_at=None,
            acknowledged_by=None,
        )
        raised = replace(incident, state=State.OPEN, level=Level.CRITICAL)
        call = Call(step=step, kind=AlertKind.ESCALATED, people=steps[step].people)
        await self.ringer.ring(connection, [(raised, call)], at)

    async def _reopen(
        self, connection: AsyncConnection, incident: Incident, request: Request, at: datetime
    ) -> bool:
        """Whoever undoes a closing has it in hand; what it said of the posts is taken back."""
        if not await incidents.reopen(connection, incident, level=incident.level):
            return False
        await belonging.settle_stories(connection, incident.id, is_open=True)
        await labels.withdraw(connection, await belonging.mentions_of(connection, incident.id))
        await self._take(connection, incident, request, at)
        return True

    async def _close(
        self, connection: AsyncConnection, incident: Incident, request: Request, at: datetime
    ) -> None:
        dismissed = request.action is Action.DISMISS
        reason = request.reason if dismissed else None
        await close_incident(
            connection,
            incident,
            self.updates,
            at=at,
            state=State.DISMISSED if dismissed else State.RESOLVED,
            how=request.way.value,
            by=request.person,
            reason=reason.value if reason else None,
        )

    async def _log(
        self,
        connection: AsyncConnection,
        incident: Incident,
        request: Request,
        at: datetime,
        **data: object,
    ) -> None:
        event = await timeline.add(
            connection,
            incident.id,
            at=at,
            kind=_EVENTS[request.action],
            by=request.person,
            how=request.way.value,
            **data,
        )
        await self.updates.changed(connection, incident, event, at)


_EVENTS = {
    Action.ACKNOWLEDGE: "acknowledged",
    Action.SNOOZE: "snoozed",
    Action.ESCALATE: "escalated",
    Action.REOPEN: "reopened",
}


async def _label(connection: AsyncConnection, request: Request, texts: Texts, at: datetime) -> None:
    """A false alarm teaches nothing before somebody has looked at its posts by day."""
    if not texts or request.reason is None:
        return
    word, by = SAID[request.reason], request.person or ""
    said = {number: (text.text_hash, word) for number, text in texts.items()}
    await labels.add(connection, said, by=by, at=at, origin="dismissal", reviewed=False)


def _refused(request: Request, why: Refusal, incident: Incident | None) -> Reply:
    return replace(_reply(request, incident), refused=why)


def _reply(request: Request, incident: Incident | None) -> Reply:
    return Reply(
        incident=incident.id if incident else request.incident,
        action=request.action,
        state=incident.state if incident else None,
        by=(incident.closed_by or incident.acknowledged_by) if incident else None,
    )
