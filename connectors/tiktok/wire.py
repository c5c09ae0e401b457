"""TikTok's JSON into mentions: videos of both APIs, comments and replies.

https://developers.tiktok.com/doc/research-api-specs-query-videos,
https://developers.tiktok.com/doc/research-api-specs-query-video-comments,
https://developers.tiktok.com/doc/tiktok-api-v2-video-object. Never seen live.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.connector import Reject
from connectors.dates import believable, from_epoch
from connectors.mention import Author, Engagement, Kind, Media, Mention, MentionKey
from connectors.reading import figure, line, mapping, string, strings, web_address
from connectors.text import plain
from connectors.urls import canonical_url
from connectors.walk import Found

NETWORK = "tiktok"
VIDEO_FIELDS = (
    "id,video_description,create_time,region_code,share_count,view_count,like_count,"
    "comment_count,hashtag_names,username,voice_to_text"
)
COMMENT_FIELDS = "id,video_id,text,like_count,reply_count,parent_comment_id,create_time"
OWN_FIELDS = (
    "id,title,video_description,create_time,share_url,like_count,comment_count,share_count,"
    "view_count"
)
ID = re.compile(r"\d{1,20}")
_FIRST = datetime(2014, 1, 1, tzinfo=UTC)
_MAX_TEXT = 20_000
_MANY = 50
_TAG = re.compile(r"#(\w{1,100})")
_SHARED = re.compile(r"https?://[^/]*tiktok\.com/@([A-Za-z0-9_.]{1,60})/")


def read_video(item: object, at: datetime) -> Found:
    """One of the Research API. ValueError where it has no id."""
    video = mapping(item)
    video_id = id_of(video)
    handle = line(video.get("username"))
    spoken, text = _text(video.get("voice_to_text")), _text(video.get("video_description"))
    if spoken and spoken not in text:
        text = f"{text}\n\n{spoken}" if text else spoken
    url = f"https://www.tiktok.com/@{handle}/video/{video_id}" if handle else None
    tags = tuple(
        tag for raw in list(strings(video.get("hashtag_names")))[:_MANY] if (tag := line(raw))
    )
    return _found(video, video_id, text, url=url, handle=handle, tags=tags, at=at)


def read_own(item: object, at: datetime) -> Found:
    """One of the Display API, which shows the account's own and names no author."""
    video = mapping(item)
    video_id = id_of(video)
    text = _text(video.get("video_description")) or _text(video.get("title"))
    shared = web_address(video.get("share_url"))
    by = _SHARED.match(shared) if shared else None
    url = canonical_url(shared.partition("?")[0]) if shared else None
    tags = tuple(_TAG.findall(text)[:_MANY])
    handle = by[1] if by else None
    return _found(video, video_id, text, url=url, handle=handle, tags=tags, at=at)


def _found(
    video: dict[str, Any],
    video_id: str,
    text: str,
    *,
    url: str | None,
    handle: str | None,
    tags: tuple[str, ...],
    at: datetime,
) -> Found:
    published = believable(from_epoch(video.get("create_time")), at)
    mention = Mention(
        network=NETWORK,
        external_id=video_id,
        kind=Kind.VIDEO,
        published_at=published,
        url=url,
        text=text,
        author=Author(handle=handle.removeprefix("@") if handle else None),
        media=(Media(kind="video", url=url),),
        tags=tags,
    )
    figures = figures_of(video, video_id, at)
    engagements = (figures,) if figures is not None else ()
    return Found(id=video_id, position=published, mentions=(mention,), engagements=engagements)


def read_comment(item: dict[str, Any], video_id: str, url: str | None, at: datetime) -> Mention:
    """The API does not say who wrote it. A parent that is the video is none."""
    own = id_of(item)
    parent = string(item.get("parent_comment_id"))
    is_reply = parent is not None and ID.fullmatch(parent) and parent not in ("0", video_id, own)
    return Mention(
        network=NETWORK,
        external_id=own,
        kind=Kind.REPLY if is_reply else Kind.COMMENT,
        published_at=believable(from_epoch(item.get("create_time")), at),
        url=url,
        text=_text(item.get("text")),
        parent_id=parent if is_reply else video_id,
        root_id=video_id,
    )


def figures_of(item: dict[str, Any], external_id: str, at: datetime) -> Engagement | None:
    """Views, likes, comments and shares of a video, which lag by days; likes and replies of a comment."""
    replies = item.get("comment_count", item.get("reply_count"))
    told = [
        figure(value)
        for value in (
            item.get("view_count"),
            item.get("like_count"),
            replies,
            item.get("share_count"),
        )
    ]
    if all(value is None for value in told):
        return None
    views, likes, answers, shares = told
    key = MentionKey(network=NETWORK, external_id=external_id)
    return Engagement(
        key=key, taken_at=at, views=views, reactions=likes, replies=answers, shares=shares
    )


def id_of(item: object) -> str:
    """64 bits: never a float. ValueError where there is none."""
    found = string(mapping(item).get("id")) or ""
    if not ID.fullmatch(found):
        raise ValueError("an item without an id")
    return found


def made_at(video_id: str, at: datetime) -> datetime | None:
    """An id's upper half is the second in which it was made, as is widely known and not documented."""
    made = from_epoch(int(video_id) >> 32)
    return made if made is not None and _FIRST <= made <= at + timedelta(days=1) else None


def rejected(item: object, error: Exception) -> Reject:
    return Reject(error=str(error), payload=json.dumps(item, default=str).encode()[:64_000])


def _text(value: object) -> str:
    return plain(value[:_MAX_TEXT]) if isinstance(value, str) else ""
