"""Dailymotion's JSON into mentions, whichever generation of the API it comes from."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from connectors.connector import Reject
from connectors.dailymotion.fields import Fields, value_of
from connectors.dates import believable, from_epoch
from connectors.mention import Author, Engagement, Kind, Media, Mention, MentionKey
from connectors.reading import figure, instant, line, string, web_address
from connectors.text import MAX_HTML, html_to_line, html_to_text, language_code
from connectors.urls import canonical_url
from connectors.walk import Found

NETWORK = "dailymotion"
VIDEO_ID = re.compile(r"[A-Za-z0-9]{1,40}")
_MAX_TEXT = 20_000
_MANY = 20
_BREAK = re.compile(r"\s*<br\s*/?>\s*", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s<>\"]{3,2000}")
_HANDLE_IN_URL = re.compile(r"https?://[^/]*dailymotion\.[a-z.]+/([A-Za-z0-9._-]{1,60})/?")


def read_video(item: object, names: Fields, at: datetime) -> Found:
    """ValueError where it has no id: nothing else is needed."""
    if not isinstance(item, dict):
        raise ValueError("a video that is no JSON object")
    video_id = video_id_of(item, names)
    published = believable(_moment(item.get(names.created)), at)
    url = web_address(item.get(names.url)) or f"https://www.dailymotion.com/video/{video_id}"
    text = _text(item.get(names.description))
    language = item.get(names.language)
    mention = Mention(
        network=NETWORK,
        external_id=video_id,
        kind=Kind.VIDEO,
        published_at=published,
        url=canonical_url(url),
        title=_title(item.get(names.title)),
        text=text,
        language=language_code(language) if isinstance(language, str) else None,
        author=_author(item, names),
        links=_links(text),
        media=(Media(kind="video", url=url),),
    )
    figures = read_figures(item, names, video_id, at)
    return Found(
        id=video_id,
        position=published,
        mentions=(mention,),
        engagements=(figures,) if figures is not None else (),
    )


def video_id_of(item: dict[str, Any], names: Fields) -> str:
    found = string(item.get(names.id)) or ""
    if not VIDEO_ID.fullmatch(found):
        raise ValueError("a video without an id")
    return found


def read_figures(
    item: dict[str, Any], names: Fields, video_id: str, at: datetime
) -> Engagement | None:
    """There are no comments any more, and shares are not counted."""
    views, likes = figure(value_of(item, names.views)), figure(value_of(item, names.likes))
    if views is None and likes is None:
        return None
    key = MentionKey(network=NETWORK, external_id=video_id)
    return Engagement(key=key, taken_at=at, views=views, reactions=likes)


def rejected(item: object, error: Exception) -> Reject:
    return Reject(error=str(error), payload=json.dumps(item, default=str).encode()[:64_000])


def _moment(value: object) -> datetime | None:
    """Seconds since 1970 in the Legacy API, ISO 8601 in v2."""
    if isinstance(value, str) and not value.isdecimal():
        return instant(value)
    return from_epoch(value)


def _author(item: dict[str, Any], names: Fields) -> Author:
    handle = line(value_of(item, names.author_handle)) if names.author_handle else None
    if handle is None and names.author_url:
        address = value_of(item, names.author_url)
        found = _HANDLE_IN_URL.fullmatch(address) if isinstance(address, str) else None
        handle = found[1] if found else None
    return Author(
        external_id=string(value_of(item, names.author_id)),
        handle=handle,
        name=line(value_of(item, names.author_name)),
        followers=figure(value_of(item, names.followers)) if names.followers else None,
    )


def _title(value: object) -> str | None:
    return (html_to_line(value[:2_000]) or None) if isinstance(value, str) else None


def _text(value: object) -> str:
    """Descriptions hold line ends as <br /> and entities, and mostly no other markup."""
    if not isinstance(value, str):
        return ""
    broken = _BREAK.sub("\n", value[:MAX_HTML])
    return html_to_text(value if "<" in broken else broken)[:_MAX_TEXT]


def _links(text: str) -> tuple[str, ...]:
    if "://" not in text:
        return ()
    found = (canonical_url(link.rstrip(".,;:!?)»")) for link in _LINK.findall(text)[:_MANY])
    return tuple(dict.fromkeys(link for link in found if link))
