from __future__ import annotations

import io
import re

import pytest

from listener.config.models import Config
from listener.notifiers.base import DeliveryError
from listener.notifiers.build import build_notifiers, excerpt_setting
from listener.notifiers.console import ConsoleNotifier
from listener.notifiers.render import render_alert
from tests.listener.alerts import AT, CAMILLE, alert, post

HOSPITAL = {
    "hospital": {"name": "CHU de Valmont"},
    "watch": [{"id": "chu", "names": ["CHU de Valmont"]}],
}
CHANNELS = {
    "slack": {"token": "xoxb-secret", "channel": "C0VALMONT01", "excerpt": "none"},
    "email": {"host": "mail.valmont.example", "sender": "veille@chu-valmont.example"},
}


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


async def shown(**view) -> str:
    stream = io.StringIO()
    message = render_alert(
        alert(**view), channel="console", recipient=CAMILLE, key="k", excerpt="masked"
    )
    receipt = await ConsoleNotifier(clock=lambda: AT, stream=stream).send(message)
    assert (receipt.channel, receipt.id) == ("console", "k")
    return stream.getvalue()


async def test_the_console_frames_an_alert_without_colour_where_nobody_sees_it():
    text = await shown()

    assert text.startswith("╭") and text.endswith("╯\n")
    assert "Alerte critique — CHU de Valmont\xa0: 34\xa0messages négatifs" in text
    assert "\x1b" not in text


async def test_a_stranger_never_drives_the_terminal():
    text = await shown(
        posts=[post(excerpt="[red]x[/red] \x1b[2J\x9b2J \u202eabc :fire:", spans=())]
    )

    assert "[red]x[/red]" in text and ":fire:" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


async def test_a_closed_console_is_an_undelivered_message():
    message = render_alert(alert(), channel="console", recipient=CAMILLE, key="k", excerpt="none")
    with pytest.raises(DeliveryError, match="Broken pipe"):
        await ConsoleNotifier(clock=lambda: AT, stream=Closed()).send(message)


def test_a_configuration_opens_the_channels_it_names():
    few = Config.model_validate(HOSPITAL)
    all_three = Config.model_validate({**HOSPITAL, **CHANNELS})

    assert list(build_notifiers(few, clock=lambda: AT)) == ["console"]
    notifiers = build_notifiers(all_three, clock=lambda: AT)
    assert [(name, each.name) for name, each in notifiers.items()] == [
        ("console", "console"),
        ("slack", "slack"),
        ("email", "email"),
    ]
    assert "secret" not in repr(notifiers)


def test_each_channel_shows_as_much_as_its_settings_say():
    config = Config.model_validate({**HOSPITAL, **CHANNELS})

    assert [excerpt_setting(config, c) for c in ("slack", "email", "console")] == [
        "none",
        "masked",
        "none",
    ]
