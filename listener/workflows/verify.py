"""Tries what a configuration relies on, and says of each part whether it works."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from connectors.connector import Clock, Connector, Page, Refused, Streaming
from connectors.http import HttpClient
from connectors.registry import CONNECTORS
from listener.config.models import Config, SourceSettings
from listener.domain.calendar import WEEKDAYS
from listener.domain.watch import Watcher
from listener.keys import load_keys
from listener.notifiers.base import Notifier
from listener.notifiers.build import build_notifiers
from listener.notifiers.network import policy_of
from listener.storage import migrate
from listener.storage.database import Database, DatabaseError, explain, resolve_url
from listener.storage.seal import Sealer
from listener.workflows.build import build_connector, network_policy
from listener.workflows.finding import PATIENCE, Finding, State, attempt, found
from listener.workflows.ringing import ask_on_call, check_on_call
from listener.workflows.stores import Stores, ledgers_of, passing, tokens_of
from listener.workflows.verify_doors import check_doors, try_mailbox

__all__ = ["Finding", "State", "verify_offline", "verify_online"]

_AT_HEAD = f"at {migrate.head()}"


def verify_offline(config: Config, at: datetime) -> Iterator[Finding]:
    """What can be said without asking anybody; the configuration itself was checked at its reading."""
    terms = sum(len(watch.terms) for watch in config.watch)
    yield found("watches", config.hospital.name, f"{len(config.watch)} subjects, {terms} terms")
    yield _rules(config)
    yield from _unheard(config)
    yield from _nobody_s(config)
    yield _state_dir(config.state_dir)
    yield _certificates(config)
    yield from check_on_call(config, at)
    yield from check_doors(config)
    if not any(getattr(config.calendar, day) for day in WEEKDAYS):
        detail = "no working hours: warnings go out at any time"
        yield found("calendar", "", detail, State.WARNING)
    if config.alerts.mode == "observe":
        yield found("alerts", "observe", "evaluates everything, calls nobody", State.WARNING)


def _rules(config: Config) -> Finding:
    active = [rule for rule in config.rule if rule.enabled]
    if not active:
        return found("rules", "", "none: nothing can raise an alert", State.WARNING)
    return found("rules", "", f"{len(active)} of {len(config.rule)} enabled")


def _unheard(config: Config) -> Iterator[Finding]:
    """A rule of networks that no source brings would wait for ever: misspelt, perhaps."""
    brought = {source.connector for source in config.source if source.enabled}
    if "file" in brought:
        return  # its lines name their own networks
    for rule in config.rule:
        if rule.enabled and (missing := sorted(set(rule.networks) - brought)):
            detail = f"no source brings {', '.join(missing)}"
            yield found("rule", rule.id, detail, State.WARNING)


def _nobody_s(config: Config) -> Iterator[Finding]:
    """Under the hospital's own posts nobody writes its name: `about` says that it is meant."""
    for source in config.source:
        owned = getattr(CONNECTORS[source.connector], "owned", False)
        if source.enabled and owned and not source.about:
            detail = 'no `about`: a comment that does not name the hospital is dropped; say about = ["…"]'
            yield found("source", source.id, detail, State.WARNING)


def _state_dir(folder: Path) -> Finding:
    standing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not standing.is_dir() or not os.access(standing, os.W_OK | os.X_OK):
        return found("state", str(folder), f"{standing} cannot be written", State.FAILED)
    detail = "writable" if standing == folder else "will be made at the first start"
    return found("state", str(folder), detail)


def _certificates(config: Config) -> Finding:
    try:
        policy_of(config.network).tls()
    except Refused as error:
        return found("network", "ca_file", str(error), State.FAILED)
    way = f"through {config.network.proxy}" if config.network.proxy else "direct"
    return found("network", "", way)


async def verify_online(config: Config, clock: Clock) -> AsyncIterator[Finding]:
    """The database, then every source and channel, each as soon as it answered or was given up."""
    stored = await _database(config)
    yield stored
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(HttpClient(network_policy(config), clock=clock))
        stores = _stores(config, clock, stack, current=stored.detail == _AT_HEAD)
        watcher = Watcher(config.watch)

        def build(source: SourceSettings) -> Connector:
            return build_connector(
                source,
                http=http,
                watcher=watcher,
                clock=clock,
                state_dir=config.state_dir,
                stores=stores,
            )

        channels = build_notifiers(config, clock=clock)
        attempts = [
            *(_source(source, partial(build, source)) for source in config.source),
            *(_channel(notifier) for notifier in channels.values()),
            *([try_mailbox(config.mailbox, config.network)] if config.mailbox else []),
        ]
        try:
            for answer in asyncio.as_completed(attempts):
                yield await answer
        finally:
            for notifier in channels.values():
                await notifier.close()
        async for finding in ask_on_call(config, http, clock()):
            yield finding


async def _database(config: Config) -> Finding:
    try:
        database = _existing(config)
    except DatabaseError as error:
        return found("database", "", str(error), State.FAILED)
    if database is None:
        return found("database", "sqlite", "will be made at the first start")
    name = database.url.get_backend_name()
    try:
        async with asyncio.timeout(PATIENCE):
            return _schema(name, await migrate.current(database))
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        return found("database", name, explain(error, database.url), State.FAILED)
    finally:
        await database.close()


def _existing(config: Config) -> Database | None:
    """None for a file that does not exist yet: a check leaves nothing behind."""
    url = resolve_url(config.database.url, config.state_dir, config.database.password)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return None
    return Database(url)


def _schema(name: str, revision: str | None) -> Finding:
    if revision == migrate.head():
        return found("database", name, _AT_HEAD)
    if revision is not None and revision not in migrate.revisions():
        detail = f"at {revision}, which this listener does not know: a newer version's?"
        return found("database", name, detail, State.FAILED)
    return found("database", name, f"at {revision}, upgraded at start to {migrate.head()}")


def _stores(config: Config, clock: Clock, stack: AsyncExitStack, *, current: bool) -> Stores:
    """Those of the daemon, where they exist: what a check spends counts, what it renews is kept."""
    stores = passing(clock)
    if (config.state_dir / "keys").exists():
        sealer = Sealer(load_keys(config.state_dir).encryption)
        stores = replace(stores, tokens=tokens_of(config.state_dir, sealer))
    if current and (database := _existing(config)) is not None:
        stack.push_async_callback(database.close)
        stores = replace(stores, ledger=ledgers_of(database, clock))
    return stores


async def _source(source: SourceSettings, build: Callable[[], Connector]) -> Finding:
    name = f"{source.id} ({source.connector})"
    if not source.enabled:
        return found("source", name, "disabled", State.WARNING)

    async def read() -> str:
        return await _first_page(build(), stream=bool(getattr(source.settings, "stream", False)))

    return await attempt("source", name, read)


async def _first_page(connector: Connector, *, stream: bool) -> str:
    if stream and isinstance(connector, Streaming):
        pages = connector.stream({})
    else:
        pages = connector.poll({})
    async with aclosing(pages) as walk:  # type: ignore[type-var]  # connectors write generators
        page: Page | None = await anext(walk, None)
    if page is None:
        return "answers; nothing to read yet"
    unread = f", {len(page.rejects)} unreadable" if page.rejects else ""
    return f"answers; {len(page.mentions)} mentions on its first page{unread}"


async def _channel(notifier: Notifier) -> Finding:
    return await attempt("channel", notifier.name, notifier.check)
