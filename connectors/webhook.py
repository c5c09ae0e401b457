"""What a network pushes to us: a call that is checked at once, kept, answered, and read afterwards."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from connectors.connector import ConnectorError, Page


class Forged(ConnectorError):
    """The call is not signed as the network signs: nobody learns more than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to /hooks/<source>. Header names are in lower case; the body is as it came."""

    method: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to answer, and whether the body is to be kept and read (`keep`)."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"
    keep: bool = False


@runtime_checkable
class Receiving(Protocol):
    """A connector that a network calls.

    `answer` is quick and touches no network: it checks the signature on the raw body in constant
    time (Forged), answers the challenge of a GET, or says to keep the body. The kept body comes
    back to `receive`, perhaps after a restart, perhaps twice: its pages are processed like a poll's.
    """

    def answer(self, call: Call) -> Answer: ...

    def receive(self, call: Call) -> AsyncIterator[Page]: ...


def require_signature(
    call: Call,
    secret: str,
    header: str,
    *,
    prefix: str = "",
    salt: bytes = b"",
    digest: Callable[..., object] | str = hashlib.sha256,
) -> None:
    """Raise Forged unless `header` holds `prefix` + hex HMAC of `salt` + the raw body."""
    signed = hmac.new(secret.encode(), salt + call.body, digest).hexdigest()  # type: ignore[arg-type]
    given = call.headers.get(header.lower(), "")
    if not hmac.compare_digest((prefix + signed).encode(), given.encode("utf-8", "replace")):
        raise Forged("wrong signature")


def require_token(given: str | None, expected: str) -> None:
    """Raise Forged unless both are the same, compared in constant time."""
    if not hmac.compare_digest((given or "").encode("utf-8", "replace"), expected.encode()):
        raise Forged("wrong token")
