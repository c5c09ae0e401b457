"""What must be true after everything that can be killed was killed: asked of the database and the channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import URL

from connectors.mention import MentionKey
from listener.domain.privacy import Pseudonyms
from listener.keys import load_keys
from listener.notifiers.mime import message_id
from listener.storage.database import Database
from listener.storage.tables import feeds, incidents, mentions, outbox, pages
from tests.networks.slack_wire import Posted
from tests.networks.smtp import Mail

SENDER = "veille@chu-valmont.example"


@dataclass(frozen=True, kw_only=True)
class State:
    """What a database holds once a run is over."""

    refs: Mapping[str, int]  # pseudonym of a mention → how often it is stored
    incidents: Sequence[tuple[str, str]]  # (subject, level), sorted
    letters: Sequence[Any]
    unscored: int
    folded: frozenset[int]  # incidents that wait for their own ring: the phone rang enough already

    @property
    def by_state(self) -> dict[str, int]:
        return dict(Counter(letter.state for letter in self.letters))


async def read_state(url: URL) -> State:
    database = Database(url)
    try:
        async with database.read() as connection:
            refs = await connection.execute(
                select(mentions.c.ref, func.count()).group_by(mentions.c.ref)
            )
            found = dict(refs.all())
            opened = await connection.execute(select(incidents.c.subject, incidents.c.level))
            letters = (await connection.execute(select(outbox).order_by(outbox.c.id))).all()
            unscored = await connection.execute(
                select(func.count()).where(mentions.c.scored_at.is_(None))
            )
            waiting = await connection.execute(
                select(pages.c.incident_id).where(pages.c.folded.is_(True))
            )
            return State(
                refs=found,
                incidents=sorted((subject, level) for subject, level in opened),
                letters=letters,
                unscored=unscored.scalar_one(),
                folded=frozenset(waiting.scalars()),
            )
    finally:
        await database.close()


async def is_settled(url: URL, last: Mapping[str, str]) -> bool:
    """Whether each source was read to its `last` instant, and nothing waits to be scored or sent."""
    database = Database(url)
    try:
        async with database.read() as connection:
            rows = await connection.execute(select(feeds.c.source_id, feeds.c.cursor))
            read = {source: cursor.get("at") for source, cursor in rows}
            waiting = await connection.execute(
                select(func.count()).where(outbox.c.state.in_(["pending", "sending"]))
            )
            unscored = await connection.execute(
                select(func.count()).where(mentions.c.scored_at.is_(None))
            )
            done = all(_same(read.get(source), at) for source, at in last.items())
            return done and not waiting.scalar_one() and not unscored.scalar_one()
    finally:
        await database.close()


def _same(read: str | None, at: str) -> bool:
    return read is not None and datetime.fromisoformat(read) == datetime.fromisoformat(at)


def refs_of(items: Iterable[Mapping[str, Any]], state_dir: Path) -> set[str]:
    names = Pseudonyms(load_keys(state_dir).pseudonym)
    return {
        names.mention(MentionKey(network=item["network"], external_id=item["external_id"]))
        for item in items
    }


@dataclass(kw_only=True)
class Audit:
    """The faults found, in words; a run that kept its promises has none."""

    faults: list[str] = field(default_factory=list)

    def expect(self, is_so: bool, otherwise: str) -> None:
        if not is_so:
            self.faults.append(otherwise)

    def mentions(self, state: State, known: set[str], must: set[str]) -> None:
        twice = [ref for ref, count in state.refs.items() if count != 1]
        stored = set(state.refs)
        self.expect(not twice, f"{len(twice)} mentions are stored twice")
        self.expect(stored <= known, f"{len(stored - known)} stored mentions were never said")
        self.expect(must <= stored, f"{len(must - stored)} mentions were lost")
        self.expect(state.unscored == 0, f"{state.unscored} mentions were never scored")

    def same(self, state: State, control: State) -> None:
        """As if nothing had happened: same mentions, same incidents at the same levels."""
        differ = set(state.refs) ^ set(control.refs)
        self.expect(not differ, f"{len(differ)} mentions differ from the undisturbed run's")
        moved = Counter(state.incidents) - Counter(control.incidents)
        missed = Counter(control.incidents) - Counter(state.incidents)
        self.expect(not moved and not missed, f"incidents: {dict(moved)} for {dict(missed)}")

    def deliveries(self, state: State) -> None:
        """Every incident is told by every channel, by a letter of its own or folded into another's."""
        unsent = [letter.key for letter in state.letters if letter.state != "sent"]
        self.expect(not unsent, f"not sent: {unsent}")
        alerts = [letter for letter in state.letters if letter.kind == "alert"]
        for channel in ("slack", "email"):
            told = {letter.incident_id for letter in alerts if letter.channel == channel}
            count = len(told | state.folded)
            self.expect(
                count == len(state.incidents),
                f"{count} of {len(state.incidents)} incidents were told by {channel}",
            )
            self.expect(bool(told), f"nothing was told by {channel}")

    def slack(self, state: State, messages: Sequence[Posted]) -> None:
        """Each exactly once, known by its metadata."""
        posted = Counter(message.key for message in messages)
        wanted = {letter.key for letter in state.letters if letter.channel == "slack"}
        twice = {key: count for key, count in posted.items() if count > 1}
        self.expect(not twice, f"twice on Slack: {twice}")
        self.expect(set(posted) == wanted, f"on Slack: {set(posted) ^ wanted}")

    def mail(self, state: State, mails: Sequence[Mail]) -> None:
        """Each at least once, under its own Message-ID, no repetition uncounted."""
        arrived = Counter(str(mail.message["Message-ID"]) for mail in mails)
        letters = {
            message_id(letter.key, SENDER): letter
            for letter in state.letters
            if letter.channel == "email"
        }
        self.expect(set(arrived) == set(letters), f"{len(set(arrived) ^ set(letters))} e-mails")
        for identifier, letter in letters.items():
            more = arrived[identifier] - 1
            self.expect(more <= letter.repeats, f"{letter.key}: {more} repeated, {letter.repeats}")


def repeated(mails: Sequence[Mail]) -> int:
    return len(mails) - len({str(mail.message["Message-ID"]) for mail in mails})
