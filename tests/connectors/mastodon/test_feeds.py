"""What each timeline, the search and a re-read bring."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.connector import (
    Cursors,
    Watched,
)
from connectors.mention import Kind, MentionKey
from tests.connectors.mastodon.driving import NOON, Make, drain, ids, mentions
from tests.networks.mastodon import TOKEN, Mastodon, account, iso, status


async def test_search_walks_back_to_what_was_read(network: Mastodon, make: Make) -> None:
    cursors: Cursors = {}
    connector = make(Watched(terms=("CHU de Valmont",)), access_token=TOKEN, notifications=False)
    network.publish(3)
    await drain(connector, cursors)
    new = network.publish(130)
    network.post(content="<p>Autre chose</p>")
    assert sorted(ids(await drain(connector, cursors))) == sorted(new)
    assert ids(await drain(connector, cursors)) == []
    asked = network.calls("/api/v2/search")[0].query
    assert (asked["q"], asked["type"], asked["limit"]) == ('"CHU de Valmont"', "statuses", "40")


async def test_notifications_give_who_addresses_or_quotes_the_account(
    network: Mastodon, make: Make
) -> None:
    connector = make(Watched(), access_token=TOKEN, search=False)
    network.notify(network.post(content="<p>@chu_valmont 9 h d'attente</p>"))
    network.notify(network.post(), "favourite")
    network.notify(network.post(visibility="direct"))
    network.notify(network.post(), "quote")
    cursors: Cursors = {}
    found = mentions(await drain(connector, cursors))
    assert sorted(m.external_id for m in found) == [network.posts[i]["uri"] for i in (0, 3)]
    network.notify(network.post())
    assert len(ids(await drain(connector, cursors))) == 1


async def test_the_public_timeline_is_kept_where_a_watch_is_concerned(
    network: Mastodon, make: Make
) -> None:
    network.publish(50)
    wanted = network.post(content="<p>Grève à la maternité</p>")
    watched = Watched(keep=lambda text: "maternité" in text)
    cursors: Cursors = {}
    connector = make(watched, public="all", public_look_back="5h")
    assert ids(await drain(connector, cursors)) == [wanted["uri"]]
    network.publish(50)
    assert ids(await drain(connector, cursors)) == []


@pytest.mark.parametrize(
    "hidden",
    [
        {"visibility": "private"},
        {"visibility": "direct"},
        {"visibility": "mutuals_only"},
        {"account": account(noindex=True)},
        {"account": account(note='<p>Soignante <a href="x">#<span>NoBot</span></a></p>')},
    ],
)
async def test_what_is_not_for_everybody_is_left_alone(
    network: Mastodon, make: Make, hidden: dict[str, Any]
) -> None:
    network.post(**hidden)
    shown = network.post(visibility="unlisted")
    assert ids(await drain(make(), {})) == [shown["uri"]]


async def test_a_boost_counts_for_the_post_and_is_no_text_of_its_own(
    network: Mastodon, make: Make
) -> None:
    original = network.post(reblogs_count=7)
    network.post(uri="https://valmont.example/boost", content="", reblog=original)
    pages = await drain(make(), {})
    assert set(ids(pages)) == {original["uri"]}
    shares = {e.shares for page in pages for e in page.engagements}
    assert shares == {7 + 4}


async def test_replies_join_their_parent_by_its_uri(network: Mastodon, make: Make) -> None:
    first = network.post()
    old = status("77", NOON - timedelta(days=60), uri="https://loin.example/objects/77")
    network.elsewhere.append(old)
    answer = network.post(in_reply_to_id=first["id"])
    network.post(in_reply_to_id=answer["id"])
    network.post(in_reply_to_id=77)
    network.post(in_reply_to_id="404404")
    found = {m.external_id: m for m in mentions(await drain(make(), {}))}
    uris = [post["uri"] for post in network.posts]
    host = network.base_url.removeprefix("http://")
    assert [found[uri].parent_id for uri in uris] == [
        None,
        uris[0],
        uris[1],
        "https://loin.example/objects/77",
        f"{host}/404404",
    ]
    assert [found[uri].root_id for uri in uris[:4]] == [None, uris[0], uris[0], old["uri"]]
    assert [found[uri].kind for uri in uris[:2]] == [Kind.POST, Kind.REPLY]
    assert len(network.calls("/api/v1/statuses")) == 1


async def test_one_broken_item_is_set_aside_and_the_page_goes_on(
    network: Mastodon, make: Make
) -> None:
    good = network.publish(2)
    network.posts.insert(1, {"id": "", "tags": [{"name": "chuvalmont"}]})
    network.post(visibility=None)
    network.post(content="")
    pages = await drain(make(), {})
    assert sorted(ids(pages)) == sorted(good)
    assert {reject.error for page in pages for reject in page.rejects} == {
        "an item without id, or no item",
        "a post that does not say who may read it",
        "a post that says and shows nothing",
    }


async def test_refresh_gives_new_counts_edits_and_what_is_gone(
    network: Mastodon, make: Make
) -> None:
    connector = make(access_token=TOKEN, search=False, notifications=False)
    uris = network.publish(45)
    far = network.post(uri="https://loin.example/objects/1")["uri"]
    await drain(connector, {})
    network.posts[0]["favourites_count"] = 99
    network.posts[1].update(edited_at=iso(NOON), content="<p>corrigé</p>")
    del network.posts[2]
    keys = [MentionKey(network="mastodon", external_id=uri) for uri in (*uris, far)]
    for again in (connector, make(access_token=TOKEN)):  # the second one has seen nothing yet
        pages = [page async for page in again.refresh(keys)]
        counts = {e.key.external_id: e.reactions for page in pages for e in page.engagements}
        assert counts == {uri: 3 for uri in (*uris, far) if uri != uris[2]} | {uris[0]: 99}
        assert [d.external_id for page in pages for d in page.deletions] == [uris[2]]
        assert [m.text for m in mentions(pages)] == ["corrigé"]
