"""The keys by which a page's new mentions find their stories."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.stories.keys import Clues, StoryKeys
from classifiers.stories.words import words_of
from connectors.mention import Kind
from connectors.urls import canonical_url
from listener.domain.privacy import Pseudonyms
from listener.domain.watch import Watcher
from listener.storage import stories
from listener.workflows.draft import Draft
from listener.workflows.gather import Gathered, Item


class Storyteller:
    """Makes keys before the page's transaction, and asks for their stories within it.

    A mention keeps the story that it came with: an edit does not move it to another.
    """

    def __init__(self, *, pseudonyms: Pseudonyms, watcher: Watcher, exercise_id: str = "") -> None:
        self.pseudonyms = pseudonyms
        self.exercise_id = exercise_id
        self.keys = StoryKeys(
            secret=pseudonyms.derived("stories"),
            scope=exercise_id,
            # Every post that concerns a watch holds its names: they tell no copy.
            common=words_of({term for watch in watcher.watches for term in watch.terms}),
        )

    def mark(self, items: Iterable[Item]) -> None:
        for item in items:
            if item.known is None and item.draft is not None:
                item.story_keys = self.keys.of(self._clues(item.draft))

    async def assign(self, connection: AsyncConnection, work: Gathered) -> None:
        """Give each new mention of the page its story."""
        new = [item for item in work.items if item.known is None]
        keys = [item.story_keys for item in new]
        found = await stories.assign(connection, keys, at=work.at, exercise_id=self.exercise_id)
        for item, story in zip(new, found, strict=True):
            item.story_id = story

    def _clues(self, draft: Draft) -> Clues:
        mention = draft.mention
        # Reviews of a place share its page's address, and nothing else.
        own = () if mention.kind is Kind.REVIEW or mention.url is None else (mention.url,)
        links = [canonical_url(link) for link in (*own, *mention.links)]
        repeated = self.pseudonyms.reference(mention.network, mention.repost_of)
        return Clues(
            text=draft.whole_text,
            ref=draft.ref,
            refs=[ref for ref in (*draft.parents, repeated) if ref],
            links=[link for link in links if link],
        )
