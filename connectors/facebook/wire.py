"""The Graph API's posts, comments and recommendations into mentions and figures.

https://developers.facebook.com/docs/graph-api/reference/post/
https://developers.facebook.com/docs/graph-api/reference/comment/
https://developers.facebook.com/docs/graph-api/reference/recommendation/
Built from the reference and from recorded answers; recommendations were never seen live.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from connectors.dates import believable
from connectors.facebook.attached import (
    Attached,
    hashtags,
    read_attachment,
    read_attachments,
)
from connectors.mention import Author, Engagement, Kind, Mention, MentionKey
from connectors.reading import count, figure, instant, line, mapping, string, web_address
from connectors.text import plain

NETWORK = "facebook"
SITE = "https://www.facebook.com"
_COUNTS = "reactions.limit(0).summary(total_count)"
# With replies: without the filter only what stands directly under the post is counted.
_REPLIES = "comments.filter(stream).limit(0).summary(total_count)"
CORE_FIELDS = "id,message,created_time,permalink_url,from{id,name}"
"""What every version has known; asked for where a version knows a field no longer (code 100)."""
POST_FIELDS = (
    "id,message,story,created_time,updated_time,permalink_url,from{id,name},parent_id,status_type,"
    f"is_hidden,shares,{_COUNTS},{_REPLIES},attachments"
)
COMMENT_FIELDS = (
    "id,message,created_time,permalink_url,from{id,name},parent{id},is_hidden,"
    "like_count,comment_count,attachment"
)
RATING_FIELDS = (
    "created_time,has_rating,has_review,rating,review_text,recommendation_type,reviewer,"
    "open_graph_story"
)
_MAX_TEXT = 64_000  # the network's own limit is 63,206
_ID = re.compile(r"[\w.:-]{1,200}")
# facebook.com/PAGE/posts/POST/?comment_id=COMMENT&reply_comment_id=REPLY
_ADDRESS = re.compile(
    r"https://[\w.-]+/([\w.-]{1,100})/(?:posts|photos|videos)/(?:[\w.-]+/)*?(\d{1,40})/?"
    r"\?(?:\S*&)?comment_id=(\d{1,40})(?:&reply_comment_id=(\d{1,40}))?"
)
_RECOMMENDED = {"positive": 5.0, "negative": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One item; `version` changes with what it says. A hidden one is no longer public."""

    mention: Mention
    engagement: Engagement | None
    position: datetime | None
    version: str
    hidden: bool = False


def read_post(raw: dict[str, Any], at: datetime, *, addressed: tuple[str, ...] = ()) -> Read:
    """A post of the Page, of a visitor, or one that tags the Page (`addressed`).

    A story ("… a recommandé …") is the network's sentence, not the author's: it is a title.
    ValueError where it has no usable id.
    """
    external_id = read_id(raw.get("id"))
    if external_id is None:
        raise ValueError("a post without id")
    text = read_text(raw.get("message"))
    attached = read_attachments(raw.get("attachments"))
    title = attached.title or (None if text else line(raw.get("story")))
    shared = read_id(raw.get("parent_id"))
    kind = Kind.POST if shared is None else Kind.QUOTE if text else Kind.REPOST
    position = believable(instant(raw.get("created_time")), at)
    mention = Mention(
        network=NETWORK,
        external_id=external_id,
        kind=kind,
        published_at=position,
        url=read_url(raw.get("permalink_url"), external_id),
        title=title,
        text=text,
        author=read_author(raw.get("from")),
        quoted_id=shared if kind is Kind.QUOTE else None,
        repost_of=shared if kind is Kind.REPOST else None,
        links=attached.links,
        media=attached.media,
        tags=hashtags(text),
        accounts=addressed,
    )
    return Read(
        mention=mention,
        engagement=_figures(raw, mention.key, at),
        position=position,
        version=_version(text, title, attached),
        hidden=raw.get("is_hidden") is True,
    )


