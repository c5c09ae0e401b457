"""An incident that somebody was called for, and the mailbox that their replies come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from pydantic import SecretStr
from sqlalchemy import insert

from listener.config.doors import LinkSettings, MailboxSettings
from listener.domain.action import Action, Refusal, Reply, Request
from listener.domain.incident import State
from listener.domain.oncall import Person
from listener.domain.token import Invitation, Tokens
from listener.storage.database import Database
from listener.storage.outbox import Letter
from listener.storage.tables import incidents
from listener.workflows.hear import Hearing
from listener.workflows.invite import Inviter
from listener.workflows.read_mailbox import MailboxReader

AT = datetime(2026, 3, 14, 22, 0, tzinfo=UTC)
KEY = b"k" * 32
LEA = Person(id="lea", name="Léa Roche", email="lea@chu-valmont.example", phone="+33 6 12 34 56 78")
MARC = Person(id="marc", name="Marc Aubin", email="marc@chu-valmont.example", phone="0612345679")
PEOPLE = {person.id: person for person in (LEA, MARC)}
GATEWAY = "sms@passerelle.example"
LINKS = LinkSettings(base_url="https://veille.chu-valmont.example")


def mailbox_settings(port: int = 993, **changes: Any) -> MailboxSettings:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "user": "veille",
        "password": SecretStr("s3cret:é"),
        "sms_from": (GATEWAY,),
        "sms_channel": "sms",
    }
    return MailboxSettings(**{**values, **changes})


@dataclass
class Desk:
    """What acts in place of the real thing: each incident once, as the real thing answers."""

    asked: list[Request] = field(default_factory=list)
    taken: dict[int, str] = field(default_factory=dict)
    error: Exception | None = None

    async def act(self, request: Request, at: datetime) -> Reply:
        if self.error is not None:
            raise self.error
        self.asked.append(request)
        refused = None
        if request.action is Action.ACKNOWLEDGE:
            refused = Refusal.ALREADY if request.incident in self.taken else None
            self.taken.setdefault(request.incident, request.person or "")
        if request.action is Action.DISMISS and request.reason is None:
            refused = Refusal.REASON_MISSING
        return Reply(
            incident=request.incident,
            action=request.action,
            refused=refused,
            state=State.ACKNOWLEDGED,
            by=self.taken.get(request.incident),
        )


@dataclass
class House:
    """A database with incident 12, of which letters give invitations."""

    database: Database
    desk: Desk = field(default_factory=Desk)
    at: datetime = AT

    def clock(self) -> datetime:
        return self.at

    async def open(self, *numbers: int) -> None:
        async with self.database.write() as connection:
            for number in numbers:
                await connection.execute(
                    insert(incidents).values(
                        id=number,
                        subject="chu",
                        open_key=f"/{number}",
                        level="critical",
                        state="open",
                        opened_at=self.at - timedelta(minutes=20),
                        last_breach_at=self.at,
                        config_hash="0" * 16,
                        evidence=[],
                    )
                )

    async def invited(
        self, incident: int = 12, person: str = "lea", *, key: str = "a", **mailbox: Any
    ) -> Invitation:
        inviter = Inviter(
            tokens=Tokens(KEY),
            mailbox=mailbox_settings(**mailbox),
            links=LINKS,
            sender="veille@chu-valmont.example",
        )
        async with self.database.write() as connection:
            found = await inviter.invitation(connection, letter(incident, person, key), self.at)
        assert found is not None
        return found

    def reader(
        self, mailbox: Any, *, port: int = 993, owner: str = "one", **changes: Any
    ) -> MailboxReader:
        return MailboxReader(
            database=self.database,
            mailbox=mailbox,
            hearing=Hearing(
                database=self.database,
                settings=mailbox_settings(port, **changes),
                tokens=Tokens(KEY),
                act=self.desk.act,
                people=PEOPLE,
            ),
            owner=owner,
            clock=self.clock,
        )


def letter(incident: int = 12, person: str | None = "lea", key: str = "a") -> Letter:
    return Letter(
        id=1,
        key=f"{key}/{incident}/email/{person}",
        kind="alert",
        channel="email",
        person=person,
        payload={},
        incident_id=incident,
        thread=f"incident-{incident}",
        attempts=0,
        created_at=AT,
        due_at=AT,
        sending_since=None,
        exercise_id="",
    )


def reply(
    text: str = "OK je prends",
    *,
    code: str | None,
    sender: str = "Léa Roche <lea@chu-valmont.example>",
    headers: Sequence[tuple[str, str]] = (),
) -> bytes:
    """A reply as a phone writes it: the words above the quoted alert."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = "Veille <veille@chu-valmont.example>"
    tag = f" [{code}]" if code else ""
    mail["Subject"] = f"Re: Alerte critique — CHU de Valmont{tag}"
    mail["Message-ID"] = "<0a1b2c@phone.example>"
    for name, value in headers:
        mail[name] = value
    mail.set_content(
        f"{text}\n\nLe sam. 14 mars 2026 à 23:01, Veille <veille@chu-valmont.example> a écrit :\n"
        "> CHU de Valmont : 34 messages négatifs en 20 min\n> escalade\n"
    )
    return mail.as_bytes()


def sms(text: str, *, number: str = "+33612345678", sender: str = GATEWAY) -> bytes:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = "veille@chu-valmont.example"
    mail["Subject"] = f"SMS de {number}"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    return mail.as_bytes()
