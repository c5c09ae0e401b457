"""What the tests of Slack's buttons share: people, a desk that notes what is asked, a door to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from connectors.policy import NetworkPolicy
from listener.app.slack_door import SlackDoor
from listener.app.slack_socket import SlackSocket
from listener.config.alerting import SlackSettings
from listener.domain.action import Refusal, Reply, Request
from listener.domain.alert import Recipient
from listener.domain.incident import State
from listener.domain.oncall import Person
from listener.domain.rule import Level
from listener.i18n import Speaker
from listener.notifiers.base import Message
from listener.notifiers.buttons import buttons
from listener.notifiers.content import Content
from listener.notifiers.render import lay_out
from listener.notifiers.slack import SlackNotifier
from tests.listener.alerts import AT
from tests.networks.slack import CHANNEL, TOKEN, SlackApi
from tests.networks.slack_live import APP_TOKEN, SIGNING_SECRET
from tests.networks.slack_wire import Posted

CAMILLE, LEA, STRANGER = "U0CAMILLE1", "U0LEA00001", "U0STRANGER"
PEOPLE = {
    "camille": Person(id="camille", name="Camille Roy", slack=CAMILLE),
    "lea": Person(id="lea", name="Léa <Morvan>", slack=LEA),
    "jules": Person(id="jules", name="Jules Petit"),
}
TEAM = Recipient(person=None, name="Équipe", address=CHANNEL)
ENGLISH = Speaker("en", ZoneInfo("Europe/Paris"))
NEVER_LONG: Callable[[float, float], float] = lambda low, high: 0.01  # noqa: E731


@dataclass
class Desk:
    """Where requests end: notes them, and answers as the workflow would."""

    asked: list[Request] = field(default_factory=list)
    failing: bool = False
    free: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.free.set()

    async def act(self, request: Request, at: datetime) -> Reply:
        self.asked.append(request)
        await self.free.wait()
        if self.failing:
            raise OSError("the database is away")
        known = {"incident": request.incident, "action": request.action}
        if request.person is None:
            return Reply(**known, refused=Refusal.UNKNOWN_PERSON)
        return Reply(**known, state=State.ACKNOWLEDGED, by=request.person)


def settings_for(
    base_url: str, *, app_token: str | None = APP_TOKEN, signing_secret: str | None = SIGNING_SECRET
) -> SlackSettings:
    return SlackSettings(
        token=SecretStr(TOKEN),
        channel=CHANNEL,
        app_token=SecretStr(app_token) if app_token else None,
        signing_secret=SecretStr(signing_secret) if signing_secret else None,
        base_url=base_url,
    )


def door_to(
    desk: Desk, settings: SlackSettings, *, network: NetworkPolicy | None = None
) -> SlackDoor:
    return SlackDoor(
        settings,
        act=desk.act,
        clock=lambda: AT,
        network=network or NetworkPolicy(),
        people=PEOPLE,
        speaker=ENGLISH,
    )


@asynccontextmanager
async def listening(door: SlackDoor) -> AsyncIterator[SlackSocket]:
    socket = SlackSocket(door, jitter=NEVER_LONG)
    running = asyncio.create_task(socket.run())
    try:
        yield socket
    finally:
        running.cancel()
        await asyncio.wait([running])
        await door.close()


def alert_with_buttons(state: State = State.OPEN, *, key: str = "alert-12") -> Message:
    content = Content(
        level=Level.CRITICAL,
        badge="Critical alert",
        title="CHU de Valmont: 34 negative posts in 20 min",
        actions=buttons(12, state, ENGLISH),
        footer="Incident 12",
    )
    return lay_out(content, channel="slack", recipient=TEAM, key=key, language="en")


async def posted(api: SlackApi, message: Message) -> Posted:
    """Have the notifier post a message, and give back what Slack keeps of it."""
    notifier = SlackNotifier(settings_for(api.api_url), network=NetworkPolicy(), clock=lambda: AT)
    await notifier.send(message)
    await notifier.close()
    return api.messages[-1]


async def until(is_so: Callable[[], object], within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not is_so():
            await asyncio.sleep(0.005)
