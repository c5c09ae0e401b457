"""A forum's feed entry into a mention: which post it is, in which topic, in whose own words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from re import Pattern

from connectors.forum.board import Openings
from connectors.forum.dialects import Dialect
from connectors.forum.words import own_words, without_statistics
from connectors.mention import Engagement, Kind, Mention
from connectors.rss.entry import Document, Entry
from connectors.rss.mapping import Reading, to_engagement, to_mention
from connectors.text import html_to_line

NETWORK = "forum"
LATEST = frozenset({"latest", "forum-latest"})

# "s" and "sid" serve others as real parameters: a session's is long.
_SESSION = re.compile(
    r"(?<=[?&;])(?:(?:s|sid)=[0-9a-z]{20,64}|(?:PHPSESSID|sessionid|session_id|sesskey|jsessionid)=[^&;#]*)(?:&amp;|[&;]|(?=#|$))",
    re.IGNORECASE,
)
_PATH_SESSION = re.compile(r";(?:jsessionid|PHPSESSID)=[^/?;#]*", re.IGNORECASE)
_LEFT_OVER = re.compile(r"(?:[?&;]|&amp;)(?=#|$)")
_NEWEST = re.compile(r"(?<=[?&;])(?:goto=newpost|action=new|view=unread)(?:&amp;|[&;]|(?=#|$))")
_AGAIN = re.compile(r"(?:re|rép|aw|antw)(?:\[\d+\])?\s*:\s*", re.IGNORECASE)
_SEPARATOR = " • "


def without_session(url: str) -> str:
    """The address without the visitor's session, which some forums put into every link."""
    return _LEFT_OVER.sub("", _SESSION.sub("", _PATH_SESSION.sub("", url)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an entry stands: numbers as the forum counts, "" where the entry names none."""

    post: str
    topic: str
    opens: bool


class ForumMapper:
    """One feed's entries; `key` makes numbers unique: the forum's host and folder.

    Posts are `{key}/p{number}`, topics `{key}/t{number}`. Where a software's feeds know an opening
    post by its topic, that is its id; a last post without a number is its topic's and instant's.
    """

    def __init__(
        self,
        *,
        dialect: Dialect,
        role: str,
        key: str,
        url: str,
        openings: Openings,
        language: str | None,
        topic: str = "",
    ) -> None:
        self._dialect = dialect
        self._role = role
        self._key = key
        self._openings = openings
        self._topic = topic
        self._reading = Reading(feed_url=url, kind=Kind.POST, language=language)
        self._learnt: Document | None = None

    def __call__(
        self, entry: Entry, document: Document, at: datetime
    ) -> tuple[Mention, Engagement | None]:
        self._learn(document)
        entry = self._tidied(entry)
        words = own_words(entry.content or entry.summary, entry.link)
        forum, title, _answer = self._headline(entry)
        # Kept apart from its summary: an answer that only quotes has nothing of its own to say.
        bare = replace(
            entry, title=title, content=words.html, summary="", in_reply_to="", tags=forum
        )
        plain = to_mention(bare, self._reading, at)
        place = self._place(entry)
        external_id = self._external_id(place, plain)
        root = self._root(place)
        parent = self._quoted(words.answers) or root
        mention = replace(
            plain,
            network=NETWORK,
            external_id=external_id,
            kind=Kind.POST if place.opens else Kind.REPLY,
            parent_id=parent if parent != external_id else None,
            root_id=root if root != external_id else None,
        )
        return mention, to_engagement(entry, mention, at)

    def _learn(self, document: Document) -> None:
        """Answers come before what they answer: opening posts are looked for first."""
        if document is self._learnt:
            return
        self._learnt = document
        self._reading = replace(self._reading, feed_language=document.language)
        for entry in document.entries:
            place = self._numbers(entry)
            if not place.topic or not self._says_it_opens(entry, place):
                continue
            mark = entry.published or entry.updated if self._dialect.by_topic else place.post
            if mark:
                self._openings.learn(place.topic, mark)

    def _place(self, entry: Entry) -> Place:
        place = self._numbers(entry)
        return replace(place, opens=self._opens(entry, place))

    def _numbers(self, entry: Entry) -> Place:
        names = (entry.link, entry.id)
        return Place(
            post=_number(self._dialect.post, names),
            topic=_number(self._dialect.topic, names) or self._topic,
            opens=False,
        )

    def _says_it_opens(self, entry: Entry, place: Place) -> bool:
        if self._role in self._dialect.openings:
            return True
        if self._role in LATEST:
            return False
        if self._dialect.answers:
            return not self._headline(entry)[2]
        return not place.post

    def _opens(self, entry: Entry, place: Place) -> bool:
        known = self._openings.marks.get(place.topic)
        if self._role in LATEST:
            return known is not None and known == (entry.published or entry.updated)
        if not self._says_it_opens(entry, place):
            return False
        # Who answers may write a subject of their own, without "Re:".
        return self._dialect.by_topic or not place.post or known in (None, place.post)

    def _external_id(self, place: Place, plain: Mention) -> str:
        by_topic, topic, post = self._dialect.by_topic, place.topic, place.post
        if by_topic and place.opens and topic:
            return self._named("t", topic)
        if post:
            return self._named("p", post)
        if not topic:
            return plain.external_id
        if by_topic:
            said = plain.published_at
            return (
                f"{self._named('t', topic)}@{int(said.timestamp())}" if said else plain.external_id
            )
        known = self._openings.marks.get(topic)
        return self._named("p", known) if known else self._named("t", topic)

    def _root(self, place: Place) -> str | None:
        if place.opens or not place.topic:
            return None
        known = self._openings.marks.get(place.topic)
        if known and not self._dialect.by_topic:
            return self._named("p", known)
        return self._named("t", place.topic)

    def _quoted(self, answers: tuple[str, ...]) -> str | None:
        number = _number(self._dialect.post, answers)
        return self._named("p", number) if number else None

    def _named(self, letter: str, number: str) -> str:
        return f"{self._key}/{letter}{number.lstrip('0') or '0'}"

    def _tidied(self, entry: Entry) -> Entry:
        link, content, summary = without_session(entry.link), entry.content, entry.summary
        if self._dialect.name == "phpbb":
            content, summary = without_statistics(content), without_statistics(summary)
        if self._role in self._dialect.openings:
            link = _LEFT_OVER.sub("", _NEWEST.sub("", link))
        identity = without_session(entry.id)
        return replace(entry, link=link, id=identity, content=content, summary=summary)

    def _headline(self, entry: Entry) -> tuple[tuple[str, ...], str, bool]:
        """The forum's name, the topic's title, and whether the entry says that it answers."""
        title, tags = html_to_line(entry.title), entry.tags[:1]
        if self._dialect.forum_in_title and _SEPARATOR in title:
            forum, _, rest = title.partition(_SEPARATOR)
            if not tags or html_to_line(tags[0]) == forum:
                tags, title = (forum,), rest
        again = _AGAIN.match(title) if self._dialect.answers else None
        return tags, title[again.end() :] if again else title, again is not None


def _number(patterns: tuple[Pattern[str], ...], names: tuple[str, ...]) -> str:
    found = (m[1] for name in names for pattern in patterns if (m := pattern.search(name)))
    return next(found, "")
