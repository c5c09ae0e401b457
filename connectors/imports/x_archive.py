"""X's own archive: `tweets.js` (formerly `tweet.js`), each a script that assigns one list.

https://help.x.com/en/managing-your-account/how-to-download-your-x-archive
Only posts are read: the same archive holds private messages, and they are never opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from connectors.imports.scene import Record
from connectors.reading import figure, mapping, mappings, string, web_address
from connectors.text import plain

NETWORK = "x"
POSTS = re.compile(r"(?:^|/)tweets?(?:-part\d+)?\.js$")
ACCOUNT = re.compile(r"(?:^|/)account\.js$")
PREFIX = re.compile(rb"\s*window\.YTD\.(\w+)\.part\d+\s*=\s*")
_POST_LISTS = frozenset({"tweet", "tweets"})
_RESHARED = re.compile(r"RT @(\w{1,20}): ")


def list_of(data: bytes) -> tuple[str, bytes] | None:
    """The name that the script assigns, and the JSON that it assigns; None where it is none."""
    found = PREFIX.match(data[:200])
    return (found[1].decode(), data[found.end() :].strip().rstrip(b";")) if found else None


def holds_posts(name: str) -> bool:
    return name in _POST_LISTS


def handle_of(value: object) -> str | None:
    """Whose archive it is, out of `account.js`."""
    for entry in mappings(value):
        return string(mapping(entry.get("account")).get("username"))
    return None


def post_record(entry: dict[str, Any], handle: str | None) -> Record:
    post = mapping(entry.get("tweet")) or entry
    external_id = string(post.get("id_str")) or string(post.get("id"))
    entities = mapping(post.get("entities"))
    text = unescape(string(post.get("full_text")) or string(post.get("text")) or "")
    parent = string(post.get("in_reply_to_status_id_str")) or string(
        post.get("in_reply_to_status_id")
    )
    language = string(post.get("lang"))
    return {
        "network": NETWORK,
        "external_id": external_id,
        "kind": "repost" if _RESHARED.match(text) else "reply" if parent else "post",
        "url": f"https://x.com/{handle or 'i'}/status/{external_id}" if external_id else None,
        "text": plain(_with_addresses(text, entities)),
        "language": None if language in {"und", "qme", "qht", "zxx"} else language,
        "published_at": string(post.get("created_at")),
        "author": {"handle": handle},
        "parent_id": parent,
        "tags": list(_named(entities, "hashtags", "text")),
        "accounts": list(_named(entities, "user_mentions", "screen_name")),
        "links": [u for u in _named(entities, "urls", "expanded_url") if web_address(u)],
        "media": list(_media(post)),
        "engagement": {
            "reactions": figure(post.get("favorite_count")),
            "shares": figure(post.get("retweet_count")),
        },
    }


def _with_addresses(text: str, entities: dict[str, Any]) -> str:
    """X's short links say nothing of where they lead."""
    for url in mappings(entities.get("urls")):
        short, long = string(url.get("url")), string(url.get("expanded_url"))
        if short and long:
            text = text.replace(short, long)
    return text


def _named(entities: dict[str, Any], kind: str, key: str) -> Iterator[str]:
    for entity in mappings(entities.get(kind)):
        if name := string(entity.get(key)):
            yield name


def _media(post: dict[str, Any]) -> Iterator[dict[str, Any]]:
    whole = mapping(post.get("extended_entities")) or mapping(post.get("entities"))
    for item in mappings(whole.get("media")):
        kind = "image" if string(item.get("type")) == "photo" else "video"
        yield {"kind": kind, "url": web_address(item.get("media_url_https"))}
