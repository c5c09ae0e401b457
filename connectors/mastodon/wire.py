"""Mastodon's JSON, read leniently: what is missing or absurd becomes None, never an exception."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator

from connectors.dates import parse_date

_LONGEST_ID = 2048
_LARGEST_COUNT = 2**53
_OPT_OUT = re.compile(r"#(?:<[^>]{0,200}>)*nobot\b", re.IGNORECASE)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _id(value: object) -> str | None:
    """Ids are opaque strings; some servers send them as numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isprintable():
        return value
    return None


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        count = int(value)
    except ValueError:
        return None
    # -1 stands for a hidden figure; beyond 2**53 nobody counted anything.
    return count if 0 <= count < _LARGEST_COUNT else None


def _instant(value: object) -> datetime | None:
    return parse_date(value) if isinstance(value, str) else None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _maybe_object(value: object) -> dict[str, Any] | None:
    return value if isinstance(value, dict) and value else None


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


Text = Annotated[str, BeforeValidator(_text)]
Id = Annotated[str | None, BeforeValidator(_id)]
Count = Annotated[int | None, BeforeValidator(_count)]
Instant = Annotated[datetime | None, BeforeValidator(_instant)]
Flag = Annotated[bool, BeforeValidator(lambda value: value is True)]


class Account(BaseModel):
    id: Id = None
    acct: Text = ""
    url: Text = ""
    uri: Id = None  # since 4.2
    display_name: Text = ""
    note: Text = ""
    noindex: Flag = False
    followers_count: Count = None

    @property
    def opted_out(self) -> bool:
        return self.noindex or bool(_OPT_OUT.search(self.note[:10_000]))


class Attachment(BaseModel):
    type: Text = ""
    url: Text = ""
    remote_url: Text = ""
    description: Text = ""


class Addressed(BaseModel):
    acct: Text = ""


class Tag(BaseModel):
    name: Text = ""


class Card(BaseModel):
    url: Text = ""


class Option(BaseModel):
    title: Text = ""


class Poll(BaseModel):
    options: Annotated[list[Option], BeforeValidator(_objects)] = []


class Quote(BaseModel):
    """Since 4.4 {state, quoted_status | quoted_status_id}; Akkoma puts the quoted status itself."""

    id: Id = None
    uri: Id = None
    quoted_status: Annotated[Quoted | None, BeforeValidator(_maybe_object)] = None
    quoted_status_id: Id = None

    @property
    def target(self) -> Quoted | None:
        if self.quoted_status is not None:
            return self.quoted_status
        return Quoted(id=self.quoted_status_id or self.id, uri=self.uri)


class Quoted(BaseModel):
    id: Id = None
    uri: Id = None


class Status(BaseModel):
    """A post: https://docs.joinmastodon.org/entities/Status/."""

    id: Id = None
    uri: Id = None
    url: Text = ""
    created_at: Instant = None
    edited_at: Instant = None
    visibility: Text = ""
    language: Text = ""
    spoiler_text: Text = ""
    content: Text = ""
    in_reply_to_id: Id = None
    account: Annotated[Account, BeforeValidator(_object)] = Account()
    reblog: Annotated[Status | None, BeforeValidator(_maybe_object)] = None
    quote: Annotated[Quote | None, BeforeValidator(_maybe_object)] = None
    favourites_count: Count = None
    reblogs_count: Count = None
    quotes_count: Count = None
    replies_count: Count = None
    media_attachments: Annotated[list[Attachment], BeforeValidator(_objects)] = []
    mentions: Annotated[list[Addressed], BeforeValidator(_objects)] = []
    tags: Annotated[list[Tag], BeforeValidator(_objects)] = []
    card: Annotated[Card | None, BeforeValidator(_maybe_object)] = None
    poll: Annotated[Poll | None, BeforeValidator(_maybe_object)] = None


class Notification(BaseModel):
    """https://docs.joinmastodon.org/entities/Notification/."""

    id: Id = None
    type: Text = ""
    created_at: Instant = None
    status: Annotated[Status | None, BeforeValidator(_maybe_object)] = None


class Access(BaseModel):
    """Since 4.5: "public", "authenticated" or "disabled"."""

    local: Text = ""
    remote: Text = ""


class TimelinesAccess(BaseModel):
    live_feeds: Annotated[Access, BeforeValidator(_object)] = Access()
    hashtag_feeds: Annotated[Access, BeforeValidator(_object)] = Access()


class Urls(BaseModel):
    streaming: Text = ""
    streaming_api: Text = ""


class Configuration(BaseModel):
    urls: Annotated[Urls, BeforeValidator(_object)] = Urls()
    timelines_access: Annotated[TimelinesAccess, BeforeValidator(_object)] = TimelinesAccess()


class ApiVersions(BaseModel):
    mastodon: Count = None


class InstanceWire(BaseModel):
    """/api/v2/instance, and the older /api/v1/instance (uri, urls.streaming_api)."""

    domain: Text = ""
    uri: Text = ""
    version: Text = ""
    urls: Annotated[Urls, BeforeValidator(_object)] = Urls()
    configuration: Annotated[Configuration, BeforeValidator(_object)] = Configuration()
    api_versions: Annotated[ApiVersions, BeforeValidator(_object)] = ApiVersions()


class Frame(BaseModel):
    """One event of the stream; `payload` is JSON in a string, an id, or nothing."""

    stream: Annotated[list[str], BeforeValidator(_strings)] = []
    event: Text = ""
    payload: Any = None
    error: Text = ""
    status: Count = None


def texts(values: Iterable[str]) -> tuple[str, ...]:
    """Each non-empty text once, in order."""
    return tuple(dict.fromkeys(value for value in values if value))


Quote.model_rebuild()
Status.model_rebuild()
