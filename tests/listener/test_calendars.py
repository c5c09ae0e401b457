"""Calendars that rotas are kept in: read anew, kept, and stood in for while they are away."""

from __future__ import annotations

import logging
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web

from connectors.http import HttpClient
from connectors.policy import NetworkPolicy
from listener.config import Config
from listener.config.load import parse
from listener.domain.calendar import CalendarSettings, WorkCalendar
from listener.domain.oncall import Rota
from listener.storage.database import Database
from listener.storage.tables import outbox
from listener.workflows.calendars import Calendars, kept_path, rotas_of
from listener.workflows.supervise import Supervisor
from tests import databases
from tests.networks.standin import Fault, StandIn

PARIS = ZoneInfo("Europe/Paris")
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
PATH = "/private-3f9c2e/astreinte.ics"


def ics(person: str) -> bytes:
    """A calendar in which one person is on call every day of the year."""
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//CHU//FR\r\nBEGIN:VEVENT\r\nUID:1\r\n"
        f"SUMMARY:{person}\r\nDTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=DAILY\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


class CalendarServer(StandIn):
    """A calendar behind an address that only those who know it read."""

    def __init__(self) -> None:
        super().__init__()
        self.body = ics("Léa Martin")

    def routes(self, app: web.Application) -> None:
        app.router.add_get(PATH, self._calendar)

    @property
    def url(self) -> str:
        return self.base_url + PATH

    async def _calendar(self, _request: web.Request) -> web.Response:
        return web.Response(body=self.body, content_type="text/calendar")


def config(tmp_path: Path, **rota: Any) -> Config:
    url = rota.pop("url", None)
    place = {"url": {"env": "CALENDAR"}} if url else {"file": str(tmp_path / "astreinte.ics")}
    return parse(
        {
            "state_dir": str(tmp_path / "state"),
            "hospital": {"name": "CHU de Valmont"},
            "watch": [{"id": "chu", "names": ["CHU de Valmont"]}],
            "alerts": {"critical": ["console"], "warning": ["console"], "fallback": "console"},
            "person": [
                {"id": "lea", "name": "Léa Martin"},
                {"id": "ali", "name": "Ali Benali"},
                {"id": "chef", "name": "Camille Roux"},
            ],
            "rota": [{"id": "com", "kind": "ics", "fallback": "chef", **place, **rota}],
        },
        environ={"CALENDAR": url or ""},
    )


@asynccontextmanager
async def kept(settings: Config, database: Database) -> AsyncIterator[Calendars]:
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with HttpClient(policy, clock=lambda: AT) as http:
        yield Calendars(
            rotas=rotas_of(settings, AT),
            people=settings.person,
            state_dir=settings.state_dir,
            http=http,
            database=database,
            supervisor=Supervisor(
                calendar=WorkCalendar(CalendarSettings(), PARIS), channels=("console",)
            ),
        )


@pytest.fixture
async def sqlite(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(databases.copied(sqlite_template, tmp_path))
    yield opened
    await opened.close()


async def letters(database: Database) -> list[Any]:
    async with database.read() as connection:
        return list(await connection.execute(outbox.select()))


def who(rota: Rota, at: datetime = AT) -> tuple[str, bool]:
    duty = rota.on_call(at)
    return duty.person, duty.hole


async def test_a_calendar_is_read_anew_when_its_time_has_come(
    tmp_path: Path, sqlite: Database
) -> None:
    async with (
        CalendarServer().serving() as server,
        kept(config(tmp_path, url=server.url, every="10m"), sqlite) as calendars,
    ):
        (rota,) = calendars.rotas
        assert who(rota) == ("chef", True)
        await calendars.reread(AT)
        assert who(rota) == ("lea", False)
        server.body = ics("ali")
        await calendars.reread(AT + timedelta(minutes=9))
        assert who(rota) == ("lea", False)
        await calendars.reread(AT + timedelta(minutes=10))
        assert who(rota) == ("ali", False)


async def test_a_clock_set_back_an_hour_does_not_stop_the_reading(
    tmp_path: Path, sqlite: Database
) -> None:
    async with (
        CalendarServer().serving() as server,
        kept(config(tmp_path, url=server.url), sqlite) as calendars,
    ):
        await calendars.reread(AT)
        await calendars.reread(AT - HOUR)
        assert len(server.requests) == 2


async def test_a_file_is_read_as_a_url_is(tmp_path: Path, sqlite: Database) -> None:
    (tmp_path / "astreinte.ics").write_bytes(ics("Léa Martin"))
    async with kept(config(tmp_path), sqlite) as calendars:
        (rota,) = calendars.rotas
        assert who(rota) == ("lea", False)  # before any reading: the file is there
        (tmp_path / "astreinte.ics").write_bytes(ics("Ali Benali"))
        await calendars.reread(AT)
        assert who(rota) == ("ali", False)


async def test_the_last_good_copy_is_private_and_outlives_a_restart(
    tmp_path: Path, sqlite: Database
) -> None:
    async with CalendarServer().serving() as server:
        settings = config(tmp_path, url=server.url)
        async with kept(settings, sqlite) as calendars:
            await calendars.reread(AT)
    copy = kept_path(settings.state_dir, settings.rota[0])
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert who(rotas_of(settings, AT)[0]) == ("lea", False)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=404),
        Fault(status=401),
        Fault(status=200, body=b"<html>connexion</html>"),
        Fault(status=200, body=b"x" * 5_000_000),
        Fault(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data"}),
    ],
    ids=["gone", "refused", "page", "large", "inside"],
)
async def test_while_the_calendar_is_away_its_last_copy_says_who_is_on_call(
    tmp_path: Path, sqlite: Database, fault: Fault
) -> None:
    async with CalendarServer().serving() as server:
        settings = config(tmp_path, url=server.url)
        async with kept(settings, sqlite) as calendars:
            await calendars.reread(AT)
            before = kept_path(settings.state_dir, settings.rota[0]).read_bytes()
            server.faults.extend([fault] * 5)
            await calendars.reread(AT + HOUR / 2)
            (rota,) = calendars.rotas
            assert who(rota, AT + HOUR) == ("lea", False)
            assert kept_path(settings.state_dir, settings.rota[0]).read_bytes() == before
            assert await letters(sqlite) == []


async def test_a_calendar_that_stays_away_is_told_once_and_its_address_never(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with CalendarServer().serving() as server:
        settings = config(tmp_path, url=server.url)
        async with kept(settings, database) as calendars:
            await calendars.reread(AT)
            server.faults.extend([Fault(status=404)] * 5)
            for hours in (1, 2, 30):
                await calendars.reread(AT + hours * HOUR)
    (notice,) = await letters(database)
    assert notice.payload["notice"] == "calendar_away"
    assert (notice.payload["name"], notice.payload["cause"]) == ("com", "NotFound")
    assert notice.payload["since"] == AT.isoformat()
    assert "private-3f9c2e" not in caplog.text + str(notice.payload)


async def test_a_calendar_that_was_never_read_is_told_at_once_and_again_each_day(
    tmp_path: Path, database: Database
) -> None:
    async with kept(config(tmp_path), database) as calendars:
        for hours in (0, 1, 24):
            await calendars.reread(AT + hours * HOUR)
    assert len(await letters(database)) == 2
