"""A listener that does nothing but digests, for the tests of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from listener.config.models import Config
from listener.domain.calendar import WorkCalendar
from listener.notifiers.console import ConsoleNotifier
from listener.notifiers.digest.content import digest_content
from listener.notifiers.render import as_text
from listener.storage.database import Database
from listener.workflows.compose import Composer
from listener.workflows.deliver import Postman
from listener.workflows.report import Reporter
from listener.workflows.tick import Ticker
from listener.workflows.update import Updates
from listener.workflows.view import Viewer
from tests.listener.house import POLICY, WATCHES
from tests.listener.weeks import MONDAY, PARIS, SEALER, W47

DIRECTION = "direction@chu-valmont.example"
PRESS = "communication@chu-valmont.example"
HOURS = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ("08:30-18:00",))
BEFORE = W47.previous()


class Mailbox(ConsoleNotifier):
    """Keeps what it is given."""

    name = "email"

    def __init__(self) -> None:
        super().__init__(clock=lambda: MONDAY)
        self.messages: list[Any] = []

    def _print(self, message: Any) -> None:
        self.messages.append(message)


class House:
    """A listener that does nothing but digests, ticked by hand."""

    def __init__(self, database: Database, *, painter: Any = None, **settings: Any) -> None:
        self.config = Config(
            hospital={"name": "CHU de Valmont", "mediation": "Mme la médiatrice"},
            watch=WATCHES,
            calendar={**HOURS, **settings.pop("calendar", {})},
            digest={"recipients": [DIRECTION, PRESS], **settings.pop("digest", {})},
            **{"email": {"outbox": "var/outbox"}, **settings},
        )
        calendar = WorkCalendar(self.config.calendar, PARIS)
        viewer = Viewer(
            hospital=self.config.hospital.name,
            timezone=self.config.hospital.timezone,
            watches={watch.id: watch for watch in WATCHES},
            rules={},
            people={},
            sealer=SEALER,
        )
        self.reporter = Reporter(
            config=self.config,
            database=database,
            calendar=calendar,
            viewer=viewer,
            painter=painter,
        )
        self.box = Mailbox()
        composer = Composer(
            database=database,
            config=self.config,
            viewer=viewer,
            kinds={"digest": self.reporter.compose},
        )
        self.postman = Postman(
            database=database,
            notifiers={"email": self.box, "console": self.box, "slack": self.box},
            compose=composer.compose,
            owner="test",
            clock=lambda: MONDAY,
            fallback="email",
        )
        self.ticker = Ticker(
            database=database,
            policy=POLICY,
            owner="test",
            rescorer=SimpleNamespace(rescore=_nothing),
            updates=Updates(channels=()),
            planners=(self.reporter.plan,),
            handlers={"digest": self.reporter.run},
        )

    async def at(self, *instants: Any) -> list[Any]:
        """Tick and deliver at each instant; everything sent so far."""
        for at in instants:
            await self.ticker.tick(at)
            await self.postman.deliver(at)
        return self.box.messages


async def _nothing(_at: Any) -> None:
    return None


async def text_of(database: Database, period=W47, language: str = "fr", **settings: Any) -> str:
    house = House(database, **settings)
    digest = await house.reporter.digest(period, MONDAY)
    content = digest_content(digest, language=language, excerpt="masked")
    return as_text(content, language=language).replace("\xa0", " ").replace("\u202f", " ")
