"""At a change of shift both people are told what is still open: once, and never of texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from listener.config import Config
from listener.config.load import parse
from listener.domain.alert import Recipient
from listener.domain.handover import Handover, OpenIncident
from listener.domain.incident import State
from listener.domain.oncall import Rota
from listener.domain.rule import Level
from listener.notifiers.handover import handover_content
from listener.notifiers.render import as_text
from listener.storage import due, outbox
from listener.storage.database import Database
from listener.storage.outbox import Letter
from listener.storage.tables import incidents, mentions
from listener.storage.tables import outbox as letters
from listener.workflows.deliver import Undeliverable
from listener.workflows.handover import Handovers

PARIS = ZoneInfo("Europe/Paris")
CHANGE = datetime(2026, 3, 9, 8, tzinfo=UTC)  # a Monday, nine o'clock in Paris
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PERSON = {"id": "lea", "name": "Léa Martin", "email": "lea@chu-valmont.example"}
PEOPLE = [
    PERSON,
    {"id": "ali", "name": "Ali Benali", "email": "ali@chu-valmont.example"},
    {"id": "chef", "name": "Camille Roux"},
]
ROTA = {"id": "com", "people": ["lea", "ali"], "starts_on": "2026-03-02", "fallback": "chef"}
EMAIL = {"host": "smtp.chu-valmont.example", "user": "veille", "password": {"env": "SMTP"}}


def config(tmp_path: Path, *rotas: dict[str, Any], **sections: Any) -> Config:
    alerts = {
        "mode": "live",
        "critical": ["console", "email"],
        "warning": ["console"],
        "team_email": "com@chu-valmont.example",
    }
    known: dict[str, Any] = {
        "state_dir": str(tmp_path),
        "hospital": {"name": "CHU de Valmont"},
        "watch": [
            {"id": "chu", "names": ["CHU de Valmont"]},
            {"id": "maternite", "names": ["maternité"], "kind": "service", "of": "chu"},
        ],
        "alerts": alerts | sections.pop("alerts", {}),
        "email": EMAIL,
        "person": [dict(person) for person in PEOPLE],
        "rota": list(rotas) or [ROTA],
    }
    for person in known["person"]:
        person.setdefault("email", "chef@chu-valmont.example")
    return parse(known | sections, environ={"SMTP": "x", "SMS": "sms://{address}"})


def handovers(settings: Config, database: Database) -> Handovers:
    rotas = tuple(Rota(rota, PARIS) for rota in settings.rota)
    return Handovers(config=settings, database=database, rotas=rotas)


async def tick(work: Handovers, at: datetime, owner: str = "a") -> None:
    """Plan, and do what is due, as a tick does."""
    await work.plan(at)
    async with work.database.write() as connection:
        errands = await due.claim(connection, owner=owner, at=at, lease=HOUR)
    for errand in errands:
        await work.run(errand, at)
        async with work.database.write() as connection:
            await due.done(connection, errand.key, at=at)


async def sent(database: Database) -> list[tuple[str, str | None, bool]]:
    async with database.read() as connection:
        rows = await connection.execute(letters.select().order_by(letters.c.id))
        return [(row.channel, row.person, row.payload["comes"]) for row in rows]


async def listened(database: Database, since: datetime) -> None:
    """A mention of that instant stands in the database: somebody was listening."""
    async with database.write() as connection:
        await connection.execute(
            mentions.insert().values(
                network="mastodon",
                ref="1",
                kind="post",
                source_id="s",
                live=True,
                text_hash="0",
                received_at=since,
                occurred_at=since,
            )
        )


BOTH = [("email", "ali", True), ("email", "lea", False)]


async def test_who_comes_on_and_who_goes_off_are_each_written_to_once(
    tmp_path: Path, database: Database
) -> None:
    work = handovers(config(tmp_path), database)
    await tick(work, CHANGE - 30 * MINUTE)
    assert await sent(database) == []
    await tick(work, CHANGE)
    await tick(work, CHANGE + 6 * MINUTE)
    assert await sent(database) == BOTH


async def test_two_daemons_write_one_pair_of_letters(tmp_path: Path, database: Database) -> None:
    settings = config(tmp_path)
    for owner in ("a", "b"):
        await tick(handovers(settings, database), CHANGE, owner)
    assert await sent(database) == BOTH


async def test_a_daemon_that_was_down_at_the_hour_catches_up_once(
    tmp_path: Path, database: Database
) -> None:
    await listened(database, CHANGE - HOUR)
    for later in (2 * HOUR, 3 * HOUR):
        await tick(handovers(config(tmp_path), database), CHANGE + later)
    assert await sent(database) == BOTH


async def test_a_change_of_yesterday_is_news_to_nobody(tmp_path: Path, database: Database) -> None:
    await listened(database, CHANGE - HOUR)
    work = handovers(config(tmp_path), database)
    await work.plan(CHANGE - MINUTE)
    await tick(handovers(config(tmp_path), database), CHANGE + 7 * HOUR)
    assert await sent(database) == []


async def test_a_listener_that_begins_after_the_change_says_nothing_of_it(
    tmp_path: Path, database: Database
) -> None:
    await tick(handovers(config(tmp_path), database), CHANGE + HOUR)
    assert await sent(database) == []


async def test_an_override_written_after_the_planning_lets_the_errand_go(
    tmp_path: Path, database: Database
) -> None:
    await handovers(config(tmp_path), database).plan(CHANGE - 30 * MINUTE)
    override = {"from": "2026-03-09T09:00", "until": "2026-03-10T09:00", "person": "lea"}
    changed = config(tmp_path, ROTA | {"override": [override]})
    await tick(handovers(changed, database), CHANGE)
    assert await sent(database) == []
    await tick(handovers(changed, database), CHANGE + 24 * HOUR)
    assert await sent(database) == BOTH


async def test_the_hour_that_autumn_repeats_hands_over_once(
    tmp_path: Path, database: Database
) -> None:
    nightly = ROTA | {"kind": "daily", "handover_time": "02:30", "starts_on": "2026-10-24"}
    work = handovers(config(tmp_path, nightly), database)
    night = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    for step in range(24):
        await tick(work, night + step * 10 * MINUTE)
    assert len(await sent(database)) == 2


async def test_a_hand_over_rings_nobody_s_phone(tmp_path: Path, database: Database) -> None:
    sms = {
        "id": "sms",
        "kind": "apprise",
        "url": {"env": "SMS"},
        "rings": True,
        "team_address": "+33600000009",
    }
    people = [person | {"phone": "+33600000001"} for person in PEOPLE]
    people[2]["email"] = "chef@chu-valmont.example"
    settings = config(tmp_path, alerts={"critical": ["sms", "email"]}, channel=[sms], person=people)
    await tick(handovers(settings, database), CHANGE)
    assert await sent(database) == BOTH


async def test_who_only_observes_writes_to_the_console(tmp_path: Path, database: Database) -> None:
    await tick(handovers(config(tmp_path, alerts={"mode": "observe"}), database), CHANGE)
    assert {channel for channel, _, _ in await sent(database)} == {"console"}


async def opened(database: Database, subject: str, **values: Any) -> int:
    known: dict[str, Any] = {
        "subject": subject,
        "level": "critical",
        "state": "open",
        "opened_at": CHANGE - 3 * HOUR,
        "last_breach_at": CHANGE - HOUR,
        "config_hash": "0" * 16,
        "evidence": [],
        "open_key": f"/{subject}",
    }
    if "matter" in incidents.c:
        known["matter"] = subject
    async with database.write() as connection:
        statement = incidents.insert().values(**known | values).returning(incidents.c.id)
        return int((await connection.execute(statement)).scalar_one())


async def composed(work: Handovers, person: str) -> str:
    async with work.database.write() as connection:
        claimed = await outbox.claim(connection, owner="a", at=CHANGE, lease=HOUR)
    letter: Letter = next(letter for letter in claimed if letter.person == person)
    recipient = Recipient(person=person, name=person, address=f"{person}@chu-valmont.example")
    return (await work.compose(letter, recipient, CHANGE)).text


async def test_what_is_open_is_read_when_it_is_sent_and_only_of_the_rota_s_subjects(
    tmp_path: Path, database: Database
) -> None:
    work = handovers(config(tmp_path, ROTA | {"subjects": ["maternite"]}), database)
    await tick(work, CHANGE)
    mine = await opened(database, "maternite", state="acknowledged", acknowledged_by="lea")
    other = await opened(database, "chu")
    closed = await opened(database, "maternite", state="resolved", open_key=None)
    text = await composed(work, "ali")
    assert f"{mine}" in text
    assert "Léa Martin" in text
    assert "maternité" in text
    lines = [line for line in text.splitlines() if "maternité" in line]
    assert len(lines) == 1
    assert not any(f"{number}," in text for number in (other, closed))


async def test_a_letter_whose_rota_has_changed_since_is_not_sent(
    tmp_path: Path, database: Database
) -> None:
    await tick(handovers(config(tmp_path), database), CHANGE)
    alone = handovers(config(tmp_path, ROTA | {"people": ["ali"]}), database)
    with pytest.raises(Undeliverable):
        await composed(alone, "ali")


def handover(**values: Any) -> Handover:
    known: dict[str, Any] = {
        "hospital": "CHU de Valmont",
        "timezone": "Europe/Paris",
        "rota": "com",
        "at": CHANGE,
        "comes": True,
        "other": "Léa Martin",
        "since": CHANGE,
        "until": CHANGE + timedelta(days=7),
    }
    return Handover(**known | values)


def incident(number: int, **values: Any) -> OpenIncident:
    known: dict[str, Any] = {
        "number": number,
        "subject": "Maternité",
        "level": Level.CRITICAL,
        "state": State.OPEN,
        "opened_at": CHANGE - 3 * HOUR,
        "mentions": 34,
        "last_at": CHANGE - HOUR,
    }
    return OpenIncident(**known | values)


def test_whoever_comes_on_reads_until_when_from_whom_and_what_is_open() -> None:
    open_now = (incident(12), incident(13, state=State.ACKNOWLEDGED, by="Ali Benali"))
    content = handover_content(handover(open=open_now), language="en")
    text = as_text(content)
    until = content.title.removeprefix("CHU de Valmont: you are on call until ")
    assert until.replace("\xa0", " ") == "Monday 16 March at 09:00"
    assert "You take over from Léa Martin." in text
    assert (
        "No. 12, critical alert, Maternité: 34 posts since 06:00, the last 08:00; "
        "nobody takes care of it yet." in text
    )
    assert "Ali Benali takes care of it." in text


def test_whoever_goes_off_reads_who_takes_over() -> None:
    content = handover_content(handover(comes=False, other="Ali Benali"), language="en")
    assert content.title == "CHU de Valmont: Ali Benali takes over from you"
    assert "Nothing is open." in as_text(content)


def test_a_fallback_reads_that_the_rota_is_empty() -> None:
    assert "you are its fallback" in as_text(handover_content(handover(hole=True), language="en"))


def test_a_long_list_ends_with_how_many_more_there_are() -> None:
    many = tuple(incident(number) for number in range(1, 24))
    assert "+ 3 others" in as_text(handover_content(handover(open=many), language="en"))
