"""Pinterest's JSON into mentions: pins, their figures, the account's audience.

Fields: https://developers.pinterest.com/docs/api/v5/pins-list, /pins-get, /search_partner_pins,
/user_account-get. Built from the specification (5.23); never seen live.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.connector import Reject
from connectors.dates import believable
from connectors.mention import (
    AudienceSnapshot,
    Author,
    Engagement,
    Kind,
    Media,
    Mention,
    MentionKey,
)
from connectors.reading import figure, instant, line, mapping, mappings, string, web_address
from connectors.text import plain
from connectors.walk import Found, Listing

NETWORK = "pinterest"
_MAX_TEXT = 20_000
_MAX_PAYLOAD = 64_000
_SIZES = ("1200x", "originals", "600x", "400x300", "150x150")
# The specification says lifetime_metrics in some places and all_time in others.
_WHOLE_LIFE = ("lifetime_metrics", "all_time")


def listing_of(items: Iterable[object], token: str | None, at: datetime) -> Listing:
    found: list[Found] = []
    rejects: list[Reject] = []
    for item in items:
        try:
            found.append(read_pin(mapping(item), at))
        except ValueError as error:
            rejects.append(rejected(item, error))
    return Listing(found=found, token=token, rejects=rejects)


def read_pin(pin: Mapping[str, Any], at: datetime) -> Found:
    """A pin, words or not; ValueError where it has no id. Those of a search have no date."""
    external_id = pin_id(pin.get("id"))
    if external_id is None:
        raise ValueError("a pin without a usable id")
    published = believable(instant(pin.get("created_at")), at)  # no zone: it is UTC
    parent, link = pin_id(pin.get("parent_pin_id")), web_address(pin.get("link"))
    written = pin.get("description")
    mention = Mention(
        network=NETWORK,
        external_id=external_id,
        kind=Kind.POST,
        published_at=published,
        url=f"https://www.pinterest.com/pin/{external_id}/",
        title=line(pin.get("title")),
        text=plain(written[:_MAX_TEXT]) if isinstance(written, str) else "",
        author=Author(handle=line(mapping(pin.get("board_owner")).get("username"))),
        parent_id=parent if parent != external_id else None,  # the pin that it was saved from
        links=(link,) if link else (),
        media=tuple(_media(mapping(pin.get("media")), line(pin.get("alt_text")))),
    )
    figures = read_figures(pin, mention.key, at)
    return Found(
        id=external_id,
        position=published,
        mentions=(mention,),
        engagements=(figures,) if figures else (),
    )


def read_figures(pin: Mapping[str, Any], key: MentionKey, at: datetime) -> Engagement | None:
    """None where a pin has no figures: those of a search, and fresh ones."""
    metrics = mapping(pin.get("pin_metrics"))
    told = next((life for name in _WHOLE_LIFE if (life := mapping(metrics.get(name)))), {})
    read = {name: figure(told.get(name)) for name in ("impression", "reaction", "comment", "save")}
    if all(value is None for value in read.values()):
        return None
    return Engagement(
        key=key,
        taken_at=at,
        views=read["impression"],
        reactions=read["reaction"],
        replies=read["comment"],
        shares=read["save"],
    )


def read_account(account: Mapping[str, Any], at: datetime) -> AudienceSnapshot | None:
    """`views` are those of the last month; None where the answer names nobody."""
    name = line(account.get("username"))
    if name is None:
        return None
    return AudienceSnapshot(
        network=NETWORK,
        account=name,
        taken_at=at,
        followers=figure(account.get("follower_count")),
        views=figure(account.get("monthly_views")),
        posts=figure(account.get("pin_count")),
    )


def pin_id(value: object) -> str | None:
    read = string(value)
    return read if read and read.isascii() and read.isalnum() and len(read) <= 64 else None


def rejected(item: object, error: ValueError) -> Reject:
    payload = json.dumps(item, ensure_ascii=False, default=str)[:_MAX_PAYLOAD]
    return Reject(
        error=str(error),
        payload=payload.encode("utf-8", "replace"),
        external_id=pin_id(mapping(item).get("id")),
    )


def _media(media: dict[str, Any], alt: str | None) -> Iterator[Media]:
    """One picture or film, or those of a carousel."""
    shown = line(media.get("media_type"))
    if shown is None and not media:
        return
    kind = "video" if shown is not None and "video" in shown else "image"
    for part in list(mappings(media.get("items"))) or [media]:
        yield Media(kind=kind, url=_address(part), alt=alt)


def _address(part: Mapping[str, Any]) -> str | None:
    images = mapping(part.get("images"))
    for size in (*_SIZES, *images):
        if (url := web_address(mapping(images.get(size)).get("url"))) is not None:
            return url
    return web_address(part.get("cover_image_url")) or web_address(part.get("url"))
