"""Rings phones about critical incidents: rows for the outbox, rationed a person, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.escalation import Chain, Step
from listener.domain.incident import AlertKind, Incident
from listener.domain.paging import (
    Call,
    PagingPolicy,
    Ring,
    Wanted,
    ration,
    snoozed_by_new_clock,
)
from listener.domain.rule import Level
from listener.storage import incidents, outbox, pages, timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringer:
    """`channels` are those of critical alerts, `ringing` those of them that make a phone ring."""

    chain: Chain
    channels: Sequence[str]
    policy: PagingPolicy
    ringing: frozenset[str] = field(default_factory=frozenset)
    exercise_id: str = ""

    def steps(self, incident: Incident, at: datetime) -> tuple[Step, ...]:
        """Whom the incident calls, as the rotas stand now."""
        return self.chain.steps(Level.CRITICAL, incident.subject, at)

    async def ring(
        self,
        connection: AsyncConnection,
        calls: Sequence[tuple[Incident, Call]],
        at: datetime,
    ) -> int:
        """Ring whom these calls are for, each phone once; how many letters were added.

        The caller is alone with the incidents. Whoever has been rung too often is told with the
        next ring: an incident that was folded comes round again until somebody answers.
        """
        wanted = [want for incident, call in calls for want in _wanted(incident, call)]
        people = {want.person for want in wanted}
        rung = await pages.rung(
            connection,
            people,
            since=at - self.policy.within,
            at=at,
            exercise_id=self.exercise_id,
        )
        waiting = await pages.waiting(connection, people, exercise_id=self.exercise_id)
        rings, folded = ration(wanted, rung, waiting, self.policy, at)
        # What waits for its person's next ring already needs no second line, tick after tick.
        folded = [w for w in folded if w.incident not in waiting.get(w.person, ())]
        steps = {incident.id: call.step for incident, call in calls}
        await pages.add(connection, rings, folded, steps=steps, at=at, exercise_id=self.exercise_id)
        added = 0
        for incident, call in calls:
            mine = [ring for ring in rings if ring.incident == incident.id]
            others = [want.person for want in folded if want.incident == incident.id]
            added += await self._ring_about(
                connection, incident, _first(call, incident), mine, others, at
            )
        return added

    async def _ring_about(
        self,
        connection: AsyncConnection,
        incident: Incident,
        call: Call,
        rings: Sequence[Ring],
        folded: Sequence[str],
        at: datetime,
    ) -> int:
        event = await self._note(connection, incident, call, rings, folded, at)
        # By the event's number, which no clock that is set back can give twice.
        occasion = f"{self.exercise_id}incident-{incident.id}/{call.kind}/{call.step}/{event}"
        added = 0
        for ring in rings:
            payload = self._payload(call, ring)
            for channel in self._channels(call.kind):
                added += await outbox.enqueue(
                    connection,
                    key=f"{occasion}/{channel}/{ring.person}",
                    kind="alert",
                    channel=channel,
                    person=ring.person,
                    payload=payload,
                    created_at=at,
                    due_at=at,
                    incident_id=incident.id,
                    thread=f"incident-{incident.id}{self.exercise_id}",
                    exercise_id=self.exercise_id,
                )
        return added

    def _channels(self, kind: AlertKind) -> Sequence[str]:
        """What is only repeated rings where something rings, and fills no mailbox."""
        ringing = [channel for channel in self.channels if channel in self.ringing]
        return ringing if kind is AlertKind.REPEATED and ringing else self.channels

    def _payload(self, call: Call, ring: Ring) -> dict[str, Any]:
        """What a letter keeps of its alert: keys and instants, never a text."""
        return {
            "alert": str(call.kind),
            "level": Level.CRITICAL.value,
            "called": list(call.people),
            "step": call.step,
            "others": list(ring.others),
        }

    async def _note(
        self,
        connection: AsyncConnection,
        incident: Incident,
        call: Call,
        rings: Sequence[Ring],
        folded: Sequence[str],
        at: datetime,
    ) -> int | None:
        """Write down what was called; the event's number, None where there is nothing to tell."""
        moved = call.step != incident.step or incident.step_at is None or call.rebased or call.anew
        values: dict[str, Any] = {"step_at": at} if moved else {}
        if rings or call.rebased or moved or incident.paged_at is None:
            values["paged_at"] = at
        if rings:
            values |= {"alerted_at": at, "alerted_level": Level.CRITICAL}
        snoozed = snoozed_by_new_clock(incident, at) if call.rebased else None
        await incidents.change(
            connection, incident.id, step=call.step, snoozed_until=snoozed, **values
        )
        if call.rebased:
            return await timeline.add(connection, incident.id, at=at, kind="clock_set_back")
        if not (rings or folded or moved):
            return None
        return await timeline.add(
            connection,
            incident.id,
            at=at,
            kind="alerted",
            alert=str(call.kind),
            level=Level.CRITICAL.value,
            step=call.step,
            called=[ring.person for ring in rings],
            folded=list(folded),
        )


def _wanted(incident: Incident, call: Call) -> Iterator[Wanted]:
    for person in call.people:
        yield Wanted(
            person=person,
            incident=incident.id,
            level=incident.level,
            since=incident.alerted_at or incident.opened_at,
            exempt=incident.exempt,
        )


def _first(call: Call, incident: Incident) -> Call:
    """What was folded or quiet at first is news to whoever is rung about it now."""
    again = (AlertKind.REPEATED, AlertKind.REMINDED)
    news = call.kind in again and incident.alerted_at is None
    return replace(call, kind=AlertKind.OPENED) if news else call
