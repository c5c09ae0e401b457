"""The daemon's heartbeat: how late the loop runs, and what the service manager is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from listener.app.systemd import ServiceManager
from listener.app.vitals import Vitals

log = logging.getLogger(__name__)

BEAT = 0.25  # s
STATUS_EVERY = 10.0  # s
LATE = 1.0  # s: beyond, people notice, and the log says so


async def beat(vitals: Vitals, manager: ServiceManager, status: Callable[[], str]) -> None:
    """Beat until cancelled. The watchdog is fed only while the loop runs and the tick goes round."""
    loop = asyncio.get_running_loop()
    feed_every = _feed_every(manager.watchdog)
    fed = told = worst_since = loop.time() - max(feed_every, STATUS_EVERY)
    while True:
        due = loop.time() + BEAT
        await asyncio.sleep(BEAT)
        now = loop.time()
        if now - worst_since > 60:
            vitals.loop_lag, worst_since = 0.0, now
        _measure(vitals, now - due)
        if now - fed >= feed_every and vitals.tick.alive:
            manager.feed_watchdog()
            fed = now
        if now - told >= STATUS_EVERY:
            manager.status(status())
            told = now


def _feed_every(watchdog: timedelta | None) -> float:
    """A third of what systemd allows: one lost datagram is no reason to be killed."""
    return watchdog.total_seconds() / 3 if watchdog else float("inf")


def _measure(vitals: Vitals, late: float) -> None:
    if late > LATE:
        log.warning("loop.blocked seconds=%.2f", late)
    vitals.loop_lag = max(vitals.loop_lag, late)
    vitals.loop_lag_max = max(vitals.loop_lag_max, late)
