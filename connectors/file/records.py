"""One JSON object → what it says, strictly: an unknown key or a wrong type is an error that names it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from connectors.file.defaults import Defaults
from connectors.file.lines import BadLine
from connectors.file.values import (
    Bare,
    Count,
    Id,
    Instant,
    Link,
    Network,
    Text,
    read_author,
    read_language,
    read_listed,
)
from connectors.mention import (
    AudienceSnapshot,
    Author,
    Deletion,
    Engagement,
    Kind,
    Media,
    Mention,
    MentionKey,
)

Entry = Mention | Engagement | Deletion | AudienceSnapshot


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: item for key, item in value.items() if item is not None}


class _AuthorWire(_Wire):
    external_id: Id | None = None
    handle: Bare | None = None
    name: Text | None = None
    followers: Count | None = None
    verified: bool | None = None


class _MediaWire(_Wire):
    kind: Literal["image", "video", "audio", "document"] = "image"
    url: Link = None
    alt: Text | None = None


class _FiguresWire(_Wire):
    views: Count | None = None
    reactions: Count | None = None
    replies: Count | None = None
    shares: Count | None = None


class _MentionWire(_Wire):
    type: Literal["mention"] = "mention"
    network: Network | None = None
    external_id: Id | None = None
    kind: Kind | None = None
    published_at: Instant | None = None
    edited_at: Instant | None = None
    url: Link = None
    title: Text | None = None
    text: Text = ""
    language: Annotated[str | None, BeforeValidator(read_language)] = None
    author: Annotated[_AuthorWire, BeforeValidator(read_author)] = Field(
        default_factory=_AuthorWire
    )
    parent_id: Id | None = None
    root_id: Id | None = None
    quoted_id: Id | None = None
    repost_of: Id | None = None
    links: Annotated[list[Link], BeforeValidator(read_listed)] = Field(default_factory=list)
    media: Annotated[list[_MediaWire], BeforeValidator(read_listed)] = Field(default_factory=list)
    rating: Annotated[float, Field(ge=1, le=5)] | None = None
    tags: Annotated[list[Bare], BeforeValidator(read_listed)] = Field(default_factory=list)
    accounts: Annotated[list[Bare], BeforeValidator(read_listed)] = Field(default_factory=list)
    republish: bool = True
    engagement: _FiguresWire | None = None
    at: Instant | None = None  # when `engagement` was read

    @model_validator(mode="after")
    def _says_something(self) -> _MentionWire:
        said = self.text or self.title or self.media or self.repost_of or self.rating is not None
        if not said:
            raise ValueError("says nothing: a text, title, media, rating or repost_of is required")
        return self

    def entries(self, defaults: Defaults) -> tuple[Entry, ...]:
        mention = self._mention(defaults)
        if self.engagement is None:
            return (mention,)
        taken_at = self.at or defaults.at
        figures = self.engagement.model_dump()
        return mention, Engagement(key=mention.key, taken_at=taken_at, **figures)

    def _mention(self, defaults: Defaults) -> Mention:
        network = self.network or defaults.network
        return Mention(
            network=network,
            external_id=defaults.linked(self.external_id, self.network) or self._digest(),
            kind=self.kind or (Kind.POST if self.rating is None else Kind.REVIEW),
            published_at=self.published_at,
            edited_at=self.edited_at,
            url=self.url,
            title=self.title,
            text=self.text,
            language=self.language,
            author=Author(**self.author.model_dump()),
            parent_id=defaults.linked(self.parent_id, self.network),
            root_id=defaults.linked(self.root_id, self.network),
            quoted_id=defaults.linked(self.quoted_id, self.network),
            repost_of=defaults.linked(self.repost_of, self.network),
            links=tuple(link for link in self.links if link),
            media=tuple(Media(**item.model_dump()) for item in self.media),
            rating=self.rating,
            tags=tuple(self.tags),
            accounts=tuple(self.accounts),
            republish=self.republish,
        )

    def _digest(self) -> str:
        """The same line imported twice is the same mention."""
        author = self.author.external_id or self.author.handle or self.author.name
        said = (self.published_at, author, self.title, self.text, self.rating, self.repost_of)
        identity = self.url or "\x1f".join(str(part) for part in said)
        return hashlib.sha256(identity.encode()).hexdigest()[:32]


class _EngagementWire(_FiguresWire):
    type: Literal["engagement"]
    network: Network | None = None
    external_id: Id
    at: Instant | None = None

    def entries(self, defaults: Defaults) -> tuple[Entry, ...]:
        key = MentionKey(
            network=self.network or defaults.network,
            external_id=defaults.scoped(self.external_id, self.network),
        )
        figures = self.model_dump(include=set(_FiguresWire.model_fields))
        return (Engagement(key=key, taken_at=self.at or defaults.at, **figures),)


class _DeletionWire(_Wire):
    type: Literal["deletion"]
    network: Network | None = None
    external_id: Id | None = None
    author_id: Id | None = None
    at: Instant | None = None

    @model_validator(mode="after")
    def _names_one(self) -> _DeletionWire:
        if (self.external_id is None) == (self.author_id is None):
            raise ValueError("names either external_id or author_id")
        return self

    def entries(self, defaults: Defaults) -> tuple[Entry, ...]:
        return (
            Deletion(
                network=self.network or defaults.network,
                seen_at=self.at or defaults.at,
                external_id=defaults.linked(self.external_id, self.network),
                author_id=self.author_id,
            ),
        )


class _AudienceWire(_Wire):
    type: Literal["audience"]
    network: Network | None = None
    account: Bare
    at: Instant | None = None
    followers: Count | None = None
    reach: Count | None = None
    views: Count | None = None

    def entries(self, defaults: Defaults) -> tuple[Entry, ...]:
        return (
            AudienceSnapshot(
                network=self.network or defaults.network,
                account=self.account,
                taken_at=self.at or defaults.at,
                followers=self.followers,
                reach=self.reach,
                views=self.views,
            ),
        )


_Line = _MentionWire | _EngagementWire | _DeletionWire | _AudienceWire
_TYPES: dict[str, type[_Line]] = {
    "mention": _MentionWire,
    "engagement": _EngagementWire,
    "deletion": _DeletionWire,
    "audience": _AudienceWire,
}


def is_record(value: Mapping[Any, Any]) -> bool:
    """Whether an object is in the shape read here: every key is one of a line's."""
    wire = _TYPES.get(str(value.get("type") or "mention"))
    return wire is not None and value.keys() <= wire.model_fields.keys()


