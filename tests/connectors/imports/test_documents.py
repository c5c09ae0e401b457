"""JSON and HTML: archives of X, Google reviews and Google+, anybody's lists of objects."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.connector import Closed, Malformed, Watched
from connectors.google_plus import GooglePlusConnector, GooglePlusSettings
from connectors.mention import Kind
from connectors.registry import CONNECTORS
from tests.connectors.imports.exports import NOW, only, taken, write, zipped

TWEETS = [
    {
        "tweet": {
            "id_str": "1011", "created_at": "Wed Oct 10 20:19:24 +0000 2018", "lang": "fr",
            "full_text": "Nos urgences &amp; vous https://t.co/a #Valmont", "favorite_count": "12",
            "retweet_count": "3", "in_reply_to_status_id_str": None,
            "entities": {
                "hashtags": [{"text": "Valmont"}], "user_mentions": [],
                "urls": [{"url": "https://t.co/a", "expanded_url": "https://chu-valmont.example/u"}],
            },
        }
    },
    {"tweet": {"id_str": "1012", "created_at": "jadis", "full_text": "sans date"}},
    {"tweet": {"id_str": "1013", "full_text": "@lea merci", "in_reply_to_status_id_str": "77",
               "created_at": "Wed Oct 10 20:20:24 +0000 2018", "lang": "und"}},
    {"tweet": {"id_str": "1014", "full_text": "RT @ars: Vaccination",
               "created_at": "Wed Oct 10 20:20:24 +0000 2018"}},
]  # fmt: skip


def script(name: str, value: object) -> str:
    return f"window.YTD.{name}.part0 = {json.dumps(value)}"


async def test_x_s_archive_gives_its_posts_and_never_its_messages(tmp_path):
    path = zipped(
        tmp_path / "twitter.zip",
        {
            "data/account.js": script("account", [{"account": {"username": "chu_valmont"}}]),
            "data/direct-messages.js": script("direct_messages", [{"text": "confidentiel"}]),
            "data/tweets.js": script("tweets", TWEETS),
            "data/tweets-part1.js": script("tweets", []),
        },
    )
    page = await taken(path)
    first, reply, shared = page.mentions
    assert (first.network, first.external_id) == ("x", "1011")
    assert first.text == "Nos urgences & vous https://chu-valmont.example/u #Valmont"
    assert first.published_at == datetime(2018, 10, 10, 20, 19, 24, tzinfo=UTC)
    assert (first.author.handle, first.tags) == ("chu_valmont", ("Valmont",))
    assert first.url == "https://x.com/chu_valmont/status/1011"
    assert (reply.kind, reply.parent_id, reply.language) == (Kind.REPLY, "77", None)
    assert shared.kind is Kind.REPOST
    assert [(e.reactions, e.shares, e.views) for e in page.engagements] == [(12, 3, None)]
    assert [r.error.partition(": ")[2] for r in page.rejects] == [
        "object 2: published_at: not a date; 2026-03-14T21:40:00+01:00 is one"
    ]
    assert "confidentiel" not in repr(page)


async def test_the_former_name_of_x_s_file_is_known(tmp_path):
    page = await taken(write(tmp_path / "tweet.js", script("tweet", TWEETS[:1])))
    assert only(page).url == "https://x.com/i/status/1011"


async def test_a_file_of_messages_alone_is_refused_and_not_shown(tmp_path):
    path = write(tmp_path / "dm.js", script("direct_messages", [{"text": "confidentiel"}]))
    with pytest.raises(Malformed) as refused:
        await taken(path)
    assert "confidentiel" not in str(refused.value)


REVIEWS = {
    "reviews": [
        {
            "name": "accounts/1/locations/2/reviews/Ab",
            "reviewer": {"displayName": "Zoé L."},
            "starRating": "ONE",
            "comment": "(Translated by Google) Too long\n\n(Original)\nTrop long",
            "createTime": "2026-03-14T21:40:00.123456Z",
            "updateTime": "2026-03-15T08:00:00Z",
            "reviewReply": {"comment": "Bonjour\n\n(Translated by Google) Hello", "updateTime": "2026-03-16T08:00:00Z"},
        },
        {"reviewId": "Cd", "starRating": "FIVE", "reviewer": {"isAnonymous": True, "displayName": "A Google user"},
         "createTime": "2026-03-14T21:40:00Z", "updateTime": "2026-03-14T21:40:00Z"},
        {"reviewId": "Ef", "starRating": 9, "reviewer": None, "comment": None},
    ]
}  # fmt: skip


async def test_google_reviews_keep_what_was_written_and_the_answer(tmp_path):
    path = zipped(
        tmp_path / "t.zip", {"Takeout/Google Business Profile/reviews.json": json.dumps(REVIEWS)}
    )
    page = await taken(path)
    review, reply, stars = page.mentions
    assert (review.network, review.external_id, review.rating) == ("google_reviews", "Ab", 1.0)
    assert (review.text, review.author.name) == ("Trop long", "Zoé L.")
    assert review.edited_at == datetime(2026, 3, 15, 8, tzinfo=UTC)
    assert (reply.kind, reply.text, reply.parent_id) == (Kind.REPLY, "Bonjour", "Ab")
    assert (stars.text, stars.rating, stars.author.name, stars.edited_at) == ("", 5.0, None, None)
    assert ["says nothing" in reject.error for reject in page.rejects] == [True]


FEED = {
    "kind": "plus#activityFeed",
    "items": [
        {
            "kind": "plus#activity", "id": "z12", "verb": "post", "url": "https://plus.google.com/1/posts/a",
            "published": "2012-10-08T12:00:00.000Z", "updated": "2012-10-09T12:00:00.000Z",
            "actor": {"id": "444", "displayName": "Hélène Ferrand"},
            "object": {
                "content": "Au <b>CHU</b> &amp; ailleurs", "originalContent": "Au *CHU* & ailleurs",
                "replies": {"totalItems": 1}, "plusoners": {"totalItems": 4},
                "resharers": {"totalItems": 0},
                "attachments": [{"objectType": "photo", "image": {"url": "https://i.example/1.jpg"}}],
            },
        },
        {"kind": "plus#activity", "id": "z13", "object": {"content": "Sans <i>original</i><br>ni date"}},
        {"kind": "plus#activity", "id": "z14", "object": None},
    ],
}  # fmt: skip
COMMENT = {
    "kind": "plus#comment", "id": "z12.1", "inReplyTo": [{"id": "z12", "url": "https://plus.google.com/1/posts/a"}],
    "actor": {"id": "777"}, "object": {"content": "Merci"}, "plusoners": {"totalItems": 2},
}  # fmt: skip


async def test_google_plus_answers_follow_the_sheet_s_map(tmp_path):
    page = await taken(write(tmp_path / "feed.json", json.dumps(FEED)))
    first, second = page.mentions
    assert (first.network, first.external_id) == ("google_plus", "z12")
    assert (first.text, second.text) == ("Au *CHU* & ailleurs", "Sans original\nni date")
    assert (first.author.external_id, first.author.name) == ("444", "Hélène Ferrand")
    assert first.edited_at == datetime(2012, 10, 9, 12, tzinfo=UTC)
    assert (first.media[0].kind, first.language, second.published_at) == ("image", None, None)
    figures = {e.key.external_id: e for e in page.engagements}["z12"]
    assert (figures.reactions, figures.shares, figures.replies, figures.views) == (4, 0, 1, None)
    assert ["says nothing" in reject.error for reject in page.rejects] == [True]


async def test_google_plus_comments_join_their_activity(tmp_path):
    comment = only(await taken(write(tmp_path / "comment.json", json.dumps(COMMENT))))
    assert (comment.kind, comment.parent_id, comment.root_id) == (Kind.COMMENT, "z12", "z12")
    lines = "".join(json.dumps(item) + "\n" for item in [*FEED["items"][:2], COMMENT])
    page = await taken(write(tmp_path / "all.jsonl", lines))
    assert [m.external_id for m in page.mentions] == ["z12", "z13", "z12.1"]


POST = {
    "url": "https://plus.google.com/+Valmont/posts/AbC",
    "creationTime": "2018-10-08 12:00:00+0000",
    "updateTime": "2018-10-08 12:00:00+0000",
    "author": {"displayName": "CHU de Valmont", "profilePageUrl": "https://plus.google.com/+Valmont"},
    "content": "Portes ouvertes<br>au <a href=\"https://chu-valmont.example\">CHU</a>",
    "plusOnes": [{"plusOner": {"displayName": "A"}}],
    "comments": [
        {"creationTime": "2018-10-08 13:00:00+0000", "author": {"displayName": "Paul"}, "content": "Bravo"},
        {"creationTime": "2018-10-08 14:00:00+0000", "author": {"displayName": "Zoé"}, "content": "Non", "plusOnes": []},
    ],
    "postAcl": {"isPublic": True},
}  # fmt: skip
HTML = """<html><head><title>Portes ouvertes</title></head><body>
<div><a class="author" href="https://plus.google.com/+Valmont">CHU de Valmont</a> -
<a href="https://plus.google.com/+Valmont/posts/AbC">2018-10-08T12:00:00+0000</a></div>
<div class="main-content">Portes ouvertes<br>au CHU</div>
<div class="visibility">Shared with: Public</div>
<div class="plus-oners">+1'd by: <a href="https://plus.google.com/1">A B</a>, <a href="x">C</a></div>
<div class="comments"><div class="comment"><a class="author" href="https://plus.google.com/7">Paul</a>
<span class="time"> - 2018-10-08T13:00:00+0000</span><div class="comment-content">Bravo</div></div></div>
</body></html>"""


async def test_takeout_s_google_plus_posts_come_with_their_comments(tmp_path):
    files = {"Takeout/Google+ Stream/Posts/20181008 - Portes.json": json.dumps(POST)}
    page = await taken(zipped(tmp_path / "takeout.zip", files))
    post, first, second = page.mentions
    assert (post.external_id, post.text) == (POST["url"], "Portes ouvertes\nau CHU")
    assert post.published_at == datetime(2018, 10, 8, 12, tzinfo=UTC)
    assert (post.edited_at, post.links, post.republish) == (
        None,
        ("https://chu-valmont.example",),
        True,
    )
    assert {m.parent_id for m in (first, second)} == {post.external_id}
    assert first.external_id != second.external_id
    told = [(e.reactions, e.shares, e.replies) for e in page.engagements]
    assert told[0] == (1, None, 2)
    again = await taken(write(tmp_path / "again.json", json.dumps([POST])))
    assert [m.key for m in again.mentions] == [m.key for m in page.mentions]


async def test_takeout_s_html_says_the_same_as_its_json(tmp_path):
    page = await taken(write(tmp_path / "Portes.html", HTML))
    assert [reject.error for reject in page.rejects] == []
    post, comment = page.mentions
    assert (post.external_id, post.text) == (POST["url"], "Portes ouvertes\nau CHU")
    assert (post.author.name, post.author.external_id) == ("CHU de Valmont", "+Valmont")
    assert post.published_at == datetime(2018, 10, 8, 12, tzinfo=UTC)
    assert page.engagements[0].reactions == 2
    assert (comment.text, comment.author.name, comment.parent_id) == ("Bravo", "Paul", POST["url"])
    assert comment.published_at == datetime(2018, 10, 8, 13, tzinfo=UTC)


async def test_what_was_not_public_on_google_plus_is_never_quoted(tmp_path):
    private = POST | {"postAcl": {"visibleToStandardAcl": {"circles": []}}}
    page = await taken(write(tmp_path / "private.json", json.dumps(private)))
    assert {mention.republish for mention in page.mentions} == {False}


async def test_google_plus_is_registered_closed_and_never_answers():
    kind = CONNECTORS["google_plus"]
    assert kind.closed_on == date(2019, 4, 2)
    plus = GooglePlusConnector(
        GooglePlusSettings(), http=None, watched=Watched(), clock=lambda: NOW
    )
    assert plus.hosts() == ()
    with pytest.raises(Closed, match=r"02 April 2019.*import"):
        await anext(plus.poll({}))


async def test_objects_are_read_by_their_keys_or_by_what_columns_says(tmp_path):
    posts = {
        "meta": {"count": 2},
        "data": [
            {"id": 7, "message": "Merci au CHU", "from": {"name": "Léa"}, "when": "01/03/2026 12:30",
             "likes": 1204.0, "hidden": True},
            {"id": 8, "message": "", "when": "02/03/2026 12:30"},
            "rien",
        ],
    }  # fmt: skip
    path = write(tmp_path / "posts.json", json.dumps(posts))
    columns = {"author": "from.name", "published_at": "when"}
    page = await taken(path, network="forum", columns=columns)
    [post] = page.mentions
    assert (post.network, post.external_id, post.author.name) == ("forum", "7", "Léa")
    assert post.published_at == datetime(2026, 3, 1, 11, 30, tzinfo=UTC)
    assert page.engagements[0].reactions == 1204
    assert [reject.error.partition(":")[0] for reject in page.rejects] == ["object 2", "object 3"]


async def test_ids_beyond_what_a_number_holds_are_kept_whole_or_not_used(tmp_path):
    posts = '[{"id": 9007199254740993, "message": "a"}, {"id": 123456789012345678901234567890, "message": "b"}]'
    page = await taken(write(tmp_path / "posts.json", posts), network="forum")
    assert page.mentions[0].external_id == "9007199254740993"
    assert not page.mentions[1].external_id.startswith("1234567890123456")


async def test_jsonl_in_the_shape_of_a_file_source_keeps_all_it_says(tmp_path):
    lines = [
        {"network": "mastodon", "external_id": "a/1", "text": "Merci", "tags": ["Valmont"]},
        {"type": "audience", "network": "mastodon", "account": "chu", "followers": 12},
    ]
    text = "\n".join(map(json.dumps, lines)) + "\n{cassé\n"
    page = await taken(write(tmp_path / "posts.jsonl", text))
    assert [(m.network, m.tags) for m in page.mentions] == [("mastodon", ("Valmont",))]
    assert [day.followers for day in page.audiences] == [12]
    assert [reject.error for reject in page.rejects] == ["object 3: line 3: not JSON"]


@pytest.mark.parametrize(
    "text",
    ["[" * 900 + "]" * 900, '{"text": ' + "[" * 900 + "]" * 900 + "}", '[{"text": "x", "id": 1e400}]',
     '{"kind": "plus#activityFeed", "items": [' * 300 + "]}" * 300,
     "{", "[1, 2", '"x', "[]", "{}", "null", "[[[]]]", '{"reviews": 3}', "window.YTD.tweets.part0 = {",
     "window.YTD.tweets.part0 = 7", "<html>", "{\"kind\": \"plus#activityFeed\", \"items\": [3, null]}"],
)  # fmt: skip
async def test_a_document_that_says_nothing_is_refused_or_empty_and_never_a_crash(tmp_path, text):
    try:
        page = await taken(write(tmp_path / "odd.json", text))
    except Malformed as refused:
        assert str(tmp_path) in str(refused)
    else:
        assert page.mentions == []


FOLDER = os.environ.get("LISTENER_RECORDINGS")
RECORDED = sorted(Path(FOLDER or "/nowhere").glob("google_plus/**/*.json"))


@pytest.mark.skipif(not FOLDER, reason="LISTENER_RECORDINGS is not set")
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
async def test_recorded_google_plus_answers_are_read_whole(tmp_path, path):
    value = json.loads(path.read_bytes())
    said = value.get("kind") in ("plus#activity", "plus#comment")
    if said or value.get("kind") == "plus#person":
        page = await taken(path)
        assert page.rejects == []
        assert len(page.mentions) == said
        assert {m.network for m in page.mentions} <= {"google_plus"}
    elif "content" in value:  # an article in the shape of another network's: anybody's object
        assert only(await taken(path)).text
    else:  # a place: nobody said anything
        assert (await taken(path)).mentions == []
