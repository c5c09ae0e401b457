"""Where a configuration's connections go: every host and port, and by which way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from yarl import URL

from connectors.guard import Guard
from connectors.http import HttpClient
from listener.config.alerting import SlackSettings
from listener.config.models import Config
from listener.domain.oncall import IcsRota
from listener.domain.watch import Watcher
from listener.notifiers.apprise import hosts_asked
from listener.storage.database import resolve_url
from listener.workflows.build import build_connector, network_policy
from listener.workflows.calendars import as_web
from listener.workflows.stores import passing

POSTGRESQL_PORT = 5432


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One host:port, what needs it, and whether the proxy stands between."""

    host: str
    port: int
    via: str  # proxy · direct
    needed_by: str


def outgoing(config: Config) -> list[Endpoint]:
    """Each endpoint once, its users together, by host."""
    guard = Guard(network_policy(config))
    users: dict[tuple[str, int, str], list[str]] = {}
    for host, port, user, proxied in _all(config):
        address = URL.build(scheme="https", host=host, port=port)
        via = "proxy" if proxied and guard.is_proxied(address) else "direct"
        users.setdefault((host, port, via), []).append(user)
    return [
        Endpoint(host=host, port=port, via=via, needed_by=", ".join(dict.fromkeys(names)))
        for (host, port, via), names in sorted(users.items())
    ]


def _slack(settings: SlackSettings) -> Iterator[tuple[str, int, str, bool]]:
    """Its Web API; where presses of buttons are answered; the hosts that its sockets lead to."""
    url = URL(settings.base_url)
    host, port = url.host or "", url.port or 443
    yield host, port, "slack", True
    if settings.hears_buttons:
        yield f"hooks.{host}", port, "slack", True
    if settings.app_token is not None:
        yield f"wss-primary.{host}", port, "slack", True
        yield f"wss-backup.{host}", port, "slack", True


def _all(config: Config) -> Iterator[tuple[str, int, str, bool]]:
    """Host, port, user, and whether such a connection ever takes the proxy."""
    for source_id, endpoint in _sources(config):
        host, _, port = endpoint.rpartition(":")
        yield host.strip("[]"), int(port), f"source {source_id}", True
    if config.slack is not None:
        yield from _slack(config.slack)
    if config.email is not None and config.email.host is not None:
        yield config.email.host, config.email.port, "email", True
    if config.mailbox is not None:
        yield config.mailbox.host, config.mailbox.port, "mailbox", True
    if config.heartbeat is not None:
        url = URL(config.heartbeat.origin)
        yield url.host or "", url.port or 443, "heartbeat", True
    yield from _gateways(config)
    for rota in config.rota:
        if isinstance(rota, IcsRota) and rota.url is not None:
            url = URL(as_web(rota.url.get_secret_value()))
            yield url.host or "", url.port or 443, f"rota {rota.id}", True
    if config.network.proxy is not None:
        url = URL(config.network.proxy)
        yield url.host or "", url.port or 80, "network.proxy", False
    database = resolve_url(config.database.url, config.state_dir)
    if database.host:
        yield database.host, database.port or POSTGRESQL_PORT, "database", False


def _gateways(config: Config) -> Iterator[tuple[str, int, str, bool]]:
    reached = [(c, c.url.get_secret_value()) for c in config.channel if c.url is not None]
    for channel, address in reached:
        if channel.kind == "webhook":
            url = URL(address)
            yield url.host or "", url.port or 443, f"channel {channel.id}", True
    known = [(channel.id, address) for channel, address in reached if channel.kind == "apprise"]
    found = hosts_asked([address for _, address in known]) if known else []
    for (name, _), endpoints in zip(known, found, strict=False):
        for endpoint in endpoints:
            host, _, port = endpoint.rpartition(":")
            yield host.strip("[]"), int(port), f"channel {name}", True


def _sources(config: Config) -> Iterator[tuple[str, str]]:
    watcher = Watcher(config.watch)
    http = HttpClient(network_policy(config))  # never opened: connectors only name their hosts

    def clock() -> datetime:
        return datetime.now(UTC)

    for source in config.source:
        if source.enabled:
            connector = build_connector(
                source,
                http=http,
                watcher=watcher,
                clock=clock,
                state_dir=config.state_dir,
                stores=passing(clock),
            )
            for endpoint in connector.hosts():
                yield source.id, endpoint
