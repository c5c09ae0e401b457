"""Posts of the Page, of its visitors and those that tag it: what becomes of each, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.connector import Cursors
from connectors.mention import Author, Kind, Media
from tests.connectors.case import NOON, Now
from tests.connectors.facebook.support import EARLIER, Make, drained, figures, gone, mentions, read
from tests.networks.facebook import PAGE, TOKEN, Facebook
from tests.networks.facebook_wire import PAGE_ID, summary, written


async def test_a_post_is_mapped_with_its_figures(make: Make, network: Facebook) -> None:
    made = network.post(at=EARLIER)
    pages = await drained(make().poll({}))
    (mention,) = mentions(pages)
    assert mention.kind is Kind.POST
    assert mention.network == "facebook"
    assert mention.external_id == made["id"]
    assert mention.url == made["permalink_url"]
    assert mention.published_at == EARLIER
    assert mention.edited_at is None
    assert mention.author == Author(external_id=PAGE_ID, name="CHU de Valmont")
    assert mention.text.startswith("Journée portes ouvertes")
    assert mention.tags == ("ChuValmont",)
    assert mention.parent_id is mention.root_id is mention.language is None
    counted = figures(pages)[made["id"]]
    assert (counted.reactions, counted.replies, counted.shares) == (12, 0, 3)
    assert counted.views is None
    assert counted.taken_at == NOON


async def test_shares_are_none_at_all_where_the_network_leaves_them_out(
    make: Make, network: Facebook
) -> None:
    made = network.post(at=EARLIER)
    del made["shares"]
    assert figures(await drained(make().poll({})))[made["id"]].shares == 0


async def test_a_figure_of_another_type_is_unknown(make: Make, network: Facebook) -> None:
    made = network.post(at=EARLIER, shares={"count": "beaucoup"}, reactions={"summary": []})
    counted = figures(await drained(make().poll({})))[made["id"]]
    assert (counted.reactions, counted.shares) == (None, None)


async def test_an_author_who_is_not_told_is_unknown(make: Make, network: Facebook) -> None:
    network.post("visitor_posts", at=EARLIER, **{"from": None})
    (mention,) = await read(make())
    assert mention.author == Author()


async def test_a_visitors_post_that_two_lists_hold_is_given_once(
    make: Make, network: Facebook
) -> None:
    network.post("visitor_posts", at=EARLIER, message="Merci aux infirmières")
    cursors: Cursors = {}
    assert [mention.text for mention in await read(make(), cursors)] == ["Merci aux infirmières"]
    assert await read(make(), cursors) == []


async def test_a_post_that_tags_the_page_addresses_it(make: Make, network: Facebook) -> None:
    network.post("tagged", at=EARLIER)
    (mention,) = await read(make())
    assert mention.accounts == (PAGE,)


async def test_pictures_without_a_word_are_mentions(make: Make, network: Facebook) -> None:
    pictures = [
        {"type": "photo", "media": {"image": {"src": f"https://scontent.example/{n}.jpg"}}}
        for n in range(2)
    ]
    album = {"type": "album", "title": "Inauguration", "subattachments": {"data": pictures}}
    film = {
        "type": "video_inline",
        "media": {"source": "https://video.example/1.mp4"},
        "url": "https://www.facebook.com/chuvalmont/videos/1",
    }
    network.post(at=EARLIER, message=None, story="CHU de Valmont a ajouté deux photos.",
                 attachments={"data": [album, film]})  # fmt: skip
    (mention,) = await read(make())
    assert mention.text == ""
    assert mention.title == "CHU de Valmont a ajouté deux photos."
    assert mention.media == (
        Media(kind="image", url="https://scontent.example/0.jpg"),
        Media(kind="image", url="https://scontent.example/1.jpg"),
        Media(kind="video", url="https://video.example/1.mp4"),
    )
    assert mention.links == ()


async def test_a_shared_article_is_a_link_without_its_redirect(
    make: Make, network: Facebook
) -> None:
    shared = {
        "type": "share",
        "title": "Le CHU manque de lits",
        "url": "https://l.facebook.com/l.php?u=https%3A%2F%2Fpresse.example%2Flits%3Ffbclid%3Dx&h=A",
    }
    network.post(at=EARLIER, attachments={"data": [shared]})
    (mention,) = await read(make())
    assert mention.links == ("https://presse.example/lits",)
    assert mention.title == "Le CHU manque de lits"


async def test_a_share_of_a_post_is_a_repost_and_with_words_a_quote(
    make: Make, network: Facebook
) -> None:
    network.post("tagged", at=EARLIER, message=None, parent_id="77_88")
    network.post("tagged", at=EARLIER, message="Lisez ça", parent_id="77_88")
    quote, repost = sorted(await read(make()), key=lambda mention: mention.kind)
    assert (repost.kind, repost.repost_of, repost.quoted_id) == (Kind.REPOST, "77_88", None)
    assert (quote.kind, quote.quoted_id, quote.repost_of) == (Kind.QUOTE, "77_88", None)


async def test_an_address_without_host_or_none_is_completed(make: Make, network: Facebook) -> None:
    film = network.post(at=EARLIER, permalink_url="/chuvalmont/videos/12/")
    bare = network.post(at=EARLIER, permalink_url=None)
    urls = {mention.external_id: mention.url for mention in await read(make())}
    assert urls[film["id"]] == "https://www.facebook.com/chuvalmont/videos/12/"
    assert urls[bare["id"]] == f"https://www.facebook.com/{bare['id']}"


@pytest.mark.parametrize(
    ("claim", "read_as"),
    [
        ("2026-03-02T09:00:00+0000", NOON - timedelta(hours=3)),
        ("2026-03-02T11:00:00+0200", NOON - timedelta(hours=3)),
        ("2026-03-02T09:00:00", NOON - timedelta(hours=3)),
        ("2026-03-02T12:20:00+0000", NOON),
        ("1970-01-01T00:00:00+0000", None),
        ("hier", None),
        (None, None),
        (1772442000, None),
    ],
)
async def test_odd_dates_cost_no_post(
    make: Make, network: Facebook, claim: object, read_as: object
) -> None:
    made = network.post(at=EARLIER)
    network.served = lambda item: {**item, "created_time": claim}  # type: ignore[method-assign]
    (mention,) = await read(make(tagged=False, visitor_posts=False))
    assert mention.external_id == made["id"]
    assert mention.published_at == read_as


async def test_a_post_without_an_id_is_set_aside_and_the_page_goes_on(
    make: Make, network: Facebook
) -> None:
    network.post(at=EARLIER)
    network.lists["feed"].append({"created_time": written(EARLIER), "message": "sans numéro"})
    network.lists["feed"].append({"id": "pas un numéro", "created_time": written(EARLIER)})
    pages = await drained(make().poll({}))
    assert len(mentions(pages)) == 1
    rejects = [reject for page in pages for reject in page.rejects]
    assert [reject.error for reject in rejects] == ["a post without id"] * 2
    assert b"sans num" in rejects[0].payload + rejects[1].payload


async def test_an_edited_post_is_given_again_with_its_instant(
    make: Make, network: Facebook, now: Now
) -> None:
    made = network.post(at=EARLIER, message="Les urgences sont fermées")
    cursors: Cursors = {}
    await read(make(), cursors)
    made |= {"message": "Les urgences sont ouvertes", "updated_time": written(NOON)}
    now.at += timedelta(days=2)
    (again,) = await read(make(), cursors)
    assert again.external_id == made["id"]
    assert (again.text, again.edited_at) == ("Les urgences sont ouvertes", NOON)
    assert await read(make(), cursors) == []


async def test_new_figures_alone_are_no_edit(make: Make, network: Facebook) -> None:
    made = network.post(at=EARLIER)
    cursors: Cursors = {}
    await read(make(), cursors)
    made |= {"reactions": summary(900), "updated_time": written(NOON)}
    assert await read(make(), cursors) == []


async def test_what_is_hidden_is_given_when_it_is_shown_again(
    make: Make, network: Facebook
) -> None:
    made = network.post("visitor_posts", at=EARLIER, is_hidden=True)
    cursors: Cursors = {}
    assert await read(make(), cursors) == []
    made["is_hidden"] = False
    (shown,) = await read(make(), cursors)
    assert (shown.external_id, shown.edited_at) == (made["id"], None)


async def test_what_is_hidden_after_it_was_given_is_a_deletion_once(
    make: Make, network: Facebook
) -> None:
    made = network.post("visitor_posts", at=EARLIER)
    cursors: Cursors = {}
    assert len(await read(make(), cursors)) == 1
    made["is_hidden"] = True
    pages = await drained(make().poll(dict(cursors)), cursors)
    assert mentions(pages) == []
    assert gone(pages) == [made["id"]]
    assert gone(await drained(make().poll(dict(cursors)), cursors)) == []


async def test_only_the_look_back_is_given_at_first_and_nothing_older_later(
    make: Make, network: Facebook, now: Now
) -> None:
    network.post(at=NOON - timedelta(days=10))
    young = network.post(at=NOON - timedelta(days=6))
    cursors: Cursors = {}
    assert [mention.external_id for mention in await read(make(), cursors)] == [young["id"]]
    now.at += timedelta(hours=1)
    assert await read(make(), cursors) == []


async def test_a_quiet_poll_costs_one_request_a_list(make: Make, network: Facebook) -> None:
    for _ in range(40):
        network.post(at=EARLIER)
    cursors: Cursors = {}
    await read(make(), cursors)
    network.requests.clear()
    await read(make(), cursors)
    paths = [request.path.rpartition("/")[2] for request in network.requests]
    assert paths == ["feed", "visitor_posts", "tagged", "ratings"]


async def test_cursors_and_feed_names_hold_no_secret_and_no_handle(
    make: Make, network: Facebook
) -> None:
    network.publish(250)
    cursors: Cursors = {}
    await read(make(audience=True), cursors)
    assert TOKEN not in str(cursors) and PAGE not in str(cursors)
    assert "Orsel" not in str(cursors)
