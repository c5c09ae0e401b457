"""Ten thousand copies of one post in an hour: one incident, one phone rung once, few updates."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from listener.domain.action import Action
from tests.listener.forgetting import SAID, Home, home, post
from tests.listener.house import count, rows
from tests.listener.test_update import ESCALATION, act, copy, told, wait

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

COPIES = 10_000
BATCH = 250
MINUTES = 1.5  # between two batches: an hour in all


@pytest.fixture
async def night(database: Any, tmp_path: Any) -> AsyncIterator[Home]:
    async with home(database, tmp_path, **ESCALATION) as opened:
        yield opened


async def test_ten_thousand_mentions_of_one_story_are_one_incident_and_few_updates(night) -> None:
    await night.hear(post())
    await night.tell()
    await act(night, Action.ACKNOWLEDGE)
    for first in range(0, COPIES, BATCH):
        await night.hear(*(copy(first + n, text=SAID) for n in range(BATCH)))
        await wait(night, MINUTES)
    await wait(night, 11)
    settings = night.app.config.alerts
    minutes = COPIES / BATCH * MINUTES + 11
    (incident,) = await rows(night.app.database, "incidents")
    most = min(settings.max_updates, 2 + minutes / (settings.update_every.total_seconds() / 60))
    print(f"\n{incident.updates} updates in {minutes:.0f} minutes, at most {most:.0f}")
    assert await count(night.app.database, "incident_mentions") == COPIES + 1
    assert 1 < incident.updates <= most
    (root, _answer) = told(night)
    assert "10\u202f001" in json.dumps(root.blocks, ensure_ascii=False)
    pages = await rows(night.app.database, "pages")
    assert [page.folded for page in pages] == [False]
