"""What is read of an article: its title tidied, its address, when it was seen; odd JSON is mended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.connector import Unseen
from connectors.mention import Kind
from tests.connectors.gdelt.support import Bench, ids, mentions

SEEN = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


async def test_an_article_is_a_title_and_a_link(ready: Bench) -> None:
    article = ready.network.article(SEEN)
    pages = await ready.poll()
    (mention,) = mentions(pages)
    assert (mention.kind, mention.url) == (Kind.ARTICLE, article["url"])
    assert mention.external_id == article["url"]
    assert mention.title == "CHU de Valmont : neuf heures d'attente, honte (0)"
    assert (mention.text, mention.language) == ("", "fr")
    assert mention.published_at == SEEN, "when GDELT saw it: it tells nothing else"
    assert mention.author.name == "courrier-de-valmont.example"
    assert [media.kind for media in mention.media] == ["image"]
    assert not any(page.engagements for page in pages), "unknown, never 0"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("L ' hôpital , saturé : « assez » dit - il ( 3 % ) .", "L'hôpital, saturé : « assez » dit-il (3 %)."),
        ("Hospital ' s staff : \" enough \" , she says", 'Hospital\'s staff : "enough", she says'),
        ("Qu ' est - ce que le CHU ?", "Qu'est-ce que le CHU ?"),
        ("CHU de Valmont - une grève", "CHU de Valmont - une grève"),
        ("Y a - t - il un médecin ? 3 , 5 millions", "Y a-t-il un médecin ? 3,5 millions"),
        ("Aujourd ' hui , jusqu ' à 9 heures d ’ attente", "Aujourd'hui, jusqu'à 9 heures d’attente"),
        ("C'est bien ainsi : « non »", "C'est bien ainsi : « non »"),
        ("L&amp;#39;h\u00f4pital &amp; nous", "L'hôpital & nous"),
        ("مستشفى \u202e CHU 🚑", "مستشفى CHU 🚑"),
        ("", None),
        (None, None),
        (7, None),
    ],
)  # fmt: skip
async def test_titles_lose_the_spaces_around_punctuation(
    ready: Bench, written: Any, read: str | None
) -> None:
    ready.network.article(SEEN, title=written)
    (mention,) = mentions(await ready.poll())
    assert mention.title == read


@pytest.mark.parametrize(
    ("language", "code"),
    [("French", "fr"), ("ENGLISH", "en"), ("Norwegian Nynorsk", "nn"), ("Klingon", None), (None, None)],
)  # fmt: skip
async def test_names_of_languages_become_codes(
    ready: Bench, language: Any, code: str | None
) -> None:
    ready.network.article(SEEN, language=language)
    assert mentions(await ready.poll())[0].language == code


@pytest.mark.parametrize("seen", [None, "hier", "20261340T000000Z", 7, "19700101T000000Z"])
async def test_an_odd_date_is_none(ready: Bench, seen: Any) -> None:
    ready.network.spoil = lambda item: item | {"seendate": seen}
    ready.network.article(SEEN)
    (mention,) = mentions(await ready.poll())
    assert mention.published_at is None


async def test_an_article_without_an_address_is_set_aside(ready: Bench) -> None:
    ready.network.article(SEEN, url="javascript:alert(1)")
    ready.network.article(SEEN, url=None)
    there = ready.network.article(SEEN)
    pages = await ready.poll()
    assert ids(pages) == [there["url"]]
    assert sum(len(page.rejects) for page in pages) == 2


async def test_an_address_is_one_article_whatever_campaign_it_carries(ready: Bench) -> None:
    ready.network.article(SEEN, url="https://journal.example/a?utm_source=x")
    ready.network.article(SEEN, url="https://journal.example/a")
    long = ready.network.article(SEEN, url="https://journal.example/" + "x" * 900)
    found = mentions(await ready.poll())
    assert len(found) == 2
    assert len({mention.external_id for mention in found}) == 2
    (longest,) = [mention for mention in found if mention.url == long["url"]]
    assert len(longest.external_id) < 100


@pytest.mark.parametrize(
    "title",
    [rb"le \d\'hiver", b"une\x07ligne\ncass\xc3\xa9e", rb"C:\Users", rb"d\u00e9j\u00e0 \\ vu", rb"\ud83d seul"],
)  # fmt: skip
async def test_broken_escapes_and_control_characters_are_read_all_the_same(
    ready: Bench, title: bytes
) -> None:
    ready.network.raw = (
        b'{"articles": [{"url": "https://journal.example/1", "seendate": "20260302T091500Z", '
        b'"title": "' + title + b'"}, {"url": "https://journal.example/2", "title": "ok"}]}'
    )
    pages = await ready.poll()
    assert [m.url for m in mentions(pages)] == [
        "https://journal.example/1",
        "https://journal.example/2",
    ]
    title_read = mentions(pages)[0].title
    assert title_read is not None and "\x07" not in title_read


async def test_what_cannot_be_seen_is_said(ready: Bench) -> None:
    blind = set(ready.connector().unseen())
    assert {Unseen.FIGURES, Unseen.DELETIONS} <= blind
    assert not hasattr(ready.connector(), "refresh")
