"""Daemons that are killed again and again while they work: how one is besieged, and what it cost."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import URL

from tests.daemons import DaemonProcess
from tests.networks.slack import TOKEN
from tests.soak.audit import is_settled
from tests.soak.channels import Pace

AFTERWARDS = 120.0  # s that the survivors may take to bring everything to its end
LONGEST_LIFE = 6.0  # s: a start, the scorer's start, and some pages
ALONE = 0.2  # of the kills spare the scorer: it must notice by itself


@dataclass(kw_only=True)
class Siege:
    """One daemon's lives. `paces`: the channels whose answers a kill may fall upon."""

    name: str
    config: Path
    rng: random.Random
    paces: Mapping[str, Pace]
    kills: Counter[str] = field(default_factory=Counter)
    orphans: int = 0
    lives: list[float] = field(default_factory=list)
    moments: list[str] = field(default_factory=list)

    async def endure(self, kills: int) -> None:
        for number in range(kills):
            daemon = self.daemon()
            began = time.monotonic()
            try:
                await daemon.start()
                kind = await self._moment()
                assert not daemon.ended, f"it ended by itself: {daemon.last_words()}"
                alone = self.rng.random() < ALONE
                self.orphans += await daemon.kill(alone=alone)
            finally:
                await daemon.close()
            self.kills[kind] += 1
            self.lives.append(time.monotonic() - began)
            self.moments.append(f"{number + 1}:{kind}@{self.lives[-1]:.2f}s")

    async def _moment(self) -> str:
        """Wait for the next moment to kill at; what it falls upon."""
        kind = self.rng.choice(("start", "anytime", "slack", "email", "slack", "email"))
        if kind == "start":
            await asyncio.sleep(self.rng.uniform(0.0, 2.0))
            return kind
        if kind == "anytime":
            await asyncio.sleep(self.rng.uniform(2.0, LONGEST_LIFE))
            return kind
        answering = self.paces[kind].answering
        answering.clear()
        try:
            async with asyncio.timeout(LONGEST_LIFE):
                await answering.wait()
        except TimeoutError:
            return "anytime"
        # Before the answer leaves, while it is read, or after our commit.
        await asyncio.sleep(self.rng.uniform(0.0, 0.8))
        return kind

    @property
    def log(self) -> Path:
        return self.config.parent / f"{self.name}.log"

    def daemon(self) -> DaemonProcess:
        return DaemonProcess(self.config, log=self.log, environ={"SLACK_TOKEN": TOKEN})

    async def finish(self, url: URL, last: Mapping[str, str]) -> int:
        """One more life, undisturbed, until everything is done; its exit code after SIGTERM."""
        daemon = self.daemon()
        try:
            await daemon.start()
            await daemon.ready()
            async with asyncio.timeout(AFTERWARDS):
                while not await is_settled(url, last):
                    await asyncio.sleep(0.5)
            return await daemon.stop()
        finally:
            await daemon.close()
