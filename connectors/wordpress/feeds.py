"""The same posts and comments out of a site's feeds, under the same ids as the REST API's."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from connectors.mention import Engagement, Kind, Mention
from connectors.rss.entry import Document, Entry
from connectors.rss.mapping import Reading, to_engagement, to_mention
from connectors.wordpress.wire import NETWORK, comment_id, post_id

_POST = re.compile(r"[?&](?:p|page_id)=(\d{1,18})")
_COMMENT = re.compile(r"#comment-(\d{1,18})$")
# WordPress puts this before an answer in its feeds, in the site's language, and nowhere else.
_IN_REPLY_TO = re.compile(
    r"\s*(?:<p>)?[^<>]{1,60}<a [^<>]*href=[\"'][^\"'<>]*#comment-(\d{1,18})[\"'][^<>]*>[^<>]*</a>\.\s*(?:</p>)?"
)

PATHS = {
    "posts": ("feed/", "?feed=rss2"),
    "comments": ("comments/feed/", "?feed=comments-rss2"),
}
"""With pretty permalinks, and without."""


class FeedMapper:
    """Entries of one site's feed; an id that is not WordPress's own is kept as it is."""

    def __init__(self, *, name: str, key: str, url: str, language: str | None) -> None:
        self._name = name
        self._key = key
        self._reading = Reading(
            feed_url=url,
            kind=Kind.COMMENT if name == "comments" else Kind.ARTICLE,
            language=language,
        )

    def __call__(
        self, entry: Entry, document: Document, at: datetime
    ) -> tuple[Mention, Engagement | None]:
        reading = replace(self._reading, feed_language=document.language)
        if self._name == "posts":
            mention = self._as_post(entry, to_mention(entry, reading, at))
            return mention, to_engagement(entry, mention, at)
        html = entry.content or entry.summary
        answer = _IN_REPLY_TO.match(html)
        entry = replace(entry, content=html[answer.end() :]) if answer else entry
        mention = self._as_comment(entry, to_mention(entry, reading, at), answer)
        return mention, to_engagement(entry, mention, at)

    def _as_post(self, entry: Entry, mention: Mention) -> Mention:
        found = _POST.search(entry.id)
        external_id = post_id(self._key, found[1]) if found else mention.external_id
        return replace(mention, network=NETWORK, external_id=external_id, parent_id=None)

    def _as_comment(self, entry: Entry, mention: Mention, answer: re.Match[str] | None) -> Mention:
        number = _COMMENT.search(entry.id) or _COMMENT.search(entry.link)
        post = _POST.search(entry.id) or _POST.search(entry.link)
        root = post_id(self._key, post[1]) if post else None
        return replace(
            mention,
            network=NETWORK,
            external_id=comment_id(self._key, number[1]) if number else mention.external_id,
            # "Commentaires sur … par …" repeats the post's title and the author's name.
            title=None,
            parent_id=comment_id(self._key, answer[1]) if answer else root,
            root_id=root,
        )
