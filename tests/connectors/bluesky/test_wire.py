"""Bluesky's JSON becomes mentions, whatever is in it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.bluesky.jetstream import Frames
from connectors.bluesky.wire import Seen, build_mention, read_view
from connectors.mention import Author, Kind, Media, Mention
from connectors.reading import instant

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIXTURE = Path(__file__).parents[2] / "fixtures" / "bluesky" / "search_page.json"


@pytest.fixture(scope="module")
def page() -> list[Seen]:
    return [read_view(view, NOON) for view in json.loads(FIXTURE.read_bytes())["posts"]]


def test_a_post_is_mapped_whole(page: list[Seen]) -> None:
    assert page[0].mention == Mention(
        network="bluesky",
        external_id="at://did:plc:claire/app.bsky.feed.post/3kfull",
        kind=Kind.POST,
        published_at=datetime(2026, 3, 2, 8, 15, 30, 123456, tzinfo=UTC),
        url="https://bsky.app/profile/claire.example.com/post/3kfull",
        title="Le CHU de Valmont déborde",
        text="😡 @chu.valmont.example 9 h aux #urgences, lire journal.example/…",
        language="fr",
        author=Author(
            external_id="did:plc:claire",
            handle="claire.example.com",
            name="Claire 🌻",
            verified=True,
        ),
        links=("https://journal.example/chu-valmont",),
        tags=("urgences", "Valmont"),
        accounts=("chu.valmont.example", "did:plc:maire"),
        republish=False,
    )
    figures = page[0].engagement
    assert figures is not None
    assert (figures.reactions, figures.replies, figures.shares) == (12, 4, 5)
    assert figures.views is None


def test_a_quote_with_a_picture_names_what_it_quotes(page: list[Seen]) -> None:
    quote = page[1].mention
    assert quote.kind is Kind.QUOTE
    assert quote.quoted_id == page[0].mention.external_id
    picture = Media(kind="image", url="https://cdn.example/f.jpg", alt="La file d'attente")
    assert quote.media == (picture,)
    assert quote.url == "https://bsky.app/profile/did:plc:luc/post/3kquote"
    assert quote.author.handle is None
    assert quote.language is None
    assert quote.republish is False


def test_a_date_to_come_yields_to_the_network_s_own(page: list[Seen]) -> None:
    assert page[1].mention.published_at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_date_of_1970_is_no_date(page: list[Seen]) -> None:
    assert page[2].mention.published_at == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_a_date_without_zone_is_utc_and_another_zone_is_converted(page: list[Seen]) -> None:
    assert page[3].mention.published_at == datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)


def test_a_reply_knows_its_parent_and_its_root(page: list[Seen]) -> None:
    reply = page[2].mention
    assert reply.kind is Kind.REPLY
    assert reply.parent_id == page[0].mention.external_id
    assert reply.root_id == "at://did:plc:chu/app.bsky.feed.post/3kroot"
    assert reply.media == (Media(kind="video", alt="le couloir"),)
    assert page[2].engagement is None, "figures that are not given are unknown, never 0"


def test_a_feed_that_is_embedded_is_no_quote_and_a_label_can_be_taken_back(
    page: list[Seen],
) -> None:
    assert page[3].mention.kind is Kind.POST
    assert page[3].mention.republish is True


def test_nulls_everywhere_and_a_number_for_an_id_still_make_a_mention(page: list[Seen]) -> None:
    bare = page[4]
    assert bare.mention == Mention(
        network="bluesky", external_id="42", kind=Kind.POST, published_at=None
    )
    assert (bare.engagement, bare.position) == (None, None)


def test_a_link_has_one_address_whatever_campaign_it_came_by() -> None:
    card = {"uri": "https://journal.example/chu?utm_source=bsky", "title": "Le CHU"}
    facet = {"features": [{"uri": "https://journal.example/chu?utm_campaign=x&at_medium=y"}]}
    record = {
        "text": "lire",
        "facets": [facet],
        "embed": {"$type": "app.bsky.embed.external", "external": card},
    }
    mention = build_mention(
        "at://did:plc:luc/app.bsky.feed.post/3k", record, author=Author(), seen=NOON
    )
    assert mention.links == ("https://journal.example/chu",)


def test_who_wrote_a_post_stands_in_its_address_too() -> None:
    view = {
        "uri": "at://did:plc:luc/app.bsky.feed.post/3k",
        "record": {"text": "là"},
        "author": None,
    }
    assert read_view(view, NOON).mention.author == Author(external_id="did:plc:luc")


@pytest.mark.parametrize("view", ["viewBlocked", "viewNotFound", "viewDetached"])
def test_a_quoted_post_that_is_not_shown_is_still_named(view: str) -> None:
    quoted = "at://did:plc:eva/app.bsky.feed.post/3q"
    embed = {
        "$type": "app.bsky.embed.recordWithMedia#view",
        "record": {"record": {"$type": f"app.bsky.embed.record#{view}", "uri": quoted}},
        "media": {"$type": "app.bsky.embed.video#view", "playlist": "https://video.example/1.m3u8"},
    }
    record = {"text": "", "createdAt": "2026-03-02T08:00:00Z"}
    uri = "at://did:plc:luc/app.bsky.feed.post/3k"
    mention = read_view({"uri": uri, "record": record, "embed": embed}, NOON).mention
    assert (mention.kind, mention.quoted_id) == (Kind.QUOTE, quoted)
    assert mention.media == (Media(kind="video", url="https://video.example/1.m3u8"),)


def test_a_bare_record_has_its_pictures_addresses() -> None:
    image = {"alt": "couloir", "image": {"$type": "blob", "ref": {"$link": "bafyimage"}}}
    record = {"text": "là", "embed": {"$type": "app.bsky.embed.images", "images": [image]}}
    uri = "at://did:plc:luc/app.bsky.feed.post/3k"
    (media,) = build_mention(uri, record, author=Author(external_id="did:plc:luc"), seen=NOON).media
    assert media.url == "https://cdn.bsky.app/img/feed_fullsize/plain/did:plc:luc/bafyimage@jpeg"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            "1985-04-12T23:20:50.123456789012Z",
            datetime(1985, 4, 12, 23, 20, 50, 123456, tzinfo=UTC),
        ),
        ("1985-04-12T23:20:50.1Z", datetime(1985, 4, 12, 23, 20, 50, 100000, tzinfo=UTC)),
        ("1985-04-12T23:20:50.123-07:00", datetime(1985, 4, 13, 6, 20, 50, 123000, tzinfo=UTC)),
        ("0001-01-01T00:00:00+01:00", None),
        ("10985-04-12T23:20:50Z", None),
        ("hier", None),
        (1711000000, None),
        ("9" * 100_000, None),
    ],
)
def test_dates_of_the_protocol_are_read(written: object, read: datetime | None) -> None:
    assert instant(written) == read


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_KEYS = [
    "uri",
    "author",
    "record",
    "embed",
    "indexedAt",
    "likeCount",
    "quoteCount",
    "labels",
    "text",
    "facets",
    "langs",
    "reply",
]


@settings(max_examples=200, deadline=None)
@given(view=st.dictionaries(st.sampled_from(_KEYS), _JSON))
def test_whatever_a_post_holds_it_is_read_or_refused_as_one_item(view: dict[str, Any]) -> None:
    try:
        seen = read_view(view, NOON)
    except ValueError:
        return
    assert seen.mention.network == "bluesky"


@settings(max_examples=150, deadline=None)
@given(record=st.dictionaries(st.sampled_from(["text", "facets", "embed", "reply", "langs", "tags", "labels", "createdAt"]), _JSON), rkey=_JSON)  # fmt: skip
def test_no_record_however_wild_stops_the_stream(record: dict[str, Any], rkey: Any) -> None:
    commit = {"operation": "create", "collection": "app.bsky.feed.post", "rkey": rkey}
    event = {"did": "did:plc:a", "time_us": 1, "kind": "commit"}
    frames = Frames(lambda _text: True, {"did:plc:a": "a.example"})
    frame = {**event, "commit": {**commit, "record": record}}
    try:
        wire = orjson.dumps(frame)
    except TypeError:  # an integer that JSON in Rust cannot hold
        return
    frames.feed(wire)
    assert len(frames.batch.mentions) + len(frames.batch.rejects) == 1


@pytest.fixture
def recordings() -> Path:
    if "LISTENER_RECORDINGS" not in os.environ:
        pytest.skip("LISTENER_RECORDINGS names no folder of recorded answers")
    return Path(os.environ["LISTENER_RECORDINGS"]) / "bluesky"


def _posts(node: object) -> list[dict[str, Any]]:
    """Post views and notifications about posts, wherever they stand in an answer."""
    if isinstance(node, list):
        return [post for item in node for post in _posts(item)]
    if not isinstance(node, dict):
        return []
    record = node.get("record")
    if isinstance(record, dict) and record.get("$type") == "app.bsky.feed.post":
        return [node]
    return [post for value in node.values() for post in _posts(value)]


def test_recorded_posts_are_sensible_mentions(recordings: Path) -> None:
    views: list[dict[str, Any]] = []
    for path in sorted((recordings / "atproto").glob("*.json")):
        views += _posts(json.loads(path.read_bytes()))
    seen = [read_view(view, NOON) for view in views]
    assert len(seen) > 50
    assert all(s.mention.author.external_id and s.mention.author.handle for s in seen)
    assert {s.mention.kind for s in seen} == {Kind.POST, Kind.REPLY, Kind.QUOTE}
    assert any(s.mention.media for s in seen)
    assert any(s.engagement and s.engagement.shares for s in seen)


def test_recorded_frames_are_read(recordings: Path) -> None:
    for path in sorted((recordings / "jetstream").glob("jetstream_doc_*.json")):
        frames = Frames(lambda _text: True)
        frames.feed(path.read_bytes())
        assert frames.last_us == 1725911162329308
        assert (frames.batch.mentions, frames.batch.rejects) == ([], [])  # they tell of likes
