"""What the tables' columns are made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Dialect, Integer, String, TypeDecorator

# SQLite numbers rows by itself only for INTEGER keys.
Key = BigInteger().with_variant(Integer, "sqlite")


def _utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"an instant needs a zone, got {value!r}")
    return value.astimezone(UTC)


@lru_cache(maxsize=4096)  # most instants of a page are one and the same: when it was read
def _utc_text(value: datetime | None) -> str | None:
    utc = _utc(value)
    return utc.replace(tzinfo=None).isoformat(" ", "microseconds") if utc else None


class Instant(TypeDecorator[datetime]):
    """A UTC instant: timestamptz on PostgreSQL, UTC text on SQLite. Refuses naive values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        # The library's own text takes four times as long, and a mention holds eleven instants.
        return _utc_text if dialect.name == "sqlite" else _utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def storable(text: str, length: int) -> str:
    """Text that every engine takes: bounded, no NUL, no lone surrogate."""
    text = text[:length].replace("\0", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def countable(value: int | None) -> int | None:
    """A count that fits a 64-bit column: networks have answered nonsense."""
    return None if value is None else max(0, min(value, 2**62))


def exercise() -> Column[str]:
    """Empty for what is real; the id of the drill or demo otherwise."""
    return Column("exercise_id", String(64), nullable=False, server_default="")


def lease() -> tuple[Column[Any], ...]:
    return Column("lease_owner", String(64)), Column("lease_until", Instant)
