"""Reddit's things into mentions: links (t3) and comments (t1).

Shapes: https://github.com/reddit-archive/reddit/wiki/JSON
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

from connectors.connector import Reject
from connectors.dates import believable, from_epoch
from connectors.mention import Author, Deletion, Engagement, Kind, Media, Mention, MentionKey
from connectors.reading import count, line, mapping, mappings, string, web_address
from connectors.text import html_to_text, plain
from connectors.urls import canonical_url

NETWORK = "reddit"
SITE = "https://www.reddit.com"
_MANY = 20
_MAX_TEXT = 45_000  # Reddit's own longest post has 40,000
_MAX_QUARANTINED = 4_000
_NAME = re.compile(r"t[13]_[0-9a-z]{1,13}")
_ID = re.compile(r"[0-9a-z]{1,13}")
# Markdown without any of these reads as it is written.
_RICH = re.compile(r"[\\\[\]*_~^`>#&|]|^\s*(?:\d+[.)]|[-+])\s", re.MULTILINE)
# The HTML is Reddit's own: its links are always written so.
_HREF = re.compile(r'href="(https?://[^"\s]{1,2000})"')
_ADDRESSED = re.compile(r"(?<![\w/])/?u/([A-Za-z0-9_-]{3,20})")
_ERASED = frozenset({"[removed]", "[deleted]", "[ removed by reddit ]"})
_NOBODY = frozenset({"[deleted]", "[removed]", ""})
_ELSEWHERE = ":video"  # "hosted:video" is Reddit's own, and `is_video`; "rich:video" is not
# Filtered means: waits for a moderator, who may yet let it through.
_STILL_OPEN = frozenset({"", "automod_filtered"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One thing of an answer. `mention` is None where it was erased: `deletion` then says so."""

    name: str
    position: datetime | None
    mention: Mention | None = None
    engagement: Engagement | None = None
    deletion: Deletion | None = None
    replies: int | None = None
    link: str | None = None  # the post under which a comment stands


def read_thing(child: object, at: datetime) -> Seen:
    """A child of a listing; ValueError where it is neither a post nor a comment."""
    thing = mapping(child)
    data = mapping(thing.get("data"))
    name = fullname(thing.get("kind"), data)
    position = believable(from_epoch(data.get("created_utc")), at)
    link = _name(data.get("link_id"), "t3_") if name.startswith("t1_") else None
    if is_erased(data):
        deletion = Deletion(network=NETWORK, seen_at=at, external_id=name)
        return Seen(name=name, position=position, deletion=deletion, link=link)
    read = _comment if name.startswith("t1_") else _post
    return Seen(
        name=name,
        position=position,
        mention=read(data, name, position, at),
        engagement=read_engagement(data, name, at),
        replies=count(data.get("num_comments")),
        link=link,
    )


def fullname(kind: object, data: Mapping[str, Any]) -> str:
    """ "t3_…" or "t1_…": the id that Reddit itself uses everywhere."""
    name = data.get("name")
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    own = data.get("id")
    if kind in ("t1", "t3") and isinstance(own, str) and _ID.fullmatch(own):
        return f"{kind}_{own}"
    raise ValueError("neither a post nor a comment")


def is_erased(data: Mapping[str, Any]) -> bool:
    """Taken back by its author, or taken down: the text goes, and often the author."""
    category = data.get("removed_by_category")
    if isinstance(category, str) and category not in _STILL_OPEN:
        return True
    text = data.get("body") if "body" in data else data.get("selftext")
    return isinstance(text, str) and text.strip().lower() in _ERASED


def read_engagement(data: Mapping[str, Any], name: str, at: datetime) -> Engagement:
    """`score` is ups minus downs, blurred. Below zero it counts no reactions at all, and saying 0
    would tell that nobody reacted where most disliked: the figure is unknown then. So it is while
    the subreddit hides it. What a comment was answered is not told."""
    hidden = data.get("score_hidden") is True or data.get("hide_score") is True
    is_post = name.startswith("t3_")
    return Engagement(
        key=MentionKey(network=NETWORK, external_id=name),
        taken_at=at,
        views=count(data.get("view_count")),
        reactions=None if hidden else count(data.get("score")),
        replies=count(data.get("num_comments")) if is_post else None,
        shares=count(data.get("num_crossposts")) if is_post else None,
    )


def _post(data: Mapping[str, Any], name: str, published: datetime | None, at: datetime) -> Mention:
    html = _html(data.get("selftext_html"))
    text = _text(data.get("selftext"), html)
    kind, original = _crosspost(data)
    media = _media(data)
    url = _permalink(data) or f"{SITE}/comments/{name[3:]}/"
    flair = line(data.get("link_flair_text"))
    return Mention(
        network=NETWORK,
        external_id=name,
        kind=kind,
        published_at=published,
        edited_at=_edited(data, at),
        url=url,
        title=line(data.get("title")),
        text=text,
        author=_author(data),
        repost_of=original if kind is Kind.REPOST else None,
        quoted_id=original if kind is Kind.QUOTE else None,
        links=_links(html, _target(data, media), url),
        media=media,
        tags=(flair,) if flair else (),
        accounts=_addressed(text),
        republish=_may_be_shown(data),
    )


