"""Against a real WordPress: what its API and feeds truly answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.connector import Cursors, Page, Watched
from connectors.http import HttpClient, NetworkPolicy
from connectors.wordpress import WordpressConnector, WordpressSettings
from tests.peers import wordpress_peer

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
pytestmark = [
    pytest.mark.xdist_group("wordpress"),
    pytest.mark.skipif(
        wordpress_peer.missing() is not None, reason=wordpress_peer.missing() or "installed"
    ),
]


@pytest.fixture(scope="module")
def wordpress():
    with wordpress_peer.running() as peer:
        peer.seed("stories")
        yield peer


async def read(peer: wordpress_peer.WordPress, cursors: Cursors, at: datetime = NOW) -> list[Page]:
    policy = NetworkPolicy(allowed_hosts=("127.0.0.1",))
    settings = WordpressSettings(url=peer.url, look_back=timedelta(days=30))
    pages = []
    async with HttpClient(policy) as http:
        source = WordpressConnector(settings, http=http, watched=Watched(), clock=lambda: at)
        async for page in source.poll(dict(cursors)):
            pages.append(page)
            if page.cursor is not None:
                cursors[page.feed] = json.loads(json.dumps(page.cursor))
    return pages


def mentions(pages: list[Page]) -> list:
    return [mention for page in pages for mention in page.mentions]


async def test_a_real_blog_is_read_once_followed_and_read_by_its_feeds_when_it_closes(wordpress):
    """One story, as starting WordPress takes longer than all of it."""
    cursors: Cursors = {}
    host = wordpress.url.removeprefix("http://").rstrip("/")
    first = mentions(await read(wordpress, cursors))
    posts = [m for m in first if m.kind == "article"]
    comments = [m for m in first if m.kind == "comment"]
    assert (len(posts), len(comments)) == (2, 50)

    waiting = next(m for m in posts if m.title and "huit heures" in m.title)
    assert waiting.title == "Urgences : huit heures d’attente au CHU de Valmont"
    assert "l’attente a dépassé huit heures." in waiting.text.replace("'", "’")
    assert waiting.published_at == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert (waiting.author.name, waiting.language) == ("redaction", "fr")
    assert "urgences" in waiting.tags

    assert all(m.root_id == waiting.external_id for m in comments)
    assert len([m for m in comments if m.parent_id != waiting.external_id]) == 5
    assert "attendre huit heures & sans nouvelles 😡" in comments[0].text
    assert comments[0].author.name == "Visiteuse 1"
    assert comments[0].external_id.startswith(f"{host}:comment-")
    assert comments[0].url and "#comment-" in comments[0].url

    assert mentions(await read(wordpress, cursors)) == []

    wordpress.seed("more", PEER_COUNT="350")
    assert len(mentions(await read(wordpress, cursors))) == 350

    wordpress.seed("edit")
    later = max(NOW, datetime.now(UTC)) + timedelta(minutes=1)
    (edited,) = mentions(await read(wordpress, cursors, later))
    assert edited.external_id == waiting.external_id and "excuses" in edited.text

    wordpress.seed("trash", PEER_COMMENT=comments[3].external_id.rpartition("-")[2])
    pages = await read(wordpress, cursors, later + timedelta(hours=2))
    assert [d.external_id for page in pages for d in page.deletions] == [comments[3].external_id]


async def test_without_pretty_permalinks_the_same_ids_come_by_rest_route_and_by_feeds(wordpress):
    wordpress.seed("close")
    by_api: Cursors = {}
    found = {m.external_id: m for m in mentions(await read(wordpress, by_api))}
    assert "rest_route" in by_api["site"]["api"]
    assert len([m for m in found.values() if m.kind == "article"]) == 2

    by_feeds: Cursors = {"site": {**by_api["site"], "api": ""}}
    pages = await read(wordpress, by_feeds)
    again = {m.external_id: m for m in mentions(pages)}
    # WordPress does not page its feed of comments: ten, as the site is set, are all it gives.
    assert len(again) == 12 and again.keys() <= found.keys()
    for external_id, mention in again.items():
        assert mention.root_id == found[external_id].root_id
        assert mention.parent_id == found[external_id].parent_id
        assert mention.published_at == found[external_id].published_at
        assert mention.text == found[external_id].text
