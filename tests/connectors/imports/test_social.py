"""What each social network's own export says, in English and in French."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.mention import Kind
from tests.connectors.imports.exports import (
    WRITTEN,
    csv,
    only,
    taken,
    write,
    xlsx,
    zipped,
)

FIXTURES = Path(__file__).parents[2] / "fixtures" / "imports"
PAGE = "https://www.facebook.com/77/posts/1001"
FACEBOOK = [
    ["Post ID", "Page ID", "Page name", "Title", "Description", "Duration (sec)", "Publish time",
     "Permalink", "Post type", "Date", "Views", "Reach", "Reactions, Comments and Shares",
     "Reactions", "Comments", "Shares"],
    ["1001", "77", "CHU de Valmont", "Nos urgences…", "Nos urgences ouvrent 🏥 demain", "0",
     "03/04/2026 12:30", PAGE, "Photos", "Lifetime", "12,400", "9,000", "55", "40", "10", "5"],
]  # fmt: skip
FACEBOOK_FR = [
    ["Identifiant de la publication", "ID de la Page", "Nom de la Page", "Titre", "Description",
     "Heure de publication", "Permalien", "Type de publication", "Date", "Vues", "Portée",
     "Réactions", "Commentaires", "Partages"],
    ["1001", "77", "CHU de Valmont", "", "Nos urgences ouvrent 🏥 demain", "04/03/2026 12:30", PAGE,
     "Reels", "À vie", "1,2\u00a0k", "9\u202f000", "40", "10", "5"],
]  # fmt: skip
INSTAGRAM = [
    ["Post ID", "Account ID", "Account username", "Account name", "Description", "Publish time",
     "Permalink", "Post type", "Date", "Views", "Reach", "Likes", "Shares", "Follows", "Comments"],
    ["18011", "1784", "chu_valmont", "CHU de Valmont", "", "09/15/2026 18:00",
     "https://www.instagram.com/reel/DAbc123/", "IG reel", "Lifetime", "", "9100", "610", "88", "4",
     "57"],
    ["18012", "1784", "chu_valmont", "CHU de Valmont", "Les coulisses", "09/16/2026 18:00",
     "https://www.instagram.com/stories/x/18012", "IG story", "09/17/2026", "40", "", "1", "", "", ""],
]  # fmt: skip


async def test_a_facebook_page_s_posts_keep_the_ids_of_the_api(tmp_path):
    page = await taken(write(tmp_path / "posts.csv", csv(FACEBOOK)))
    post = only(page)
    assert (post.network, post.external_id, post.kind) == ("facebook", "77_1001", Kind.POST)
    assert (post.text, post.title, post.url) == ("Nos urgences ouvrent 🏥 demain", None, PAGE)
    assert post.author.name == "CHU de Valmont"
    [figures] = page.engagements
    assert (figures.views, figures.reactions, figures.replies, figures.shares) == (12400, 40, 10, 5)
    assert (figures.key, figures.taken_at) == (post.key, WRITTEN)


async def test_month_and_day_follow_the_language_of_the_export(tmp_path):
    english = only(await taken(write(tmp_path / "en.csv", csv(FACEBOOK))))
    assert english.published_at == datetime(2026, 3, 4, 11, 30, tzinfo=UTC)
    path = write(tmp_path / "fr.csv", "\ufeff" + csv(FACEBOOK_FR, ";"))
    page = await taken(path)
    french = only(page)
    assert french.published_at == english.published_at
    assert (french.key, french.kind) == (english.key, Kind.VIDEO)
    assert (page.engagements[0].views, page.engagements[0].reactions) == (1200, 40)
    told = only(await taken(path, dates="month_first", zone="America/Los_Angeles"))
    assert told.published_at == datetime(2026, 4, 3, 19, 30, tzinfo=UTC)


async def test_a_day_that_cannot_be_a_month_tells_the_order_of_all(tmp_path):
    later = ["1002", *FACEBOOK[1][1:6], "31/01/2026 08:00", *FACEBOOK[1][7:]]
    page = await taken(write(tmp_path / "posts.csv", csv([*FACEBOOK, later])))
    first, second = page.mentions
    assert first.published_at == datetime(2026, 4, 3, 10, 30, tzinfo=UTC)
    assert second.published_at == datetime(2026, 1, 31, 7, 0, tzinfo=UTC)


async def test_an_ambiguous_date_is_not_read_into_the_future(tmp_path):
    row = [*FACEBOOK[1][:6], "12/11/2026 08:00", *FACEBOOK[1][7:]]  # written on 19 November
    post = only(await taken(write(tmp_path / "posts.csv", csv([FACEBOOK[0], row]))))
    assert post.published_at == datetime(2026, 11, 12, 7, 0, tzinfo=UTC)


async def test_instagram_posts_without_a_word_are_mentions_and_days_figures_are_no_totals(tmp_path):
    page = await taken(write(tmp_path / "ig.csv", csv(INSTAGRAM)))
    reel, story = page.mentions
    assert (reel.network, reel.external_id, reel.kind) == ("instagram", "18011", Kind.VIDEO)
    assert (reel.text, reel.media[0].kind, reel.author.handle) == ("", "video", "chu_valmont")
    assert (story.kind, story.text) == (Kind.STORY, "Les coulisses")
    [figures] = page.engagements  # those of one day are left out
    assert (figures.key, figures.views, figures.reactions) == (reel.key, None, 610)


async def test_an_id_that_a_spreadsheet_has_rounded_is_replaced_by_the_address(tmp_path):
    spoilt = ["1.78E+16", *INSTAGRAM[1][1:]]
    again = ["1,78E+16", *INSTAGRAM[1][1:]]
    one = only(await taken(write(tmp_path / "a.csv", csv([INSTAGRAM[0], spoilt]))))
    two = only(await taken(write(tmp_path / "b.csv", csv([INSTAGRAM[0], again]))))
    assert one.key == two.key
    assert "E+" not in one.external_id


@pytest.mark.parametrize(
    ("link", "network"),
    [
        ("https://www.instagram.com/p/DA/c/178/", "instagram"),
        ("https://www.facebook.com/77/posts/1001?comment_id=5", "facebook"),
    ],
)
async def test_comments_belong_to_their_post_and_to_the_network_of_their_address(
    tmp_path, link, network
):
    rows = [
        ["Comment ID", "Post ID", "Parent comment ID", "Comment", "Username", "Created time", "Likes", "Permalink"],
        ["5", "1001", "", "Onze heures d'attente", "lea.m", "2026-03-14 21:40", "3", link],
        ["6", "1001", "5", "Pareil 😡", "paul", "2026-03-14 21:50", "", link],
    ]  # fmt: skip
    page = await taken(write(tmp_path / "comments.csv", csv(rows)))
    comment, reply = page.mentions
    assert {m.network for m in page.mentions} == {network}
    assert (comment.kind, comment.parent_id, comment.root_id) == (Kind.COMMENT, "1001", "1001")
    assert (reply.kind, reply.parent_id, reply.root_id) == (Kind.REPLY, "5", "1001")
    assert comment.author.handle == "lea.m"


async def test_comments_that_name_no_network_ask_for_it(tmp_path):
    rows = [["Comment ID", "Post ID", "Comment"], ["5", "1001", "Merci"]]
    path = write(tmp_path / "comments.csv", csv(rows))
    [reject] = (await taken(path)).rejects
    assert 'network = "facebook"' in reject.error
    assert only(await taken(path, network="instagram")).network == "instagram"


def days(count: int, *cells: str) -> list[list[str]]:
    first = datetime(2026, 9, 1, tzinfo=UTC)
    return [[f"{first + timedelta(days=n):%m/%d/%Y}", *cells] for n in range(count)]


async def test_linkedin_updates_come_out_of_its_old_workbooks(tmp_path):
    path = write(tmp_path / "linkedin.xls", (FIXTURES / "linkedin.xls").read_bytes())
    page = await taken(path, account="CHU de Valmont")
    assert [reject.error for reject in page.rejects] == []
    first, video = page.mentions
    assert first.external_id == "urn:li:activity:7123456789012345678"
    assert first.published_at == datetime(2026, 1, 14, tzinfo=UTC)
    assert (first.text, first.author.name) == ("Nos équipes recrutent à Valmont", "CHU de Valmont")
    assert page.engagements[0].views == 1500
    assert (video.external_id, video.kind) == ("urn:li:ugcPost:7123456789012345999", Kind.VIDEO)
    assert "Lucie" not in repr(page.mentions)  # who pressed the button speaks for the page
    assert [(day.followers, day.views) for day in page.audiences] == [(None, 2800)] * 3


async def test_views_of_an_account_are_of_28_days_in_a_row_or_unknown(tmp_path):
    rows = days(40, "100")
    del rows[29]
    sheet = [["Date", "Impressions (total)"], *rows]
    path = write(tmp_path / "linkedin.xlsx", xlsx({"Metrics": sheet}))
    page = await taken(path, account="chu-valmont")
    assert [(f"{day.taken_at:%m-%d}", day.views) for day in page.audiences] == [
        ("09-28", 2800),
        ("09-29", 2800),
    ]


async def test_linkedin_s_new_followers_are_not_taken_for_all_followers(tmp_path):
    header = [
        "Date",
        "Sponsored followers",
        "Organic followers",
        "Auto-invited followers",
        "Total followers",
    ]
    rows = [["09/01/2026", "1", "3", "0", "4"], ["09/02/2026", "0", "2", "0", "2"]]
    path = write(tmp_path / "followers.csv", csv([header, *rows]))
    assert (await taken(path, account="chu-valmont")).audiences == []
    page = await taken(path, account="chu-valmont", followers=5120)
    assert [day.followers for day in page.audiences] == [5118, 5120]
    whole = [header, ["09/01/2026", "1", "3", "0", "5118"], ["09/02/2026", "0", "2", "0", "5120"]]
    page = await taken(write(tmp_path / "whole.csv", csv(whole)), account="chu-valmont")
    assert [day.followers for day in page.audiences] == [5118, 5120]
    assert {day.network for day in page.audiences} == {"linkedin"}


async def test_the_tables_of_one_day_do_not_hide_each_other(tmp_path):
    views = [["Date", "Impressions (total)"], *days(28, "10")]
    visits = [["Date", "Overview page views (total)"], *days(28, "1")]
    book = xlsx({"Metrics": views, "Visitor metrics": visits})
    page = await taken(write(tmp_path / "a.xlsx", book), account="chu-valmont")
    assert [day.views for day in page.audiences] == [280, 28]
    assert len({day.taken_at for day in page.audiences}) == 2


async def test_an_account_s_figures_ask_whose_they_are_once(tmp_path):
    path = write(tmp_path / "a.csv", csv([["Date", "Impressions (total)"], *days(30, "10")]))
    page = await taken(path)
    assert [reject.error for reject in page.rejects] == [
        'line 2: figures of an account: say whose, as in account = "chu_valmont"'
    ]


STUDIO = (
    "Contenu,Titre de la vidéo,Heure de publication de la vidéo,Durée,Vues,Mentions J’aime\n"
    'Total,,,,"44 531",\n'
    'abcdefghijk,Visite guidée,28 sept. 2026,61,"1\u202f204",17\n'
    'lmnopqrstuv,Portes ouvertes,"Mar 1, 2026",30,9,\n'
)
CHART = "Date,Contenu,Titre de la vidéo,Vues\n2026-09-28,abcdefghijk,Visite guidée,12\n"
TOTALS = "Date,Vues,Durée de visionnage (heures)\n" + "".join(
    f"2026-09-{day:02},50,1.5\n" for day in range(1, 31)
)


async def test_youtube_studio_s_archive_gives_videos_and_the_channel_s_days(tmp_path):
    files = {
        "Données du tableau.csv": STUDIO,
        "Données du graphique.csv": CHART,
        "Totaux.csv": TOTALS,
    }
    page = await taken(zipped(tmp_path / "Contenu.zip", files), account="CHU de Valmont")
    assert [reject.error for reject in page.rejects] == []
    first, second = page.mentions
    assert (first.network, first.external_id, first.kind) == ("youtube", "abcdefghijk", Kind.VIDEO)
    assert (first.title, first.url) == ("Visite guidée", "https://youtu.be/abcdefghijk")
    assert first.published_at == datetime(2026, 9, 27, 22, tzinfo=UTC)
    assert second.published_at == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert [(e.views, e.reactions) for e in page.engagements] == [(1204, 17), (9, None)]
    assert [day.views for day in page.audiences] == [1400] * 3


async def test_takeout_gives_the_channel_s_comments_and_public_videos_only(tmp_path):
    comments = [
        ["Comment ID", "Channel ID", "Comment create timestamp", "Price", "Parent comment ID", "Video ID", "Comment text"],
        ["C1", "UCv", "2026-03-14T09:26:53.123Z", "0", "", "vid42", '{"text":"Merci "},{"text":"à tous"}'],
        ["C1.r", "UCv", "2026-03-14T10:00:00Z", "0", "C1", "vid42", '{"takeoutSegments":[{"text":"Oui"}]}'],
        ["C2", "UCv", "2026-03-14T10:00:00Z", "0", "", "vid42", "ancien format"],
    ]  # fmt: skip
    videos = [
        ["Video ID", "Video Title (Original)", "Privacy", "Video Publish Timestamp"],
        ["abcdefghijk", "Visite", "Public", "2026-01-02T08:00:00+00:00"],
        ["privatevid0", "Réunion interne", "Private", ""],
    ]
    path = zipped(
        tmp_path / "takeout.zip",
        {
            "Takeout/YouTube/comments/comments.csv": csv(comments),
            "Takeout/YouTube/video metadata/videos.csv": csv(videos),
            "Takeout/YouTube/history/watch-history.json": '[{"title": "Vu une vidéo privée"}]',
        },
    )
    page = await taken(path, format="youtube")
    assert [m.text or m.title for m in page.mentions] == [
        "Merci à tous", "Oui", "ancien format", "Visite"
    ]  # fmt: skip
    reply = page.mentions[1]
    assert (reply.kind, reply.parent_id, reply.root_id) == (Kind.REPLY, "C1", "vid42")


async def test_x_analytics_are_read_in_both_wordings(tmp_path):
    today = (
        "Post id,Date,Post text,Post Link,Impressions,Likes,Engagements,Shares,Replies,Reposts\n"
        '111,"Fri, Jun 5, 2026","@lea merci",https://x.com/chu_valmont/status/111,"1,234",2,9,7,3,4\n'
    )
    page = await taken(write(tmp_path / "new.csv", today))
    post = only(page)
    assert (post.network, post.external_id, post.kind) == ("x", "111", Kind.REPLY)
    assert post.author.handle == "chu_valmont"
    assert post.published_at == datetime(2026, 6, 5, tzinfo=UTC)
    [figures] = page.engagements
    assert (figures.views, figures.reactions, figures.replies, figures.shares) == (1234, 2, 3, 4)
    former = (
        '"Tweet id","Tweet permalink","Tweet text","time","impressions","retweets","replies","likes"\n'
        '"111","https://twitter.com/chu_valmont/status/111","@lea merci","2026-06-05 09:00 +0000",'
        '"12","0","0","1"\n'
    )
    assert only(await taken(write(tmp_path / "old.csv", former))).key == post.key


async def test_tiktok_s_days_without_a_year_are_dated_by_the_clip_s_id(tmp_path):
    made = int(datetime(2025, 9, 6, 10, tzinfo=UTC).timestamp()) << 32 | 12345
    link = f"https://www.tiktok.com/@chu_valmont/video/{made}"
    content = (
        '"Time","Video title","Video link","Post time","Total likes","Total comments",'
        '"Total shares","Total views"\n'
        f'"9 November","Visite","{link}","September 6","1","2","3","1.2K"'
    )
    followers = (
        '"Date","Followers","Difference in followers from previous day"\n'
        '"November 17","100","0"\n"November 18","104","4"\n'
    )
    path = zipped(tmp_path / "t.zip", {"Content.csv": content, "FollowerHistory.csv": followers})
    page = await taken(path)
    clip = only(page)
    assert (clip.external_id, clip.author.handle) == (str(made), "chu_valmont")
    assert clip.published_at == datetime(2025, 9, 5, 22, tzinfo=UTC)
    assert page.engagements[0].views == 1200
    assert [(day.account, day.followers) for day in page.audiences] == [
        ("chu_valmont", 100),
        ("chu_valmont", 104),
    ]
    assert page.audiences[-1].taken_at == datetime(2026, 11, 18, 22, 59, 59, tzinfo=UTC)


async def test_trustpilot_reviews_come_with_their_replies_and_without_addresses(tmp_path):
    rows = [
        ["Review Id", "Review Created (UTC)", "Review Username", "Review User Email", "Review Title",
         "Review Content", "Review Stars", "Review Language", "Company Reply", "Company Reply Date (UTC)"],
        ["r1", "2026-01-02 10:00:00", "Zoé", "zoe@example.org", "Long", "Six heures", "1", "fr",
         "Bonjour, désolés", "2026-01-03 08:00:00"],
        ["r2", "2026-01-02 10:00:00", "Max", "", "", "Bien", "neuf", "", "", ""],
    ]  # fmt: skip
    page = await taken(write(tmp_path / "tp.csv", csv(rows)))
    review, reply = page.mentions
    assert (review.network, review.kind, review.rating) == ("trustpilot", Kind.REVIEW, 1.0)
    assert review.published_at == datetime(2026, 1, 2, 10, tzinfo=UTC)
    assert (reply.kind, reply.parent_id, reply.external_id) == (Kind.REPLY, "r1", "r1#reply")
    assert "zoe@example.org" not in repr(page.mentions)
    assert [reject.error for reject in page.rejects] == ["line 3: rating: not a number"]


async def test_meta_s_daily_figures_stand_in_tables_one_below_the_other(tmp_path):
    dates = [datetime(2026, 9, 1, tzinfo=UTC) + timedelta(days=n) for n in range(28)]
    section = [["Date", "Primary"], *([f"{day:%Y-%m-%dT%H:%M:%S}", "10"] for day in dates)]
    rows = [["Instagram reach"], *section, ["Instagram views"], *section]
    text = "sep=,\r\n" + csv(rows)
    path = write(tmp_path / "meta.csv", text, "utf-16")
    page = await taken(path, account="chu_valmont")
    assert [(day.network, day.views) for day in page.audiences] == [("instagram", 280)]
