"""Every format, encoding and breakage of feeds, down to plain mentions."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.connector import Malformed
from connectors.mention import Kind, Mention
from connectors.rss.document import parse
from connectors.rss.mapping import Reading, excerpt, to_engagement, to_mention
from connectors.rss.sheet import read_sheet

AT = datetime(2026, 11, 21, tzinfo=UTC)
TEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
URL = "https://journal.example/feed"
FIXTURES = Path(__file__).parents[1] / "fixtures" / "rss"
NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:thr="http://purl.org/syndication/thread/1.0"'
)


def read(
    body: bytes | str, *, content_type: str = "", url: str = URL, **reading: object
) -> list[Mention]:
    body = body.encode() if isinstance(body, str) else body
    return [
        item.mention for item in sheet(body, content_type=content_type, url=url, **reading).items
    ]


def sheet(body: bytes, *, content_type: str = "", url: str = URL, **reading: object):
    def mapper(entry, document, at):
        how = Reading(feed_url=url, feed_language=document.language, **reading)
        mention = to_mention(entry, how, at)
        return mention, to_engagement(entry, mention, at)

    return read_sheet(body, url=url, content_type=content_type, mapper=mapper, at=AT)


def rss(item: str, *, prolog: str = '<?xml version="1.0"?>', namespaces: str = NAMESPACES) -> str:
    return f'{prolog}<rss version="2.0" {namespaces}><channel><title>J</title><item>{item}</item></channel></rss>'


def test_a_full_rss_item():
    (mention,) = read(
        rss(
            "<title>Urgences &amp;amp; attente</title><link>/a/1?utm_source=rss</link>"
            '<guid isPermaLink="false">a-1</guid><pubDate>ven., 20 nov. 26 11:00:00 +0100</pubDate>'
            "<dc:creator>Jeanne Martin</dc:creator><author>redac@journal.example (Rédaction)</author>"
            "<description>Court</description><content:encoded><![CDATA[<p>Long <a href='https://x.example/?utm_a=1'>x</a>"
            "<img src='/i.jpg' alt='Le hall'></p>]]></content:encoded>"
            "<category>Santé</category><enclosure url='/v.mp4' type='video/mp4'/>"
        )
    )
    assert mention.external_id == "journal.example:a-1"
    assert (mention.title, mention.text) == ("Urgences & attente", "Long x")
    assert mention.url == "https://journal.example/a/1"
    assert mention.published_at == TEN
    assert mention.author.name == "Jeanne Martin"
    assert mention.links == ("https://x.example/",)
    assert [(m.kind, m.url, m.alt) for m in mention.media] == [
        ("video", "https://journal.example/v.mp4", None),
        ("image", "https://journal.example/i.jpg", "Le hall"),
    ]
    assert mention.tags == ("Santé",)
    assert mention.kind is Kind.ARTICLE


def test_the_counts_that_feeds_publish():
    (item,) = sheet(
        rss(
            "<guid>urn:x:1</guid><title>t</title><slash:comments> 1 204 </slash:comments><media:group><media:community>"
            "<media:statistics views='12'/><media:starRating count='5' average='4.5'/></media:community></media:group>"
        ).encode()
    ).items
    counts = item.engagement
    assert (counts.replies, counts.views, counts.reactions, counts.shares) == (1204, 12, 5, None)
    (bare,) = sheet(rss("<guid>urn:x:2</guid><title>t</title><slash:comments/>").encode()).items
    assert bare.engagement is None


def test_an_answer_names_what_it_answers():
    (mention,) = read(
        rss(
            "<guid>urn:c:1</guid><title>t</title><thr:in-reply-to ref='http://journal.example/?p=7'/>"
        )
    )
    assert (mention.kind, mention.parent_id) == (Kind.COMMENT, "https://journal.example/?p=7")
    links = (f"<link>https://journal.example/a/#comment-{n}</link><title>t</title>" for n in (1, 2))
    first, second = (read(rss(link))[0] for link in links)
    assert first.external_id != second.external_id
    assert first.parent_id == second.parent_id == "https://journal.example/a/"


def test_rdf_atom_and_json_feed():
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel/><item rdf:about="https://journal.example/1">'
        "<title>Un</title><link>https://journal.example/1</link><dc:date>2026-11-20T10:00:00Z</dc:date></item></rdf:RDF>"
    )
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr-FR" xml:base="https://journal.example/b/"><entry>'
        '<id>tag:journal.example,2026:1</id><title type="html">Un &lt;i&gt;titre&lt;/i&gt;</title>'
        '<link rel="alternate" href="1"/><updated>2026-11-20T12:00:00Z</updated><published>2026-11-20T10:00:00Z</published>'
        "<author><name>Jeanne</name></author><summary>s</summary></entry></feed>"
    )
    feed = (
        '{"version":"https://jsonfeed.org/version/1.1","language":"fr","authors":[{"name":"J"}],"items":[{"id":7,'
        '"url":"https://journal.example/7","content_text":"a < b\\nsuite","date_published":"2026-11-20T11:00:00+01:00"},'
        '3,{"id":null,"title":null,"tags":null}]}'
    )
    (one,) = read(rdf)
    assert (one.title, one.published_at) == ("Un", TEN)
    (two,) = read(atom)
    assert (two.external_id, two.title, two.url) == (
        "tag:journal.example,2026:1", "Un titre", "https://journal.example/b/1",
    )  # fmt: skip
    assert (two.published_at, two.edited_at, two.language) == (TEN, TEN.replace(hour=12), "fr")
    three = sheet(feed.encode())
    assert [(i.mention.external_id, i.mention.text) for i in three.items] == [
        ("journal.example:7", "a < b\nsuite")
    ]
    assert len(three.rejects) == 2


def test_google_alerts_are_one_story_under_its_own_address():
    (mention,) = read((FIXTURES / "google_alerts.xml").read_bytes())
    assert mention.external_id == mention.url == "https://journal.example/urgences?id=7"
    assert mention.title == "Huit heures d'attente au CHU de Valmont"
    assert mention.text == "Les urgences du CHU sont saturées ..."


def test_google_news_gives_the_publisher_and_the_address_where_it_can_be_read():
    opaque, legacy = read((FIXTURES / "google_news.xml").read_bytes())
    assert opaque.title == "Grève aux urgences du CHU de Valmont" and opaque.text == ""
    assert (opaque.author.name, opaque.author.external_id) == (
        "Le Journal de Valmont",
        "journal.example",
    )
    assert opaque.url == "https://news.google.com/rss/articles/CBMiYkFVX3lxTE5vcGFxdWU?oc=5"
    assert legacy.url == "https://autre.example/article-42.html"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<?xml version='1.0' encoding='iso-8859-1'?>" + rss("<title>Été à l'hôpital</title>", prolog="").encode("latin-1"), ""),
        (rss("<title>Été à l'hôpital</title>", prolog="").encode("cp1252"), ""),
        (b"\xef\xbb\xbf" + rss("<title>Été à l'hôpital</title>").encode(), ""),
        (rss("<title>Été à l'hôpital</title>", prolog="").encode("utf-16"), ""),
        (b"<?xml version='1.0' encoding='utf-8'?>" + rss("<title>Été à l'hôpital</title>", prolog="").encode("cp1252"), ""),
        (rss("<title>Été à l'hôpital</title>", prolog="").encode("latin-1"), "application/rss+xml; charset=iso-8859-1"),
        (b"\n\n  " + rss("<title>Été à l'hôpital</title>").encode(), ""),
        (rss("<title>&Eacute;t&eacute; &agrave; l'h&ocirc;pital</title>").encode(), ""),
        (rss("<title>Été à l'hôpital</title><foo:bar>1</foo:bar>").encode(), ""),
        (rss("<title><![CDATA[Été à l'hôpital]]></title><x>a & b</x>").encode(), "text/html; charset=utf-8"),
    ],
)  # fmt: skip
def test_broken_feeds_and_wrong_encodings_are_read_all_the_same(body, content_type):
    assert [m.title for m in read(body, content_type=content_type)] == ["Été à l'hôpital"]


def test_undeclared_prefixes_still_mean_what_they_always_do():
    body = rss(
        "<guid>urn:x:1</guid><dc:creator>Zoé</dc:creator><content:encoded>&lt;p&gt;c&lt;/p&gt;</content:encoded>",
        namespaces="",
    )
    (mention,) = read(body)
    assert (mention.author.name, mention.text) == ("Zoé", "c")


@pytest.mark.parametrize(
    "declarations",
    ['<!ENTITY x SYSTEM "file:///etc/hostname">', '<!ENTITY x "développée">', '<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;'],
)  # fmt: skip
def test_no_entity_that_a_feed_declares_is_ever_expanded(declarations):
    body = rss(
        "<guid>urn:x:1</guid><title>a&x;b</title>",
        prolog=f'<?xml version="1.0"?><!DOCTYPE r [{declarations}]>',
    )
    (mention,) = read(body)
    assert mention.title is not None and mention.title.replace("&x;", "") == "ab"


@pytest.mark.parametrize(
    "hostile",
    [
        '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha">'
        + "".join(
            f'<!ENTITY a{n} "{("&a" + (str(n - 1) if n > 1 else "") + ";") * 10}">'
            for n in range(1, 12)
        )
        + ']><rss version="2.0"><channel><item><title>&a11;</title></item></channel></rss>',
        '<rss version="2.0"><channel>' + "<a>" * 40_000,
        '<rss version="2.0"><channel><item><title>' + "<" * 100_000,
        '<rss version="2.0"><channel><item><description>' + "<![CDATA[" * 20_000,
        "<?xml version='1.0'?>" + "<!DOCTYPE " * 20_000 + "<rss version='2.0'>",
        '<rss version="2.0"><channel><item ' + "a=b " * 50_000,
    ],
)
def test_hostile_feeds_cost_little_memory_and_time(hostile):
    started = time.process_time()
    try:
        for mention in read(hostile):
            assert len(mention.text) + len(mention.title or "") < 200_000
    except Malformed:
        pass
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!doctype html><html><title>Connexion</title></html>", "HTML page, not a feed"),
        (b"", "empty"),
        (b'{"posts": []}', "no list of items"),
        (b'{"items": [', "begins like JSON"),
        (b"\x89PNG\r\n", "neither RSS"),
        (b"<rss version='2.0'><channel>" + b"<a>" * 1_500_000, "more markup"),
        (b"<rss version='2.0'><channel>" + b"<item/>" * 500_000, "more markup"),
    ],
)
def test_what_is_no_feed_says_what_came(body, words):
    with pytest.raises(Malformed, match=words):
        parse(body, url=URL)


def test_short_bodies_are_never_taken_for_files_or_addresses():
    for body in (b"/etc/hostname", b"http://127.0.0.1:9/feed"):
        with pytest.raises(Malformed):
            parse(body, url=URL)


def test_absurd_dates_and_nothing_to_tell_an_entry_by():
    found = sheet(
        b'<rss version="2.0"><channel><item><title>a</title><pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate></item>'
        b"<item><title>b</title><pubDate>Fri, 01 Jan 2099 00:00:00 GMT</pubDate></item><item><source>x</source></item>"
        b"<item><title>c</title><pubDate>Sat, 21 Nov 2026 03:00:00 GMT</pubDate></item></channel></rss>"
    )
    assert [i.mention.published_at for i in found.items] == [None, None, AT]
    assert [reject.error for reject in found.rejects] == [
        "an entry without id, link, title and text"
    ]


def test_a_long_article_is_kept_around_what_is_watched():
    text = "avant " * 400 + "le CHU de Valmont est saturé " + "après " * 400
    (mention,) = read(
        rss(f"<guid>urn:x:1</guid><description>{text}</description>"),
        max_text=300,
        terms=("chu de valmont",),
    )
    assert "CHU de Valmont" in mention.text and len(mention.text) <= 302
    assert excerpt("court", ("x",), 300) == "court"


def test_parsing_keeps_up_with_a_busy_feed():
    item = "<item><title>Urgences {0}</title><link>https://j.example/{0}</link><guid>https://j.example/?p={0}</guid><pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate><description>&lt;p&gt;Au &lt;b&gt;CHU&lt;/b&gt; de Valmont&lt;/p&gt;</description></item>"
    body = f"<rss version='2.0'><channel>{''.join(item.format(n) for n in range(1_500))}</channel></rss>".encode()
    started = time.process_time()
    assert len(sheet(body).items) == 1_500
    # Aimed at a second; three leave room for a machine that does other things as well.
    assert time.process_time() - started < 3


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="<>&;\"'=/?![]- abcitemlinkguidrss\n\ud83d", max_size=300), st.booleans())
def test_no_bytes_make_the_reading_fail(text, wrapped):
    body = (rss(text) if wrapped else text).encode("utf-8", "surrogatepass")
    try:
        read(body)
    except Malformed:
        return
