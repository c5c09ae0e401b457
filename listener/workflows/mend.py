"""Changes or takes back what was sent, once something that it may show was erased."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum, auto
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.notifiers.base import Amending, DeliveryError, Notifier, Receipt
from listener.storage import belonging, due, outbox
from listener.storage.database import Database
from listener.storage.due import Errand
from listener.storage.outbox import Letter
from listener.workflows.deliver import Compose, Undeliverable, receipt_of

log = logging.getLogger(__name__)

KIND = "amend"
GRACE = timedelta(minutes=5)  # whoever forgets tries at once; from then on the daemon does
PAUSES = tuple(timedelta(minutes=m) for m in (5, 15, 60, 180))
GIVE_UP_AFTER = timedelta(days=7)


class Fate(Enum):
    AMENDED = auto()  # changed, or withdrawn
    BEYOND = auto()  # delivered where nobody can take it back
    WAITING = auto()  # the channel is away, or the letter is on its way
    NOTHING = auto()  # never sent: it will be composed without what was erased


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """A sent message that may show what was erased, and that stays where it is."""

    channel: str
    person: str | None  # None: the team
    sent_at: datetime
    incident: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    fate: Fate
    beyond: Beyond | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mender:
    database: Database
    notifiers: Mapping[str, Notifier]
    compose: Compose
    zone: ZoneInfo  # of the digests' days

    async def plan(
        self, connection: AsyncConnection, shown: Mapping[int, datetime], at: datetime
    ) -> list[Errand]:
        """One errand a message that may show these mentions (their id, and when they occurred)."""
        return await plan_amends(connection, shown, at, zone=self.zone, due_at=at + GRACE)

    async def mend_planned(self, errand: Errand, at: datetime) -> Mended:
        """Try at once; what must wait stays planned."""
        mended = await self._mend(errand.payload["letter"], at)
        if mended.fate is not Fate.WAITING:
            async with self.database.write() as connection:
                await due.done(connection, errand.key, at=at)
        return mended

    async def run(self, errand: Errand, at: datetime) -> None:
        """Do an errand that was left to the daemon; plan the next attempt where it must wait."""
        mended = await self._mend(errand.payload["letter"], at)
        if mended.fate is Fate.BEYOND:
            log.warning("privacy.beyond_reach letter=%d", errand.payload["letter"])
        if mended.fate is not Fate.WAITING:
            return
        if at - datetime.fromisoformat(errand.payload["since"]) > GIVE_UP_AFTER:
            log.error("privacy.not_amended letter=%d", errand.payload["letter"])
            return
        attempts = errand.payload["attempts"] + 1
        again = Errand(
            key=f"{errand.key.partition('#')[0]}#{attempts}",
            kind=KIND,
            due_at=at + PAUSES[min(attempts, len(PAUSES)) - 1],
            payload={**errand.payload, "attempts": attempts},
        )
        async with self.database.write() as connection:
            await _plan(connection, again)

    async def _mend(self, letter_id: int, at: datetime) -> Mended:
        async with self.database.read() as connection:
            found = await outbox.get(connection, letter_id)
        if found is None or (not found.receipt and not found.on_its_way):
            return Mended(fate=Fate.NOTHING)
        if found.receipt is None:
            return Mended(fate=Fate.WAITING)
        letter, receipt = found.letter, receipt_of(found.receipt)
        fate = await self._take_back(letter, receipt)
        if fate is not Fate.BEYOND:
            return Mended(fate=fate)
        beyond = Beyond(
            channel=letter.channel,
            person=letter.person,
            sent_at=receipt.sent_at,
            incident=letter.incident_id,
        )
        return Mended(fate=fate, beyond=beyond)

    async def _take_back(self, letter: Letter, receipt: Receipt) -> Fate:
        """Say it again without what was erased; where that is refused for good, withdraw it."""
        notifier = self.notifiers.get(letter.channel)
        if notifier is None:
            return Fate.BEYOND
        try:
            if isinstance(notifier, Amending) and await self._amended(notifier, letter, receipt):
                return Fate.AMENDED
            return Fate.AMENDED if await notifier.withdraw(receipt) else Fate.BEYOND
        except DeliveryError as error:
            log.warning("privacy.amending_failed channel=%s error=%s", letter.channel, error)
            return Fate.BEYOND if error.permanent else Fate.WAITING

    async def _amended(self, notifier: Amending, letter: Letter, receipt: Receipt) -> bool:
        try:
            # As of when it was sent: its hours and reminders stay what they were.
            await notifier.amend(await self.compose(letter, receipt.sent_at), receipt)
        except Undeliverable:
            return False
        except DeliveryError as error:
            if not error.permanent:
                raise
            return False
        return True


async def plan_amends(
    connection: AsyncConnection,
    shown: Mapping[int, datetime],
    at: datetime,
    *,
    zone: tzinfo,
    due_at: datetime,
    channels: Collection[str] | None = None,
) -> list[Errand]:
    """Plan to say again, without them, every message that may show these mentions.

    `shown` gives when each of them occurred, `zone` is the one of the digests' days; `channels`:
    on these alone, None: wherever they were sent.
    """
    if not shown:
        return []
    numbers = await belonging.of_mentions(connection, shown)
    await outbox.hold_waiting(connection, numbers)
    days = {instant.astimezone(zone).date() for instant in shown.values()}
    errands = []
    for letter_id in await outbox.showing(
        connection, incidents=numbers, days=days, channels=channels
    ):
        errand = Errand(
            key=f"{KIND}:{letter_id}:{at.isoformat()}",
            kind=KIND,
            due_at=due_at,
            payload={"letter": letter_id, "since": at.isoformat(), "attempts": 0},
        )
        await _plan(connection, errand)
        errands.append(errand)
    return errands


async def _plan(connection: AsyncConnection, errand: Errand) -> None:
    await due.plan(
        connection,
        key=errand.key,
        kind=errand.kind,
        due_at=errand.due_at,
        payload=errand.payload,
    )
