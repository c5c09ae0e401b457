"""Reads anew the calendars that rotas are kept in; the last good copy serves while one is away."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.connector import ConnectorError, Unavailable
from connectors.http import HttpClient
from listener.config.models import Config
from listener.domain.notice import NoticeKind
from listener.domain.oncall import IcsRota, Person, Rota
from listener.domain.oncall.ics import LARGEST, CalendarError, Imported, Reader
from listener.notifiers.kept import write_private
from listener.storage.database import Database
from listener.workflows.supervise import Supervisor

log = logging.getLogger(__name__)

FOLDER = "calendars"
BEHIND = timedelta(days=45)  # what is worked out of a calendar, around the instant it is read
AHEAD = timedelta(days=400)
TELL_AFTER = timedelta(hours=1)  # without a reading: shorter absences mend themselves


def rotas_of(config: Config, at: datetime) -> tuple[Rota, ...]:
    """Every rota, those of calendars as they were last read around `at`. Asks no network; blocking."""
    zone = config.hospital.zone
    return tuple(
        Rota(settings, zone, last_reading(settings, config, at).stretches)
        if isinstance(settings, IcsRota)
        else Rota(settings, zone)
        for settings in config.rota
    )


def last_reading(settings: IcsRota, config: Config, at: datetime) -> Imported:
    """What a calendar said when it last could be read; nothing where it never was. Blocking."""
    kept = kept_path(config.state_dir, settings)
    places = [settings.file, kept] if settings.file else [kept]
    reader = Reader(rota=settings, people=config.person, zone=config.hospital.zone)
    for place in places:
        try:
            return reader.read(_bytes(place), at - BEHIND, at + AHEAD)
        except (OSError, CalendarError):
            continue
    return Imported()


def kept_path(state_dir: Path, settings: IcsRota) -> Path:
    return state_dir / FOLDER / f"{settings.id}.ics"


async def fetch(settings: IcsRota, http: HttpClient) -> bytes:
    """A calendar as it stands; raises ConnectorError, or OSError of a file."""
    if settings.url is None:
        assert settings.file is not None
        return await asyncio.to_thread(_bytes, settings.file)
    address = as_web(settings.url.get_secret_value())
    response = await http.get(address, headers={"Accept": "text/calendar"}, max_body=LARGEST)
    response.raise_for_status()
    if response.status != 200:
        raise Unavailable(f"status {response.status}")
    return response.body


def as_web(address: str) -> str:
    """Calendars are shared as webcal://, which is https to everybody else."""
    scheme, _, rest = address.partition("://")
    return f"https://{rest}" if scheme == "webcal" else address


def _keep(path: Path, body: bytes, at: datetime) -> None:
    """A good copy, dated by our clock."""
    write_private(path, body)
    os.utime(path, (at.timestamp(), at.timestamp()))


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


@dataclass(slots=True, kw_only=True)
class Calendars:
    """One per process: keeps `rotas` abreast of their calendars."""

    rotas: Sequence[Rota]
    people: Sequence[Person]
    state_dir: Path
    http: HttpClient
    database: Database
    supervisor: Supervisor
    _tried: dict[str, datetime] = field(default_factory=dict)
    _failing: dict[str, str] = field(default_factory=dict)  # by rota: what was logged

    async def reread(self, at: datetime) -> None:
        """Read every calendar whose time has come; none stops another."""
        for rota in self.rotas:
            if isinstance(settings := rota.settings, IcsRota) and self._is_due(settings, at):
                self._tried[rota.id] = at
                await self._reread(rota, settings, at)

    def _is_due(self, settings: IcsRota, at: datetime) -> bool:
        tried = self._tried.get(settings.id)
        # A clock that was set back must not stop the reading for as long.
        return tried is None or not timedelta() <= at - tried < settings.every

    async def _reread(self, rota: Rota, settings: IcsRota, at: datetime) -> None:
        reader = Reader(rota=settings, people=self.people, zone=rota.zone)
        kept = kept_path(self.state_dir, settings)
        try:
            body = await fetch(settings, self.http)
            found = await asyncio.to_thread(reader.read, body, at - BEHIND, at + AHEAD)
        except (ConnectorError, CalendarError, OSError) as error:
            await self._away(rota, settings, error, at)
            return
        rota.take(found.stretches)
        await asyncio.to_thread(_keep, kept, body, at)
        if self._failing.pop(rota.id, None):
            log.info("calendar.recovered rota=%s", rota.id)
        if found.unknown:
            log.debug("calendar.unknown rota=%s events=%d", rota.id, len(found.unknown))

    async def _away(self, rota: Rota, settings: IcsRota, error: Exception, at: datetime) -> None:
        """Go on with the last good copy, and tell once that it grows old."""
        kind = type(error).__name__
        if self._failing.get(rota.id) != kind:
            self._failing[rota.id] = kind
            log.warning("calendar.failing rota=%s error=%s", rota.id, kind)
        read_at = await asyncio.to_thread(self._stand_in, rota, settings, at)
        if read_at is not None and at - read_at < max(TELL_AFTER, 2 * settings.every):
            return
        async with self.database.write() as connection:
            await self.supervisor.notice(
                connection,
                NoticeKind.CALENDAR_AWAY,
                rota.id,
                since=read_at or at,
                at=at,
                cause=str(error) if isinstance(error, CalendarError) else kind,
                # One that was never read has no instant to be told once by.
                once=None if read_at else f"{at.astimezone(rota.zone):%Y-%m-%d}",
            )

    def _stand_in(self, rota: Rota, settings: IcsRota, at: datetime) -> datetime | None:
        """Read the kept copy around today; when it was kept, None where there is none."""
        kept = kept_path(self.state_dir, settings)
        reader = Reader(rota=settings, people=self.people, zone=rota.zone)
        try:
            rota.take(reader.read(_bytes(kept), at - BEHIND, at + AHEAD).stretches)
            return datetime.fromtimestamp(kept.stat().st_mtime, UTC)
        except (OSError, CalendarError):
            return None
