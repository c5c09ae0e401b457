"""What a bot of ours is told: channels that it administers, groups that it belongs to.

https://core.telegram.org/bots/api#getupdates. Built from the documentation, never seen live. The
token stands in the address's path: nothing here puts an address into words.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr
from yarl import URL

from connectors.connector import (
    Clock,
    Closed,
    ConnectorError,
    Cursor,
    Gap,
    Malformed,
    Page,
    Refused,
    Reject,
    Unauthorized,
    Unavailable,
)
from connectors.dates import believable, from_epoch
from connectors.http import HttpClient, Response
from connectors.mention import Author, Kind, Media, Mention
from connectors.reading import count, figure, instant, line, mapping, mappings, string
from connectors.telegram.page import NETWORK, external_id
from connectors.text import plain

FEED = "bot"
KEPT = timedelta(hours=24)
"""How long Telegram keeps what a bot has not fetched."""
_BATCH = 100
_MAX_TEXT = 20_000
_KINDS = ("channel_post", "edited_channel_post", "message", "edited_message")
_PHOTO = {"photo": "image", "sticker": "image", "video": "video", "animation": "video",
          "video_note": "video", "voice": "audio", "audio": "audio", "document": "document"}  # fmt: skip


class Bot:
    """The updates of one bot. Asking for what follows an update has it forgotten: it is asked for
    once the page that holds it was handled."""

    def __init__(self, http: HttpClient, api: URL, token: SecretStr, clock: Clock) -> None:
        self._http = http
        self._api = api
        self._token = token
        self._clock = clock

    async def pages(self, cursor: Cursor | None) -> AsyncIterator[Page]:
        kept = mapping(cursor) if mapping(cursor).get("v") == 1 else {}
        offset, read_at = count(kept.get("offset")), instant(kept.get("read_at"))
        gaps = self._missed(read_at)
        full = True
        while full:
            updates = await self._updates(offset)
            at = self._clock()
            mentions, rejects = _read(updates, at)
            numbers = [n for u in mappings(updates) if (n := count(u.get("update_id"))) is not None]
            if updates and not numbers:
                raise Malformed("getUpdates gave updates without numbers")
            before, offset = offset, max(numbers) + 1 if numbers else offset
            # What was confirmed does not come again: else nothing would end this.
            full = len(updates) >= _BATCH and offset != before
            yield Page(
                feed=FEED,
                mentions=mentions,
                rejects=rejects,
                gaps=gaps,
                cursor={"v": 1, "offset": offset, "read_at": at.isoformat()},
                complete=not full,
            )
            gaps = ()

    def _missed(self, read_at: datetime | None) -> tuple[Gap, ...]:
        kept_from = self._clock() - KEPT
        if read_at is None or read_at >= kept_from:
            return ()
        reason = "Telegram keeps a bot's updates for 24 hours"
        return (Gap(since=read_at, until=kept_from, reason=reason),)

    async def _updates(self, offset: int | None) -> list[Any]:
        params: dict[str, str | int | float] = {
            "timeout": 0,
            "limit": _BATCH,
            "allowed_updates": json.dumps(_KINDS),
        }
        if offset is not None:
            params["offset"] = offset
        url = self._api / f"bot{self._token.get_secret_value()}" / "getUpdates"
        response = await self._http.get(str(url), params=params)
        if response.status != 200:
            raise _named(response)
        answer = mapping(response.json())
        updates = answer.get("result")
        if answer.get("ok") is not True or not isinstance(updates, list):
            raise Malformed("getUpdates gave no list", payload=response.body)
        return updates


def _named(response: Response) -> ConnectorError:
    """https://core.telegram.org/bots/api#making-requests: 401 and 404 are a wrong token."""
    if response.status in (401, 403, 404):
        return Unauthorized("Telegram refuses the bot's token: ask @BotFather for it, /token")
    if response.status == 409:
        if b"webhook" in response.body:
            return Refused("a webhook is set for this bot: deleteWebhook first, or use another bot")
        return Unavailable("another program is fetching this bot's updates")
    if response.status == 410:
        return Closed("Telegram serves bots no longer there (410)")
    return Malformed(f"getUpdates answered with status {response.status}", payload=response.body)


def _read(updates: list[Any], at: datetime) -> tuple[list[Mention], list[Reject]]:
    mentions: list[Mention] = []
    rejects: list[Reject] = []
    for update in updates:
        try:
            mentions.extend(_mentions(update, at))
        except ValueError as error:
            payload = json.dumps(update, default=str).encode()[:4_000]
            rejects.append(Reject(error=str(error), payload=payload))
    return mentions, rejects


