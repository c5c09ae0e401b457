"""The hospital's own followers on Bluesky, once a day."""

from __future__ import annotations

from datetime import timedelta

from connectors.connector import Cursors, Watched
from connectors.mention import AudienceSnapshot
from tests.connectors.bluesky.support import NOON, Make, Now, drain, ids
from tests.networks.bluesky import Bluesky
from tests.networks.standin import Fault

HOSPITAL = Watched(accounts=("@CHU.Valmont.example", "chu_valmont", "absent.example"))
COUNTED = AudienceSnapshot(
    network="bluesky", account="chu.valmont.example", taken_at=NOON, followers=5120
)


async def test_followers_of_the_watched_accounts_are_read_once_a_day(
    make: Make, network: Bluesky, now: Now
) -> None:
    cursors: Cursors = {}
    taken = [
        a for page in await drain(make(HOSPITAL, audience=True), cursors) for a in page.audiences
    ]
    assert taken == [COUNTED]
    now.at += timedelta(hours=23)
    assert not any(p.audiences for p in await drain(make(HOSPITAL, audience=True), cursors))
    assert len(network.calls("getProfiles")) == 1
    now.at += timedelta(hours=2)
    assert any(p.audiences for p in await drain(make(HOSPITAL, audience=True), cursors))


async def test_a_source_that_only_streams_still_counts_followers_without_an_account(
    make: Make, network: Bluesky
) -> None:
    source = make(HOSPITAL, audience=True, stream=True, identifier=None, app_password=None)
    (page,) = await drain(source, {})
    assert page.audiences == [COUNTED]


async def test_followers_that_cannot_be_read_hold_up_no_post(make: Make, network: Bluesky) -> None:
    await drain(make(HOSPITAL), {})
    usual = len(network.requests)
    new = network.publish(2)
    network.faults.extend([*[None] * usual, *[Fault(status=500)] * 10])
    cursors: Cursors = {}
    pages = await drain(make(HOSPITAL, audience=True), cursors)
    assert "audience" not in cursors and len(network.faults) < 10
    assert pages[-1].complete and sorted(ids(pages)) == new
