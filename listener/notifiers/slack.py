"""Slack through the official SDK: one message a call, found again by its metadata.

Methods and their errors: https://docs.slack.dev/reference/methods/chat.postMessage,
conversations.history, conversations.replies. Scopes: chat:write; channels:history and groups:history
to find interrupted sends; im:write and im:history for people; channels:read for "#names".
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError

from connectors.connector import Clock
from connectors.policy import NetworkPolicy
from listener.config.alerting import SlackSettings
from listener.notifiers.base import CannotTell, DeliveryError, Message, Receipt
from listener.notifiers.slack_client import SlackClient
from listener.notifiers.slack_errors import code_of, delivery_error, simpler_form

log = logging.getLogger(__name__)
EVENT_TYPE = "listener_alert"
PAGES = 20
PAGE_SIZE = 200
# Slack stamps messages by its own clock; keys are unique, so looking too far back harms nothing.
CLOCK_SKEW = timedelta(minutes=5)

_CONVERSATION = re.compile(r"[CDG][A-Z0-9]{7,}")
_MEMBER = re.compile(r"[UW][A-Z0-9]{7,}")


class SlackNotifier:
    """Posts with a bot token to a channel, or to a person's direct messages."""

    name = "slack"

    def __init__(self, settings: SlackSettings, *, network: NetworkPolicy, clock: Clock) -> None:
        self._settings = settings
        self._client = SlackClient(settings, network=network)
        self._clock = clock
        self._conversations: dict[str, str] = {}  # address → id, as Slack answered

    async def send(self, message: Message, *, thread: Receipt | None = None) -> Receipt:
        answer = await self._written("chat.postMessage", self._arguments(message, thread))
        conversation = str(answer["channel"])
        self._conversations[message.recipient.address] = conversation
        return Receipt(
            channel=self.name,
            id=str(answer["ts"]),
            conversation=conversation,
            sent_at=self._clock(),
            details={"thread": thread.id} if thread else {},
        )

    def _arguments(self, message: Message, thread: Receipt | None) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "channel": message.recipient.address,
            "text": message.text,
            "metadata": _metadata(message),
            "unfurl_links": False,
            "unfurl_media": False,
            "link_names": False,
            "parse": "none",
        }
        if message.blocks:
            arguments["blocks"] = [dict(block) for block in message.blocks]
        if thread is not None and _stands_at(thread, message.recipient.address):
            arguments["channel"] = thread.conversation or message.recipient.address
            arguments["thread_ts"] = thread.details.get("thread") or thread.id
            # A reply is seen by those who follow the thread alone: what is urgent shows in the channel.
            arguments["reply_broadcast"] = message.urgent
        return arguments

    async def amend(self, message: Message, receipt: Receipt) -> None:
        """Replace a sent message: https://docs.slack.dev/reference/methods/chat.update.

        A message that is gone or may no longer be changed is a permanent DeliveryError.
        """
        arguments = {
            "channel": receipt.conversation,
            "ts": receipt.id,
            "text": message.text,
            "blocks": [dict(block) for block in message.blocks],
            "metadata": _metadata(message),
            "link_names": False,
            "parse": "none",
        }
        await self._written("chat.update", arguments)

    async def _written(self, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """A write; where Slack refuses its form alone, once more in a simpler one."""
        try:
            return await self._client.request(method, arguments)
        except SlackApiError as error:
            simpler = simpler_form(method, arguments, error)
            if simpler is None:
                raise delivery_error(error) from None
            log.warning("slack.simplified", extra={"error": code_of(error.response)})
        return await self._client.call(method, simpler)

    async def find(
        self, message: Message, *, since: datetime, thread: Receipt | None = None
    ) -> Receipt | None:
        """Look for the message's key in what was posted since; DeliveryError when Slack is away."""
        if thread is not None and not _stands_at(thread, message.recipient.address):
            thread = None
        # It may have gone out beside the message that began the thread, before either was known.
        for within in (thread, None) if thread else (None,):
            try:
                found = await self._find(message, since, within)
            except DeliveryError as error:
                if not error.permanent:
                    raise
                if within is None:
                    log.warning("slack.cannot_look_back", extra={"error": str(error)})
                    raise CannotTell from None
                continue  # the thread is gone
            if found is not None:
                return found
        return None

    async def _find(
        self, message: Message, since: datetime, thread: Receipt | None
    ) -> Receipt | None:
        conversation = await self._conversation(message, thread)
        if conversation is None:
            return None
        async for posted in self._posted(conversation, since, thread):
            if _key_of(posted) == message.key:
                return self._receipt_of(posted, conversation, thread)
        return None

    def _receipt_of(
        self, posted: Mapping[str, Any], conversation: str, thread: Receipt | None
    ) -> Receipt:
        ts = str(posted["ts"])
        return Receipt(
            channel=self.name,
            id=ts,
            conversation=conversation,
            sent_at=datetime.fromtimestamp(float(ts), UTC),
            details={"thread": thread.id} if thread else {},
        )

    async def _posted(
        self, conversation: str, since: datetime, thread: Receipt | None
    ) -> AsyncIterator[Mapping[str, Any]]:
        """What stands in a conversation, or in one of its threads, since an instant."""
        arguments: dict[str, Any] = {
            "channel": conversation,
            "oldest": f"{(since - CLOCK_SKEW).timestamp():.6f}",
            "include_all_metadata": True,
            "limit": PAGE_SIZE,
        }
        method = "conversations.history"
        if thread is not None:
            method = "conversations.replies"
            arguments["ts"] = thread.details.get("thread") or thread.id
        async for page in self._pages(method, arguments):
            for posted in page.get("messages") or ():
                yield posted

    async def _pages(
        self, method: str, arguments: dict[str, Any]
    ) -> AsyncIterator[Mapping[str, Any]]:
        for _ in range(PAGES):
            page = await self._client.call(method, arguments)
            yield page
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            arguments = {**arguments, "cursor": cursor}

    async def _conversation(self, message: Message, thread: Receipt | None) -> str | None:
        """The id that history is asked by: a "#name" or a person's id will not do there."""
        address = message.recipient.address
        if thread is not None and thread.conversation:
            return thread.conversation
        if _CONVERSATION.fullmatch(address):
            return address
        if address not in self._conversations:
            found = await self._look_up(address)
            if found is None:
                return None
            self._conversations[address] = found
        return self._conversations[address]

    async def _look_up(self, address: str) -> str | None:
        if _MEMBER.fullmatch(address):
            opened = await self._client.call("conversations.open", {"users": address})
            return str(opened["channel"]["id"])
        arguments = {"types": "public_channel,private_channel", "limit": 1000}
        arguments["exclude_archived"] = True
        async for page in self._pages("conversations.list", arguments):
            for channel in page.get("channels") or ():
                if channel.get("name") == address.lstrip("#"):
                    return str(channel["id"])
        return None

    async def withdraw(self, receipt: Receipt) -> bool:
        try:
            await self._client.request(
                "chat.delete", {"channel": receipt.conversation, "ts": receipt.id}
            )
        except SlackApiError as error:
            if code_of(error.response) != "message_not_found":
                raise delivery_error(error) from None
        return True

    async def check(self) -> str:
        """Whether we may post, find interrupted sends again, and hear buttons if that is set up."""
        who = await self._client.call("auth.test", {})
        text = f"{who.get('user')} in {who.get('team')}"
        if self._settings.app_token is not None:
            await self._check_socket()
            text += ", buttons through Socket Mode"
        address = self._settings.channel
        known = address if _CONVERSATION.fullmatch(address) else await self._look_up(address)
        if known is None:
            raise DeliveryError("channel_not_found", permanent=True)
        try:
            await self._client.call("conversations.history", {"channel": known, "limit": 1})
        except DeliveryError as error:
            if not str(error).startswith("missing_scope"):
                raise
            return f"{text}; an interrupted alert may come twice: {error}"
        return text

    async def _check_socket(self) -> None:
        try:
            await self._client.socket_url()
        except DeliveryError as error:
            raise DeliveryError(
                f"slack.app_token: {error}",
                permanent=error.permanent,
                retry_after=error.retry_after,
            ) from None

    async def close(self) -> None:
        await self._client.close()


def _stands_at(thread: Receipt, address: str) -> bool:
    """Whether a thread's first message stands where this recipient reads."""
    if _MEMBER.fullmatch(address):
        return thread.conversation.startswith("D")
    if _CONVERSATION.fullmatch(address):
        return thread.conversation in ("", address)
    return not thread.conversation.startswith("D")


def _metadata(message: Message) -> Mapping[str, Any]:
    """What an interrupted send is found again by."""
    payload = {"key": message.key, "thread": message.thread or ""}
    return {"event_type": EVENT_TYPE, "event_payload": payload}


def _key_of(posted: Mapping[str, Any]) -> str | None:
    metadata = posted.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    key = (metadata.get("event_payload") or {}).get("key")
    return key if isinstance(key, str) else None
