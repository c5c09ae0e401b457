"""A channel's public feed, read without a key: its last fifteen videos, with views and likes.

https://developers.google.com/youtube/v3/guides/push_notifications names the feed; its fields are
those of recorded answers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.connector import Clock, Cursor, Malformed, Page
from connectors.http import HttpClient
from connectors.mention import Author, Engagement, Kind, Media, Mention
from connectors.rss.entry import Document, Entry
from connectors.rss.mapping import Reading, to_engagement, to_mention
from connectors.rss.reader import FeedReader
from connectors.youtube.settings import CHANNEL_ID
from connectors.youtube.wire import NETWORK, VIDEO_ID, links_in

_MOST = 1_000  # entries; the feed has fifteen


class ChannelFeeds:
    """Feeds are parsed, remembered and asked for conditionally as every feed is."""

    def __init__(self, site: str, *, http: HttpClient, clock: Clock, look_back: timedelta) -> None:
        self._site = site
        self._reader = FeedReader(
            http=http,
            clock=clock,
            mapper=_mapped,
            look_back=look_back,
            max_entries=_MOST,
        )

    def pages(self, feed: str, channel: str, cursor: Cursor | None) -> AsyncIterator[Page]:
        url = f"{self._site}/feeds/videos.xml?channel_id={channel}"
        return self._reader.poll(feed, url, cursor)


def _mapped(entry: Entry, document: Document, at: datetime) -> tuple[Mention, Engagement | None]:
    video_id = entry.id.removeprefix("yt:video:")
    if not VIDEO_ID.fullmatch(video_id):
        raise Malformed("an entry without a video's id")
    url = f"https://youtu.be/{video_id}"
    # What the reader makes of titles, texts and dates is right for videos too.
    mention = to_mention(entry, Reading(feed_url=url, kind=Kind.VIDEO), at)
    channel = entry.author_url.rstrip("/").rpartition("/")[2]
    mention = replace(
        mention,
        network=NETWORK,
        external_id=video_id,
        url=url,
        # `updated` moves with every change of the figures: it tells of no edit.
        edited_at=None,
        author=Author(
            external_id=channel if CHANNEL_ID.fullmatch(channel) else None,
            name=mention.author.name,
        ),
        links=links_in(mention.text),
        media=(Media(kind="video", url=url),),
    )
    return mention, to_engagement(entry, mention, at)
