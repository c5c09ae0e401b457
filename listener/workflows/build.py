"""Builds what the configuration describes: watcher, connectors, sources."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from pydantic import SecretStr

from connectors.bluesky.session import FileSessions
from connectors.bluesky.settings import BlueskySettings
from connectors.budget import Metered
from connectors.connector import Clock, Connector
from connectors.http import HttpClient
from connectors.oauth import LoggingIn
from connectors.policy import NetworkPolicy
from connectors.registry import CONNECTORS
from connectors.urls import host_and_port
from listener.config.models import Config, NetworkSettings, SourceSettings
from listener.domain.watch import Watcher
from listener.notifiers.network import policy_of
from listener.workflows.collect import Source
from listener.workflows.stores import Stores


def network_policy(config: Config) -> NetworkPolicy:
    """How connections leave the house. A `base_url` that the operator wrote may be within it."""
    policy = policy_of(config.network)
    within = (
        host_and_port(str(source.settings.model_dump()["base_url"]))
        for source in config.source
        if "base_url" in source.settings.model_fields_set
    )
    return replace(policy, allowed_hosts=(*policy.allowed_hosts, *within))


def build_connector(
    source: SourceSettings,
    *,
    http: HttpClient,
    watcher: Watcher,
    clock: Clock,
    state_dir: Path,
    stores: Stores,
) -> Connector:
    """The connector of one source; opens nothing yet."""
    parts: dict[str, Any] = {"http": http, "watched": watcher.watched(), "clock": clock}
    kind = CONNECTORS[source.connector]
    if issubclass(kind, Metered):
        parts["ledger"] = stores.ledger(source.id)
    if issubclass(kind, LoggingIn):
        parts["tokens"] = stores.tokens(source.id)
    if isinstance(source.settings, BlueskySettings) and source.settings.session_file is None:
        # An account may log in 300 times a day only: its session outlives a restart.
        parts["sessions"] = FileSessions(state_dir / "sessions" / f"{source.id}.json")
    # Every registered class takes these arguments; a protocol cannot say so of its constructor.
    connector: Connector = cast(Any, kind)(source.settings, **parts)
    return connector


def build_sources(
    config: Config,
    *,
    http: HttpClient,
    watcher: Watcher,
    clock: Clock,
    stores: Stores,
    key: bytes,
) -> Iterator[Source]:
    """The enabled sources, their connectors built; `key` hides secrets in the fingerprints."""
    for source in config.source:
        if source.enabled:
            yield Source(
                id=source.id,
                connector=build_connector(
                    source,
                    http=http,
                    watcher=watcher,
                    clock=clock,
                    state_dir=config.state_dir,
                    stores=stores,
                ),
                every=source.every,
                about=source.about,
                weight=source.weight,
                stream=bool(getattr(source.settings, "stream", False)),
                fingerprint=fingerprint(source, config.network, key),
            )


def fingerprint(source: SourceSettings, network: NetworkSettings, key: bytes) -> str:
    """Changes with what a source was told and its way out, secrets included.

    A new token, or the proxy's right password, lifts a refusal's stop.
    """
    told = json.dumps([source.model_dump(), network.model_dump()], default=_reveal, sort_keys=True)
    return hmac.digest(key, told.encode("utf-8", "surrogatepass"), "sha256").hex()[:16]


def _reveal(value: Any) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
