"""What a signed link shows, and what pressing its button does: each link one action, once."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.connector import Clock
from listener.domain.action import Act, Action, Reason, Reply, Request, Way
from listener.domain.incident import State
from listener.domain.oncall import Person
from listener.domain.rule import Level
from listener.domain.token import Grant, Tokens
from listener.storage import action_tokens, incidents, views
from listener.storage.database import Database

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One link's incident in figures: whoever finds the link learns no more of it than that."""

    incident: int
    action: Action
    person: Person
    subject: str
    level: Level
    state: State
    opened_at: datetime
    mentions: int
    negative: int
    by: str | None  # who handles it
    used: bool


@dataclass(slots=True, kw_only=True)
class LinkDesk:
    """Where links lead."""

    database: Database
    tokens: Tokens
    act: Act
    people: Mapping[str, Person]
    subject: Callable[[str], str]  # a watch's id, as people call it
    clock: Clock
    language: str
    timezone: str
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def names(self) -> Mapping[str, str]:
        return {person.id: person.name for person in self.people.values()}

    async def look(self, token: str) -> Seen | None:
        """What a link is about; None for one that is unknown, too old or somebody's who left."""
        async with self.database.read() as connection:
            grant = await self._grant(connection, token)
            return await self._seen(connection, grant) if grant else None

    async def press(self, token: str, reason: Reason | None) -> Reply | None:
        """Do what a link is for; None where it does nothing any more.

        Of two presses at once, one acts. What came to nothing may be pressed again.
        """
        at, digest = self.clock(), self.tokens.digest(token)
        async with self.database.write() as connection:
            grant = await self._grant(connection, token)
            if grant is None or not await action_tokens.use(connection, digest, at=at):
                return None
        request = Request(
            incident=grant.incident,
            action=Action(grant.purpose),
            person=grant.person,
            way=Way.LINK,
            reason=reason,
        )
        reply: Reply | None = None
        try:
            reply = await self.act(request, at)
        finally:
            if reply is None or reply.refused is not None:
                async with self.database.write() as connection:
                    await action_tokens.give_back(connection, digest)
        self.counts[reply.refused or reply.action] += 1
        log.info(
            "link.pressed action=%s incident=%d refused=%s",
            reply.action,
            grant.incident,
            reply.refused,
        )
        return reply

    async def _grant(self, connection: AsyncConnection, token: str) -> Grant | None:
        if not self.tokens.is_genuine(token):
            return None
        grant = await action_tokens.find(connection, self.tokens.digest(token))
        if grant is None or grant.expires_at <= self.clock() or grant.person not in self.people:
            return None
        return grant if grant.purpose in set(Action) else None

    async def _seen(self, connection: AsyncConnection, grant: Grant) -> Seen | None:
        incident = await incidents.get(connection, grant.incident)
        while incident is not None and incident.merged_into is not None:
            incident = await incidents.get(connection, incident.merged_into)
        if incident is None:
            return None
        tally = await views.tally(connection, incident.id)
        return Seen(
            incident=incident.id,
            action=Action(grant.purpose),
            person=self.people[grant.person],
            subject=self.subject(incident.subject),
            level=incident.level,
            state=incident.state,
            opened_at=incident.opened_at,
            mentions=len(tally),
            negative=sum(said.sentiment == "negative" for said in tally),
            by=incident.closed_by or incident.acknowledged_by,
            used=grant.used_at is not None,
        )
