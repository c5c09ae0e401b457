"""GDELT's list of articles into mentions: a title and a link, no text, no figures."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from hashlib import blake2b

from connectors.connector import Reject
from connectors.dates import believable, parse_date
from connectors.gdelt.languages import code_of
from connectors.mention import Author, Kind, Media, Mention
from connectors.reading import line, web_address
from connectors.text import html_to_line
from connectors.urls import canonical_url, host_of
from connectors.walk import Found

NETWORK = "gdelt"
_MAX_ID = 500
_SEEN = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z")

# GDELT cuts titles into words: "L ' hôpital , dit - il : « assez » ( 3 % )".
_SPACED = re.compile(r" [,.)\]…'’\"-]|[(\[\"'’-] ")
_ELIDED = re.compile(
    r"\b([cdjlmnst]|(?:jus|lors|puis|quel|pres|quoi)?qu|aujourd|entr) ?(['’]) ?(?=\w)",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"(?<=\w) ?(['’]) ?(?=(?:s|t|re|ve|ll|d|m)\b)")
_QUOTED = re.compile(r"\" ([^\"]+?) \"")
_INVERTED = re.compile(
    r"(?<=\w) - (?=(?:t - )?(?:ils?|elles?|on|je|tu|nous|vous|ce|là|ci|mêmes?)\b)|(?<=-t) - ",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<=\d) ([.,]) (?=\d)")
_BEFORE = re.compile(r" +(?=[,.)\]…])")
_AFTER = re.compile(r"(?<=[(\[]) +")
_TIDIED = (
    (_ELIDED, r"\1\2"),
    (_POSSESSIVE, r"\1"),
    (_QUOTED, r'"\1"'),
    (_INVERTED, "-"),
    (_NUMBER, r"\1"),
    (_BEFORE, ""),
    (_AFTER, ""),
)


def read_article(item: object, at: datetime) -> Found:
    """`seendate` is when GDELT saw the page, mostly within minutes of its publication.

    ValueError where the item has no address: it is its id, too.
    """
    if not isinstance(item, dict):
        raise ValueError("an article that is no JSON object")
    address = web_address(item.get("url"))
    url = canonical_url(address) if address is not None else None
    if url is None:
        raise ValueError("an article without an address")
    seen = believable(_moment(item.get("seendate")), at)
    image = web_address(item.get("socialimage"))
    domain = line(item.get("domain")) or host_of(url)
    mention = Mention(
        network=NETWORK,
        external_id=external_id(url),
        kind=Kind.ARTICLE,
        published_at=seen,
        url=url,
        title=tidy(item.get("title")),
        language=code_of(item.get("language")),
        author=Author(external_id=domain, name=domain),
        media=(Media(kind="image", url=image),) if image is not None else (),
    )
    return Found(id=mention.external_id, position=seen, mentions=(mention,))


def external_id(url: str) -> str:
    """The address itself; of one that is very long, a digest."""
    if len(url) <= _MAX_ID:
        return url
    return f"blake2b:{blake2b(url.encode(), digest_size=16).hexdigest()}"


def rejected(item: object, error: Exception) -> Reject:
    return Reject(error=str(error), payload=json.dumps(item, default=str).encode()[:64_000])


def tidy(title: object) -> str | None:
    """The title without the spaces that GDELT puts around punctuation.

    French wants a space before ; : ! ? and within « », and a dash has one on either side: those stay.
    """
    if not isinstance(title, str):
        return None
    text = html_to_line(title[:2_000])
    if _SPACED.search(text) is None:
        return text or None
    for pattern, put in _TIDIED:
        text = pattern.sub(put, text)
    return text or None


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    found = _SEEN.fullmatch(value)
    if found is None:
        return parse_date(value)
    try:
        year, month, day, hour, minute, second = map(int, found.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