def _comment(
    data: Mapping[str, Any], name: str, published: datetime | None, at: datetime
) -> Mention:
    html = _html(data.get("body_html"))
    text = _text(data.get("body"), html)
    root = _name(data.get("link_id"), "t3_")
    parent = _name(data.get("parent_id"), "") or root
    under = f"{SITE}/comments/{root[3:]}/_/{name[3:]}/" if root else None
    url = _permalink(data) or under
    return Mention(
        network=NETWORK,
        external_id=name,
        kind=Kind.REPLY if parent is not None and parent != root else Kind.COMMENT,
        published_at=published,
        edited_at=_edited(data, at),
        url=url,
        text=text,
        author=_author(data),
        parent_id=parent,
        root_id=root,
        links=_links(html, None, url),
        media=_embedded(data),
        accounts=_addressed(text),
        republish=_may_be_shown(data),
    )


def _crosspost(data: Mapping[str, Any]) -> tuple[Kind, str | None]:
    """A crosspost under its own title says something of its own."""
    original = _name(data.get("crosspost_parent"), "t3_")
    if original is None:
        return Kind.POST, None
    shared = next(mappings(data.get("crosspost_parent_list")), {})
    same = line(shared.get("title")) in (None, line(data.get("title")))
    return (Kind.REPOST if same else Kind.QUOTE), original


def _html(value: object) -> str:
    return value if isinstance(value, str) else ""


def _text(markdown: object, html: str) -> str:
    if not isinstance(markdown, str):
        return html_to_text(html)[:_MAX_TEXT]
    if not _RICH.search(markdown):
        return plain(markdown[:_MAX_TEXT])
    return html_to_text(html)[:_MAX_TEXT] if html else plain(unescape(markdown[:_MAX_TEXT]))


def _target(data: Mapping[str, Any], media: tuple[Media, ...]) -> object:
    """What a post links to: another site's page, also where it is shown as a video."""
    hint = data.get("post_hint")
    is_own = bool(media) and not (isinstance(hint, str) and hint.endswith(_ELSEWHERE))
    return None if is_own else data.get("url")


def _links(html: str, target: object, own: str | None) -> tuple[str, ...]:
    written = [unescape(link) for link in _HREF.findall(html)[:_MANY]]
    if (address := web_address(target)) is not None:
        written.insert(0, address)
    found = (canonical_url(link) for link in written)
    return tuple(dict.fromkeys(link for link in found if link and link != own))


def _author(data: Mapping[str, Any]) -> Author:
    handle = string(data.get("author")) or ""
    if handle in _NOBODY:
        return Author()
    return Author(external_id=string(data.get("author_fullname")), handle=line(handle))


def _edited(data: Mapping[str, Any], at: datetime) -> datetime | None:
    # False, an instant, or True on comments from before 2012.
    return believable(from_epoch(data.get("edited")), at) if data.get("edited") else None


def _permalink(data: Mapping[str, Any]) -> str | None:
    path = data.get("permalink")
    if not isinstance(path, str) or not path.startswith("/") or path.startswith("//"):
        return None
    return f"{SITE}{path[:1000]}"


def _name(value: object, prefix: str) -> str | None:
    if not isinstance(value, str) or not value.startswith(prefix) or not _NAME.fullmatch(value):
        return None
    return value


def _addressed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_ADDRESSED.findall(text)))[:_MANY] if "u/" in text else ()


def _may_be_shown(data: Mapping[str, Any]) -> bool:
    """Adult or quarantined, or an author who asks to be kept out of search engines."""
    kept_back = data.get("over_18") is True or data.get("quarantine") is True
    return not kept_back and data.get("is_robot_indexable") is not False


def _media(data: Mapping[str, Any]) -> tuple[Media, ...]:
    found = list(_embedded(data))
    target = web_address(data.get("url_overridden_by_dest")) or web_address(data.get("url"))
    hint = data.get("post_hint")
    if data.get("is_video") is True:
        video = mapping(mapping(data.get("media")).get("reddit_video"))
        found.append(Media(kind="video", url=web_address(video.get("fallback_url")) or target))
    elif target and (hint == "image" or target.startswith("https://i.redd.it/")):
        found.append(Media(kind="image", url=target))
    elif target and isinstance(hint, str) and hint.endswith(_ELSEWHERE):
        found.append(Media(kind="video", url=target))
    return tuple(found)


def _embedded(data: Mapping[str, Any]) -> tuple[Media, ...]:
    """Galleries, and pictures within a text."""
    parts = list(mapping(data.get("media_metadata")).values())[:_MANY]
    items = mappings(mapping(data.get("gallery_data")).get("items"))
    captions = {string(item.get("media_id")): line(item.get("caption")) for item in items}
    return tuple(_pictures(parts, captions))


def _pictures(parts: list[Any], captions: Mapping[str | None, str | None]) -> Iterator[Media]:
    for part in mappings(parts):
        source = mapping(part.get("s"))
        kind = "video" if part.get("e") == "RedditVideo" else "image"
        url = (
            web_address(source.get("u"))
            or web_address(source.get("gif"))
            or web_address(part.get("hlsUrl"))
        )
        if url is not None:
            yield Media(kind=kind, url=url, alt=captions.get(string(part.get("id"))))


def rejected(child: object, error: ValueError) -> Reject:
    payload = json.dumps(child, default=str)[:_MAX_QUARANTINED].encode("utf-8", "replace")
    own = string(mapping(mapping(child).get("data")).get("name"))
    return Reject(error=str(error), payload=payload, external_id=own[:100] if own else None)
