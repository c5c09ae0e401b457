"""A page's mentions made ready to be written: matched, pseudonymised, with their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from classifiers.classifier import Reading
from connectors.mention import Engagement, Mention
from listener.domain.privacy import Pseudonyms
from listener.domain.speaker import Speakers
from listener.domain.timing import next_refresh, occurred_at
from listener.domain.watch import Watcher
from listener.storage.columns import countable, storable
from listener.storage.erasure import NOBODY
from listener.storage.seal import Sealer
from listener.workflows.marks import Marker, Marks

LINK = b"link"
MAX_TEXT = 20_000  # characters kept of one mention
# The language has its own column.
STORED_SCORES = ("sentiment", "themes", "flags", "severity", "virality")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a page comes from, as far as its mentions are concerned."""

    source_id: str
    network: str = ""  # of its connector: what an item that cannot be read is named by
    about: tuple[str, ...] = ()
    weight: float = 1.0
    backfill: bool = False
    refreshes: bool = False
    verify_every: timedelta | None = None  # how long a text may stand unchecked, by its network


@dataclass(slots=True, kw_only=True)
class Draft:
    """One mention of the page on its way to the database."""

    mention: Mention
    ref: str
    parents: tuple[str | None, str | None, str | None]  # refs: parent, root, quoted
    spoken_of: frozenset[str] | None = None  # by its words alone, once they were read
    subjects: frozenset[str] = frozenset()
    stands: bool = False  # under something that is watched, whatever its words
    unnamed: frozenset[str] = frozenset()  # pseudonyms of people who asked to be forgotten

    @property
    def whole_text(self) -> str:
        title = self.mention.title
        return f"{title}\n{self.mention.text}" if title else self.mention.text


def clean(text: str) -> str:
    return storable(text, MAX_TEXT)


def drafts_of(mentions: Sequence[Mention], pseudonyms: Pseudonyms) -> list[Draft]:
    """One draft a mention; of one that stands twice in a page, the later version."""
    found: dict[tuple[str, str], Draft] = {}
    for mention in mentions:
        ref = pseudonyms.mention(mention.key)
        network = mention.network
        found[network, ref] = Draft(
            mention=mention,
            ref=ref,
            parents=(
                pseudonyms.reference(network, mention.parent_id),
                pseudonyms.reference(network, mention.root_id),
                pseudonyms.reference(network, mention.quoted_id),
            ),
        )
    return list(found.values())


def match(
    drafts: Sequence[Draft],
    watcher: Watcher,
    about: Sequence[str],
    stored: Mapping[str, frozenset[str]],
) -> None:
    """Say of each draft what it concerns: by its words, and by where it stands.

    `stored` gives the subjects of parents, roots and quoted mentions that are in the database;
    those within the page are found here, also where the child comes before its parent.
    """
    here = dict(stored)
    waiting = list(drafts)
    for _ in range(len(drafts)):
        for draft in waiting:
            standing = {*about, *(s for ref in draft.parents if ref for s in here.get(ref, ()))}
            if draft.spoken_of is None:
                draft.spoken_of = frozenset(watcher.spoken_of(draft.mention))
            draft.subjects = watcher.standing_in(draft.spoken_of, standing)
            draft.stands = bool(standing)
            if draft.subjects:
                here[draft.ref] = here.get(draft.ref, frozenset()) | draft.subjects
        left = [d for d in waiting if not d.subjects and any(r in here for r in d.parents if r)]
        if not left or len(left) == len(waiting):
            return
        waiting = left


