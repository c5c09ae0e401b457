"""The hospital's own followers, asked of its own instance once a day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.connector import Cursors, Watched
from tests.connectors.mastodon.driving import Make, Now, drain, ids
from tests.networks.mastodon import Mastodon, account
from tests.networks.standin import Fault


@pytest.fixture
def hospital(network: Mastodon) -> Watched:
    network.accounts["chu_valmont"] = account("chu_valmont", followers_count=5120)
    own = network.base_url.removeprefix("http://")
    return Watched(
        hashtags=("chuvalmont",),
        accounts=(f"@chu_valmont@{own}", f"parti@{own}", "chu_valmont", "chu@ailleurs.example"),
    )


async def test_followers_of_the_watched_accounts_are_read_once_a_day(
    network: Mastodon, make: Make, now: Now, hospital: Watched
) -> None:
    cursors: Cursors = {}
    (taken,) = [a for page in await drain(make(hospital), cursors) for a in page.audiences]
    assert (taken.account, taken.followers) == (hospital.accounts[0].removeprefix("@"), 5120)
    asked = len(network.calls("lookup"))
    assert asked == 2  # neither the bare name, which may be of any network, nor another instance's
    now.at += timedelta(hours=23)
    await drain(make(hospital), cursors)
    assert len(network.calls("lookup")) == asked
    now.at += timedelta(hours=2)
    assert any(page.audiences for page in await drain(make(hospital), cursors))


async def test_followers_may_be_left_alone(
    network: Mastodon, make: Make, hospital: Watched
) -> None:
    await drain(make(hospital, audience=False), {})
    assert network.calls("lookup") == []


async def test_followers_that_cannot_be_read_hold_up_no_post(
    network: Mastodon, make: Make, hospital: Watched
) -> None:
    new = network.publish(2)
    await drain(make(hospital, audience=False), {})
    usual = len(network.requests)
    network.faults.extend([*[None] * usual, *[Fault(status=500)] * 10])
    cursors: Cursors = {}
    assert set(ids(await drain(make(hospital), cursors))) == set(new)
    assert not any(name.endswith("/audience") for name in cursors)
    assert len(network.faults) < 10
