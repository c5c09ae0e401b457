"""Runs migrations on the connection that the listener hands over."""

from __future__ import annotations

from alembic import context

from listener.storage.tables import metadata

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Use `listener db upgrade`: it knows the database from the configuration.")

context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