def reading_of(taken: Any, occurred: datetime) -> Reading:
    """A snapshot row or an Engagement as the classifiers read it."""
    return Reading(
        age=max(0.0, (taken.taken_at - occurred).total_seconds()),
        views=taken.views,
        reactions=taken.reactions,
        replies=taken.replies,
        shares=taken.shares,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMaker:
    """Turns drafts into the rows of one page."""

    pseudonyms: Pseudonyms
    sealer: Sealer
    retention: timedelta
    marker: Marker
    speakers: Speakers
    exercise_id: str = ""

    def mention(
        self, draft: Draft, origin: Origin, marks: Marks, *, live: bool, at: datetime
    ) -> dict[str, Any]:
        """`scored_at` is left to whoever knows whether the scorer had a look."""
        mention, author = draft.mention, draft.mention.author
        occurred = occurred_at(mention.published_at, at)
        names, network = self.pseudonyms, mention.network
        return {
            "exercise_id": self.exercise_id,
            "network": network,
            "ref": draft.ref,
            "source_id": origin.source_id,
            "kind": mention.kind.value,
            "live": live,
            "speaker": self.speaker(draft, origin),
            "author_ref": names.author_of(network, author),
            "author_id_ref": names.author_id_of(network, author),
            "followers": countable(author.followers),
            **self.content(draft),
            "declared_language": storable(mention.language, 16) if mention.language else None,
            "published_at": mention.published_at,
            "occurred_at": occurred,
            "received_at": at,
            "edited_at": mention.edited_at,
            "parent_ref": draft.parents[0],
            "root_ref": draft.parents[1],
            "quoted_ref": draft.parents[2],
            "rating": mention.rating,
            "media": min(len(mention.media), 1000),
            "weight": origin.weight,
            "republish": mention.republish,
            "stands": draft.stands,
            **marks.columns,
            "refresh_at": self._refresh_at(marks, origin, occurred, at),
        }

    def speaker(self, draft: Draft, origin: Origin) -> str | None:
        """Decided while the author is in clear."""
        return self.speakers.of(draft.mention, origin.about)

    def _refresh_at(
        self, marks: Marks, origin: Origin, occurred: datetime, at: datetime
    ) -> datetime | None:
        if not origin.refreshes or origin.backfill:
            return None
        return next_refresh(occurred, marks.growth, at, verify_every=origin.verify_every)

    def content(self, draft: Draft) -> dict[str, Any]:
        """Title and text without anybody's handle, and what tells an edit."""
        mention = draft.mention
        return {
            "title": self._scrubbed(mention.title, draft) if mention.title else None,
            "text": self._scrubbed(mention.text, draft),
            "text_hash": self.pseudonyms.content(mention.title, mention.text),
        }

    def _scrubbed(self, text: str, draft: Draft) -> str:
        text = self.pseudonyms.scrub(clean(text))
        for name in draft.unnamed:
            text = text.replace(name, NOBODY)
        return text

    def link(self, draft: Draft, mention_id: int, *, at: datetime) -> dict[str, Any]:
        """What leads back to the network, sealed, gone when the text goes."""
        mention = draft.mention
        sealed = {"external_id": clean(mention.external_id), "url": clean(mention.url or "")}
        return {
            "mention_id": mention_id,
            "url_ref": self.pseudonyms.link(mention.url) if mention.url else None,
            "sealed": self.sealer.seal(sealed, LINK),
            "expires_at": at + self.retention,
        }

    def subjects(
        self,
        draft: Draft,
        mention_id: int,
        marks: Marks,
        *,
        live: bool,
        occurred: datetime,
    ) -> list[dict[str, Any]]:
        return [
            {
                "mention_id": mention_id,
                "subject": subject,
                "exercise_id": self.exercise_id,
                "occurred_at": occurred,
                "live": live,
                "network": draft.mention.network,
                "sentiment": marks.sentiment,
            }
            for subject in sorted(draft.subjects)
        ]


def snapshot_rows(mention_id: int, engagements: Sequence[Engagement]) -> list[dict[str, Any]]:
    """Rows for what the network published; a snapshot of nothing is none."""
    rows = []
    for taken in engagements:
        figures = {
            name: countable(getattr(taken, name))
            for name in ("views", "reactions", "replies", "shares")
        }
        if any(value is not None for value in figures.values()):
            rows.append({"mention_id": mention_id, "taken_at": taken.taken_at, **figures})
    return rows
