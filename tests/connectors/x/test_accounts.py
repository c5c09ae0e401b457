"""The hospital's own accounts: mentions, posts, quotes of them, followers, its own login."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.connector import Unseen, Watched
from connectors.oauth import OAuthClient
from connectors.tokens import MemoryTokens, Token
from tests.connectors.x.support import NOON, WATCHED, Desk, Now, ids, mentions
from tests.networks.x import OWN_TOKEN, TOKEN, X, user

OWN: dict[str, Any] = {"accounts": ("chuvalmont",)}


def admit(network: X) -> None:
    network.users["77"] = user("77", "CHUValmont", public_metrics={"followers_count": 9_000})
    network.users["78"] = user("78", "clinique_v")


async def test_mentions_and_own_posts_are_read_from_their_own_lists(desk: Desk, network: X) -> None:
    admit(network)
    addressed = network.post(to="users/77/mentions", text="@CHUValmont neuf heures !")
    said = network.post(to="users/77/tweets", author_id="77", text="Portes ouvertes")
    pages = await desk.drain(desk.make(**OWN))
    assert sorted(ids(pages)) == sorted([addressed["id"], said["id"]])
    (own,) = [m for m in mentions(pages) if m.external_id == said["id"]]
    assert own.author.handle == "chuvalmont"
    assert network.calls("/users/77/tweets")[-1].query["exclude"] == "retweets"


async def test_a_post_in_two_lists_is_given_once_a_poll(desk: Desk, network: X) -> None:
    admit(network)
    post = network.post(to="users/77/mentions")
    network.posts.append(post)
    assert ids(await desk.drain(desk.make(**OWN))) == [post["id"]]


async def test_the_accounts_id_is_asked_for_once(desk: Desk, network: X, now: Now) -> None:
    admit(network)
    for _ in range(3):
        await desk.drain(desk.make(**OWN))
        now.later(days=2)
    assert len(network.calls("/users/by")) == 1


async def test_quotes_of_own_posts_are_read(desk: Desk, network: X) -> None:
    admit(network)
    said = network.post(to="users/77/tweets", author_id="77")
    said["public_metrics"]["quote_count"] = 1
    where = f"tweets/{said['id']}/quote_tweets"
    quote = network.post(to=where, referenced_tweets=[{"type": "quoted", "id": said["id"]}])
    (found,) = [m for m in mentions(await desk.drain(desk.make(**OWN))) if m.quoted_id]
    assert (found.external_id, found.quoted_id) == (quote["id"], said["id"])
    assert len(network.calls("/quote_tweets")) == 1
    await desk.drain(desk.make(**OWN))
    assert len(network.calls("/quote_tweets")) == 1  # no more of them than last time


async def test_followers_of_own_account_and_peers_are_counted_once_a_day(
    desk: Desk, network: X, now: Now
) -> None:
    admit(network)
    settings = {**OWN, "peers": ("clinique_v",), "audience": True}
    pages = await desk.drain(desk.make(**settings))
    found = {a.account: (a.followers, a.posts) for page in pages for a in page.audiences}
    assert found == {"chuvalmont": (9_000, None), "clinique_v": (214, 77)}
    assert await desk.used() == 20
    now.later(hours=3)
    assert not any(page.audiences for page in await desk.drain(desk.make(**settings)))
    now.at = NOON + timedelta(days=1)
    assert any(page.audiences for page in await desk.drain(desk.make(**settings)))


async def test_an_account_that_is_not_there_costs_no_request_a_poll(desk: Desk, network: X) -> None:
    for _ in range(3):
        await desk.drain(desk.make(accounts=("personne",)))
    assert len(network.calls("/users/by")) == 1


async def test_an_account_that_an_answer_leaves_out_is_read_on(
    desk: Desk, network: X, now: Now
) -> None:
    admit(network)
    await desk.drain(desk.make(**OWN, audience=True))
    kept = network.users.pop("77")
    now.at = NOON + timedelta(days=1)
    addressed = network.post(to="users/77/mentions", at=now.at - timedelta(hours=1))
    assert addressed["id"] in ids(await desk.drain(desk.make(**OWN, audience=True)))
    network.users["77"] = kept


async def test_without_money_for_followers_posts_are_read(desk: Desk, network: X) -> None:
    admit(network)
    network.publish(1)
    settings = {**OWN, "audience": True, "price_user": 50.0}
    assert len(ids(await desk.drain(desk.make(**settings)))) == 1


async def test_watched_accounts_of_other_networks_are_not_xs(desk: Desk, network: X) -> None:
    watched = Watched(accounts=("chu@piaille.example", "chu.valmont.example"))
    await desk.drain(desk.make(watched))
    assert not network.requests


async def test_the_own_login_reads_own_lists_at_their_price(
    desk: Desk, network: X, tokens: MemoryTokens
) -> None:
    admit(network)
    client = OAuthClient(client_id="appli", token_url="")
    await tokens.save(Token(access=OWN_TOKEN, made_for=client.made_for))
    for _ in range(10):
        network.post(to="users/77/mentions")
    settings = {**OWN, "client_id": "appli", "owns_app": True}
    await desk.drain(desk.make(**settings))
    assert await desk.used() == 10 + 10 * 1
    used = {r.path: r.headers["Authorization"] for r in network.requests}
    assert used["/users/77/mentions"] == f"Bearer {OWN_TOKEN}"
    assert used["/users/by"] == used["/tweets/search/recent"] == f"Bearer {TOKEN}"


async def test_without_a_login_the_apps_token_reads_the_same(desk: Desk, network: X) -> None:
    admit(network)
    network.post(to="users/77/mentions")
    settings = {**OWN, "client_id": "appli", "owns_app": True}
    assert len(ids(await desk.drain(desk.make(**settings)))) == 1
    assert await desk.used() == 10 + 5


async def test_a_login_asks_for_reading_alone(desk: Desk, network: X) -> None:
    assert desk.make().oauth() is None
    client = desk.make(client_id="appli", client_secret="secret").oauth()
    assert client is not None and client.pkce and client.basic
    assert client.token_url == f"{network.base_url}/oauth2/token"
    assert set(client.scopes) == {"tweet.read", "users.read", "offline.access"}
    assert "secret" not in repr(client)


async def test_the_end_of_a_login_that_renews_itself_is_no_end(
    desk: Desk, tokens: MemoryTokens, now: Now
) -> None:
    connector = desk.make(client_id="appli")
    assert await connector.access_ends_at() is None
    made_for = OAuthClient(client_id="appli", token_url="").made_for
    ends = now.at + timedelta(hours=2)
    await tokens.save(Token(access="a", expires_at=ends, made_for=made_for))
    assert await connector.access_ends_at() == ends
    await tokens.save(Token(access="a", refresh="r", expires_at=ends, made_for=made_for))
    assert await connector.access_ends_at() is None


async def test_a_source_says_what_it_cannot_see(desk: Desk) -> None:
    assert list(desk.make(authors=True).unseen()) == [Unseen.PAST]
    blind = desk.make(search=False, compliance=False, refresh_share=0)
    assert {Unseen.ELSEWHERE, Unseen.AUTHORS, Unseen.DELETIONS} <= set(blind.unseen())


async def test_it_names_the_hosts_that_it_needs(desk: Desk, network: X) -> None:
    official = desk.make(WATCHED, base_url="https://api.x.com/2")
    assert official.hosts() == ("api.x.com:443", "storage.googleapis.com:443")
    alone = desk.make(WATCHED, base_url="https://api.x.com/2", compliance=False)
    assert alone.hosts() == ("api.x.com:443",)
