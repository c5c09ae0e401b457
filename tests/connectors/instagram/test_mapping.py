"""How Instagram's media become mentions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.connector import Watched
from connectors.mention import Engagement, Kind, Mention
from tests.connectors.instagram.support import mentions, source
from tests.networks.instagram import START, iso

HASHTAG = Watched(hashtags=("chuvalmont",))


async def read(**fields: Any) -> tuple[Mention, list[Engagement]]:
    async with source(HASHTAG) as ready:
        ready.network.under("chuvalmont", **fields)
        pages = await ready.drain()
        (mention,) = mentions(pages)
        return mention, [figures for page in pages for figures in page.engagements]


async def test_a_media_found_by_hashtag_has_text_figures_and_no_author() -> None:
    mention, (figures,) = await read()
    assert mention.kind is Kind.POST
    assert mention.text == "Huit heures aux urgences #CHUValmont @chu_valmont"
    assert mention.url == f"https://www.instagram.com/p/{mention.external_id}/"
    assert mention.published_at == START
    assert (mention.tags, mention.accounts) == (("CHUValmont",), ("chu_valmont",))
    assert mention.author.handle is None
    assert (figures.reactions, figures.replies, figures.views) == (3, 2, None)


async def test_a_photo_without_a_word_is_a_mention() -> None:
    mention, _ = await read(caption=None)
    assert mention.text == ""
    assert [(one.kind, one.url is not None) for one in mention.media] == [("image", True)]


async def test_likes_that_are_hidden_are_unknown_and_not_none_at_all() -> None:
    _, (figures,) = await read(like_count=None)
    assert figures.reactions is None
    _, nothing = await read(like_count=None, comments_count="2x")
    assert nothing == []


async def test_albums_videos_and_stories_are_told_apart() -> None:
    parts = [
        {"id": "1", "media_type": "IMAGE", "media_url": "https://images.example/1.jpg"},
        {"id": "2", "media_type": "VIDEO", "thumbnail_url": "https://images.example/2.jpg"},
        None,
    ]
    album, _ = await read(media_type="CAROUSEL_ALBUM", children={"data": parts})
    assert [(one.kind, one.url) for one in album.media] == [
        ("image", "https://images.example/1.jpg"),
        ("video", "https://images.example/2.jpg"),
    ]
    video, _ = await read(media_type="VIDEO", media_url=None)
    assert video.kind is Kind.VIDEO
    assert [one.kind for one in video.media] == ["video"]
    story, _ = await read(permalink="https://instagram.com/stories/claire/264365593934")
    assert story.kind is Kind.STORY
    unknown, _ = await read(media_type="HOLOGRAM", media_url=None)
    assert (unknown.kind, unknown.media) == (Kind.POST, ())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-02T06:00:00+0000", START),
        ("2026-03-02T07:00:00+01:00", START),
        ("2026-03-02T06:00:00", START),
        ("1970-01-01T00:00:00+0000", None),
        ("2031-01-01T00:00:00+0000", None),
        ("hier", None),
        (1772431200, None),
        (None, None),
    ],
)
async def test_dates_are_believed_within_reason(written: Any, meant: datetime | None) -> None:
    async with source(HASHTAG) as ready:
        ready.network.under("chuvalmont")
        ready.network.spoil = lambda item: {**item, "timestamp": written}
        (mention,) = mentions(await ready.drain())
        assert mention.published_at == meant


async def test_texts_of_any_script_come_through_whole_and_clean() -> None:
    caption = "🚑\u200f مستشفى \u202eCHU\x00 &amp;lt;b&amp;gt; ligne\r\ndeux #Santé_publique"
    mention, _ = await read(caption=caption)
    assert "\x00" not in mention.text and "\u202e" not in mention.text
    assert "🚑" in mention.text and "مستشفى" in mention.text
    assert mention.text.endswith("ligne\ndeux #Santé_publique")
    assert mention.tags == ("Santé_publique",)


async def test_an_address_in_a_text_is_no_account() -> None:
    mention, _ = await read(caption="Écrire à usagers@chu-valmont.example, puis @chu.valmont.")
    assert mention.accounts == ("chu.valmont",)


async def test_an_item_without_a_usable_id_is_set_aside_and_the_page_goes_on() -> None:
    async with source(HASHTAG) as ready:
        ready.network.publish(3)
        bad = iter([None, {"id": "../me"}, {"id": True}])

        def spoil(item: Any) -> Any:
            return next(bad, item)

        ready.network.under("chuvalmont", timestamp=iso(START))
        ready.network.spoil = spoil
        pages = await ready.drain()
        rejects = [reject for page in pages for reject in page.rejects]
        assert len(rejects) == 3
        assert len(mentions(pages)) == 1


async def test_ids_beyond_53_bits_keep_every_digit() -> None:
    mention, _ = await read(id="90071992547409931234")
    assert mention.external_id == "90071992547409931234"


async def test_the_first_poll_reads_what_the_look_back_says() -> None:
    async with source(media=True, look_back="2d") as ready:
        ready.network.post(timestamp=iso(datetime(2026, 2, 20, tzinfo=UTC)))
        young = ready.network.post()
        assert [m.external_id for m in mentions(await ready.drain())] == [young["id"]]
