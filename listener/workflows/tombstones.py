"""Keeps what somebody asked to forget from coming back: asked when a page is read, and as it is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.connector import Reject
from listener.domain.privacy import Pseudonyms
from listener.storage import erasure
from listener.storage.dialect import hold_off_forgetting
from listener.workflows.draft import Draft

if TYPE_CHECKING:
    from listener.workflows.gather import Item

Mark = tuple[str, str]  # kind, ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstones:
    pseudonyms: Pseudonyms

    async def allowed(self, connection: AsyncConnection, drafts: list[Draft]) -> list[Draft]:
        """Without what somebody asked to forget, and without their name in what others say."""
        if not await erasure.any_buried(connection):
            return drafts
        marks = {id(draft): set(self._marks(draft)) for draft in drafts}
        every = {ref for found in marks.values() for _, ref in found}
        buried = await erasure.buried(connection, every)
        for draft in drafts if buried else ():
            draft.unnamed = frozenset(
                ref for kind, ref in marks[id(draft)] & buried if kind == "handle"
            )
        return [d for d in drafts if not any(k != "handle" for k, _ in marks[id(d)] & buried)]

    async def still_allowed(self, connection: AsyncConnection, items: Sequence[Item]) -> list[Item]:
        """The items that nobody had forgotten since they were read.

        From here to the end of the transaction nobody is forgotten.
        """
        await hold_off_forgetting(connection)
        drafts = [item.draft for item in items if item.draft is not None]
        allowed = {id(draft) for draft in await self.allowed(connection, drafts)}
        return [item for item in items if item.draft is None or id(item.draft) in allowed]

    async def readable(
        self, connection: AsyncConnection, rejects: Sequence[Reject], refs: dict[str, str]
    ) -> list[Reject]:
        """The rejects but for forgotten mentions; `refs` gives the pseudonym of an external id."""
        buried = await self._buried_mentions(connection, refs.values())
        return [r for r in rejects if refs.get(r.external_id or "") not in buried]

    async def _buried_mentions(
        self, connection: AsyncConnection, refs: Collection[str]
    ) -> frozenset[str]:
        buried = await erasure.buried(connection, refs)
        return frozenset(ref for kind, ref in buried if kind == "mention")

    def _marks(self, draft: Draft) -> Iterator[Mark]:
        """The names under which a mention, or somebody it names, may have been forgotten."""
        names, network, author = self.pseudonyms, draft.mention.network, draft.mention.author
        yield "mention", draft.ref
        for ref in (names.author_of(network, author), names.author_id_of(network, author)):
            if ref:
                yield "author", ref
        if draft.mention.url:
            yield "link", names.link(draft.mention.url)
        for name in names.named(draft.whole_text):
            yield "handle", name