def read_record(record: object, defaults: Defaults) -> tuple[Entry, ...]:
    """What one object says: a mention (and its figures), or what happened to one. Raises BadLine."""
    if not isinstance(record, Mapping):
        raise BadLine("not a JSON object")
    wire = _TYPES.get(str(record.get("type") or "mention"))
    if wire is None:
        raise BadLine(f"type: must be one of {', '.join(_TYPES)}")
    try:
        return wire.model_validate(record, context={"zone": defaults.zone}).entries(defaults)
    except ValidationError as error:
        raise BadLine(_explain(error, wire)) from None


def _explain(error: ValidationError, wire: type[_Line]) -> str:
    """The first three faults by their keys, never their values."""
    faults = error.errors(include_input=False, include_url=False)
    return "; ".join(
        _fault(fault["loc"], fault["type"], fault["msg"], wire) for fault in faults[:3]
    )


def _fault(place: tuple[int | str, ...], kind: str, message: str, wire: type[_Line]) -> str:
    path = ".".join(str(part)[:40] for part in place)
    if kind != "extra_forbidden":
        message = message.removeprefix("Value error, ")
        return f"{path}: {message}" if path else message
    near = get_close_matches(str(place[-1]), wire.model_fields, n=1)
    return f"unknown key {path!r}" + (f", did you mean {near[0]!r}?" if near else "")
