"""The Mastodon connector's polls and re-reads, against a stand-in of an instance."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.connector import (
    ConnectorError,
    Cursors,
    Malformed,
    Page,
    RateLimited,
    Unauthorized,
    Watched,
)
from connectors.http import HttpClient, NetworkPolicy
from connectors.mastodon import MastodonConnector, MastodonSettings
from connectors.mastodon.known import Known
from connectors.mastodon.mentions import to_engagement, to_mention
from connectors.mastodon.wire import Status
from connectors.mention import Kind, Media, Mention, MentionKey
from tests.networks.mastodon import TOKEN, Mastodon, account, iso, snowflake, status
from tests.networks.standin import Fault

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WATCHED = Watched(hashtags=("chuvalmont",))

Make = Callable[..., MastodonConnector]


@dataclass
class Now:
    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
async def network(now: Now) -> AsyncIterator[Mastodon]:
    async with Mastodon().serving() as network:
        network.now = now
        yield network


@pytest.fixture
async def http(now: Now) -> AsyncIterator[HttpClient]:
    async def no_wait(_seconds: float) -> None:
        await asyncio.sleep(0)

    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    async with HttpClient(policy, clock=now, sleep=no_wait) as client:
        yield client


@pytest.fixture
def make(network: Mastodon, http: HttpClient, now: Now) -> Make:
    def build(watched: Watched = WATCHED, **settings: Any) -> MastodonConnector:
        told = MastodonSettings.model_validate({"base_url": network.base_url, **settings})
        return MastodonConnector(told, http=http, watched=watched, clock=now)

    return build


async def drain(connector: MastodonConnector, cursors: Cursors) -> list[Page]:
    """What a listener does: keep the cursor of every page that it was given."""
    pages: list[Page] = []
    async for page in connector.poll(cursors):
        pages.append(page)
        if page.cursor is not None:
            cursors[page.feed] = json.loads(json.dumps(page.cursor))
    return pages


def mentions(pages: list[Page]) -> list[Mention]:
    return [mention for page in pages for mention in page.mentions]


def ids(pages: list[Page]) -> list[str]:
    return [mention.external_id for mention in mentions(pages)]


@pytest.mark.parametrize("opaque", [False, True])
@pytest.mark.parametrize("count", [350, 10_000])
async def test_all_that_came_between_two_polls_is_given_once(
    network: Mastodon, make: Make, count: int, opaque: bool
) -> None:
    network.opaque = opaque
    cursors: Cursors = {}
    before = network.publish(5)
    assert sorted(ids(await drain(make(), cursors))) == sorted(before)
    new = network.publish(count)
    pages = await drain(make(), cursors)
    assert sorted(ids(pages)) == sorted(new)
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    assert ids(await drain(make(), cursors)) == []


@pytest.mark.parametrize("opaque", [False, True])
async def test_a_quota_in_the_middle_of_the_walk_loses_and_repeats_nothing(
    network: Mastodon, make: Make, now: Now, opaque: bool
) -> None:
    network.opaque = opaque
    cursors: Cursors = {}
    given = ids(await drain(make(), cursors))
    published = network.publish(10)
    given += ids(await drain(make(), cursors))
    published += network.publish(600)
    for _ in range(4):
        network.quota = 4
        with pytest.raises(RateLimited) as asked:
            async for page in make().poll(cursors):
                given += [mention.external_id for mention in page.mentions]
                cursors[page.feed] = page.cursor or {}
                published += network.publish(1)  # the world does not wait
        assert asked.value.retry_after is not None
        assert asked.value.retry_after <= timedelta(minutes=4)
        network.quota = None
        now.at += timedelta(minutes=5)
    given += ids(await drain(make(), cursors))
    assert sorted(given) == sorted(published)


async def test_the_first_poll_reads_the_look_back_only(network: Mastodon, make: Make) -> None:
    network.publish(200)
    cursors: Cursors = {}
    pages = await drain(make(look_back="PT4H"), cursors)
    assert len(mentions(pages)) == 200
    pages = await drain(make(look_back="PT3H59M"), {})  # the posts begin at eight, it is noon
    assert len(mentions(pages)) == 140
    assert pages[-1].complete


async def test_a_post_filed_behind_the_last_one_read_is_still_found(
    network: Mastodon, make: Make, now: Now
) -> None:
    now.at = NOON - timedelta(hours=3, minutes=55)
    cursors: Cursors = {}
    network.publish(300)
    await drain(make(), cursors)
    at = NOON - timedelta(hours=4) + timedelta(seconds=280, milliseconds=500)
    network.posts.append(status(snowflake(at), at, uri="https://ailleurs.example/1"))
    assert ids(await drain(make(), cursors)) == ["https://ailleurs.example/1"]
    assert ids(await drain(make(), cursors)) == []


@pytest.mark.parametrize("opaque", [False, True])
async def test_the_mark_may_be_deleted_meanwhile(
    network: Mastodon, make: Make, opaque: bool
) -> None:
    network.opaque = opaque
    cursors: Cursors = {}
    network.publish(300)
    await drain(make(), cursors)
    mark = cursors[f"{network.base_url.removeprefix('http://')}/tag/chuvalmont"]["mark"]
    network.posts = [post for post in network.posts if post["id"] != mark]
    new = network.publish(60)
    assert sorted(ids(await drain(make(), cursors))) == sorted(new)


async def test_a_server_that_ignores_every_bound_ends_in_a_gap_not_in_a_loop(
    network: Mastodon, make: Make
) -> None:
    network.fixed, network.describes_itself = True, False
    network.publish(100)
    cursors: Cursors = {}
    pages = await drain(make(), cursors)
    assert len(set(ids(pages))) == len(ids(pages)) == 40
    assert [gap.reason.endswith("does not page back") for gap in pages[-1].gaps] == [True]
    network.publish(3)
    assert len(ids(await drain(make(), cursors))) == 3


async def test_the_token_goes_to_its_own_instance_only(network: Mastodon, make: Make) -> None:
    async with Mastodon().serving() as other:
        network.publish(1)
        other.publish(2)
        instances = [network.base_url, other.base_url]
        connector = make(base_url=None, instances=instances, access_token=TOKEN)
        pages = await drain(connector, {})
        assert len({page.feed for page in pages}) == 3  # two tags, the token's notifications
        assert all("Authorization" in request.headers for request in network.requests)
        assert not any("Authorization" in request.headers for request in other.requests)


async def test_one_instance_that_fails_does_not_stop_the_others(
    network: Mastodon, make: Make
) -> None:
    async with Mastodon().serving() as other:
        network.quota = 0
        new = other.publish(2)
        pages: list[Page] = []
        with pytest.raises(RateLimited):
            async for page in make(
                base_url=None, instances=[network.base_url, other.base_url]
            ).poll({}):
                pages.append(page)
        assert sorted(ids(pages)) == sorted(new)


async def test_a_timeline_closed_to_visitors_is_told_once_where_another_can_be_read(
    network: Mastodon, make: Make
) -> None:
    network.timelines_access = {"live_feeds": {"local": "authenticated", "remote": "disabled"}}
    network.publish(2)
    connector = make(public="local")
    pages = await drain(connector, {})
    assert [gap.reason for page in pages for gap in page.gaps] == [
        f"{network.base_url.removeprefix('http://')} shows this timeline to its members only"
    ]
    assert not any(page.gaps for page in await drain(connector, {}))


async def test_an_instance_that_shows_nothing_to_visitors_is_unauthorized(
    network: Mastodon, make: Make
) -> None:
    closed = {"local": "authenticated", "remote": "authenticated"}
    network.timelines_access = {"hashtag_feeds": closed}
    with pytest.raises(Unauthorized, match="members only"):
        await drain(make(), {})
    assert await drain(make(access_token=TOKEN), {})


async def test_the_older_way_to_ask_for_an_account_is_understood(
    network: Mastodon, make: Make
) -> None:
    with pytest.raises(Unauthorized):
        await drain(make(Watched(), access_token="mauvais"), {})


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
    connector = make(watched, public="all", public_look_back="PT5H")
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
    pages = await drain(make(), {})
    assert sorted(ids(pages)) == sorted(good)
    assert {reject.error for page in pages for reject in page.rejects} == {
        "an item without id, or no item",
        "a post that does not say who may read it",
    }


async def test_html_instead_of_json_is_malformed_and_keeps_the_cursor(
    network: Mastodon, make: Make
) -> None:
    cursors: Cursors = {}
    connector = make()
    await drain(connector, cursors)
    new = network.publish(2)
    network.faults.append(Fault(status=200, body=b"<html>Connexion</html>"))
    with pytest.raises(Malformed) as refused:
        await drain(connector, cursors)
    assert refused.value.payload.startswith(b"<html>")
    assert sorted(ids(await drain(connector, cursors))) == sorted(new)


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


def read(raw: dict[str, Any]) -> Mention:
    unknown = lambda local_id: Known(uri=f"valmont.example/{local_id}")  # noqa: E731
    return to_mention(
        Status.model_validate(raw),
        host="valmont.example",
        domain="valmont.example",
        lookup=unknown,
    )


def test_a_status_becomes_a_mention() -> None:
    raw = status(
        "12",
        NOON,
        spoiler_text="Santé",
        content='<p>Neuf heures aux <a class="mention hashtag" href="https://v.example/tags/u">'
        '#<span>urgences</span></a> 😡</p><p><a href="https://presse.example/a?utm_source=m">lien</a>',
        language="fr-CH",
        edited_at="2026-03-02T12:01:00Z",
        poll={"options": [{"title": "Oui"}, {"title": "Non"}, None]},
        tags=[{"name": "Urgences"}],
        mentions=[{"acct": "chu_valmont"}, {"acct": "ars@sante.example"}],
        media_attachments=[
            {"type": "image", "url": "https://v.example/1.jpg", "description": "Un couloir"},
            {"type": "unknown", "url": None, "remote_url": "https://loin.example/2"},
        ],
        quote={"state": "accepted", "quoted_status": {"id": "9", "uri": "https://v.example/9"}},
    )
    mention = read(raw)
    assert mention.text == "Santé\n\nNeuf heures aux #urgences 😡\n\nlien\n\nOui\nNon"
    assert (mention.kind, mention.quoted_id) == (Kind.QUOTE, "https://v.example/9")
    assert (mention.language, mention.tags) == ("fr", ("urgences",))
    assert mention.accounts == ("chu_valmont@valmont.example", "ars@sante.example")
    assert mention.links == ("https://presse.example/a",)
    assert mention.media == (
        Media(kind="image", url="https://v.example/1.jpg", alt="Un couloir"),
        Media(kind="document", url="https://loin.example/2"),
    )
    assert mention.author.handle == "claire@valmont.example"
    assert mention.author.followers == 321
    assert (mention.published_at, mention.edited_at) == (NOON, NOON + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("claimed", "understood"),
    [
        ("2026-03-02T12:00:00.000Z", NOON),
        ("2026-03-02T13:00:00+01:00", NOON),
        ("2026-03-02T12:00:00", NOON),
        ("2099-01-01T00:00:00Z", datetime(2099, 1, 1, tzinfo=UTC)),
        ("hier", None),
        (None, None),
        (["2026"], None),
    ],
)
def test_dates_are_read_or_absent(claimed: object, understood: datetime | None) -> None:
    assert read(status("1", NOON, created_at=claimed)).published_at == understood


@pytest.mark.parametrize(
    ("claimed", "understood"),
    [(3, 3), ("3", 3), (None, None), (-1, None), (True, None), (10**30, None), ({}, None)],
)
def test_a_count_that_is_none_stays_unknown(claimed: object, understood: int | None) -> None:
    post = Status.model_validate(status("1", NOON, favourites_count=claimed))
    assert to_engagement(post, host="h", at=NOON).reactions == understood


def test_a_server_without_quotes_still_counts_its_boosts() -> None:
    post = Status.model_validate(status("1", NOON, quotes_count=None))
    assert to_engagement(post, host="h", at=NOON).shares == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from([*status("1", NOON), "id", "quote", "quoted_status"]),
        json_values,
        max_size=12,
    )
)
def test_whatever_a_field_holds_a_status_is_read_or_refused_without_harm(
    wild: dict[str, Any],
) -> None:
    read({**status("1", NOON), **wild})


def test_settings_say_what_would_be_right() -> None:
    told = MastodonSettings(instances=("piaille.fr", "https://piaille.fr/"), hashtags=("#CHU",))
    assert told.origins == ("https://piaille.fr",)
    assert told.hashtags == ("chu",)
    with pytest.raises(ValidationError, match="such as"):
        MastodonSettings(instances=("ftp://piaille.fr",))
    with pytest.raises(ValidationError, match="wss://"):
        MastodonSettings(streaming_url="https://piaille.fr")


async def test_hosts_are_named_for_the_firewall(make: Make) -> None:
    connector = make(base_url=None, instances=["piaille.fr"], streaming_url="wss://flux.piaille.fr")
    assert connector.hosts() == ["piaille.fr:443", "flux.piaille.fr:443"]


async def test_a_connector_never_shows_its_token(make: Make) -> None:
    connector = make(access_token=TOKEN)
    assert TOKEN not in repr(vars(connector))


async def test_cut_bodies_and_server_errors_do_not_move_the_cursor(
    network: Mastodon, make: Make
) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'[{"id":')
        assert request.transport is not None
        request.transport.close()
        return response

    cursors: Cursors = {}
    connector = make()
    await drain(connector, cursors)
    new = network.publish(50)
    for fault in (Fault(handler=cut), Fault(status=502)):
        network.faults.extend([None, *[fault] * 6])
        with pytest.raises(ConnectorError):
            await drain(connector, {})
        network.faults.clear()
    assert sorted(ids(await drain(make(), cursors))) == sorted(new)


RECORDINGS = os.environ.get("LISTENER_RECORDINGS")


@pytest.mark.skipif(not RECORDINGS, reason="LISTENER_RECORDINGS names no folder of recordings")
def test_recorded_answers_parse_into_sensible_mentions() -> None:
    folder = Path(RECORDINGS or "") / "mastodon"
    manifest = [json.loads(line) for line in (folder / "manifest.jsonl").open()]
    read_any = 0
    for entry in manifest:
        if entry["kind"] not in ("status", "timeline", "notifications"):
            continue
        document = json.loads((folder.parent / entry["file"]).read_text())
        for raw in document if isinstance(document, list) else [document]:
            post = raw.get("status") or raw
            if "visibility" not in post or "uri" not in post:
                continue
            mention = read(post)
            assert mention.external_id == post["uri"]
            assert mention.published_at is not None
            assert "<p>" not in mention.text
            assert mention.author.handle and "@" in mention.author.handle
            read_any += 1
    assert read_any > 50
