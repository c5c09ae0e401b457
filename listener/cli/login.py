"""`listener login`: walks an operator through a network's login, on a server without a browser."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from connectors.connector import ConnectorError
from listener.cli.common import ConfigOption, ExitCode, Opened, open_config, run, say

if TYPE_CHECKING:
    from connectors.http import HttpClient
    from connectors.oauth import LoggingIn, OAuthClient
    from connectors.tokens import Token, TokenStore
    from listener.config.models import SourceSettings

REDIRECT = "http://localhost:8788/"  # nobody listens there: the address is copied from the browser


def login(
    source: Annotated[str, typer.Argument(help="The source's id.", show_default=False)],
    config: ConfigOption = None,
    redirect_uri: Annotated[
        str,
        typer.Option(help="As registered with the network's application; nothing needs to answer."),
    ] = REDIRECT,
    paste: Annotated[
        bool, typer.Option("--paste", help="Paste an address back, where a device code is offered.")
    ] = False,
) -> None:
    """Log in to a source's network: open a page on any computer, and bring its answer back here.

    The token is kept encrypted in the state directory and renewed by the listener from then on.
    """
    opened = open_config(config)
    settings = next((s for s in opened.config.source if s.id == source), None)
    if settings is None:
        known = ", ".join(s.id for s in opened.config.source) or "none"
        raise typer.BadParameter(f"{source!r} is no source of the configuration: {known}")
    try:
        token = run(_log_in(opened, settings, redirect_uri, paste=paste), opened.config)
    except ConnectorError as error:
        say(f"{source}: {error}")
        raise typer.Exit(ExitCode.FAILED) from None
    ends = token.refresh_expires_at or token.expires_at
    say(f"{source}: logged in" + (f", until {ends:%Y-%m-%d %H:%M} UTC" if ends else ""))


async def _log_in(
    opened: Opened, settings: SourceSettings, redirect_uri: str, *, paste: bool
) -> Token:
    from connectors.http import HttpClient
    from connectors.oauth import LoggingIn
    from listener.domain.watch import Watcher
    from listener.keys import load_keys
    from listener.storage.seal import Sealer
    from listener.workflows.build import build_connector, network_policy
    from listener.workflows.stores import Stores, passing, tokens_of

    config = opened.config
    sealer = Sealer(load_keys(config.state_dir).encryption)
    tokens = tokens_of(config.state_dir, sealer)
    stores = Stores(ledger=passing(_now).ledger, tokens=tokens)
    async with HttpClient(network_policy(config), clock=_now) as http:
        connector = build_connector(
            settings,
            http=http,
            watcher=Watcher(config.watch),
            clock=_now,
            state_dir=config.state_dir,
            stores=stores,
        )
        if not isinstance(connector, LoggingIn):
            raise typer.BadParameter(f"{settings.connector} needs no login: its key is in the file")
        return await _consent(http, connector, tokens(settings.id), redirect_uri, paste=paste)


async def _consent(
    http: HttpClient, connector: LoggingIn, store: TokenStore, redirect_uri: str, *, paste: bool
) -> Token:
    client = connector.oauth()
    if client is None:
        raise typer.BadParameter(
            "the source names no application: see docs/networks.md for the keys that it needs"
        )
    if client.device_url is not None and not paste:
        token = await _by_device(http, client)
    else:
        token = await _by_paste(http, client, redirect_uri)
    token = await connector.admitted(token)
    await store.save(token)
    return token


async def _by_paste(http: HttpClient, client: OAuthClient, redirect_uri: str) -> Token:
    from connectors.oauth import begin_consent, exchange

    consent = begin_consent(client, redirect_uri)
    say("1. On any computer, open this page and agree:")
    typer.echo(consent.url)
    say(f"2. The browser then goes to {redirect_uri}… and may show an error there: that is right.")
    pasted = await asyncio.to_thread(
        typer.prompt, "3. Paste the whole address that it shows", err=True
    )
    return await exchange(http, client, consent, consent.code_of(pasted), _now())


async def _by_device(http: HttpClient, client: OAuthClient) -> Token:
    from connectors.oauth import begin_device, poll_device

    consent = await begin_device(http, client, _now())
    say(f"On any computer, open {consent.url} and type:")
    typer.echo(consent.user_code)
    while _now() < consent.expires_at:
        await asyncio.sleep(consent.interval)
        token = await poll_device(http, client, consent, _now())
        if token is not None:
            return token
    say("nobody agreed in time: begin again")
    raise typer.Exit(ExitCode.FAILED)


def _now() -> datetime:
    return datetime.now(UTC)
