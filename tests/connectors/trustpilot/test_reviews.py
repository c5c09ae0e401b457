"""What is read of a review and the reply to it, edits, deletions, counts read again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.mention import Kind
from tests.connectors.trustpilot.support import NOON, Bench, deletions, ids, mentions
from tests.networks.trustpilot import DOMAIN, SECRET, START, UNIT, iso

REPLY = {"text": "Merci de nous écrire", "createdAt": "2026-03-02T11:00:00Z", "updatedAt": None}


async def test_a_review_is_read_with_its_stars_and_its_author(ready: Bench) -> None:
    review = ready.network.review(
        2, "Neuf heures\n\nd'attente", at=START, tags=[{"group": "site", "value": "nord"}]
    )
    pages = await ready.poll()
    (mention,) = mentions(pages)
    assert (mention.external_id, mention.kind, mention.rating) == (review["id"], Kind.REVIEW, 2.0)
    assert (mention.title, mention.text) == ("Aux urgences", "Neuf heures\n\nd'attente")
    assert (mention.language, mention.published_at, mention.edited_at) == ("fr", START, None)
    assert mention.url == f"https://www.trustpilot.com/reviews/{review['id']}"
    assert mention.author.name == "Odile Ferrand"
    assert mention.author.external_id == "5f0c3a2b9d1e4c0001a2b3c4"
    assert mention.author.verified is False
    assert mention.tags == ("nord",)
    (figures,) = pages[0].engagements
    assert (figures.reactions, figures.replies, figures.shares, figures.views) == (2, 0, None, None)


async def test_the_reply_of_the_hospital_hangs_under_its_review(ready: Bench) -> None:
    review = ready.network.review(companyReply=REPLY)
    pages = await ready.poll()
    _, reply = mentions(pages)
    assert (reply.kind, reply.text) == (Kind.REPLY, "Merci de nous écrire")
    assert (reply.parent_id, reply.root_id) == (review["id"], review["id"])
    assert reply.external_id != review["id"]
    assert (reply.author.name, reply.author.handle) == ("CHU de Valmont", DOMAIN)
    assert reply.published_at == NOON - timedelta(hours=1)
    assert pages[0].engagements[0].replies == 1


async def test_a_review_that_changes_or_is_answered_is_given_again(ready: Bench) -> None:
    review, other = ready.network.review(), ready.network.review()
    assert len(ids(await ready.poll())) == 2
    assert not ids(await ready.poll())
    ready.clock.at += timedelta(days=2)
    review |= {"text": "Corrigé", "stars": 4, "updatedAt": iso(NOON + timedelta(days=1))}
    (edited,) = mentions(await ready.poll())
    assert (edited.external_id, edited.text, edited.rating) == (review["id"], "Corrigé", 4.0)
    assert edited.edited_at == NOON + timedelta(days=1)
    other["companyReply"] = REPLY
    answered, reply = mentions(await ready.poll())
    assert (answered.external_id, reply.parent_id) == (other["id"], other["id"])
    assert not ids(await ready.poll())


async def test_a_status_that_says_it_is_gone_is_a_deletion(ready: Bench) -> None:
    review = ready.network.review(companyReply=REPLY)
    _, reply = ids(await ready.poll())
    review["status"] = "deleted"
    pages = await ready.poll()
    assert not ids(pages)
    assert {deletion.external_id for deletion in deletions(pages)} == {review["id"], reply}


async def test_a_reported_review_counts_and_is_not_shown_while_it_is_hidden(ready: Bench) -> None:
    ready.network.review(status="reported", reportData={"reviewVisibility": "hidden"})
    ready.network.review(status="jamais vu", reportData={"reviewVisibility": "visible"})
    visible, hidden = mentions(await ready.poll())
    assert (visible.republish, hidden.republish) == (True, False)


@pytest.mark.parametrize(
    ("fields", "verified"),
    [
        ({"isVerified": True}, True),
        ({"isVerified": None, "reviewVerificationLevel": "invited"}, True),
        ({"isVerified": None, "reviewVerificationLevel": "jamais vu"}, None),
    ],
)
async def test_how_a_review_was_verified_is_kept(
    ready: Bench, fields: dict[str, Any], verified: bool | None
) -> None:
    ready.network.review(**fields)
    (mention,) = mentions(await ready.poll())
    assert mention.author.verified is verified


@pytest.mark.parametrize("stars", [0, 6, -1, None, "beaucoup", True, 2.5])
async def test_odd_stars_are_no_rating(ready: Bench, stars: Any) -> None:
    ready.network.review(stars)
    (mention,) = mentions(await ready.poll())
    assert mention.rating is None


async def test_a_review_of_stars_alone_is_a_mention_too(ready: Bench) -> None:
    ready.network.review(1, "", title=None, consumer=None, businessUnit=None, language=None)
    (mention,) = mentions(await ready.poll())
    assert (mention.text, mention.title, mention.rating) == ("", None, 1.0)


async def test_a_date_without_a_zone_is_utc_and_an_absurd_one_is_none(ready: Bench) -> None:
    ready.network.review(createdAt="2026-03-02T08:00:00")
    ready.network.review(createdAt="jamais")
    absurd, plain = mentions(await ready.poll())
    assert (plain.published_at, absurd.published_at) == (START, None)


async def test_an_item_without_an_id_is_set_aside(ready: Bench) -> None:
    ready.network.review(id=None, text="Très confidentiel")
    good = ready.network.review()
    pages = await ready.poll()
    assert ids(pages) == [good["id"]]
    (reject,) = pages[0].rejects
    assert "confidentiel" not in reject.error


async def test_the_private_list_is_asked_with_a_token_and_its_secrets_stay_out(
    ready: Bench,
) -> None:
    review = ready.network.review()
    connector = ready.connector(private=True, api_secret=SECRET)
    (mention,) = mentions(await ready.poll(connector))
    assert mention.external_id == review["id"]
    assert "odile@" not in repr(mention)
    asked = [request.query for request in ready.network.asked("/private/")]
    assert {query["startDateTime"] for query in asked} == {"2026-02-23T12:00:00"}
    assert [query["page"] for query in asked] == ["1", "2"]  # to the empty list past the end
    ready.network.tokens.clear()  # ended before its time: asked for again
    ready.network.publish(1)
    assert len(ids(await ready.poll(connector))) == 1


async def test_filters_are_passed_on(ready: Bench) -> None:
    await ready.poll(language="fr", stars=[1, 2])
    (listed,) = ready.network.asked("/reviews")
    assert (listed.query["language"], listed.query["stars"]) == ("fr", "1,2")


async def test_a_page_token_that_was_forgotten_begins_again(ready: Bench) -> None:
    ready.network.forgets_pages = True
    new = ready.network.publish(250)
    assert sorted(ids(await ready.poll(listing="all-reviews"))) == sorted(new)


async def test_counts_are_read_again_and_what_is_gone_is_told(ready: Bench) -> None:
    kept, gone, answered = (ready.network.review() for _ in range(3))
    answered["companyReply"] = REPLY
    _, reply = [name for name in ids(await ready.poll()) if name.startswith(answered["id"])]
    ready.network.reviews.remove(gone)
    kept["numberOfLikes"] = 40
    answered["companyReply"] = None
    pages = await ready.refresh(kept["id"], gone["id"], answered["id"], reply, "../etc")
    figures = {f.key.external_id: f.reactions for page in pages for f in page.engagements}
    assert figures == {kept["id"]: 40, answered["id"]: 2}
    assert {d.external_id for d in deletions(pages)} == {gone["id"], f"{gone['id']}#reply", reply}
    assert len(ready.network.asked("/reviews/")) == 3


async def test_a_reply_that_stands_shows_a_sign_of_life(ready: Bench) -> None:
    review = ready.network.review(companyReply=REPLY)
    (page,) = await ready.refresh(review["id"], f"{review['id']}#reply")
    alive = {taken.key.external_id: taken.is_bare for taken in page.engagements}
    assert alive == {review["id"]: False, f"{review['id']}#reply": True}


async def test_an_edit_that_is_found_by_a_refresh_is_given(ready: Bench) -> None:
    review = ready.network.review()
    review |= {"text": "Corrigé", "updatedAt": iso(NOON)}
    (mention,) = mentions(await ready.refresh(review["id"]))
    assert (mention.text, mention.edited_at) == ("Corrigé", NOON)


async def test_the_score_is_read_once_a_day(ready: Bench) -> None:
    ready.network.publish(3)
    keys = {"audience": True, "business_units": [DOMAIN], "peers": ["autre.example"]}
    (score,) = [a for page in await ready.poll(**keys) for a in page.audiences]
    assert (score.account, score.rating, score.ratings) == (DOMAIN, 3.4, 3)
    assert score.followers is None
    assert not [a for page in await ready.poll(**keys) for a in page.audiences]


@pytest.mark.parametrize("odd", [0, None, "3.4", 7, True, [], float("1e300")])
async def test_an_odd_score_is_unknown(ready: Bench, odd: Any) -> None:
    ready.network.score = odd
    (score,) = [a for page in await ready.poll(audience=True) for a in page.audiences]
    assert score.rating is None
    assert score.account == DOMAIN


async def test_a_profile_is_found_by_its_domain_once(ready: Bench) -> None:
    new = ready.network.publish(2)
    connector = ready.connector(business_units=[f"https://{DOMAIN.upper()}/"])
    assert sorted(ids(await ready.poll(connector))) == sorted(new)
    await ready.poll(connector)
    assert len(ready.network.asked("/find")) == 1
    assert all(UNIT in request.path for request in ready.network.asked("/reviews"))
