"""The bundled recording holds what it promises: it is the first thing that users see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.connector import Page, Watched
from connectors.file import FileConnector, FileSettings
from connectors.mention import Mention
from listener.demo import END, EVENING, RECORDING


async def pages(at: datetime, **keys: object) -> list[Page]:
    source = FileConnector(
        FileSettings(path=RECORDING, **keys), http=None, watched=Watched(), clock=lambda: at
    )
    return [page async for page in source.poll({})]


@pytest.fixture
async def week() -> list[Page]:
    return await pages(END)


def mentions(read: list[Page]) -> list[Mention]:
    return [mention for page in read for mention in page.mentions]


async def test_every_line_is_read_and_every_id_is_its_own(week):
    assert [reject.error for page in week for reject in page.rejects] == []
    keys = [mention.key for mention in mentions(week)]
    assert len(keys) == len(set(keys))


async def test_figures_answers_and_deletions_name_mentions_that_came_before(week):
    told = {mention.key: mention.published_at for mention in mentions(week)}
    for page in week:
        assert all(told[e.key] < e.taken_at for e in page.engagements)
    assert {d.external_id for p in week for d in p.deletions} <= {k.external_id for k in told}
    ids = {key.external_id: at for key, at in told.items()}
    blog = "vivre-a-valmont.example/posts/"  # the posts that are commented were not recorded
    for mention in mentions(week):
        for above in (mention.parent_id, mention.root_id, mention.quoted_id, mention.repost_of):
            if above and not above.startswith(blog):
                assert ids[above] < mention.published_at


async def test_the_week_is_calm_and_the_evening_is_not(week):
    told = [mention.published_at for mention in mentions(week)]
    calm = [at for at in told if at < EVENING]
    busiest = max(sum(at <= t < at + timedelta(hours=1) for t in calm) for at in calm)
    assert 130 <= len(calm) <= 170
    assert busiest <= 6
    assert 80 <= len(told) - len(calm) <= 100
    assert sum(EVENING <= at < EVENING + timedelta(minutes=20) for at in told) >= 12
    assert max(told) <= END


async def test_the_first_post_keeps_growing(week):
    first = min(
        (m for m in mentions(week) if m.published_at >= EVENING), key=lambda m: m.published_at
    )
    shares = [e.shares for p in week for e in p.engagements if e.key == first.key]
    assert len(shares) >= 10
    assert shares == sorted(shares)
    assert shares[-1] > 1000


async def test_an_anchored_replay_brings_the_week_as_past_and_the_evening_as_it_goes():
    now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    read = await pages(
        now + timedelta(minutes=1), mode="replay", anchor=EVENING, start=now, pace=30
    )
    told = [mention.published_at for mention in mentions(read)]
    assert sum(at < now for at in told) >= 130
    assert sum(at >= now for at in told) >= 20


def test_only_reserved_domains_are_named():
    text = RECORDING.read_text("utf-8")
    hosts = {part.split("/")[0].split('"')[0] for part in text.split("https://")[1:]}
    assert all(
        host.endswith(".example") or host.startswith("forum-sante.example") for host in hosts
    )
