"""Notifications, pulled: mentions of the page, comments on any post, edits, deletions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.mention import Kind
from tests.connectors.linkedin.support import NOON, Bench, deletions, ids, mentions
from tests.networks.linkedin import PAGE, START, millis, number
from tests.networks.standin import Fault

THREAD = "urn:li:activity:7434145475067904001"
COMMENT = f"urn:li:comment:({THREAD},{number(START, 9)})"


def about(entity: str = COMMENT, text: str = "Honteux", **more: Any) -> dict[str, Any]:
    return {"comment": {"entity": entity, "owner": "urn:li:person:Qq1", "text": text, **more}}


async def test_a_post_that_mentions_the_page_is_read_from_its_notification(ready: Bench) -> None:
    told = ready.network.mention("Merci à @[CHU de Valmont](urn:li:organization:1234567) \\!")
    (mention,) = mentions(await ready.poll(notifications=True))
    assert mention.external_id == told["generatedActivity"]
    assert mention.kind is Kind.POST
    assert mention.text == "Merci à CHU de Valmont \\!"  # no sign that little text escapes
    assert mention.accounts == ("CHU de Valmont", PAGE)
    assert mention.author.external_id == "urn:li:person:Zz9_yX"
    assert (
        mention.published_at is not None and millis(mention.published_at) == told["lastModifiedAt"]
    )
    assert not ready.network.asked("/posts")


async def test_what_a_notification_only_names_is_fetched_once(ready: Bench) -> None:
    share = "urn:li:share:7434145475067904999"
    ready.network.others[share] = {
        "id": share,
        "author": "urn:li:person:Zz9_yX",
        "commentary": "Le CHU, vu du quai",
        "publishedAt": millis(START),
        "lifecycleState": "PUBLISHED",
    }
    ready.network.readable.add(share)
    ready.network.mention(generatedActivity=share, decoratedGeneratedActivity=None)
    connector = ready.connector(notifications=True)
    (mention,) = mentions(await ready.poll(connector))
    assert (mention.text, mention.published_at) == ("Le CHU, vu du quai", START)
    for _ in range(3):
        assert not ids(await ready.poll(connector))
    assert len(ready.network.asked("/posts/")) == 1


async def test_a_post_of_others_that_may_not_be_fetched_is_known_by_its_address(
    ready: Bench,
) -> None:
    share = "urn:li:share:7434145475067904999"
    ready.network.others[share] = {}
    ready.network.mention(generatedActivity=share, decoratedGeneratedActivity=None)
    (mention,) = mentions(await ready.poll(notifications=True))
    assert (mention.external_id, mention.text) == (share, "")
    assert mention.url == f"https://www.linkedin.com/feed/update/{share}"
    assert PAGE in mention.accounts


async def test_an_answer_that_cannot_be_read_holds_up_no_other_notification(ready: Bench) -> None:
    odd = ready.network.mention(decoratedGeneratedActivity=None)
    good = ready.network.mention()
    ready.network.faults.extend([None, Fault(status=200, body=b"<html>")])
    pages = await ready.poll(notifications=True)
    assert set(ids(pages)) == {odd["generatedActivity"], good["generatedActivity"]}


async def test_a_comment_on_any_post_is_told_with_the_page_s_post_as_its_root(ready: Bench) -> None:
    ready.network.notify(
        "COMMENT",
        sourcePost=THREAD,
        decoratedSourcePost={"entity": "urn:li:share:77", "owner": PAGE, "text": "Portes ouvertes"},
        generatedActivity=COMMENT.replace("(urn:li:activity", "(activity"),
        decoratedGeneratedActivity=about(),
    )
    (mention,) = mentions(await ready.poll(notifications=True))
    assert (mention.external_id, mention.kind) == (COMMENT, Kind.COMMENT)
    assert (mention.parent_id, mention.root_id) == ("urn:li:share:77", "urn:li:share:77")
    assert mention.author.external_id == "urn:li:person:Qq1"


async def test_a_comment_given_by_its_thread_is_not_given_again_by_its_notification(
    ready: Bench,
) -> None:
    comment = ready.network.comment(ready.network.post())
    ready.network.notify("COMMENT", generatedActivity=comment["commentUrn"])
    pages = await ready.poll(comments=True, notifications=True)
    assert ids(pages) == [comment["commentUrn"]]


async def test_an_edit_is_a_new_version_dated_by_the_comment_s_own_number(ready: Bench) -> None:
    ready.network.notify(
        "COMMENT_EDIT",
        at=NOON - timedelta(minutes=5),
        generatedActivity=COMMENT,
        decoratedGeneratedActivity=about(text="Corrigé"),
    )
    (mention,) = mentions(await ready.poll(notifications=True))
    assert (mention.external_id, mention.text) == (COMMENT, "Corrigé")
    assert mention.edited_at == NOON - timedelta(minutes=5)
    assert mention.published_at == START


async def test_a_deleted_comment_is_a_deletion(ready: Bench) -> None:
    ready.network.notify("COMMENT_DELETE", generatedActivity=COMMENT)
    pages = await ready.poll(notifications=True)
    (deletion,) = deletions(pages)
    assert (deletion.external_id, deletion.seen_at) == (COMMENT, NOON)
    assert not deletions(await ready.poll(notifications=True))


@pytest.mark.parametrize("page_size", [1, 100])
async def test_a_comment_that_was_deleted_since_is_not_given_after_its_deletion(
    ready: Bench, page_size: int
) -> None:
    ready.network.page_size = page_size
    named = {"sourcePost": THREAD, "generatedActivity": COMMENT}
    for action in ("COMMENT", "COMMENT_EDIT"):
        ready.network.notify(action, **named, decoratedGeneratedActivity=about())
    ready.network.notify("COMMENT_DELETE", **named)
    pages = await ready.poll(notifications=True)
    assert [gone.external_id for gone in deletions(pages)] == [COMMENT]
    assert not ids(pages)


async def test_what_a_comment_first_said_is_not_given_after_its_edit(ready: Bench) -> None:
    named = {"sourcePost": THREAD, "generatedActivity": COMMENT}
    ready.network.notify("COMMENT", **named, decoratedGeneratedActivity=about(text="Avant"))
    ready.network.notify("COMMENT_EDIT", **named, decoratedGeneratedActivity=about(text="Après"))
    assert [m.text for m in mentions(await ready.poll(notifications=True))] == ["Après"]


async def test_a_comment_that_is_gone_when_it_is_fetched_is_a_deletion(ready: Bench) -> None:
    ready.network.notify("COMMENT", sourcePost=THREAD, generatedActivity=COMMENT)
    pages = await ready.poll(notifications=True)
    assert not ids(pages)
    assert [deletion.external_id for deletion in deletions(pages)] == [COMMENT]


async def test_a_reshare_of_the_page_s_post_points_to_it(ready: Bench) -> None:
    for text in ("", "À voir"):
        share = f"urn:li:share:{number(START, 60 + len(text))}"
        ready.network.notify(
            "SHARE",
            sourcePost="urn:li:share:77",
            generatedActivity=share,
            decoratedGeneratedActivity={"share": {"entity": share, "text": text}},
        )
    quote, repost = mentions(await ready.poll(notifications=True))
    assert (quote.kind, quote.quoted_id, quote.text) == (Kind.QUOTE, "urn:li:share:77", "À voir")
    assert (repost.kind, repost.repost_of) == (Kind.REPOST, "urn:li:share:77")


@pytest.mark.parametrize("action", ["LIKE", "JAMAIS_VU"])
async def test_what_says_nothing_is_passed_over(ready: Bench, action: str) -> None:
    ready.network.notify(action, generatedActivity="urn:li:reaction:1")
    keys = {"notifications": True, "actions": [action]}
    pages = await ready.poll(**keys)
    assert not ids(pages) and not any(page.rejects for page in pages)


async def test_a_notification_that_names_nothing_is_set_aside(ready: Bench) -> None:
    ready.network.notify("COMMENT", generatedActivity=None)
    good = ready.network.mention()
    pages = await ready.poll(notifications=True)
    assert ids(pages) == [good["generatedActivity"]]
    assert sum(len(page.rejects) for page in pages) == 1


async def test_a_stop_longer_than_linkedin_remembers_is_a_gap(ready: Bench) -> None:
    await ready.poll(notifications=True)
    mark = ready.clock.at - timedelta(days=7)
    ready.clock.at += timedelta(days=90)
    pages = await ready.poll(notifications=True)
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert (gap.since, gap.until) == (mark, ready.clock.at - timedelta(days=60))


async def test_feeds_and_cursors_name_no_page(ready: Bench) -> None:
    ready.network.comment(ready.network.post())
    await ready.poll(posts=True, comments=True, notifications=True, audience=True)
    assert len(ready.cursors) == 4
    assert not [feed for feed in ready.cursors if "1234567" in feed]
