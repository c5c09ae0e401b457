"""SlideShare's XML into mentions, read without trusting it.

https://www.slideshare.net/developers/documentation (API 2.0), and recorded answers of 2018 to 2020.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from html.entities import html5
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import escape

from connectors.connector import Malformed, Reject
from connectors.dates import believable, parse_date
from connectors.mention import Author, Engagement, Kind, Media, Mention, MentionKey
from connectors.reading import figure, line
from connectors.text import html_to_text, language_code
from connectors.urls import canonical_url
from connectors.walk import Found

NETWORK = "slideshare"
_MAX_TAGS = 100_000  # fifty presentations with all their tags hold a tenth of it
_MAX_TEXT = 20_000
_MAX_PAYLOAD = 4_000
_CONVERSION = timedelta(hours=1)  # a new presentation is "updated" when its slides are ready
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_REFERENCE = re.compile(r"&(?:#(\d{1,9})|#x([0-9a-fA-F]{1,8})|([A-Za-z][A-Za-z0-9]{1,31}));|&")
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})


def parse(body: bytes) -> Element:
    """The root element. No document type is accepted, hence no entity beyond XML's own five.

    What breaks XML in one presentation's text – control characters, half an emoji, a bare "&" –
    is mended first: it must not cost the whole page. Malformed where it is no XML all the same.
    """
    if body.count(b"<") > _MAX_TAGS:
        raise Malformed("more markup than any answer has", payload=body[:_MAX_PAYLOAD])
    # As a str it is UTF-8 to expat, whatever encoding it declares.
    text = _REFERENCE.sub(_mended, _FORBIDDEN.sub("", body.decode("utf-8-sig", "replace")))
    builder = TreeBuilder()
    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse_dtd
    try:
        parser.Parse(text.strip(), True)
        return builder.close()
    except (ExpatError, AssertionError):
        raise Malformed("not XML", payload=body[:_MAX_PAYLOAD]) from None


def read_slideshows(items: Iterable[Element], at: datetime) -> tuple[list[Found], list[Reject]]:
    found: list[Found] = []
    rejects: list[Reject] = []
    for item in items:
        told = _told(item)
        try:
            found.append(read_slideshow(item, at))
        except ValueError as error:
            payload = "\n".join(f"{name}: {value}" for name, value in told.items())
            rejects.append(Reject(error=str(error), payload=payload.encode("utf-8", "replace")))
    return found, rejects


def read_slideshow(item: Element, at: datetime) -> Found:
    """A presentation as asked for with `detailed=1`; ValueError where it has no id."""
    told = _told(item)
    external_id = told.get("ID", "")
    if not (external_id.isascii() and external_id.isdecimal() and len(external_id) <= 20):
        raise ValueError("a presentation without a usable id")
    created, updated = _date(told.get("Created"), at), _date(told.get("Updated"), at)
    edited = updated if updated and created and updated > created + _CONVERSION else None
    url = canonical_url(told.get("URL", ""))
    mention = Mention(
        network=NETWORK,
        external_id=external_id,
        kind=Kind.POST,
        published_at=created,
        edited_at=edited,
        url=url,
        title=line(html_to_text(told.get("Title", "")[:_MAX_TEXT])),
        text=html_to_text(told.get("Description", "")[:_MAX_TEXT]),
        language=language_code(told.get("Language")),
        author=Author(
            external_id=line(told.get("UserID")),
            handle=line(told.get("Username")),
        ),
        media=(Media(kind="document", url=url),),
        tags=_tags(item),
    )
    return Found(
        id=f"{external_id}@{edited.isoformat()}" if edited else external_id,
        position=created,
        mentions=(mention,),
        engagements=(_figures(told, mention.key, at),),
    )


def total_of(root: Element) -> int | None:
    """Of a search or of an account; None where the answer does not tell."""
    return figure(root.findtext("Meta/TotalResults") or root.findtext("Count"))


def _figures(told: dict[str, str], key: MentionKey, at: datetime) -> Engagement:
    """Downloads stand for shares: who takes a presentation away passes it on."""
    return Engagement(
        key=key,
        taken_at=at,
        views=figure(told.get("NumViews")),
        reactions=figure(told.get("NumFavorites")),
        replies=figure(told.get("NumComments")),
        shares=figure(told.get("NumDownloads")),
    )


def _told(item: Element) -> dict[str, str]:
    return {child.tag: (child.text or "").strip() for child in item}


def _tags(item: Element) -> tuple[str, ...]:
    read = (line((tag.text or "").strip().removeprefix("#")) for tag in item.iterfind("Tags/Tag"))
    return tuple(dict.fromkeys(tag for tag in read if tag))


def _date(written: str | None, at: datetime) -> datetime | None:
    """`2019-10-07 20:57:38 UTC`."""
    return believable(parse_date(written), at)


def _mended(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if name is not None:
        if name in _XML_NAMES:
            return found[0]
        return escape(html5.get(f"{name};", found[0]))
    if decimal is None and hexadecimal is None:
        return "&amp;"
    point = int(decimal) if decimal is not None else int(hexadecimal, 16)
    usable = point in (9, 10, 13) or (0x20 <= point < 0x110000 and not 0xD800 <= point < 0xE000)
    return found[0] if usable and point & 0xFFFE != 0xFFFE else ""


def _refuse_dtd(*_declared: object) -> None:
    raise Malformed("a document type where none belongs")
