from __future__ import annotations

import asyncio
from pathlib import Path

from listener.app.build import application
from listener.app.slack_socket import SlackSocket
from listener.app.vitals import Vitals
from listener.config.load import parse
from listener.web.metrics import exposition
from tests.listener.house import WordScorer
from tests.listener.pressing import NEVER_LONG, until
from tests.networks.slack import CHANNEL, TOKEN, SlackApi
from tests.networks.slack_live import APP_TOKEN, SIGNING_SECRET


def configured(folder: Path, slack: dict[str, object]):
    document = {
        "state_dir": str(folder),
        "hospital": {"name": "CHU de Valmont"},
        "watch": [{"id": "chu", "kind": "hospital", "names": ["CHU de Valmont"]}],
        "alerts": {"critical": ["console"], "warning": ["console"], "fallback": "console"},
        "slack": {"token": {"env": "BOT"}, "channel": CHANNEL, **slack},
    }
    return parse(document, environ={"BOT": TOKEN, "APP": APP_TOKEN, "SIGNING": SIGNING_SECRET})


async def figures(app) -> str:
    lines = (await exposition(app, Vitals())).decode().splitlines()
    return " ".join(line for line in lines if line.startswith("listener_slack_socket_up"))


async def test_whether_buttons_are_heard_shows_in_the_figures(tmp_path):
    async with SlackApi().serving() as api:
        config = configured(tmp_path, {"app_token": {"env": "APP"}, "base_url": api.api_url})
        async with application(config, scorer=WordScorer()) as app:
            assert app.slack_door is not None
            api.live.greets = False
            running = asyncio.create_task(SlackSocket(app.slack_door, jitter=NEVER_LONG).run())
            await api.live.connected()
            assert await figures(app) == "listener_slack_socket_up 0.0"

            api.live.greets = True
            api.live.cut()
            await until(lambda: app.slack_door.deaf_since is None)
            assert await figures(app) == "listener_slack_socket_up 1.0"
            running.cancel()
            await asyncio.wait([running])


async def test_without_socket_mode_there_is_no_such_figure(tmp_path):
    config = configured(tmp_path, {"signing_secret": {"env": "SIGNING"}})
    async with application(config, scorer=WordScorer()) as app:
        assert app.slack_door is not None and await figures(app) == ""


async def test_what_hears_no_button_has_no_door(tmp_path):
    async with application(configured(tmp_path, {}), scorer=WordScorer()) as app:
        assert app.slack_door is None
