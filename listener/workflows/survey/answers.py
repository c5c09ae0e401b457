"""Who complained or told a case, and whom the hospital has answered in public."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.digest import Answers, Waiting
from listener.storage import answers as stored
from listener.storage import figures
from listener.storage.answers import Asked
from listener.storage.figures import Listed
from listener.workflows.survey.quotes import quotable
from listener.workflows.survey.scope import Scope

OLDEST = 5


async def answers(connection: AsyncConnection, scope: Scope, asked: Asked) -> Answers:
    """An answer by any of the hospital's own accounts is one, also for what concerns a service."""
    found = await stored.answered(
        connection, scope.filters(), asked, by=sorted(scope.own), at=scope.at, oldest=OLDEST
    )
    listed = await figures.by_ids(connection, found.oldest)
    return Answers(
        asked=found.asked,
        delays=found.delays,
        oldest=[_waiting(scope, listed[number]) for number in found.oldest],
    )


def _waiting(scope: Scope, item: Listed) -> Waiting:
    return Waiting(
        network=item.row.network,
        said_at=item.row.occurred_at,
        post=next(quotable(scope.viewer, [item]), None),
    )
