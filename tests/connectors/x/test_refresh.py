"""Counts read again, edits, deletions; and compliance jobs where money does not reach."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.connector import Page, Unauthorized
from tests.connectors.x.support import NOON, Desk, Now, ids, keys, refreshed
from tests.networks.standin import Fault
from tests.networks.x import START, X, iso, snowflake

POOR = {"daily_budget": 0.04, "monthly_budget": 1.0, "refresh_share": 0.0}
BLIND = {**POOR, "search": False}


def deleted(pages: list[Page]) -> list[str | None]:
    return [gone.external_id for page in pages for gone in page.deletions]


async def test_counts_are_read_again_a_hundred_a_call(desk: Desk, network: X) -> None:
    posts = [network.post() for _ in range(250)]
    for post in posts:
        post["public_metrics"]["impression_count"] = 10_000
    pages = await refreshed(desk.make(), *posts)
    figures = [read for page in pages for read in page.engagements]
    assert len(figures) == 250 and {read.views for read in figures} == {10_000}
    assert [len(r.query["ids"].split(",")) for r in network.calls("/tweets")] == [100, 100, 50]
    assert not any(page.mentions or page.deletions for page in pages)


async def test_what_x_says_is_gone_is_deleted_and_nothing_else(desk: Desk, network: X) -> None:
    kept, protected, silent = (network.post() for _ in range(3))
    network.gone = {
        protected["id"]: "not-authorized-for-resource",
        silent["id"]: "resource-unavailable",
    }
    lost = snowflake(START + timedelta(hours=1))
    pages = await refreshed(desk.make(), kept, protected, silent, lost)
    assert sorted(map(str, deleted(pages))) == sorted([protected["id"], lost])


async def test_an_empty_or_broken_answer_deletes_nothing(desk: Desk, network: X) -> None:
    post = network.post()
    network.faults.append(Fault(status=200, body=b'{"meta": {}}'))
    connector = desk.make()
    with pytest.raises(Exception, match="no posts"):
        await refreshed(connector, post)
    network.faults.append(Fault(status=401))
    with pytest.raises(Unauthorized):
        await refreshed(connector, post)


async def test_an_edit_found_on_the_way_is_given_under_the_first_id(desk: Desk, network: X) -> None:
    first = network.post()
    second = network.post(at=START + timedelta(minutes=9), text="Corrigé")
    history = [first["id"], second["id"]]
    first["edit_history_tweet_ids"] = second["edit_history_tweet_ids"] = history
    second["public_metrics"]["like_count"] = 99
    connector = desk.make()
    pages = await refreshed(connector, first)
    (mention,) = [mention for page in pages for mention in page.mentions]
    assert (mention.external_id, mention.text) == (first["id"], "Corrigé")
    assert mention.edited_at == START + timedelta(minutes=9)
    (figures,) = [read for page in pages for read in page.engagements]
    assert (figures.key.external_id, figures.reactions) == (first["id"], 99)
    await refreshed(connector, first)
    assert network.calls("/tweets")[-1].query["ids"] == second["id"]
    network.gone = {second["id"]: "resource-not-found"}
    assert deleted(await refreshed(connector, first)) == [first["id"]]


async def test_what_was_paid_today_is_read_again_without_money(desk: Desk, network: X) -> None:
    posts = [network.post() for _ in range(4)]
    connector = desk.make(**POOR, search_share=1.0)
    await desk.drain(connector)
    used = await desk.used()
    pages = await refreshed(connector, *posts)
    assert len([read for page in pages for read in page.engagements]) == 4
    assert await desk.used() == used


async def test_refreshing_takes_its_share_for_the_latest_posts(desk: Desk, network: X) -> None:
    posts = [network.post() for _ in range(60)]
    money = {"daily_budget": 1.0, "monthly_budget": 9.0, "refresh_share": 0.1}
    pages = await refreshed(desk.make(**money), *posts)
    read = [figures.key.external_id for page in pages for figures in page.engagements]
    assert read == [post["id"] for post in posts[::-1][:20]]
    assert await desk.used("x refreshes") == 100


async def test_a_compliance_job_finds_deletions_without_money(
    desk: Desk, network: X, now: Now
) -> None:
    posts = [network.post() for _ in range(5)]
    connector = desk.make(**BLIND)
    (begun,) = await refreshed(connector, *posts)
    desk.cursors[begun.feed] = begun.cursor
    assert sorted(network.uploads["7000"].split()) == [post["id"] for post in posts]
    assert "secret" not in str(begun.cursor)
    assert deleted(await desk.drain(desk.make(**BLIND))) == []  # it still runs
    network.jobs["7000"]["status"] = "complete"
    network.results = [
        {"id": posts[0]["id"], "action": "delete", "reason": "deleted"},
        {"id": posts[1]["id"], "action": "delete", "reason": "suspended"},
        {"id": posts[2]["id"], "action": "delete", "reason": "scrub_geo"},
        {"id": "hier", "action": "delete", "reason": "deleted"},
    ]
    # Another process takes up the job by the cursor.
    found = deleted(await desk.drain(desk.make(**BLIND)))
    assert found == [posts[0]["id"], posts[1]["id"]]
    assert await desk.used() == 0
    assert "job" not in desk.cursors["compliance"]


async def test_each_post_is_asked_about_once_a_day_and_one_job_runs(
    desk: Desk, network: X, now: Now
) -> None:
    old, new = network.post(), network.post()
    connector = desk.make(**BLIND)
    await refreshed(connector, old)
    assert await refreshed(connector, new) == []
    network.jobs["7000"]["status"] = "complete"
    await desk.drain(connector)
    # What waited goes with the next job, whoever is asked about then.
    assert await refreshed(connector, old) != []
    assert network.uploads["7001"] == new["id"]
    assert await refreshed(connector, old, new) == []
    network.jobs["7001"]["status"] = "failed"
    await desk.drain(connector)
    now.at = NOON + timedelta(days=1)
    await refreshed(connector, old, new)
    assert sorted(network.uploads["7002"].split()) == sorted([old["id"], new["id"]])


async def test_posts_that_a_job_found_unchanged_show_a_sign_of_life(desk: Desk, network: X) -> None:
    gone, kept = network.post(), network.post()
    connector = desk.make(**BLIND)
    await refreshed(connector, gone, kept)
    network.jobs["7000"]["status"] = "complete"
    network.results = [{"id": gone["id"], "action": "delete", "reason": "compelled"}]
    pages = await desk.drain(connector)
    assert deleted(pages) == [gone["id"]]
    (alive,) = [read for page in pages for read in page.engagements]
    assert (alive.key.external_id, alive.is_bare) == (kept["id"], True)


@pytest.mark.parametrize("status", ["failed", "expired"])
async def test_a_job_that_came_to_nothing_says_of_nobody_that_they_stand(
    desk: Desk, network: X, status: str
) -> None:
    connector = desk.make(**BLIND)
    await refreshed(connector, network.post())
    network.jobs["7000"]["status"] = status
    pages = await desk.drain(connector)
    assert not any(page.engagements or page.deletions for page in pages)


async def test_a_post_that_shows_no_figures_shows_a_sign_of_life(desk: Desk, network: X) -> None:
    post = network.post()
    del post["public_metrics"]
    (page,) = await refreshed(desk.make(), post)
    (alive,) = page.engagements
    assert (alive.key.external_id, alive.is_bare) == (post["id"], True)


async def test_ids_of_a_job_that_x_refused_go_with_the_next(desk: Desk, network: X) -> None:
    first, second = network.post(), network.post()
    connector = desk.make(**BLIND)
    network.faults.append(Fault(status=409, body=b"{}"))
    assert await refreshed(connector, first) == []
    assert await refreshed(connector, second) != []
    assert sorted(network.uploads["7000"].split()) == [first["id"], second["id"]]


async def test_an_app_without_compliance_is_asked_once(desk: Desk, network: X) -> None:
    post = network.post()
    connector = desk.make(**BLIND)
    network.faults.append(Fault(status=403, body=b"{}"))
    assert await refreshed(connector, post) == []
    assert await refreshed(connector, post) == []
    assert len(network.calls("/compliance/jobs")) == 1


async def test_a_job_on_an_unexpected_host_is_left_alone(desk: Desk, network: X) -> None:
    post = network.post()
    connector = desk.make(**BLIND)
    (begun,) = await refreshed(connector, post)
    desk.cursors[begun.feed] = begun.cursor
    network.jobs["7000"] |= {"status": "complete", "download_url": "http://intrus.example/x"}
    new = network.post()
    connector = desk.make(**{**BLIND, "search": True, "daily_budget": 1.0})
    pages = await desk.drain(connector)
    assert new["id"] in ids(pages)  # posts are read all the same
    assert ["not expected" in gap.reason for page in pages for gap in page.gaps] == [True]
    assert not any(page.gaps for page in await desk.drain(connector))  # told once


async def test_storage_that_is_out_of_reach_costs_no_post_its_turn(desk: Desk, network: X) -> None:
    desk.cursors["compliance"] = {"v": 1, "job": "7000"}
    network.faults.extend([Fault(status=503)] * 3)
    new = network.post()
    pages = await desk.drain(desk.make())
    assert ids(pages) == [new["id"]]
    assert [page.feed for page in pages if page.gaps] == ["compliance"]


async def test_a_result_that_ran_out_is_asked_for_anew_another_day(
    desk: Desk, network: X, now: Now
) -> None:
    post = network.post()
    connector = desk.make(**BLIND)
    await refreshed(connector, post)
    network.jobs["7000"] |= {"status": "complete", "download_url": f"{network.base_url}/gone"}
    assert deleted(await desk.drain(connector)) == []
    now.at = NOON + timedelta(days=1)
    assert await refreshed(connector, post) != []


async def test_old_posts_are_never_paid_for_again(desk: Desk, network: X, now: Now) -> None:
    old = network.post()
    now.at = START + timedelta(days=30)
    fresh = network.post(at=now.at - timedelta(hours=1), created_at=iso(now.at))
    pages = await refreshed(desk.make(), old, fresh)
    assert [f.key.external_id for page in pages for f in page.engagements] == [fresh["id"]]
    assert network.uploads["7000"] == old["id"]
    assert await desk.used() == 5


async def test_other_networks_keys_and_odd_ids_are_left_alone(desk: Desk, network: X) -> None:
    odd = keys("jamais vu", "-1", "9" * 30)
    assert [page async for page in desk.make().refresh(odd)] == []
    assert not network.requests


async def test_stored_posts_are_to_be_asked_about_daily(desk: Desk) -> None:
    assert desk.make().verify_every == timedelta(days=1)


async def test_growing_quotes_are_read_at_the_next_poll(desk: Desk, network: X) -> None:
    post = network.post()
    connector = desk.make()
    await desk.drain(connector)
    where = f"tweets/{post['id']}/quote_tweets"
    quotes = [network.post(to=where, text="Sans un mot de l'hôpital")["id"] for _ in range(6)]
    post["public_metrics"]["quote_count"] = 6
    await refreshed(connector, post)
    assert sorted(ids(await desk.drain(connector))) == sorted(quotes)
    await refreshed(connector, post)
    await desk.drain(connector)
    assert len(network.calls("/quote_tweets")) == 1
