"""X's post ids, which tell their instant ("snowflakes"), and names that tell nobody's.

https://docs.x.com/fundamentals/x-ids
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

_EPOCH_MS = 1_288_834_974_657
_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)
_FIRST = 29_700_859_247  # ids below were counted one by one
_MAX_DIGITS = 19


def is_id(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= _MAX_DIGITS


def instant_of(post_id: str) -> datetime | None:
    """When a post was made; None for ids that do not tell it."""
    if not is_id(post_id) or (number := int(post_id)) < _FIRST:
        return None
    return _EPOCH + timedelta(milliseconds=number >> 22)


def id_at(at: datetime) -> int:
    """The lowest id that a post of that instant can have."""
    return max(0, round(at.timestamp() * 1000) - _EPOCH_MS) << 22


def digest(value: str) -> str:
    """For feed names, which are shown and logged."""
    return blake2b(value.encode(errors="replace"), digest_size=6).hexdigest()


def keyed(secret: str) -> Callable[[str], str]:
    """Names for ids that only whoever holds the secret can tell again: ids can be tried one by one."""
    key = blake2b(secret.encode(), digest_size=32, person=b"x ids").digest()

    def name(value: str) -> str:
        return blake2b(value.encode(), key=key, digest_size=12).hexdigest()

    return name
