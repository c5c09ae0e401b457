"""The door that Slack's buttons knock at: each press acts once, and whoever pressed is told."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.connector import Clock
from connectors.policy import NetworkPolicy
from listener.config.alerting import SlackSettings
from listener.config.models import Config
from listener.domain.action import Act
from listener.domain.oncall import Person
from listener.i18n import Speaker
from listener.notifiers.base import DeliveryError
from listener.notifiers.blocks import escape
from listener.notifiers.interactions import BadInteraction, Press, read_press
from listener.notifiers.network import policy_of
from listener.notifiers.replies import failure_text, reply_text
from listener.notifiers.slack_client import SlackClient

log = logging.getLogger(__name__)

REMEMBERED = 1000  # presses, so that one told twice acts once
AT_ONCE = 64  # presses in hand; beyond, somebody plays with the buttons
FINISH_WITHIN = 3.0  # s for the presses in hand when the door closes


class SlackDoor:
    """Takes payloads from a socket or a signed call alike; acting and answering go on behind it.

    What was taken and not yet written when the process dies is lost, and seen to be: no answer came.
    """

    def __init__(
        self,
        settings: SlackSettings,
        *,
        act: Act,
        clock: Clock,
        network: NetworkPolicy,
        people: Mapping[str, Person],
        speaker: Speaker,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.client = SlackClient(settings, network=network)
        self.deaf_since: datetime | None = None  # while its socket, if it has one, is away
        self._act = act
        self._speaker = speaker
        self._members = {person.slack: person.id for person in people.values() if person.slack}
        self._names = {person.id: person.name for person in people.values()}
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._in_hand: set[asyncio.Task[None]] = set()

    def take(self, payload: str | bytes | Mapping[str, Any]) -> None:
        """Start what a payload asks for and return at once. Raises BadInteraction."""
        press = read_press(payload, self._members)
        if press is None or press.key in self._seen:
            return
        if len(self._in_hand) >= AT_ONCE:
            raise BadInteraction("too many presses at once")
        self._seen[press.key] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        task = asyncio.create_task(self._handle(press))
        self._in_hand.add(task)
        task.add_done_callback(self._in_hand.discard)

    async def _handle(self, press: Press) -> None:
        try:
            await self._tell(press, escape(await self._said(press)))
        except Exception as error:
            # The last resort of a task that nobody waits for.
            log.error("slack.press_failed incident=%d", press.request.incident, exc_info=error)

    async def _said(self, press: Press) -> str:
        at = self.clock()
        try:
            reply = await self._act(press.request, at)
        except Exception as error:
            # Whatever it was, who pressed at night must not believe that it was done.
            log.error("slack.act_failed incident=%d", press.request.incident, exc_info=error)
            return failure_text(self._speaker)
        return reply_text(reply, self._speaker, self._names, at=at, snooze=press.request.snooze)

    async def _tell(self, press: Press, text: str) -> None:
        """Answer to whoever pressed alone; by the Web API where the response_url will not do."""
        thread = {"thread_ts": press.thread} if press.thread else {}
        error: DeliveryError | None = None
        if press.response_url:
            body = {"response_type": "ephemeral", "replace_original": False, "text": text}
            try:
                await self.client.respond(press.response_url, body | thread)
                return
            except DeliveryError as refused:
                error = refused
        if press.channel:
            where = {"channel": press.channel, "user": press.member}
            try:
                await self.client.call("chat.postEphemeral", where | {"text": text} | thread)
                return
            except DeliveryError as refused:
                error = refused
        log.warning("slack.answer_lost incident=%d error=%s", press.request.incident, error)

    async def close(self) -> None:
        """Let the presses in hand end, a moment long."""
        if self._in_hand:
            await asyncio.wait(self._in_hand, timeout=FINISH_WITHIN)
        for task in self._in_hand:
            task.cancel()
        await self.client.close()


def build_door(config: Config, *, act: Act, clock: Clock) -> SlackDoor | None:
    """The door of a configuration; None where nothing could knock at it."""
    if config.slack is None or not config.slack.hears_buttons:
        return None
    return SlackDoor(
        config.slack,
        act=act,
        clock=clock,
        network=policy_of(config.network),
        people=config.people,
        speaker=Speaker(config.language, config.hospital.zone),
    )
