"""Reddit's lists: what is searched, what is filtered, where they end, who closes them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.connector import Cursors, Malformed, RateLimited, Unauthorized
from connectors.http import NotFound
from tests.connectors.case import NOON, Now
from tests.connectors.reddit.conftest import Make, drain, texts
from tests.networks.reddit import START, Reddit
from tests.networks.standin import Fault


async def test_every_term_hashtag_and_account_is_searched_as_a_phrase_once(
    make: Make, network: Reddit
) -> None:
    await drain(
        make(terms=["chu DE valmont"], hashtags=["#ValmontSante"], accounts=["u/chu_v"]), {}
    )
    asked = [request.query["q"] for request in network.calls("/search")]
    assert asked == ['"CHU de Valmont"', '"ValmontSante"', '"chu_v"']
    assert {request.query["sort"] for request in network.calls("/search")} == {"new"}


async def test_a_search_may_be_kept_to_some_subreddits(make: Make, network: Reddit) -> None:
    network.post(subreddit="valmont", selftext="CHU de Valmont, ici")
    network.post(subreddit="autre", selftext="CHU de Valmont, ailleurs")
    pages = await drain(make(search_in=["r/valmont", "nantes"]), {})
    assert texts(pages) == ["CHU de Valmont, ici"]
    assert network.calls("/search")[0].path == "/r/valmont+nantes/search"


async def test_a_search_asks_for_the_period_that_it_needs(make: Make, network: Reddit) -> None:
    cursors: Cursors = {}
    network.publish(1)
    await drain(make(), cursors)
    await drain(make(), cursors)
    assert [request.query["t"] for request in network.calls("/search")] == ["month", "week"]


async def test_a_post_that_two_searches_find_is_given_once(make: Make, network: Reddit) -> None:
    network.publish(3)
    assert len(texts(await drain(make(terms=["message"], subreddits=["valmont"]), {}))) == 3


async def test_of_a_chosen_subreddit_only_what_concerns_a_watch_is_kept(
    make: Make, network: Reddit
) -> None:
    network.post(title="Vide-grenier", selftext="Dimanche", selftext_html="<p>Dimanche</p>")
    elsewhere = network.post(title="Météo", selftext="Pluie", selftext_html="<p>Pluie</p>")
    network.reply(elsewhere, "Il pleut")
    network.reply(elsewhere, "Comme aux urgences de Valmont")
    pages = await drain(make(subreddits=["r/valmont"], threads=False), {})
    assert texts(pages) == ["Comme aux urgences de Valmont"]


async def test_of_the_hospitals_own_subreddit_everything_is_kept(
    make: Make, network: Reddit
) -> None:
    post = network.post(title="Bonjour", selftext="Dimanche", selftext_html="<p>Dimanche</p>")
    network.reply(post, "Merci")
    pages = await drain(make(own_subreddits=["valmont"], threads=False), {})
    assert texts(pages) == ["Dimanche", "Merci"]


async def test_the_comments_of_several_subreddits_are_read_together(
    make: Make, network: Reddit
) -> None:
    post = network.post(subreddit="nantes")
    network.reply(post, "Valmont encore")
    await drain(make(subreddits=["valmont", "nantes"], threads=False), {})
    assert [r.path for r in network.calls("/comments")] == ["/r/valmont+nantes/comments"]


async def test_a_thousand_items_are_told_as_a_gap_when_the_mark_was_not_met(
    make: Make, network: Reddit, now: Now
) -> None:
    cursors: Cursors = {}
    network.publish(5)
    await drain(make(), cursors)
    for number in range(1_300):
        network.post(at=START + timedelta(minutes=1, seconds=number))
    pages = await drain(make(), cursors)
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert gap.since == START + timedelta(seconds=4)
    assert gap.until == START + timedelta(minutes=1, seconds=300)
    assert len(texts(pages)) == 1_000
    now.at += timedelta(minutes=5)
    network.publish(1)
    assert not [gap for page in await drain(make(), cursors) for gap in page.gaps]


async def test_a_search_ends_far_sooner_and_tells_it_too(make: Make, network: Reddit) -> None:
    cursors: Cursors = {}
    network.search_depth = 250
    network.publish(5)
    await drain(make(), cursors)
    for number in range(300):
        network.post(at=START + timedelta(minutes=1, seconds=number))
    pages = await drain(make(), cursors)
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert gap.since == START + timedelta(seconds=4)
    assert len(texts(pages)) == 250


async def test_no_gap_is_told_where_a_first_poll_ends_before_its_look_back(
    make: Make, network: Reddit
) -> None:
    network.publish(1_200)
    assert not [gap for page in await drain(make(), {}) for gap in page.gaps]


async def test_a_walk_whose_next_item_was_deleted_goes_on_from_the_top(
    make: Make, network: Reddit, now: Now
) -> None:
    cursors: Cursors = {}
    # Far enough apart for the overlap not to hide what would be lost.
    minutes = range(250 * 5, 0, -5)
    names = [network.post(at=NOON - timedelta(minutes=m))["name"] for m in minutes]
    given: list[str] = []
    network.quota = 2  # the sign-in and one page
    with pytest.raises(RateLimited):
        async for page in make(threads=False).poll(cursors):
            given += [mention.external_id for mention in page.mentions]
            cursors[page.feed] = page.cursor or {}
    network.quota = None
    now.at += timedelta(minutes=10)
    network.purged.add(given[-1])
    pages = await drain(make(threads=False), cursors)
    given += [mention.external_id for page in pages for mention in page.mentions]
    assert sorted(given) == sorted(names)


async def test_a_last_item_that_was_deleted_loses_nothing_at_the_next_poll(
    make: Make, network: Reddit
) -> None:
    cursors: Cursors = {}
    names = network.publish(3)
    await drain(make(), cursors)
    network.purged.add(names[-1])
    new = network.publish(2)
    pages = await drain(make(), cursors)
    assert sorted(m.external_id for page in pages for m in page.mentions) == sorted(new)


@pytest.mark.parametrize("closed", ["private", "banned", "unknown"])
async def test_a_closed_subreddit_closes_no_search_in_the_others(
    make: Make, network: Reddit, closed: str
) -> None:
    cursors: Cursors = {}
    getattr(network, closed).add("ferme")
    network.publish(1)
    connector = make(search_in=["valmont", "ferme"], threads=False)
    pages = await drain(connector, cursors)
    assert len(texts(pages)) == 1
    assert len([gap for page in pages for gap in page.gaps]) == 1
    again = await drain(connector, cursors)
    assert not texts(again) and not [gap for page in again for gap in page.gaps]


@pytest.mark.parametrize("closed", ["private", "banned", "unknown"])
async def test_a_closed_subreddit_is_told_once_and_stops_no_other(
    make: Make, network: Reddit, closed: str
) -> None:
    cursors: Cursors = {}
    getattr(network, closed).add("ferme")
    post = network.post(title="Météo", selftext="Pluie", selftext_html="<p>Pluie</p>")
    network.reply(post, "Les urgences de Valmont")
    connector = make(subreddits=["valmont", "ferme"], search=False, threads=False)
    pages = await drain(connector, cursors)
    assert texts(pages) == ["Les urgences de Valmont"]
    gaps = [gap.reason for page in pages for gap in page.gaps]
    assert len(gaps) == 2  # its posts, and its comments
    assert not any("ferme" in reason for reason in gaps)
    again = await drain(connector, cursors)
    assert not texts(again) and not [gap for page in again for gap in page.gaps]


@pytest.mark.parametrize(
    ("closed", "named"), [("private", Unauthorized), ("banned", NotFound), ("unknown", NotFound)]
)
async def test_where_nothing_at_all_can_be_read_the_refusal_is_raised(
    make: Make, network: Reddit, closed: str, named: type[Exception]
) -> None:
    getattr(network, closed).add("ferme")
    with pytest.raises(named):
        await drain(make(subreddits=["ferme"], search=False), {})


async def test_a_list_that_cannot_be_read_stops_no_other_and_is_raised_at_the_end(
    make: Make, network: Reddit
) -> None:
    network.publish(2)
    network.faults.extend([None, Fault(status=200, body=b"<html>")])
    connector = make(terms=["message"], threads=False)
    given = []
    with pytest.raises(Malformed):
        async for page in connector.poll({}):
            given += page.mentions
    assert len(given) == 2


async def test_a_spent_allowance_waits_as_many_seconds_as_reddit_says(
    make: Make, network: Reddit
) -> None:
    network.quota = 0
    with pytest.raises(RateLimited) as asked:
        await drain(make(), {})
    assert asked.value.retry_after == timedelta(seconds=240)


async def test_an_edited_post_is_given_again_when_it_is_read_again(
    make: Make, network: Reddit
) -> None:
    post = network.post()
    cursors: Cursors = {}
    pages = await drain(make(), cursors)
    (mention,) = [mention for page in pages for mention in page.mentions]
    post |= {"selftext": "CHU de Valmont, corrigé", "edited": NOON.timestamp() - 60, "score": 90}
    (page,) = [page async for page in make().refresh([mention.key])]
    assert [m.text for m in page.mentions] == ["CHU de Valmont, corrigé"]
    assert [f.reactions for f in page.engagements] == [90]
