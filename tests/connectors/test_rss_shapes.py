"""Shapes of feeds that their software writes and no specification asks for."""

from __future__ import annotations

from tests.connectors.test_rss_documents import read

ITEM = (
    '<?xml version="1.0"?><rss version="2.0" {spaces}><channel><item>{item}</item></channel></rss>'
)
ENTRY = '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" {spaces}>{entry}</feed>'

DUBLIN_CORE = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'


def test_the_address_behind_feedburner_s_counter_is_the_article_s():
    (mention,) = read(
        ITEM.format(
            spaces='xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"',
            item="<title>Urgences</title><guid isPermaLink='false'>https://blog.example/?p=3</guid>"
            "<link>http://feedproxy.google.com/~r/blog/~3/x/</link>"
            "<feedburner:origLink>https://blog.example/urgences/?utm_source=rss</feedburner:origLink>",
        )
    )
    assert mention.external_id == "https://blog.example/?p=3"
    assert mention.url == "https://blog.example/urgences/"


def test_bing_news_names_the_newspaper_and_its_own_address():
    (mention,) = read(
        ITEM.format(
            spaces='xmlns:News="https://www.bing.com/news/search"',
            item="<title>Le CHU</title><description>Un extrait</description>"
            "<link>http://www.bing.com/news/apiclick.aspx?ref=F&amp;url=https%3a%2f%2fgazette.example%2fchu</link>"
            "<News:Source>La Gazette de Valmont</News:Source>",
        )
    )
    assert mention.url == "https://gazette.example/chu"
    assert mention.author.name == "La Gazette de Valmont"


def test_a_video_is_no_document_though_its_feed_still_says_flash():
    (mention,) = read(
        ENTRY.format(
            spaces='xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"',
            entry="<entry><id>yt:video:abc</id><yt:videoId>abc</yt:videoId><title>Visite</title>"
            '<link rel="alternate" href="https://www.youtube.com/watch?v=abc"/><media:group>'
            '<media:content url="https://www.youtube.com/v/abc" type="application/x-shockwave-flash"/>'
            "<media:description>La maternité</media:description><media:community>"
            '<media:starRating count="10"/><media:statistics views="300"/></media:community></media:group></entry>',
        )
    )
    assert [media.kind for media in mention.media] == ["video"]
    assert mention.text == "La maternité"


def test_pictures_stand_where_the_entry_says_that_they_do():
    entry = (
        '<entry><id>urn:x:1</id><title>T</title><link href="https://blog.example/2026/visite/"/>'
        '<content type="html"{base}>&lt;img src="hall.jpg" alt="Le hall"></content></entry>'
    )
    said = ENTRY.format(spaces="", entry=entry.format(base=' xml:base="https://img.example/blog/"'))
    unsaid = ENTRY.format(spaces="", entry=entry.format(base=""))
    assert read(said)[0].media[0].url == "https://img.example/blog/hall.jpg"
    assert read(unsaid)[0].media[0].url == "https://blog.example/2026/visite/hall.jpg"


def test_a_forum_s_quotation_does_not_run_into_the_answer():
    (mention,) = read(
        ENTRY.format(
            spaces='xml:lang="fr"',
            entry="<entry><id>https://forum.example/viewtopic.php?p=55#p55</id>"
            "<title type='html'><![CDATA[Santé • Re: Urgences]]></title>"
            "<author><name><![CDATA[lea]]></name></author>"
            '<link href="https://forum.example/viewtopic.php?p=55#p55"/><content type="html"><![CDATA['
            "<blockquote><div><cite>max a écrit :</cite>calme</div></blockquote>sept heures]]></content></entry>",
        )
    )
    assert mention.text == "max a écrit :calme\nsept heures"
    assert mention.url == "https://forum.example/viewtopic.php?p=55#p55"


def test_addresses_that_lead_from_the_feed_s_own_are_joined_to_it():
    (mention,) = read(
        ENTRY.format(
            spaces="",
            entry='<entry><id>urn:x:1</id><title>T</title><link href="../2026/visite.html"/>'
            "<author><name>Jeanne</name><uri>/equipe/jeanne</uri></author>"
            '<link rel="enclosure" type="image/jpeg" href="img/hall.jpg"/></entry>',
        ),
        url="https://blog.example/flux/atom.xml",
    )
    assert mention.url == "https://blog.example/2026/visite.html"
    assert mention.author.external_id == "https://blog.example/equipe/jeanne"
    assert mention.media[0].url == "https://blog.example/flux/img/hall.jpg"


def test_a_guid_that_is_no_address_outlives_the_feed_s_own():
    item = ITEM.format(spaces="", item="<title>T</title><guid>12345</guid>")
    (before,) = read(item, url="https://blog.example/rss.xml")
    (after,) = read(item, url="https://blog.example/flux/rss.xml")
    assert before.external_id == after.external_id
    assert before.url == "https://blog.example/12345"


def test_an_author_s_address_is_not_cut_whatever_its_last_part():
    for written, handle, name in (
        ("paul@chu.example", "paul@chu.example", None),
        ("paul@chu.example (Paul)", "paul@chu.example", "Paul"),
        ("paul@chu.example (Paul)</author><dc:creator>Zoé</dc:creator><author>", None, "Zoé"),
    ):
        item = f"<title>T</title><guid>1</guid><author>{written}</author>"
        (mention,) = read(ITEM.format(spaces=DUBLIN_CORE, item=item))
        assert (mention.author.handle, mention.author.name) == (handle, name)
