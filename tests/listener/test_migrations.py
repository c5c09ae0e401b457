"""The schema goes up and down on both engines, with rows in every table, and is what the code says."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.sql.sqltypes import (
    JSON,
    Boolean,
    DateTime,
    LargeBinary,
    Numeric,
    String,
    TypeEngine,
)

from listener.storage import migrate
from listener.storage.database import Database, DatabaseError
from listener.storage.tables import Instant, metadata
from tests import databases

AT = datetime(2026, 3, 14, 22, 0, tzinfo=UTC)
NEWER = "20990101_future"


@pytest.fixture(scope="module")
def own_postgresql() -> Any:
    """A database whose tables nobody else needs."""
    if not databases.postgresql_listens():
        pytest.skip(f"no PostgreSQL listens at {databases.SERVER}")
    with databases.scratch_postgresql(f"listener_migrations_{os.getpid()}") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    if request.param == "sqlite":
        return databases.sqlite_url(tmp_path / "empty.db")
    return request.getfixturevalue("own_postgresql")


@pytest.fixture
async def empty(url: URL) -> AsyncIterator[Database]:
    """A database without any table."""
    database = Database(url)
    if not database.is_sqlite:
        async with database.write() as connection:
            await connection.execute(text("DROP SCHEMA public CASCADE"))
            await connection.execute(text("CREATE SCHEMA public"))
    yield database
    await database.close()


async def tables(database: Database) -> set[str]:
    async with database.read() as connection:
        found = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    return set(found) - {"alembic_version"}


def sample(kind: TypeEngine[Any]) -> Any:
    """A value that a column of this type takes."""
    if isinstance(kind, Instant | DateTime):
        return AT
    for known, value in ((JSON, {}), (Boolean, True), (LargeBinary, b"x"), (String, "x")):
        if isinstance(kind, known):
            return value
    assert isinstance(kind, Numeric) or kind.python_type in (int, float)
    return 1


async def fill(database: Database) -> None:
    """A row in every table, which refer to each other."""
    async with database.write() as connection:
        for table in metadata.sorted_tables:
            await connection.execute(
                table.insert().values({c.name: sample(c.type) for c in table.columns})
            )


async def counts(database: Database) -> dict[str, int]:
    async with database.read() as connection:
        return {
            table.name: len((await connection.execute(table.select())).all())
            for table in metadata.sorted_tables
        }


async def test_daemons_that_start_together_on_an_empty_database_all_find_it_ready(empty, url):
    others = [Database(url) for _ in range(3)]
    try:
        await asyncio.gather(*(migrate.ensure_current(one) for one in (empty, *others)))
        assert [await migrate.current(one) for one in others] == [migrate.head()] * 3
    finally:
        for one in others:
            await one.close()


async def test_a_file_is_the_listener_s_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        database = Database(databases.sqlite_url(tmp_path / "new.db"))
        await migrate.upgrade(database)
        modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    await database.close()
    assert modes == {0o600}


async def test_an_empty_database_is_raised_to_the_newest_schema(empty: Database) -> None:
    assert await migrate.current(empty) is None
    await migrate.ensure_current(empty)
    assert await migrate.current(empty) == migrate.head()
    assert await tables(empty) == set(metadata.tables)
    await migrate.ensure_current(empty)  # a second start changes nothing


async def test_the_schema_goes_down_and_up_again_with_rows_in_every_table(
    empty: Database,
) -> None:
    await migrate.upgrade(empty)
    await fill(empty)
    assert set((await counts(empty)).values()) == {1}
    await migrate.downgrade(empty, "base")
    assert (await tables(empty), await migrate.current(empty)) == (set(), None)
    await migrate.upgrade(empty)
    assert set((await counts(empty)).values()) == {0}
    await fill(empty)


async def test_each_step_goes_up_over_the_rows_of_the_one_below(empty: Database) -> None:
    await migrate.upgrade(empty)
    await fill(empty)
    before = await counts(empty)
    steps = migrate.revisions()
    for below, revision in pairwise(steps):
        await migrate.downgrade(empty, below)
        await migrate.upgrade(empty, revision)
    await migrate.upgrade(empty)
    assert steps[-1] == migrate.head()
    assert await migrate.current(empty) == migrate.head()
    if len(steps) == 1:
        assert await counts(empty) == before


async def test_the_migrations_make_what_the_code_declares(empty: Database) -> None:
    await migrate.upgrade(empty)

    def drift(sync: Connection) -> list[Any]:
        context = MigrationContext.configure(sync, opts={"compare_type": True})
        return compare_metadata(context, metadata)

    async with empty.read() as connection:
        assert await connection.run_sync(drift) == []


@pytest.mark.parametrize("act", [migrate.ensure_current, migrate.upgrade])
async def test_a_schema_of_a_newer_version_is_refused_and_left_as_it_is(
    empty: Database, act: Any
) -> None:
    await migrate.upgrade(empty)
    await fill(empty)
    async with empty.write() as connection:
        await connection.execute(text(f"UPDATE alembic_version SET version_num = '{NEWER}'"))
    with pytest.raises(DatabaseError, match="newer version") as refused:
        await act(empty)
    assert NEWER in str(refused.value)
    assert await migrate.current(empty) == NEWER
    assert set((await counts(empty)).values()) == {1}


async def test_a_migration_that_fails_half_way_leaves_the_schema_as_it_was(
    empty: Database,
) -> None:
    async with empty.write() as connection:
        await connection.execute(text("CREATE TABLE sources (theirs INTEGER)"))
    with pytest.raises(Exception, match="sources"):
        await migrate.upgrade(empty)
    assert await tables(empty) == {"sources"}
    assert await migrate.current(empty) is None
