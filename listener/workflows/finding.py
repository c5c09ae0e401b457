"""What a check found of one part of the configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from connectors.connector import ConnectorError
from listener.notifiers.base import DeliveryError

PATIENCE = 20.0  # seconds for one part to answer


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one part."""

    part: str
    name: str
    state: State
    detail: str


def found(part: str, name: str, detail: str, state: State = State.OK) -> Finding:
    return Finding(part=part, name=name, state=state, detail=detail)


async def attempt(part: str, name: str, try_it: Callable[[], Awaitable[str]]) -> Finding:
    """What one part answers, within PATIENCE."""
    try:
        async with asyncio.timeout(PATIENCE):
            return found(part, name, await try_it())
    except TimeoutError:
        return found(part, name, f"no answer within {PATIENCE:g} s", State.FAILED)
    except (ConnectorError, DeliveryError) as error:
        return found(part, name, f"{type(error).__name__}: {error}", State.FAILED)
