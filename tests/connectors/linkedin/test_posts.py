"""The page's own posts: what is read of each kind, edits, little text, odd values."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.linkedin.little import read_little
from connectors.mention import Kind
from tests.connectors.linkedin.support import NOON, Bench, ids, mentions
from tests.networks.linkedin import PAGE, START, millis


async def test_a_post_is_read_with_its_address_and_its_dates(ready: Bench) -> None:
    post = ready.network.post(
        "Le CHU de Valmont \\(site nord\\) ouvre {hashtag|\\#|Urgences}", at=START
    )
    (mention,) = mentions(await ready.poll(posts=True))
    assert mention.external_id == post["id"]
    assert mention.kind is Kind.POST
    assert mention.text == "Le CHU de Valmont (site nord) ouvre #Urgences"
    assert mention.tags == ("Urgences",)
    assert mention.published_at == START
    assert mention.edited_at is None
    assert mention.url == f"https://www.linkedin.com/feed/update/{post['id']}"
    assert mention.author.external_id == PAGE
    assert mention.author.name is None


async def test_an_edited_post_is_given_again_with_its_new_text(ready: Bench) -> None:
    first, second = ready.network.post("Avant"), ready.network.post("Autre")
    assert ids(await ready.poll(posts=True)) == [second["id"], first["id"]]
    ready.clock.at += timedelta(hours=1)
    ready.network.edit(first, "Après", at=NOON + timedelta(minutes=30))
    (again,) = mentions(await ready.poll(posts=True))
    assert (again.external_id, again.text) == (first["id"], "Après")
    assert again.edited_at == NOON + timedelta(minutes=30)
    assert await ready.poll(posts=True) and not ids(await ready.poll(posts=True))


@pytest.mark.parametrize(
    ("content", "kind", "alt", "title"),
    [
        ({"media": {"id": "urn:li:image:C4E", "altText": "Façade"}}, "image", "Façade", None),
        ({"media": {"id": "urn:li:video:D4E", "title": "Visite"}}, "video", None, "Visite"),
        ({"media": {"id": "urn:li:document:D5F"}}, "document", None, None),
        ({"multiImage": {"images": [{"id": "urn:li:image:1", "altText": "Hall"}]}}, "image", "Hall", None),
    ],
)  # fmt: skip
async def test_a_picture_without_words_is_a_mention_too(
    ready: Bench, content: dict, kind: str, alt: str | None, title: str | None
) -> None:
    ready.network.post("", content=content)
    (mention,) = mentions(await ready.poll(posts=True))
    assert mention.text == ""
    assert mention.title == title
    assert [(media.kind, media.alt) for media in mention.media] == [(kind, alt)]


async def test_an_article_and_a_poll_bring_their_words(ready: Bench) -> None:
    ready.network.post(
        "À lire",
        content={"article": {"source": "https://valmont.example/a", "title": "La grève"}},
    )
    ready.network.post(
        "Sondage", content={"poll": {"question": "Content ?", "options": [{"text": "Oui"}]}}
    )
    asked, article = mentions(await ready.poll(posts=True))
    assert article.title == "La grève"
    assert article.links == ("https://valmont.example/a",)
    assert asked.text == "Sondage\nContent ?\n– Oui"


async def test_a_reshare_without_words_is_a_repost_and_with_words_a_quote(ready: Bench) -> None:
    context = {"reshareContext": {"parent": "urn:li:share:99", "root": "urn:li:share:98"}}
    ready.network.post("", **context)
    ready.network.post("Bravo", **context)
    quote, repost = mentions(await ready.poll(posts=True))
    assert (repost.kind, repost.repost_of, repost.quoted_id) == (
        Kind.REPOST,
        "urn:li:share:99",
        None,
    )
    assert (quote.kind, quote.repost_of, quote.quoted_id) == (Kind.QUOTE, None, "urn:li:share:99")


async def test_a_draft_is_not_public(ready: Bench) -> None:
    ready.network.post("Brouillon", lifecycleState="DRAFT")
    kept = ready.network.post("Public", lifecycleState="JAMAIS_VU")
    assert ids(await ready.poll(posts=True)) == [kept["id"]]


async def test_a_date_that_is_absurd_or_missing_costs_no_post(ready: Bench) -> None:
    for odd in (0, None, "hier", 2**60, -5, True, {}):
        ready.network.post(publishedAt=odd, createdAt=odd, lastModifiedAt=odd)
    found = mentions(await ready.poll(posts=True))
    assert len(found) == 7
    assert {mention.published_at for mention in found} == {None}


async def test_an_item_without_an_id_is_set_aside_and_the_page_goes_on(ready: Bench) -> None:
    ready.network.post("Secret médical", id=None)
    good = ready.network.post("Bien")
    pages = await ready.poll(posts=True)
    (reject,) = [reject for page in pages for reject in page.rejects]
    assert ids(pages) == [good["id"]]
    assert "Secret" not in reject.error
    assert b"Secret" in reject.payload


async def test_a_post_deleted_during_the_walk_hides_no_other(ready: Bench) -> None:
    posts = [ready.network.post() for _ in range(150)]
    connector, given = ready.connector(posts=True, page_size=50), []
    async for page in connector.poll({}):
        given += [mention.external_id for mention in page.mentions]
        if len(given) == 50:
            del ready.network.posts[-3:]  # already given: what follows moves up by three
    assert sorted(given) == sorted(post["id"] for post in posts)


async def test_urns_are_escaped_in_every_address(ready: Bench) -> None:
    post = ready.network.post()
    ready.network.comment(ready.network.comment(post))
    await ready.poll(posts=True, comments=True, notifications=True, audience=True)
    assert len(ready.network.requests) > 5
    assert not [r.raw_path for r in ready.network.requests if "urn:" in r.raw_path]


@pytest.mark.parametrize(
    ("written", "read", "tags", "accounts"),
    [
        ("", "", (), ()),
        ("a\\_b \\* \\~ \\<3 \\\\", "a_b * ~ <3 \\", (), ()),
        ("@[CHU \\(Valmont\\)](urn:li:organization:1) merci", "CHU (Valmont) merci", (),
         ("CHU (Valmont)", "urn:li:organization:1")),
        ("{hashtag|\\#|santé} {hashtag|#|ARS} #Été \\#non a#b https://x.example/#ancre",
         "#santé #ARS #Été #non a#b https://x.example/#ancre", ("santé", "ARS", "Été"), ()),
        ("@[", "@[", (), ()),
        ("{hashtag|", "{hashtag|", (), ()),
        ("\U0001f691 \u0645\u0633\u062a\u0634\u0641\u0649", "\U0001f691 \u0645\u0633\u062a\u0634\u0641\u0649", (), ()),
        ("x" * 50_000, "x" * 20_000, (), ()),
    ],
)  # fmt: skip
def test_little_text_is_read_as_a_reader_sees_it(
    written: str, read: str, tags: tuple[str, ...], accounts: tuple[str, ...]
) -> None:
    little = read_little(written)
    assert (little.text, little.tags, little.accounts) == (read, tags, accounts)


async def test_dates_in_milliseconds_are_utc_instants(ready: Bench) -> None:
    ready.network.post(publishedAt=millis(START) + 123, lastModifiedAt=millis(START) + 123)
    (mention,) = mentions(await ready.poll(posts=True))
    assert mention.published_at == START + timedelta(milliseconds=123)
