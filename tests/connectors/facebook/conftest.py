"""A Facebook connector set before a stand-in of the Graph API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from connectors.budget import MemoryLedger
from connectors.facebook import FacebookConnector, FacebookSettings
from connectors.http import HttpClient, NetworkPolicy
from connectors.tokens import MemoryTokens
from tests.connectors.case import WATCHED, Now
from tests.connectors.facebook.support import VERIFY, Make
from tests.networks.facebook import APP_SECRET, PAGE, TOKEN, Facebook


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def tokens() -> MemoryTokens:
    return MemoryTokens()


@pytest.fixture
def ledger(now: Now) -> MemoryLedger:
    return MemoryLedger(now)


@pytest.fixture
async def network() -> AsyncIterator[Facebook]:
    async with Facebook().serving() as network:
        yield network


@pytest.fixture
async def http(now: Now) -> AsyncIterator[HttpClient]:
    async def no_wait(_seconds: float) -> None:
        return None

    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with HttpClient(policy, clock=now, sleep=no_wait) as http:
        yield http


@pytest.fixture
def make(
    network: Facebook, now: Now, ledger: MemoryLedger, tokens: MemoryTokens, http: HttpClient
) -> Make:
    def build(**settings: Any) -> FacebookConnector:
        told = {
            "base_url": network.base_url,
            "page": PAGE,
            "access_token": TOKEN,
            "app_secret": APP_SECRET,
            "verify_token": VERIFY,
            "audience": False,
            **settings,
        }
        chosen = FacebookSettings.model_validate(told)
        return FacebookConnector(
            chosen, http=http, watched=WATCHED, clock=now, ledger=ledger, tokens=tokens
        )

    return build
