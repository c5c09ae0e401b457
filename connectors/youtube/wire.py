"""YouTube's JSON into mentions: videos (as listed, found or in a playlist), comments and replies.

https://developers.google.com/youtube/v3/docs/videos#resource,
https://developers.google.com/youtube/v3/docs/comments#resource
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

from connectors.connector import Reject
from connectors.dates import believable
from connectors.mention import Author, Engagement, Kind, Media, Mention, MentionKey
from connectors.reading import figure, instant, line, mapping, string, strings
from connectors.text import html_to_text, language_code, plain
from connectors.urls import canonical_url

NETWORK = "youtube"
VIDEO_ID = re.compile(r"[\w-]{11}")
COMMENT_ID = re.compile(r"[\w-]{12,60}(?:\.[\w-]{1,60})?")
_MAX_TEXT = 20_000
_MANY = 20
_MARKUP = re.compile(r"<br ?/?>|<a href=\"|&#39;|&quot;|&amp;")
_LINK = re.compile(r"https?://[^\s<>\"]{3,2000}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a comment stands: under which video, whose channel it is."""

    video_id: str | None
    accounts: tuple[str, ...] = ()


def video_id_of(item: dict[str, Any]) -> str:
    """Out of a search result, a playlist's item or a video itself. ValueError where there is none."""
    own = item.get("id")
    found = mapping(own).get("videoId") if isinstance(own, dict) else own
    resource = mapping(mapping(item.get("snippet")).get("resourceId")).get("videoId")
    for candidate in (mapping(item.get("contentDetails")).get("videoId"), resource, found):
        if isinstance(candidate, str) and VIDEO_ID.fullmatch(candidate):
            return candidate
    raise ValueError("an item without a video's id")


def published_of(item: dict[str, Any]) -> datetime | None:
    """A playlist's item says when it was added to the list, and apart when the video came out."""
    details, snippet = mapping(item.get("contentDetails")), mapping(item.get("snippet"))
    return instant(details.get("videoPublishedAt")) or instant(snippet.get("publishedAt"))


def read_video(item: dict[str, Any], at: datetime, *, escaped: bool = False) -> Mention:
    """`escaped`: a search result, whose title and description hold entities."""
    video_id, snippet = video_id_of(item), mapping(item.get("snippet"))
    title, text = snippet.get("title"), snippet.get("description")
    if escaped:
        title = unescape(title) if isinstance(title, str) else None
        text = unescape(text) if isinstance(text, str) else None
    # In a playlist channelId is the list's owner's; the video's own is said apart.
    channel = snippet.get("videoOwnerChannelId") or snippet.get("channelId")
    name = snippet.get("videoOwnerChannelTitle") or snippet.get("channelTitle")
    text = _text(text)
    language = snippet.get("defaultAudioLanguage") or snippet.get("defaultLanguage")
    return Mention(
        network=NETWORK,
        external_id=video_id,
        kind=Kind.VIDEO,
        published_at=believable(published_of(item), at),
        url=f"https://youtu.be/{video_id}",
        title=line(title),
        text=text,
        language=language_code(language) if isinstance(language, str) else None,
        author=Author(external_id=string(channel), name=line(name)),
        links=links_in(text),
        media=(Media(kind="video", url=f"https://youtu.be/{video_id}"),),
        tags=tuple(tag for raw in _first(snippet.get("tags")) if (tag := line(raw.lstrip("#")))),
    )


def read_statistics(item: dict[str, Any], video_id: str, at: datetime) -> Engagement | None:
    """Digits in strings; absent where the channel hides them. YouTube counts no shares."""
    statistics = mapping(item.get("statistics"))
    views, likes = figure(statistics.get("viewCount")), figure(statistics.get("likeCount"))
    comments = figure(statistics.get("commentCount"))
    if views is None and likes is None and comments is None:
        return None
    key = MentionKey(network=NETWORK, external_id=video_id)
    return Engagement(key=key, taken_at=at, views=views, reactions=likes, replies=comments)


def comment_id_of(comment: dict[str, Any]) -> str:
    """A top-level comment's, or "its parent's.its own". ValueError where there is none."""
    found = comment.get("id")
    if isinstance(found, str) and COMMENT_ID.fullmatch(found):
        return found
    raise ValueError("a comment without an id")


def read_comment(comment: dict[str, Any], place: Place, at: datetime) -> Mention:
    """A comment, or an answer to one; who read it knows where it stands."""
    own, snippet = comment_id_of(comment), mapping(comment.get("snippet"))
    parent = _parent(own, snippet)
    video = place.video_id
    if video is None and isinstance(claimed := snippet.get("videoId"), str):
        video = claimed if VIDEO_ID.fullmatch(claimed) else None
    published = believable(instant(snippet.get("publishedAt")), at)
    updated = believable(instant(snippet.get("updatedAt")), at)
    text = _text(snippet.get("textOriginal")) or _displayed(snippet.get("textDisplay"))
    return Mention(
        network=NETWORK,
        external_id=own,
        kind=Kind.REPLY if parent else Kind.COMMENT,
        published_at=published,
        edited_at=updated if published and updated and updated > published else None,
        url=f"https://www.youtube.com/watch?v={video}&lc={own}" if video else None,
        text=text,
        author=_commenter(snippet),
        parent_id=parent or video,
        root_id=video,
        links=links_in(text),
        accounts=place.accounts,
    )


def read_comment_figures(
    comment: dict[str, Any], at: datetime, *, replies: int | None = None
) -> Engagement | None:
    likes = figure(mapping(comment.get("snippet")).get("likeCount"))
    if likes is None and replies is None:
        return None
    key = MentionKey(network=NETWORK, external_id=comment_id_of(comment))
    return Engagement(key=key, taken_at=at, reactions=likes, replies=replies)


def links_in(text: str) -> tuple[str, ...]:
    if "://" not in text:
        return ()
    found = (canonical_url(link.rstrip(".,;:!?)»")) for link in _LINK.findall(text)[:_MANY])
    return tuple(dict.fromkeys(link for link in found if link))


def rejected(item: object, error: Exception) -> Reject:
    """`item` as it came; the error's words never quote it."""
    return Reject(error=str(error), payload=json.dumps(item, default=str).encode()[:64_000])


def _parent(own: str, snippet: dict[str, Any]) -> str | None:
    said = snippet.get("parentId")
    if isinstance(said, str) and COMMENT_ID.fullmatch(said):
        return said
    thread, dot, _ = own.partition(".")
    return thread if dot else None


def _commenter(snippet: dict[str, Any]) -> Author:
    """Since 2023 the display name is the handle; comments read before may show a name."""
    shown = line(snippet.get("authorDisplayName"))
    is_handle = shown is not None and shown.startswith("@") and len(shown) > 1
    return Author(
        external_id=string(mapping(snippet.get("authorChannelId")).get("value")),
        handle=shown[1:] if shown and is_handle else None,
        name=None if is_handle else shown,
    )


def _text(value: object) -> str:
    return plain(value[:_MAX_TEXT]) if isinstance(value, str) else ""


def _displayed(value: object) -> str:
    """Asked for as plain text; HTML all the same where a gateway or an old answer ignores that."""
    if isinstance(value, str) and _MARKUP.search(value):
        return html_to_text(value[:_MAX_TEXT])
    return _text(value)


def _first(values: object) -> Sequence[str]:
    return list(strings(values))[:_MANY]
