"""Which feeds of a board are read, by its software and by what the configuration names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from connectors.connector import ConnectorError, Malformed, Refused, Unauthorized
from connectors.forum.dialects import FLUXBB, NODEBB, Dialect
from connectors.forum.settings import ForumSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One feed: what it is, and the addresses to try in turn."""

    name: str
    role: str
    addresses: tuple[str, ...]
    topic: str = ""


def feeds_of(dialect: Dialect, settings: ForumSettings) -> Iterator[Feed]:
    if settings.own_feeds:
        yield from (_own(dialect, address) for address in settings.own_feeds)
        return
    if dialect is NODEBB:
        # Its list of posts knows forums and topics: what is asked for is picked out of it.
        yield _feed(dialect, settings, "posts")
        return
    if settings.forums:
        yield from _of_forums(dialect, settings)
    for topic in settings.topics:
        yield _feed(dialect, settings, "topic", name=f"topic:{topic}", topic=topic, id=topic)
    if not settings.forums and not settings.topics:
        for role in dialect.wanted if settings.read == "posts" else ("topics",):
            yield _feed(dialect, settings, role)


def _of_forums(dialect: Dialect, settings: ForumSettings) -> Iterator[Feed]:
    latest = "forum-latest" in dialect.feeds and settings.read == "posts"
    for role in ("forum", "forum-latest") if latest else ("forum",):
        if dialect.joined:
            yield _feed(dialect, settings, role, ids=",".join(settings.forums))
            continue
        for forum in settings.forums:
            yield _feed(dialect, settings, role, name=f"{role}:{forum}", id=forum)


def _feed(
    dialect: Dialect,
    settings: ForumSettings,
    role: str,
    *,
    name: str = "",
    topic: str = "",
    **numbers: str,
) -> Feed:
    paths = dialect.feeds.get(role, ())
    addresses = tuple(f"{settings.root}{path.format(**numbers)}" for path in paths)
    return Feed(name=name or role, role=role, addresses=addresses, topic=topic)


def _own(dialect: Dialect, address: str) -> Feed:
    """What an entry names tells answers from opening posts, but where it only names its topic."""
    latest = "lastpost=1" in address or (
        dialect is FLUXBB and "order=posted" not in address and "tid=" not in address
    )
    digest = blake2b(address.encode(), digest_size=4).hexdigest()
    return Feed(name=f"feed:{digest}", role="latest" if latest else "own", addresses=(address,))


def nowhere(feed: Feed, failures: Sequence[ConnectorError]) -> ConnectorError:
    """What to tell where no address answers: what needs a hand, unless it may have been an hour's page."""
    for kind in (Refused, Malformed):
        if found := next((error for error in failures if isinstance(error, kind)), None):
            return found
    if len(failures) == 1:
        return failures[0]
    return Unauthorized(
        f"no feed of {feed.role} answers ({failures[0]}): its administrator may have switched feeds "
        "off, or `url` is not the forum's root"
    )
