"""Five situations, as people would be told of them: whole on every channel, and within its limits."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from listener.notifiers.short import LENGTH, septets
from tests.listener import pictures
from tests.listener.situations import SITUATIONS
from tests.networks.slack_blocks import errors_of, too_long


@pytest.mark.parametrize("name", SITUATIONS)
def test_every_situation_stands_within_what_each_channel_takes(name: str) -> None:
    view = SITUATIONS[name]()
    slack, mail, sms = (pictures.message(view, channel) for channel in pictures.CHANNELS)
    assert errors_of(slack.blocks) == [] and not too_long(slack.blocks)
    assert septets(sms.text) <= LENGTH
    assert ("OK 4821" in sms.text) is bool(view.called)
    told = pictures.visible(pictures.page(mail, "email"))
    assert all(post.excerpt is None or post.excerpt not in sms.text for post in view.posts)
    assert ("K7F3-9QXM" in mail.subject) is ("K7F3-9QXM" in told) is bool(view.called)
    assert pictures.visible(pictures.page(slack, "slack")).count("Incident n°") == 1


@pytest.mark.skipif("LISTENER_PICTURES" not in os.environ, reason="draws only when asked to")
async def test_every_situation_and_every_week_is_drawn(tmp_path: Path) -> None:
    if not shutil.which(pictures.CHROMIUM):
        pytest.skip("no browser")
    weeks = await pictures.weeks()
    brief = {name: text for name, text in weeks.items() if name.endswith("slack")}
    made = [*pictures.shoot(tmp_path, await pictures.pages() | brief)]
    assert len(made) == len(SITUATIONS) * len(pictures.CHANNELS) + len(pictures.WEEKS)
    for name in pictures.WEEKS:
        made += pictures.shoot_week(tmp_path, name, weeks[f"{name}-email"])
    assert all(path.stat().st_size > 5000 for path in made)