def _mentions(update: object, at: datetime) -> Iterator[Mention]:
    held = mapping(update)
    if not held:
        raise ValueError("an update that is no JSON object")
    for kind in _KINDS:
        message = held.get(kind)
        if message is None:
            continue
        read = _mention(mapping(message), at)
        if read is not None:
            yield read


def _mention(message: dict[str, Any], at: datetime) -> Mention | None:
    chat, number = mapping(message.get("chat")), figure(message.get("message_id"))
    place = _place(chat)
    if place is None or number is None:
        raise ValueError("a message without its chat or its number")
    media = tuple(Media(kind=kind) for name, kind in _PHOTO.items() if message.get(name))
    text = _words(message)
    if chat.get("type") == "private" or not (text or media):
        return None  # what somebody writes to the bot itself, and service messages
    origin = _origin(mapping(message.get("forward_origin")))
    parent, root = _thread(message, place)
    said = believable(from_epoch(message.get("date")), at)
    return Mention(
        network=NETWORK,
        external_id=external_id(place, number),
        kind=_kind(message, chat, parent),
        published_at=said,
        edited_at=believable(from_epoch(message.get("edit_date")), at),
        url=f"https://t.me/{place}/{number}",
        text=text,
        author=_author(message, chat),
        parent_id=parent,
        root_id=root,
        repost_of=origin,
        links=_links(message),
        media=media,
    )


def _place(chat: dict[str, Any]) -> str | None:
    """A public chat's name, as in its links; c/{number} for one without, as in theirs."""
    name = string(chat.get("username"))
    if name is not None:
        return name.lower() if name.isascii() and name.isidentifier() else None
    number = string(chat.get("id"))
    digits = (number or "").removeprefix("-100").removeprefix("-")
    return f"c/{digits}" if digits.isdecimal() else None


def _kind(message: dict[str, Any], chat: dict[str, Any], parent: str | None) -> Kind:
    if message.get("forward_origin"):
        return Kind.REPOST
    if parent is None:
        return Kind.POST
    return Kind.REPLY if chat.get("type") == "channel" else Kind.COMMENT


def _thread(message: dict[str, Any], place: str) -> tuple[str | None, str | None]:
    """A comment stands in the group, under the copy of the channel's post that Telegram put there."""
    answered = mapping(message.get("reply_to_message"))
    number = figure(answered.get("message_id"))
    copied = answered.get("is_automatic_forward") is True
    origin = _origin(mapping(answered.get("forward_origin"))) if copied else None
    topic = figure(message.get("message_thread_id"))
    parent = origin or (external_id(place, number) if number is not None else None)
    if parent is None:
        return None, None
    return parent, origin or (external_id(place, topic) if topic is not None else parent)


def _origin(origin: dict[str, Any]) -> str | None:
    place, number = _place(mapping(origin.get("chat"))), figure(origin.get("message_id"))
    return external_id(place, number) if place and number is not None else None


def _author(message: dict[str, Any], chat: dict[str, Any]) -> Author:
    sender = mapping(message.get("sender_chat")) or (chat if chat.get("type") == "channel" else {})
    if sender:
        place = _place(sender)
        name = line(message.get("author_signature")) or line(sender.get("title"))
        return Author(external_id=place, handle=string(sender.get("username")), name=name)
    person = mapping(message.get("from"))
    names = (line(person.get("first_name")), line(person.get("last_name")))
    return Author(
        external_id=string(person.get("id")),
        handle=string(person.get("username")),
        name=" ".join(filter(None, names)) or None,
    )


def _words(message: dict[str, Any]) -> str:
    for name in ("text", "caption"):
        if isinstance(written := message.get(name), str) and written:
            return plain(written[:_MAX_TEXT])
    poll = mapping(message.get("poll"))
    lines = [
        line(poll.get("question")),
        *(line(o.get("text")) for o in mappings(poll.get("options"))),
    ]
    return "\n".join(filter(None, lines))


def _links(message: dict[str, Any]) -> tuple[str, ...]:
    entities = [*mappings(message.get("entities")), *mappings(message.get("caption_entities"))]
    found = (entity.get("url") for entity in entities if entity.get("type") == "text_link")
    return tuple(dict.fromkeys(url[:2048] for url in found if isinstance(url, str) and url.startswith("http")))  # fmt: skip