def read_comment(raw: dict[str, Any], at: datetime, *, post_id: str | None) -> Read:
    """A comment or a reply; its id may have to be read from its address, as the network leaves ids
    out for applications that hold no role on the Page."""
    address = web_address(raw.get("permalink_url"))
    own, above, below = _ids_in(address)
    post_id = post_id or below
    external_id = read_id(raw.get("id")) or own
    if external_id is None:
        raise ValueError("a comment without id")
    parent = read_id(mapping(raw.get("parent")).get("id")) or above
    text = read_text(raw.get("message"))
    attached = read_attachment(raw.get("attachment"))
    position = believable(instant(raw.get("created_time")), at)
    mention = Mention(
        network=NETWORK,
        external_id=external_id,
        kind=Kind.COMMENT if parent is None else Kind.REPLY,
        published_at=position,
        url=address or read_url(None, external_id),
        text=text,
        author=read_author(raw.get("from")),
        parent_id=parent or post_id,
        root_id=post_id,
        links=attached.links,
        media=attached.media,
        tags=hashtags(text),
    )
    return Read(
        mention=mention,
        engagement=_figures(raw, mention.key, at),
        position=position,
        version=_version(text, None, attached),
        hidden=raw.get("is_hidden") is True,
    )


def read_rating(raw: dict[str, Any], at: datetime) -> Read:
    """A recommendation: positive is five stars and negative one, where no stars are given."""
    claim = instant(raw.get("created_time"))
    reviewer = read_author(raw.get("reviewer"))
    story = read_id(mapping(raw.get("open_graph_story")).get("id"))
    text = read_text(raw.get("review_text"))
    if story is None and claim is None:
        raise ValueError("a recommendation without story or date")
    external_id = story or f"rating_{_digest(f'{claim}|{reviewer.external_id or text}')}"
    position = believable(claim, at)
    rating = read_stars(raw)
    mention = Mention(
        network=NETWORK,
        external_id=external_id,
        kind=Kind.REVIEW,
        published_at=position,
        url=f"{SITE}/{story}" if story is not None else None,
        text=text,
        author=reviewer,
        rating=rating,
        tags=hashtags(text),
    )
    version = _digest(f"{text}|{rating}")
    return Read(mention=mention, engagement=None, position=position, version=version)


def read_stars(raw: dict[str, Any]) -> float | None:
    stars = raw.get("rating")
    if isinstance(stars, int | float) and not isinstance(stars, bool) and 1 <= stars <= 5:
        return float(stars)
    said = raw.get("recommendation_type")
    return _RECOMMENDED.get(said.lower()) if isinstance(said, str) else None


def read_id(value: object) -> str | None:
    read = string(value)
    return read if read is not None and _ID.fullmatch(read) else None


def read_text(value: object) -> str:
    return plain(value[:_MAX_TEXT]) if isinstance(value, str) and value else ""


def read_author(value: object) -> Author:
    """Only a Page's token is told who wrote, and not always: else it is unknown."""
    raw = mapping(value)
    return Author(external_id=read_id(raw.get("id")), name=line(raw.get("name")))


def read_url(value: object, external_id: str) -> str:
    """Films give their address without the host."""
    if isinstance(value, str) and value.startswith("/") and not value.startswith("//"):
        return f"{SITE}{value[:2000]}"
    return web_address(value) or f"{SITE}/{external_id}"


def comment_count(raw: dict[str, Any]) -> int | None:
    return count(_summary(raw, "comments"))


def _figures(raw: dict[str, Any], key: MentionKey, at: datetime) -> Engagement | None:
    """None where nothing was counted; `shares` is left out by the network while it is 0."""
    is_post = "reactions" in raw or "shares" in raw
    reactions = count(_summary(raw, "reactions")) if is_post else figure(raw.get("like_count"))
    replies = comment_count(raw) if "comments" in raw else figure(raw.get("comment_count"))
    shares = None
    if is_post:
        shares = count(mapping(raw["shares"]).get("count")) if "shares" in raw else 0
    if reactions is None and replies is None and shares is None:
        return None
    return Engagement(key=key, taken_at=at, reactions=reactions, replies=replies, shares=shares)


def _summary(raw: dict[str, Any], edge: str) -> object:
    return mapping(mapping(raw.get(edge)).get("summary")).get("total_count")


def _ids_in(address: str | None) -> tuple[str | None, str | None, str | None]:
    """(the comment's own id, the comment that it answers, the post) as its address tells them."""
    found = _ADDRESS.match(address or "")
    if found is None:
        return None, None, None
    owner, post, comment, reply = found.groups()
    root = f"{owner}_{post}" if owner.isdecimal() else None
    if reply is not None:
        return f"{post}_{reply}", f"{post}_{comment}", root
    return f"{post}_{comment}", None, root


def _version(text: str, title: str | None, attached: Attached) -> str:
    return _digest(f"{text}\0{title or ''}\0{len(attached.media)}\0{attached.links}")


def _digest(said: str) -> str:
    return blake2b(said.encode("utf-8", "replace"), digest_size=6).hexdigest()
