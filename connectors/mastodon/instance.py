"""What one instance says of itself: its software, its stream, and what it shows to whom."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Self

from yarl import URL

from connectors.mastodon.wire import Access, InstanceWire

_VERSION = re.compile(r"(\d+)\.(\d+)")
_BATCHES_SINCE = 2  # api_versions.mastodon of 4.3: GET /api/v1/statuses?id[]=
_QUOTES_SINCE = 7  # of 4.5: notifications of type quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """`ascends`: min_id gives what immediately follows. Elsewhere pages are walked backwards."""

    domain: str  # what its own handles end in
    streaming: str
    ascends: bool = False
    batches: bool = False
    quotes: bool = False
    live_feeds: Access = field(default_factory=Access)
    hashtag_feeds: Access = field(default_factory=Access)

    @classmethod
    def unknown(cls, origin: str) -> Self:
        """A server that does not describe itself is trusted with the least."""
        url = URL(origin)
        return cls(domain=url.authority, streaming=_default_streaming(url))

    @classmethod
    def described(cls, origin: str, wire: InstanceWire) -> Self:
        access = wire.configuration.timelines_access
        api = wire.api_versions.mastodon or 0
        return cls(
            domain=_domain(wire) or URL(origin).authority,
            streaming=_streaming(origin, wire),
            ascends=_ascends(wire.version),
            batches=api >= _BATCHES_SINCE,
            quotes=api >= _QUOTES_SINCE,
            live_feeds=access.live_feeds,
            hashtag_feeds=access.hashtag_feeds,
        )


def _domain(wire: InstanceWire) -> str:
    """v2 gives a domain; v1 a `uri` that is one, or a URL with one (Pleroma)."""
    claimed = wire.domain or wire.uri
    return URL(claimed).authority if "://" in claimed else claimed


def _ascends(version: str) -> bool:
    """Mastodon and its forks since 2.6; others call themselves "x.y.z (compatible; Name …)"."""
    found = _VERSION.match(version)
    if found is None or "compatible" in version:
        return False
    return (int(found[1]), int(found[2])) >= (2, 6)


def _streaming(origin: str, wire: InstanceWire) -> str:
    """Never from TLS to none: the stream carries the token."""
    home = URL(origin)
    allowed = ("wss",) if home.scheme == "https" else ("ws", "wss")
    for claimed in (wire.configuration.urls.streaming, wire.urls.streaming_api):
        if claimed.partition("://")[0] in allowed:
            return claimed.rstrip("/")
    return _default_streaming(home)


def _default_streaming(home: URL) -> str:
    return str(home.with_scheme("wss" if home.scheme == "https" else "ws")).rstrip("/")
