"""The schema's version: asked, raised and lowered through alembic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, func, select

from listener.storage.database import Database, DatabaseError

LOCK = 0x6C697374  # of PostgreSQL's advisory locks, ours: "list"
SCRIPTS = Path(__file__).resolve().parents[2] / "alembic"


def _config() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config


def head() -> str:
    """The revision that this version of the listener needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise DatabaseError(f"no migrations in {SCRIPTS}")
    return revision


def revisions() -> list[str]:
    """Every revision, the oldest first."""
    scripts = ScriptDirectory.from_config(_config())
    return [script.revision for script in scripts.walk_revisions()][::-1]


async def current(database: Database) -> str | None:
    """The revision the database stands at; None for an empty one."""
    async with database.read() as connection:
        return await connection.run_sync(
            lambda sync: MigrationContext.configure(sync).get_current_revision()
        )


async def upgrade(database: Database, revision: str = "head") -> None:
    """Raise the schema; nothing to do is no error. One transaction: all of it or nothing."""
    await _run(database, lambda config: command.upgrade(config, revision))


async def downgrade(database: Database, revision: str) -> None:
    await _run(database, lambda config: command.downgrade(config, revision))


async def _run(database: Database, action: Callable[[AlembicConfig], None]) -> None:
    def with_connection(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        action(config)

    try:
        async with database.write() as connection:
            if not database.is_sqlite:
                # Two daemons that start together: whoever comes second finds the schema made.
                await connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
            await connection.run_sync(with_connection)
    except CommandError as error:
        raise DatabaseError(
            f"the database's schema is not one this version knows ({error}): "
            "was it upgraded by a newer version?"
        ) from error


async def ensure_current(database: Database) -> None:
    """Upgrade at start; refuse a schema from a newer version."""
    if await current(database) != head():
        await upgrade(database)
