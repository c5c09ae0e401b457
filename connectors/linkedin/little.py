"""LinkedIn's "little text" into plain text: mentions, hashtag templates, escaped characters.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format
That comments are written in it too is what the documentation suggests; never seen live.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.text import plain

_MAX = 20_000
_TOKEN = re.compile(
    r"@\[(?P<name>(?:\\.|[^\]\\]){0,300})\]\((?P<urn>urn:li:[A-Za-z]+:[^)\s]{1,100})\)"
    r"|\{hashtag\|(?:\\)?[#＃]\|(?P<tag>(?:\\.|[^}\\]){1,200})\}"
    r"|\\(?P<escaped>[|{}@\[\]()<>#*_~\\])"
    r"|(?<![\w&/])[#＃](?P<word>\w{1,100})"
)
_ESCAPED = re.compile(r"\\([|{}@\[\]()<>#*_~\\])")


@dataclass(frozen=True, slots=True)
class Little:
    text: str = ""
    tags: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()  # names and URNs that it addresses


def read_little(value: object) -> Little:
    """What a reader sees. An escaped "\\#" is a sign, not a tag."""
    if not isinstance(value, str) or not value:
        return Little()
    value = value[:_MAX]
    if not any(sign in value for sign in "@{\\#＃"):
        return Little(text=plain(value))
    tags: list[str] = []
    accounts: list[str] = []

    def shown(found: re.Match[str]) -> str:
        if found["urn"] is not None:
            name = _bare(found["name"])
            accounts.extend(filter(None, (name, found["urn"])))
            return name
        if tag := found["tag"] or found["word"]:
            tags.append(_bare(tag))
            return f"#{_bare(tag)}"
        return found["escaped"] or ""

    text = _TOKEN.sub(shown, value)
    return Little(
        text=plain(text),
        tags=tuple(dict.fromkeys(filter(None, map(plain, tags)))),
        accounts=tuple(dict.fromkeys(filter(None, map(plain, accounts)))),
    )


def _bare(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)
