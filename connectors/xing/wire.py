"""XING's JSON into mentions: a company's updates, the comments under them.

Names of fields are those that comments had in the old API (id, content, created_at, author, likes,
comments); what an update looks like was not found anywhere. Never seen live.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.connector import Malformed, Reject
from connectors.dates import believable, parse_date
from connectors.mention import Author, Engagement, Kind, Media, Mention
from connectors.reading import figure, instant, line, mapping, string, web_address
from connectors.text import plain
from connectors.walk import Found

NETWORK = "xing"
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_MAX_TEXT = 20_000
_MAX_PAYLOAD = 64_000


def listed(answer: object, name: str) -> tuple[list[Any], int | None]:
    """The items of a list, and how many there are in all where that is told: {"comments": {"items":
    […], "total": n}}, {"comments": […]} or {"items": […]}. Malformed where there is no list."""
    told = mapping(answer)
    inner = told.get(name, told)
    items = inner if isinstance(inner, list) else mapping(inner).get("items")
    if not isinstance(items, list):
        raise Malformed(f"XING gave no {name}")
    total = mapping(inner).get("total")
    return items, figure(told.get("total") if total is None else total)


def read_items(
    items: Iterable[object], at: datetime, *, update: str | None = None
) -> tuple[list[Found], list[Reject]]:
    """`update` is the one that the comments stand under."""
    found: list[Found] = []
    rejects: list[Reject] = []
    for item in items:
        try:
            found.extend(_read(mapping(item), at, update))
        except ValueError as error:
            rejects.append(_rejected(item, error))
    return found, rejects


def identity(item: Mapping[str, Any]) -> str:
    external_id = string(item.get("id"))
    if external_id is None or not _ID.fullmatch(external_id):
        raise ValueError("an item without a usable id")
    return external_id


def date(item: Mapping[str, Any], at: datetime) -> datetime | None:
    written = item.get("created_at")
    read = instant(written)
    if read is None and isinstance(written, str):
        read = parse_date(written)
    return believable(read, at)


def amount(item: Mapping[str, Any], name: str) -> int | None:
    """{"likes": {"amount": 3}}; a bare number is one too."""
    told = item.get(name)
    return figure(mapping(told).get("amount") if isinstance(told, dict) else told)


def _read(item: Mapping[str, Any], at: datetime, update: str | None) -> Iterable[Found]:
    """The update or comment, and its figures whenever they change."""
    external_id, written = identity(item), date(item, at)
    content = item.get("content")
    link, image = web_address(item.get("link")), web_address(item.get("image"))
    mention = Mention(
        network=NETWORK,
        external_id=external_id,
        kind=Kind.COMMENT if update else Kind.POST,
        published_at=written,
        url=web_address(item.get("permalink")),
        title=line(item.get("headline")),
        text=plain(content[:_MAX_TEXT]) if isinstance(content, str) else "",
        author=_author(item),
        parent_id=update,
        root_id=update,
        links=(link,) if link else (),
        media=(Media(kind="image", url=image),) if image else (),
    )
    yield Found(id=external_id, position=written, mentions=(mention,))
    likes, replies = amount(item, "likes"), amount(item, "comments")
    if likes is None and replies is None:
        return
    figures = Engagement(key=mention.key, taken_at=at, reactions=likes, replies=replies)
    told = f"{external_id}@{likes}|{replies}"
    yield Found(id=told, position=written, engagements=(figures,))


def _author(item: Mapping[str, Any]) -> Author:
    author = mapping(item.get("author"))
    permalink = web_address(author.get("permalink"))
    return Author(
        external_id=string(author.get("id")),
        handle=permalink.rstrip("/").rpartition("/")[2] if permalink else None,
        name=line(author.get("display_name")),
    )


def _rejected(item: object, error: ValueError) -> Reject:
    payload = json.dumps(item, ensure_ascii=False, default=str)[:_MAX_PAYLOAD]
    return Reject(
        error=str(error),
        payload=payload.encode("utf-8", "replace"),
        external_id=string(mapping(item).get("id")),
    )
