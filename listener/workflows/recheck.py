"""What changed while a page was being scored: asked again once its rows are nobody else's.

Meanwhile a network may have deleted a mention, another lane stored or edited it, somebody read it
more deeply: a text that was erased must not come back, nor what was said of another text stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage import mentions
from listener.storage.mentions import Known
from listener.workflows.gather import Gathered, Gatherer, Item

MOST = 10_000  # refs, some megabyte


@dataclass(frozen=True, slots=True)
class Departed:
    """What networks deleted before it was stored: a page of another lane may have it in hand.

    Only this process knows: a page of another daemon is put right once it is read again.
    """

    _refs: dict[str, None] = field(default_factory=dict)

    def __contains__(self, ref: object) -> bool:
        return ref in self._refs

    def add(self, refs: Iterable[str]) -> None:
        """Remember these, and forget the oldest."""
        self._refs.update(dict.fromkeys(refs))
        for ref in list(islice(self._refs, max(0, len(self._refs) - MOST))):
            del self._refs[ref]


async def recheck(connection: AsyncConnection, work: Gathered, departed: Departed) -> None:
    """Bring what is known of a page's mentions up to date, held until the transaction ends."""
    work.items = [i for i in work.items if i.draft is None or i.draft.ref not in departed]
    ids = {item.known.id for item in work.items if item.known is not None}
    ids.update(known.id for known in work.alive)
    if not ids:
        return
    now = await mentions.by_id(connection, ids, held=True)
    standing = {number: known for number, known in now.items() if not known.erased}
    work.alive = [standing[known.id] for known in work.alive if known.id in standing]
    work.items = [item for item in work.items if _stands(item, standing)]


async def meet(
    connection: AsyncConnection, gatherer: Gatherer, work: Gathered, late: Sequence[Item]
) -> None:
    """New mentions that another lane has just stored are known ones: what is new of them stays."""
    others = {id(item) for item in late}
    work.items = [item for item in work.items if id(item) not in others]
    drafts = {(item.draft.mention.network, item.draft.ref): item for item in late if item.draft}
    stored = await mentions.known(connection, drafts, exercise_id=gatherer.exercise_id)
    now = await mentions.by_id(connection, {known.id for known in stored.values()}, held=True)
    for key, item in drafts.items():
        if (found := stored.get(key)) is not None and not now[found.id].erased:
            gatherer.recognise(work, item, now[found.id])
            if not item.edited:
                item.scores = None  # the other lane has just scored what stands


def _stands(item: Item, standing: dict[int, Known]) -> bool:
    """Whether it may still be written, with what is known of it now."""
    before = item.known
    if before is None:
        return True
    item.known = standing.get(before.id)
    if item.known is None:
        return False
    if item.known.text_hash != before.text_hash and not item.edited:
        item.scores = None  # they are of another text
    return True
