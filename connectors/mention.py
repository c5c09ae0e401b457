"""What was said: the plain values that every connector yields and nothing else in the house invents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MAX_NETWORK = 64


class Kind(StrEnum):
    POST = "post"
    COMMENT = "comment"
    REPLY = "reply"
    REPOST = "repost"
    QUOTE = "quote"
    REVIEW = "review"
    ARTICLE = "article"
    VIDEO = "video"
    STORY = "story"


def require_aware(name: str, instant: datetime | None) -> None:
    """Refuse an instant without a zone: it would silently shift by hours at the first comparison."""
    if instant is not None and instant.tzinfo is None:
        raise ValueError(f"{name} must carry a time zone, got {instant!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionKey:
    """Stable over edits. An id that is only unique on one server carries that server's host."""

    network: str
    external_id: str

    def __post_init__(self) -> None:
        if not self.network or not self.external_id:
            raise ValueError(f"a mention needs a network and an external id, got {self!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """As the network shows them. Nothing here is stored in clear: see listener.domain.privacy."""

    external_id: str | None = None
    handle: str | None = None  # without a leading @
    name: str | None = None
    followers: int | None = None
    verified: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    kind: str  # image · video · audio · document
    url: str | None = None
    alt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One thing that somebody said. `text` and `title` are plain text, never HTML."""

    network: str
    external_id: str
    kind: Kind
    published_at: datetime | None  # the network's claim, None where it makes none
    url: str | None = None
    title: str | None = None
    text: str = ""
    language: str | None = None  # as declared, ISO 639-1, never guessed here
    author: Author = field(default_factory=Author)
    edited_at: datetime | None = None
    parent_id: str | None = None  # external ids on the same network
    root_id: str | None = None
    quoted_id: str | None = None
    repost_of: str | None = None
    links: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    rating: float | None = None  # 1 to 5
    tags: tuple[str, ...] = ()  # without a leading #
    accounts: tuple[str, ...] = ()  # handles that the post addresses, without a leading @
    republish: bool = (
        True  # False: author or network asks not to show it elsewhere; it still counts
    )

    def __post_init__(self) -> None:
        if not self.network or not self.external_id:
            raise ValueError("a mention needs a network and an external id")
        if len(self.network) > MAX_NETWORK or not self.network.isprintable():
            raise ValueError(f"a network's name has {MAX_NETWORK} printable characters at most")
        require_aware("published_at", self.published_at)
        require_aware("edited_at", self.edited_at)
        if self.rating is not None and not 1 <= self.rating <= 5:
            raise ValueError(f"rating must be between 1 and 5, got {self.rating}")

    @property
    def key(self) -> MentionKey:
        return MentionKey(network=self.network, external_id=self.external_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """Counts at one instant; None where the network does not publish the figure, never 0.

    With no figure at all it is a sign of life: the network has been asked, and the mention stands.
    """

    key: MentionKey
    taken_at: datetime
    views: int | None = None
    reactions: int | None = None
    replies: int | None = None
    shares: int | None = None

    def __post_init__(self) -> None:
        require_aware("taken_at", self.taken_at)

    @property
    def is_bare(self) -> bool:
        """A sign of life, and nothing more."""
        return self.views is self.reactions is self.replies is self.shares is None


def alive(key: MentionKey, at: datetime) -> Engagement:
    """A sign of life, for a mention that was asked for again and tells no figures."""
    return Engagement(key=key, taken_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceSnapshot:
    """An account's audience at one instant: the hospital's own, or a peer's.

    `account` as people write it there: a handle, a page's or channel's name, a place. `posts` is how
    many it has published in all; `reach` and `views` are of the last 28 days where the network gives
    a period, else since the beginning. None where the network does not publish the figure.
    """

    network: str
    account: str
    taken_at: datetime
    followers: int | None = None
    reach: int | None = None
    views: int | None = None
    posts: int | None = None
    rating: float | None = None  # the mean of its reviews, 1 to 5
    ratings: int | None = None  # how many reviews that mean rests on
    most_viewed_url: str | None = None  # of its own videos or posts
    most_viewed: int | None = None  # views of that one

    def __post_init__(self) -> None:
        require_aware("taken_at", self.taken_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """The network says that a mention, or with `author_id` everything of an author, is gone."""

    network: str
    seen_at: datetime
    external_id: str | None = None
    author_id: str | None = None

    def __post_init__(self) -> None:
        require_aware("seen_at", self.seen_at)
        if (self.external_id is None) == (self.author_id is None):
            raise ValueError("a deletion names either a mention or an author")
