"""The contract between a network and the listener: pages in, errors named by the caller's next move.

ConnectorError
 ├─ Unauthorized            stop that source, tell ops
 ├─ RateLimited             wait `retry_after`
 ├─ Unavailable             back off with jitter
 ├─ Malformed               the whole answer cannot be read: quarantine it, try again at the next poll
 ├─ Refused                 our own guard said no (SSRF, redirect to a private host): fix the configuration
 └─ Closed                  the network, feed or account is gone: never poll, never count as an outage
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, field_validator

from connectors.mention import (
    AudienceSnapshot,
    Deletion,
    Engagement,
    Mention,
    MentionKey,
    require_aware,
)

_LOGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#]*@", re.IGNORECASE)

Clock = Callable[[], datetime]
Cursor = dict[str, Any]
"""JSON only, with a `v` key; may hold an unfinished walk (upper mark, page token, floor)."""
Cursors = dict[str, Cursor]
"""The cursor of every feed of one source, by feed name; empty at the first poll."""
Keep = Callable[[str], bool]
"""Says whether a text may concern a watch: lets a firehose drop what does not, early."""


class ConnectorError(Exception):
    """Base of what a connector raises on purpose. Messages never hold a token or a post's text."""


class Unauthorized(ConnectorError):
    """The credential is missing, expired or lacks a scope."""


class RateLimited(ConnectorError):
    """The network asked us to wait. `payload` is what it said about it, where it said something."""

    def __init__(
        self, message: str, *, retry_after: timedelta | None = None, payload: bytes = b""
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.payload = payload


class Unavailable(ConnectorError):
    """Time-out, cut connection, 5xx, open circuit: it may work later without anybody's help."""


class Malformed(ConnectorError):
    """The answer is not what the network promises. `payload` is kept for the quarantine."""

    def __init__(self, message: str, *, payload: bytes = b"") -> None:
        super().__init__(message)
        self.payload = payload


class Refused(ConnectorError):
    """Our own guard refused the request: a private address, a forbidden scheme, a redirect loop."""


class Closed(ConnectorError):
    """The network, feed or account is gone for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """One item that could not be read; the page goes on without it."""

    error: str
    payload: bytes
    external_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch that the network could no longer give back."""

    since: datetime | None  # None: unknown, from the beginning
    until: datetime
    reason: str

    def __post_init__(self) -> None:
        require_aware("since", self.since)
        require_aware("until", self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one request brought, and the cursor to keep once it is committed.

    `cursor` None leaves the stored cursor alone. A feed of `""` is a connector's only feed.
    `complete` is said on the page that ends the walk: the feed has been read up to now.
    """

    feed: str = ""
    mentions: Sequence[Mention] = ()
    engagements: Sequence[Engagement] = ()
    deletions: Sequence[Deletion] = ()
    audiences: Sequence[AudienceSnapshot] = ()
    rejects: Sequence[Reject] = ()
    gaps: Sequence[Gap] = ()
    cursor: Cursor | None = None
    complete: bool = False


class ConnectorSettings(BaseModel):
    """Base of every connector's own settings: unknown keys refused, secrets as SecretStr."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @field_validator("*")
    @classmethod
    def _holds_no_login(cls, value: Any) -> Any:
        for item in value if isinstance(value, tuple) else (value,):
            if _LOGIN.match(str(item)):
                raise ValueError("should hold no login: a secret never stands in the file")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the listener looks for, as a connector needs it to build its searches."""

    terms: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    keep: Keep = field(default=lambda _text: True)


class Unseen(StrEnum):
    """What a source, as configured, cannot see: its silence there says nothing."""

    ELSEWHERE = "elsewhere"  # what stands outside the hospital's own pages: no search is open to it
    PUSHED = "pushed"  # what the network tells by webhook alone, such as mentions in captions
    INSTANT = "instant"  # edits and deletions between two readings: no webhook tells them
    COMMENTS = "comments"
    AUTHORS = "authors"
    FIGURES = "figures"  # views, reactions, shares
    DELETIONS = "deletions"
    PAST = "past"  # what left the network's short window before it was read
    REVIEWS = "reviews"


@runtime_checkable
class PartlyBlind(Protocol):
    """A connector that knows what it cannot see as it is configured; shown with the source."""

    def unseen(self) -> Sequence[Unseen]: ...


class Connector(Protocol):
    """One source of mentions. `closed_on`, where a class has it, is the day its network ended: it is
    never polled, and its silence is no outage. `owned`, where it is True, says that it reads the
    pages of one account: what is said there is about that account without naming it.

    `poll` walks from each feed's cursor up to now, page by page: nothing between two polls is
    lost, whatever the volume. With no cursor it reads the configured look-back only.
    It raises a ConnectorError where it cannot go on; what it yielded before stays valid.
    """

    name: ClassVar[str]
    Settings: ClassVar[type[ConnectorSettings]]

    def poll(self, cursors: Cursors) -> AsyncIterator[Page]: ...

    def hosts(self) -> Sequence[str]:
        """Every host:port that it talks to, for the firewall request."""
        ...


@runtime_checkable
class Refreshing(Protocol):
    """A connector that can read again the counts of mentions it has seen, and finds what is gone.

    Of each key that still stands it yields an `Engagement`, whose figures are all None where the
    network told none: a sign of life. A key of which it yields nothing is asked for again: soon while
    it is young, or where an error ended the refresh, else like one that stands.

    `verify_every`, where it has one, is how long a stored text may stand without being asked for:
    some networks want what is deleted there deleted here within days.
    """

    def refresh(self, keys: Collection[MentionKey]) -> AsyncIterator[Page]: ...


@runtime_checkable
class Streaming(Protocol):
    """A connector that is pushed to.

    Flushes at 100 mentions or 500 ms, and moves its cursor every few seconds even when nothing
    matched. Ends by raising a ConnectorError, or when it is cancelled.
    """

    def stream(self, cursors: Cursors) -> AsyncIterator[Page]: ...
