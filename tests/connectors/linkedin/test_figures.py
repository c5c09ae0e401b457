"""Counts read again, deletions found by the way, and the page's audience."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from connectors.connector import Page, Unauthorized
from connectors.mention import MentionKey
from tests.connectors.linkedin.support import NOON, Bench, deletions, figures
from tests.networks.linkedin import NEIGHBOUR
from tests.networks.standin import Fault


async def refreshed(ready: Bench, *names: str, network: str = "linkedin") -> list[Page]:
    keys = [MentionKey(network=network, external_id=name) for name in names]
    return [page async for page in ready.connector().refresh(keys)]


async def test_counts_are_read_again_many_at_a_time(ready: Bench) -> None:
    posts = [ready.network.post()["id"] for _ in range(120)]
    comment = ready.network.comment(ready.network.posts[0])["commentUrn"]
    ready.network.reactions[comment] = 4
    ready.network.shares[posts[1]] = (900, 3)
    found = figures(await refreshed(ready, *posts, comment))
    assert found.keys() == {*posts, comment}
    assert (found[comment].reactions, found[comment].shares) == (5, None)
    assert (found[posts[0]].replies, found[posts[0]].views) == (1, None)
    assert (found[posts[1]].views, found[posts[1]].shares) == (900, 3)
    assert found[posts[1]].taken_at == NOON
    assert len(ready.network.asked("socialMetadata")) == 3


async def test_what_is_gone_is_a_deletion_and_what_is_left_out_is_asked_for_alone(
    ready: Bench,
) -> None:
    kept, gone, hidden, silent = (ready.network.post()["id"] for _ in range(4))
    ready.network.gone |= {gone, silent}
    ready.network.left_out |= {hidden, silent}
    pages = await refreshed(ready, kept, gone, hidden, silent)
    assert {deletion.external_id for deletion in deletions(pages)} == {gone, silent}
    assert figures(pages).keys() == {kept, hidden}  # each that stands shows a sign of life


async def test_what_is_refused_alone_is_neither_gone_nor_alive(ready: Bench) -> None:
    post = ready.network.post()["id"]
    ready.network.left_out.add(post)
    ready.network.faults.extend([None, Fault(status=403, body=b"{}")])
    pages = await refreshed(ready, post)
    assert not figures(pages) and not deletions(pages)


async def test_what_is_refused_among_many_is_not_asked_for_alone(ready: Bench) -> None:
    own, other = (ready.network.post()["id"] for _ in range(2))
    answer = {"results": {own: {}}, "statuses": {own: 200}, "errors": {other: {"status": 403}}}
    ready.network.faults.append(Fault(status=200, body=json.dumps(answer).encode()))
    pages = await refreshed(ready, own, other)
    assert {name: told.is_bare for name, told in figures(pages).items()} == {own: True, other: True}
    assert not deletions(pages)
    assert len(ready.network.asked("socialMetadata")) == 1


async def test_statistics_that_are_refused_leave_shares_unknown(ready: Bench) -> None:
    post = ready.network.post()["id"]
    ready.network.denied.add("organizationalEntityShareStatistics")
    assert figures(await refreshed(ready, post))[post].shares is None


async def test_nothing_is_erased_where_everything_is_refused(ready: Bench) -> None:
    post = ready.network.post()["id"]
    ready.network.denied.add("socialMetadata")
    with pytest.raises(Unauthorized):
        await refreshed(ready, post)


async def test_what_is_not_linkedin_s_is_not_asked_for(ready: Bench) -> None:
    assert not await refreshed(ready, "urn:li:share:1", network="facebook")
    assert not await refreshed(ready, "jamais vu", "urn:li:person:1", "urn:li:share:1/../x")
    assert not ready.network.requests


async def test_the_audience_is_read_once_a_day(ready: Bench) -> None:
    keys = {"audience": True, "peers": [NEIGHBOUR]}
    own, peer = [a for page in await ready.poll(**keys) for a in page.audiences]
    assert (own.account, own.followers) == ("chu-valmont", 8_412)
    assert (own.views, own.reach) == (2_800, 31_000)
    assert (peer.account, peer.followers, peer.views) == ("7654321", 15_020, None)
    assert not await ready.poll(**keys)
    ready.clock.at += timedelta(days=1)
    assert await ready.poll(**keys)


async def test_a_figure_that_is_refused_is_unknown(ready: Bench) -> None:
    ready.network.denied |= {"organizationalEntityShareStatistics", "organizations"}
    (own,) = [a for page in await ready.poll(audience=True) for a in page.audiences]
    assert (own.account, own.followers, own.views, own.reach) == ("1234567", 8_412, None, None)


async def test_an_audience_that_cannot_be_read_now_is_asked_for_at_the_next_poll(
    ready: Bench,
) -> None:
    ready.network.quota = 1
    assert not await ready.poll(audience=True)
    ready.network.quota = None
    assert await ready.poll(audience=True)
