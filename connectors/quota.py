"""What answers say about rates: Retry-After and every rate-limit header that the networks send."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

LONGEST_PAUSE = timedelta(hours=24)
"""No quota of any network lasts longer; what claims more is wrong, or lies."""

# Meta gives a percentage and no time: its window rolls over an hour, so a few minutes free some.
_META_PAUSE = timedelta(minutes=5)
_FAMILIES = ("X-RateLimit", "X-Rate-Limit", "RateLimit")
_EPOCH_FROM = 1e9  # smaller figures are seconds left: no network sends dates before 2001
_EPOCH_MILLISECONDS_FROM = 1e11


def retry_after(headers: Mapping[str, str], at: datetime) -> timedelta | None:
    """Retry-After as a wait (RFC 9110 §10.2.3: seconds or an HTTP date), or None."""
    return _wait(headers.get("Retry-After"), at)


def wait_in(body: bytes) -> timedelta | None:
    """The wait that a 429 says in its JSON alone: Discourse, Telegram, Slack-like APIs, in seconds."""
    answer = _json(body)
    if not isinstance(answer, dict):
        return None
    nested = [answer, *(answer.get(name) for name in ("extras", "parameters", "error"))]
    for part in nested:
        for name in ("retry_after", "wait_seconds", "retry_after_seconds"):
            seconds = part.get(name) if isinstance(part, dict) else None
            if isinstance(seconds, int | float) and not isinstance(seconds, bool):
                return _bounded(float(seconds))
    return None


def exhausted_for(headers: Mapping[str, str], at: datetime) -> timedelta | None:
    """How long until a spent quota is refilled; None while something is left or nothing is said."""
    waits = [wait for wait in _family_waits(headers, at, spent=True) if wait]
    waits.extend(_meta_waits(headers))
    return max(waits, default=None)


def reset_in(headers: Mapping[str, str], at: datetime) -> timedelta | None:
    """How long until the window ends, whatever is left: what a 429 without Retry-After means."""
    return max(_family_waits(headers, at, spent=False), default=None)


def _family_waits(headers: Mapping[str, str], at: datetime, *, spent: bool) -> Iterator[timedelta]:
    for family in _FAMILIES:
        remaining = _number(headers.get(f"{family}-Remaining"))
        if spent and (remaining is None or remaining >= 1):
            continue
        wait = _wait(headers.get(f"{family}-Reset"), at)
        if wait is not None:
            yield wait


def _wait(value: str | None, at: datetime) -> timedelta | None:
    """Seconds left, an epoch (seconds or milliseconds), an ISO 8601 or an HTTP date, as a wait."""
    if value is None:
        return None
    number = _number(value)
    if number is None:
        moment = _date(value.strip())
        return None if moment is None else _bounded((moment - at).total_seconds())
    if number >= _EPOCH_MILLISECONDS_FROM:
        number /= 1000
    if number >= _EPOCH_FROM:
        number -= at.timestamp()
    return _bounded(number)


def _bounded(seconds: float) -> timedelta:
    return timedelta(seconds=min(max(seconds, 0.0), LONGEST_PAUSE.total_seconds()))


def _number(value: str | None) -> float | None:
    if value is None:
        return None
    # Gateways join repeated headers with commas, and policies hang behind semicolons.
    try:
        number = float(value.replace(";", ",").split(",")[0].strip())
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _date(value: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(value)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError, IndexError, TypeError):
            continue
    return None


def _meta_waits(headers: Mapping[str, str]) -> Iterator[timedelta]:
    """Graph API: X-App-Usage (percentages), X-Business-Use-Case-Usage (also minutes to wait)."""
    usages = [_json(headers.get("X-App-Usage"))]
    by_account = _json(headers.get("X-Business-Use-Case-Usage"))
    for account in by_account.values() if isinstance(by_account, dict) else ():
        usages.extend(account if isinstance(account, list) else ())
    for usage in usages:
        if isinstance(usage, dict) and (wait := _meta_wait(usage)):
            yield wait


def _meta_wait(usage: dict[str, Any]) -> timedelta | None:
    minutes = _figure(usage.get("estimated_time_to_regain_access"))
    if minutes > 0:
        return _bounded(minutes * 60)
    shares = ("call_count", "total_time", "total_cputime")
    return _META_PAUSE if max(_figure(usage.get(share)) for share in shares) >= 100 else None


def _figure(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _json(value: str | bytes | None) -> Any:
    try:
        return orjson.loads(value or "null")
    except orjson.JSONDecodeError:
        return None
