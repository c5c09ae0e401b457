"""The channels that a configuration sets up, by name."""

from __future__ import annotations

from typing import TextIO, cast

from connectors.connector import Clock
from listener.config.alerting import Excerpt
from listener.config.models import Config
from listener.i18n import Speaker
from listener.notifiers.apprise import AppriseNotifier, worker
from listener.notifiers.base import Notifier
from listener.notifiers.console import ConsoleNotifier
from listener.notifiers.email import EmailNotifier
from listener.notifiers.network import policy_of
from listener.notifiers.render import Channel as Layout
from listener.notifiers.slack import SlackNotifier
from listener.notifiers.webhook import WebhookNotifier


def build_notifiers(
    config: Config, *, clock: Clock, console: TextIO | None = None
) -> dict[str, Notifier]:
    """The console always, the others where they are configured. Opens nothing yet."""
    network = policy_of(config.network)
    notifiers: dict[str, Notifier] = {"console": ConsoleNotifier(clock=clock, stream=console)}
    if config.slack is not None:
        notifiers["slack"] = SlackNotifier(config.slack, network=network, clock=clock)
    if config.email is not None:
        hospital = config.hospital
        listener = Speaker(config.language, hospital.zone).gettext("Listener")
        notifiers["email"] = EmailNotifier(
            config.email, network=network, clock=clock, sender_name=f"{listener} {hospital.name}"
        )
    gateways = [channel for channel in config.channel if channel.kind == "apprise"]
    child = worker(network) if gateways else None
    for channel in config.channel:
        if channel.kind == "webhook":
            notifiers[channel.id] = WebhookNotifier(channel, network=network, clock=clock)
        elif child is not None:
            notifiers[channel.id] = AppriseNotifier(
                channel, network=network, clock=clock, child=child
            )
    return notifiers


def layout(config: Config, channel: str) -> Layout:
    """How a channel's messages are laid out."""
    if channel in ("slack", "email", "console"):
        return cast(Layout, channel)
    gateway = config.channels.get(channel)
    if gateway is None:
        return "text"  # its section is gone since; the postman says so
    if gateway.kind == "webhook":
        return "webhook"
    return "short" if gateway.form == "short" else "text"


def excerpt_setting(config: Config, channel: str) -> Excerpt:
    """How much of the posts a channel may show."""
    if channel in config.channels:
        return config.channels[channel].excerpt
    settings = {"slack": config.slack, "email": config.email}.get(channel) or config.console
    return settings.excerpt
