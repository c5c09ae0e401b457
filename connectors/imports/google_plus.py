"""Google+ archives: answers of its former API that somebody kept, and Takeout's JSON and HTML posts.

From https://developers.google.com/+/web/api/rest (gone with the network) and Takeout archives that people
published: the HTML form was seen in such archives' readers only, never in an archive of a hospital.
An activity is known by the API's id, which Takeout may leave out: its address then stands for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from connectors.imports.scene import Record
from connectors.reading import figure, line, mapping, mappings, string, web_address
from connectors.text import html_links, html_to_text, plain

NETWORK = "google_plus"
_KINDS = frozenset({"plus#activity", "plus#comment"})
_LISTS = frozenset({"plus#activityFeed", "plus#commentFeed", "plus#peopleFeed"})
_MOST_HTML = 4 << 20


def is_api_object(value: dict[str, Any]) -> bool:
    return string(value.get("kind")) in _KINDS | _LISTS | {"plus#person"}


def is_takeout_post(value: dict[str, Any]) -> bool:
    said = (
        "content" in value or "plusOnes" in value or "postAcl" in value or "resharedPost" in value
    )
    return "creationTime" in value and "author" in value and said


def is_takeout_page(html: str) -> bool:
    head = html[:20_000]
    return "main-content" in html and ("plus.google.com" in head or "Google+" in head)


def api_records(value: dict[str, Any]) -> Iterator[tuple[dict[str, Any], list[Record]]]:
    """The activities and comments of an answer, each beside its own object."""
    kind = string(value.get("kind"))
    if kind in _LISTS:
        for item in mappings(value.get("items")):
            if string(item.get("kind")) not in _LISTS:
                yield from api_records(item)
    elif kind == "plus#comment":
        yield value, [_api_comment(value)]
    elif kind == "plus#activity":
        yield value, [_api_activity(value)]


def takeout_records(post: dict[str, Any]) -> Iterator[tuple[dict[str, Any], list[Record]]]:
    """A post of Takeout and each of its comments."""
    record = _takeout_post(post)
    key = record["external_id"]
    yield {name: item for name, item in post.items() if name != "comments"}, [record]
    for comment in mappings(post.get("comments")):
        yield comment, [_takeout_comment(comment, key, shown=record["republish"])]


def page_records(html: str) -> Iterator[tuple[dict[str, Any], list[Record]]]:
    """A post of Takeout as HTML, read into the shape of its JSON form."""
    tree = LexborHTMLParser(html[:_MOST_HTML])
    comments = [_page_comment(node) for node in tree.css(".comment")]
    for node in tree.css(".comment, .comments"):
        node.decompose()
    posted = next(
        (a for a in tree.css("a[href]") if "/posts/" in (a.attributes.get("href") or "")), None
    )
    names = _text(tree.css_first(".plus-oners")).partition(":")[2]
    shared = _text(tree.css_first(".visibility"))
    yield from takeout_records(
        {
            "url": posted.attributes.get("href") if posted else None,
            "creationTime": _text(posted),
            "author": _page_author(tree.css_first("a.author")),
            "content": _inner(tree.css_first(".main-content")),
            "plusOnes": [{} for name in names.split(",") if name.strip()] if names else None,
            "postAcl": {"isPublic": "public" in shared.lower()} if shared else None,
            "comments": comments,
        }
    )


def _api_activity(value: dict[str, Any]) -> Record:
    what = mapping(value.get("object"))
    external_id = string(value.get("id")) or string(value.get("url"))
    shared = string(value.get("verb")) == "share"
    return {
        **_said(what, value),
        "external_id": external_id,
        "kind": "repost" if shared else "post",
        "repost_of": string(what.get("id")) if shared else None,
        "url": web_address(value.get("url")) or web_address(what.get("url")),
        "media": [_attachment(item) for item in mappings(what.get("attachments"))],
        "engagement": {
            "reactions": _total(what, "plusoners"),
            "shares": _total(what, "resharers"),
            "replies": _total(what, "replies"),
        },
    }


def _api_comment(value: dict[str, Any]) -> Record:
    what = mapping(value.get("object"))
    above = next(mappings(value.get("inReplyTo")), {})
    parent = string(above.get("id")) or string(above.get("url"))
    return {
        **_said(what, value),
        "external_id": string(value.get("id")),
        "kind": "comment",
        "parent_id": parent,
        "root_id": parent,
        "engagement": {"reactions": _total(value, "plusoners")},
    }


def _said(what: dict[str, Any], value: dict[str, Any]) -> Record:
    actor = mapping(value.get("actor"))
    written = string(what.get("originalContent"))  # plain, as it was typed
    published, updated = string(value.get("published")), string(value.get("updated"))
    return {
        "network": NETWORK,
        "text": plain(written) if written else html_to_text(string(what.get("content")) or ""),
        "published_at": published,
        "edited_at": updated if updated != published else None,
        "author": {
            "external_id": string(actor.get("id")),
            "name": line(actor.get("displayName")),
        },
    }


def _attachment(item: dict[str, Any]) -> dict[str, Any]:
    kind = "video" if string(item.get("objectType")) == "video" else "image"
    image = mapping(item.get("image"))
    url = web_address(item.get("url")) or web_address(image.get("url"))
    return {"kind": kind, "url": url, "alt": line(item.get("displayName"))}


def _total(value: dict[str, Any], name: str) -> int | None:
    return figure(mapping(value.get(name)).get("totalItems"))


def _takeout_post(post: dict[str, Any]) -> Record:
    html = string(post.get("content")) or ""
    shared = mapping(post.get("resharedPost"))
    text = html_to_text(html) or html_to_text(string(shared.get("content")) or "")
    url, updated = web_address(post.get("url")), string(post.get("updateTime"))
    created, acl = string(post.get("creationTime")), mapping(post.get("postAcl"))
    media = [item for name in ("media", "album") for item in _takeout_media(post.get(name))]
    link = web_address(mapping(post.get("link")).get("url"))
    return {
        "network": NETWORK,
        "external_id": string(post.get("activityId")) or string(post.get("resourceName")) or url,
        "kind": "repost" if shared else "post",
        "url": url,
        "text": text,
        "published_at": created,
        "edited_at": updated if updated != created else None,
        "author": _takeout_author(post.get("author")),
        "repost_of": string(shared.get("activityId")) or string(shared.get("url")),
        "links": [*html_links(html), *([link] if link else [])],
        "media": media,
        # What was shown to some people only is the account's own past, not for others to read.
        "republish": not acl or acl.get("isPublic") is True,
        "engagement": {
            "reactions": _length(post.get("plusOnes")),
            "shares": _length(post.get("reshares")),
            "replies": _length(post.get("comments")),
        },
    }


def _takeout_comment(comment: dict[str, Any], parent: str | None, *, shown: bool) -> Record:
    own = string(comment.get("commentActivityId")) or string(comment.get("resourceName"))
    author = _takeout_author(comment.get("author"))
    text = html_to_text(string(comment.get("content")) or "")
    created = string(comment.get("creationTime"))
    return {
        "network": NETWORK,
        "external_id": own or _digest(parent, author, created, text),
        "kind": "comment",
        "text": text,
        "published_at": created,
        "author": author,
        "parent_id": parent,
        "root_id": parent,
        "republish": shown,
        "engagement": {"reactions": _length(comment.get("plusOnes"))},
    }


def _takeout_author(value: object) -> dict[str, Any]:
    author = mapping(value)
    page = string(author.get("profilePageUrl")) or ""
    own = page.rstrip("/").rpartition("/")[2] or None
    name = string(author.get("resourceName"))
    return {
        "external_id": name.removeprefix("users/") if name else own,
        "name": line(author.get("displayName")),
    }


def _takeout_media(value: object) -> Iterator[dict[str, Any]]:
    album = mapping(value)
    for item in [album, *mappings(album.get("media"))]:
        if url := web_address(item.get("url")):
            video = (string(item.get("contentType")) or "").startswith("video")
            yield {
                "kind": "video" if video else "image",
                "url": url,
                "alt": line(item.get("description")),
            }


def _length(value: object) -> int | None:
    """A list that is not there was not published; an empty one is nobody."""
    return len(value) if isinstance(value, list) else None


def _digest(*parts: object) -> str:
    said = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]


def _page_comment(node: LexborNode) -> dict[str, Any]:
    return {
        "creationTime": _text(node.css_first(".time")).removeprefix("-").strip(),
        "author": _page_author(node.css_first("a.author")),
        "content": _inner(node.css_first(".comment-content")),
    }


def _page_author(node: LexborNode | None) -> dict[str, Any]:
    if node is None:
        return {}
    return {"displayName": _text(node), "profilePageUrl": node.attributes.get("href")}


def _text(node: LexborNode | None) -> str:
    return node.text(strip=True) if node is not None else ""


def _inner(node: LexborNode | None) -> str:
    return (node.html or "") if node is not None else ""
