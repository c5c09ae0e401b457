"""Puts a digest together, of one read transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.connector import Unseen
from listener.domain.calendar import WorkCalendar
from listener.domain.digest import Digest, Part, Period
from listener.domain.watch import WatchKind
from listener.storage import figures
from listener.storage.answers import Asked
from listener.storage.figures import Filters
from listener.workflows.survey import mentions
from listener.workflows.survey.answers import answers
from listener.workflows.survey.audience import accounts
from listener.workflows.survey.incidents import incidents
from listener.workflows.survey.scope import Scope
from listener.workflows.survey.stories import stories
from listener.workflows.survey.unseen import unseen
from listener.workflows.view import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyor:
    """`subjects` are what the figures are about, `sources` those that should answer."""

    viewer: Viewer
    calendar: WorkCalendar
    subjects: Collection[str]
    sources: Collection[str]
    peers: Collection[str] = ()
    blind: Callable[[], Mapping[str, Sequence[Unseen]]] = dict  # by source, as configured now
    mediation: str = ""
    exercise_id: str = ""

    async def digest(
        self, connection: AsyncConnection, period: Period, at: datetime, *, service: str = ""
    ) -> Digest:
        """Everything that the period's digest may say, read now; of one service by its watch's id.

        A service's digest compares with nobody, and leaves the state of the sources to the whole.
        """
        scope = self.scope(period, at, service)
        known_since = await figures.earliest(connection, Filters(exercise_id=self.exercise_id))
        return Digest(
            period=period,
            hospital=self.viewer.hospital,
            at=at,
            service=self.viewer.subject(service) if service else "",
            **await self._said(connection, scope, known_since),
            **await self._beside(connection, scope, whole=not service),
            known_since=known_since,
            listening_since=await figures.listening_since(connection, self.exercise_id),
            mediation=self.mediation,
            exercise=bool(self.exercise_id),
        )

    def scope(self, period: Period, at: datetime, service: str = "") -> Scope:
        return Scope(
            viewer=self.viewer,
            period=period,
            at=at,
            subjects=[service] if service else self.subjects,
            own=self.subjects,
            exercise_id=self.exercise_id,
        )

    async def _said(
        self, connection: AsyncConnection, scope: Scope, known_since: datetime | None
    ) -> dict[str, Any]:
        """Whatever is counted of mentions."""
        period, previous = scope.period, scope.period.previous()
        days, days_before = await mentions.days(connection, scope, known_since)
        told = await stories(connection, scope)
        return {
            "networks": await mentions.networks(connection, scope),
            "themes": await mentions.themes(connection, scope),
            "days": days,
            "days_before": days_before,
            "reach": await mentions.reaches(connection, scope, period),
            "reach_before": await mentions.reaches(connection, scope, previous),
            "stories": told.largest,
            "faded": told.faded,
            "rumours": told.rumours,
            "furthest": await mentions.notable(connection, scope),
            "praise": await mentions.praise(connection, scope),
            "complaints": await answers(connection, scope, Asked.COMPLAINTS),
            "cases": await answers(connection, scope, Asked.CASES),
            "reviews": await mentions.reviews(connection, scope, period),
            "reviews_before": await mentions.reviews(connection, scope, previous),
            "restricted": await mentions.restricted(connection, scope),
            "published": await mentions.published(connection, scope, period),
            "published_before": await mentions.published(connection, scope, previous),
        }

    async def _beside(
        self, connection: AsyncConnection, scope: Scope, *, whole: bool
    ) -> dict[str, Any]:
        """What stands beside the mentions, and what only a digest of the whole compares."""
        peers = self.peers if whole else ()
        spoken_of = await mentions.subjects(connection, scope) if whole else {}
        sources = self.sources if whole else ()
        blind = self.blind() if whole else {}
        about = None if whole else scope.subjects
        return {
            "services": [
                replace(part, title=self.viewer.subject(name))
                for name, part in spoken_of.items()
                if self._is_service(name)
            ],
            "accounts": await accounts(connection, scope, peers),
            "peers": [mentions.peer(scope, spoken_of.get(peer, Part(name=peer))) for peer in peers],
            "incidents": await incidents(connection, scope, self.calendar, about=about),
            "unseen": await unseen(connection, scope.period, sources, blind),
        }

    def _is_service(self, name: str) -> bool:
        """Whether a watch is a service of the hospital's own."""
        watch = self.viewer.watches.get(name)
        if watch is None or watch.kind is not WatchKind.SERVICE:
            return False
        return name in self.subjects and watch.of in self.subjects
