"""One document read to the end: its mentions in the feed's order, and what the cursor keeps of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.connector import Malformed, Reject
from connectors.mention import Engagement, Mention
from connectors.rss.document import parse
from connectors.rss.entry import Document, Entry
from connectors.rss.state import Walk, content_mark, count_mark, seen_key

Mapper = Callable[[Entry, Document, datetime], tuple[Mention, Engagement | None]]
"""An entry into what it says and its counts; raises Malformed or ValueError where it cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    key: str
    content: str  # changes when what is said changes
    counts: str
    mention: Mention
    engagement: Engagement | None

    @property
    def mark(self) -> str:
        return f"{self.content}:{self.counts}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    items: Sequence[Item]
    rejects: Sequence[Reject]
    older: str

    @property
    def keys(self) -> list[str]:
        return [item.key for item in self.items]

    @property
    def oldest(self) -> datetime | None:
        return min((d for item in self.items if (d := item.mention.published_at)), default=None)

    def meets(self, walk: Walk) -> bool:
        """Whether the walk has come to what was known before it began.

        One known entry proves nothing: it may be pinned to the top.
        """
        if not self.items:
            return True
        known = [item.key in walk.floor for item in self.items]
        if sum(known) > 1 or known[-1]:
            return True
        dates = [d for item in self.items if (d := item.mention.published_at)]
        # A feed without dates gives no other way to know where a first reading should stop.
        return dates[-1] < walk.since if dates else not walk.floor


def read_sheet(body: bytes, *, url: str, content_type: str, mapper: Mapper, at: datetime) -> Sheet:
    """Parse and map; CPU-bound. The same entry twice in a document is read once."""
    document = parse(body, url=url, content_type=content_type)
    items: dict[str, Item] = {}
    rejects = list(document.rejects)
    for entry in document.entries:
        try:
            item = _item(*mapper(entry, document, at))
            items.setdefault(item.key, item)
        except (Malformed, ValueError) as error:
            payload = repr(entry)[:4_000].encode("utf-8", "replace")
            rejects.append(Reject(error=_reason(error), payload=payload))
    return Sheet(items=tuple(items.values()), rejects=tuple(rejects), older=document.older)


def _item(mention: Mention, engagement: Engagement | None) -> Item:
    return Item(
        key=seen_key(mention.external_id),
        content=content_mark(mention),
        counts=count_mark(engagement),
        mention=mention,
        engagement=engagement,
    )


def _reason(error: Exception) -> str:
    # A ValueError's words may quote the post.
    return str(error) if isinstance(error, Malformed) else f"unreadable: {type(error).__name__}"
