"""What every test may lean on."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, Dialect, Engine

from listener.storage.database import Database
from tests import databases

# How fast examples are made says how busy the machine is, and nothing of the code.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

_dialects: dict[type[Dialect], Dialect] = {}
_compiled: dict[object, object] = {}


@event.listens_for(Engine, "engine_connect")
def _compile_each_statement_once(connection: Connection) -> None:
    """Every test opens an engine of its own: to compile the same statements anew was a quarter of its time."""
    connection.dialect = _dialects.setdefault(type(connection.dialect), connection.dialect)
    connection.execution_options(compiled_cache=_compiled)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    databases.migrated(databases.sqlite_url(path))
    return path


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[URL]:
    """A migrated database of this test process's own on the PostgreSQL server."""
    if not databases.postgresql_listens():
        pytest.skip(f"no PostgreSQL listens at {databases.SERVER}")
    with databases.scratch_postgresql(f"listener_test_{os.getpid()}") as url:
        databases.migrated(url)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """The address of a migrated database, on each engine; what another test left may stand in it."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        return databases.copied(template, tmp_path)
    return request.getfixturevalue("postgresql_url")


@pytest.fixture
async def database(database_url: URL) -> AsyncIterator[Database]:
    """An empty migrated database, on each engine."""
    opened = Database(database_url)
    if not opened.is_sqlite:
        await databases.emptied(opened)
    yield opened
    await opened.close()
