"""The channels that a configuration sets up, by name."""

from __future__ import annotations

from typing import TextIO

from connectors.connector import Clock
from listener.config.alerting import Excerpt
from listener.config.models import Config
from listener.i18n import Speaker
from listener.notifiers.base import Notifier
from listener.notifiers.console import ConsoleNotifier
from listener.notifiers.email import EmailNotifier
from listener.notifiers.network import policy_of
from listener.notifiers.slack import SlackNotifier


def build_notifiers(
    config: Config, *, clock: Clock, console: TextIO | None = None
) -> dict[str, Notifier]:
    """The console always, Slack and e-mail where they are configured. Opens nothing yet."""
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
    return notifiers


def excerpt_setting(config: Config, channel: str) -> Excerpt:
    """How much of the posts a channel may show."""
    settings = {"slack": config.slack, "email": config.email}.get(channel) or config.console
    return settings.excerpt
