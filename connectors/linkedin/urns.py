"""LinkedIn's URNs: how they are escaped in addresses, and one spelling for each comment.

https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/urns
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

_URN = re.compile(r"urn:li:[A-Za-z]+:[^\s/?#\x00-\x1f]{1,300}")
# Notifications write (activity:1,2) where the comments' own list writes (urn:li:activity:1,2).
_COMMENT = re.compile(r"urn:li:comment:\((?:urn:li:)?([A-Za-z]+):(\d+),(\d+)\)")
_POSTS = ("urn:li:share:", "urn:li:ugcPost:", "urn:li:activity:")
FEED = "https://www.linkedin.com/feed/update/"


def urn(value: object) -> str | None:
    """A URN as LinkedIn writes them; a comment's in its long spelling. Anything else is absent."""
    if not isinstance(value, str) or not _URN.fullmatch(value):
        return None
    found = _COMMENT.fullmatch(value)
    return f"urn:li:comment:(urn:li:{found[1]}:{found[2]},{found[3]})" if found else value


def comment_urn(thread: str, number: str) -> str:
    return f"urn:li:comment:({thread},{number})"


def is_comment(value: str) -> bool:
    return value.startswith("urn:li:comment:")


def is_post(value: str) -> bool:
    return value.startswith(_POSTS)


def comment_parts(value: str) -> tuple[str, str] | None:
    """The thread and the number of a comment."""
    found = _COMMENT.fullmatch(value)
    return (f"urn:li:{found[1]}:{found[2]}", found[3]) if found else None


def escaped(value: str) -> str:
    """Rest.li 2.0 wants every colon, comma and parenthesis of a value escaped."""
    return quote(value, safe="")


def listed(values: Iterable[str]) -> str:
    """`List(…)`: its own parentheses and commas stay as they are."""
    return f"List({','.join(escaped(value) for value in values)})"


def query(params: Mapping[str, str | int]) -> str:
    """Parameters whose values are escaped already, or need no escaping."""
    return "&".join(f"{name}={value}" for name, value in params.items())


def post_url(post: str) -> str:
    return FEED + post


def comment_url(post: str, comment: str) -> str:
    return f"{FEED}{post}?commentUrn={escaped(comment)}"
