"""What a page brings, told apart before any transaction: new, edited, moved figures, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.classifier import Reading, Sample
from connectors.connector import Page
from connectors.mention import Engagement
from listener.domain.privacy import Pseudonyms
from listener.domain.timing import occurred_at
from listener.domain.watch import Watcher
from listener.storage import mentions, snapshots, sources
from listener.storage.mentions import Known
from listener.workflows.ahead import Ahead
from listener.workflows.draft import Draft, Origin, drafts_of, match, reading_of
from listener.workflows.scoring import Scored
from listener.workflows.tombstones import Tombstones

DAY_HOURS = 24  # posts gather nearly all they ever get within a day
BASELINE = timedelta(days=30)
BASELINE_AGE = timedelta(hours=1)
MAX_READINGS = 48  # the latest say what grows; older ones only cost time

Key = tuple[str, str]  # network, ref


@dataclass(slots=True, kw_only=True)
class Item:
    """One mention that must be scored: new (`known` None), edited, or with moved figures."""

    draft: Draft | None = None  # None: only figures came
    known: Known | None = None
    engagements: Sequence[Engagement] = ()
    edited: bool = False
    sample: Sample = field(default_factory=lambda: Sample(text=""))
    scores: Scored = None
    poison: bool = False
    read_at: datetime | None = None  # when stored figures were last read that still grow
    story_keys: Collection[int] = ()  # of a new mention
    story_id: int | None = None  # once its keys were looked up

    @property
    def subjects(self) -> Collection[str]:
        if self.draft is not None:
            return self.draft.subjects
        return self.known.subjects if self.known is not None else ()


@dataclass(slots=True, kw_only=True)
class Gathered:
    """One page between its reading and its writing."""

    page: Page
    origin: Origin
    at: datetime
    live: bool
    live_since: datetime | None
    items: list[Item] = field(default_factory=list)
    alive: list[Known] = field(default_factory=list)  # asked about again, and nothing is new
    dropped: int = 0
    stored: int = 0  # known once it is written


class Gatherer:
    """Reads what is known of a page's mentions; writes nothing."""

    def __init__(
        self, *, watcher: Watcher, pseudonyms: Pseudonyms, zone: tzinfo, exercise_id: str
    ) -> None:
        self.watcher = watcher
        self.zone = zone
        self.pseudonyms = pseudonyms
        self.tombstones = Tombstones(pseudonyms=pseudonyms)
        self.exercise_id = exercise_id
        self._usual: Mapping[str, float] = {}
        self._usual_at: datetime | None = None

    def begin(self, page: Page, origin: Origin, at: datetime) -> Ahead:
        """All that the page says by itself: what it concerns, and the samples of that."""
        drafts = drafts_of(page.mentions, self.pseudonyms)
        match(drafts, self.watcher, origin.about, {})
        ahead = Ahead(page=page, drafts=drafts)
        engagements = self._engagements(page.engagements)
        for draft in drafts:
            if draft.subjects:
                taken = engagements.get((draft.mention.network, draft.ref), [])
                item = Item(draft=draft, engagements=taken)
                ahead.samples[draft.ref] = self._sample(item, [], origin, at)
        return ahead

    async def gather(
        self, connection: AsyncConnection, ahead: Ahead, origin: Origin, at: datetime
    ) -> Gathered:
        page = ahead.page
        state = await sources.feed_state(connection, origin.source_id, page.feed)
        live_since = state.live_since if state else None
        work = Gathered(
            page=page,
            origin=origin,
            at=at,
            live=live_since is not None and not origin.backfill,
            live_since=live_since or (at if page.complete else None),
        )
        drafts = await self.tombstones.allowed(connection, ahead.drafts)
        parents = {(d.mention.network, ref) for d in drafts for ref in d.parents if ref}
        stored = await mentions.subjects_of_refs(connection, parents, exercise_id=self.exercise_id)
        match(drafts, self.watcher, origin.about, stored)
        engagements = self._engagements(page.engagements)
        known = await self._known(connection, drafts, engagements)
        self._tell_apart(work, drafts, engagements, known)
        await self.refresh_baseline(connection, at)
        await self._complete_samples(connection, work)
        return work

    def _engagements(self, engagements: Iterable[Engagement]) -> dict[Key, list[Engagement]]:
        found: dict[Key, list[Engagement]] = {}
        for taken in engagements:
            key = (taken.key.network, self.pseudonyms.mention(taken.key))
            found.setdefault(key, []).append(taken)
        return found

    async def _known(
        self,
        connection: AsyncConnection,
        drafts: Sequence[Draft],
        engagements: Iterable[Key],
    ) -> dict[Key, Known]:
        keys = {(draft.mention.network, draft.ref) for draft in drafts}
        keys.update(engagements)
        return await mentions.known(connection, keys, exercise_id=self.exercise_id)

    def _tell_apart(
        self,
        work: Gathered,
        drafts: Sequence[Draft],
        engagements: dict[Key, list[Engagement]],
        known: Mapping[Key, Known],
    ) -> None:
        for draft in drafts:
            key = (draft.mention.network, draft.ref)
            taken = engagements.pop(key, [])
            before = known.get(key)
            if before is None and not draft.subjects:
                work.dropped += 1
            elif before is None:
                work.items.append(Item(draft=draft, engagements=taken))
            elif not before.erased:
                self.recognise(work, Item(draft=draft, engagements=taken), before)
        for key, taken in engagements.items():
            if (before := known.get(key)) is not None and not before.erased:
                self.recognise(work, Item(engagements=taken), before)

    def recognise(self, work: Gathered, item: Item, before: Known) -> None:
        """Add what is stored already: what tells nothing new needs no score and no row."""
        item.known = before
        if item.draft is not None:
            item.draft.subjects |= before.subjects
            item.edited = _may_rewrite(work.origin, before) and self._is_edited(item.draft, before)
        if item.edited or not all(taken.is_bare for taken in item.engagements):
            work.items.append(item)
        elif item.engagements:
            work.alive.append(before)

    def _is_edited(self, draft: Draft, before: Known) -> bool:
        mention = draft.mention
        return self.pseudonyms.content(mention.title, mention.text) != before.text_hash

    async def refresh_baseline(self, connection: AsyncConnection, at: datetime) -> None:
        """Find out, once an hour, how much engagement is usual on each network."""
        if self._usual_at is not None and abs(at - self._usual_at) < BASELINE_AGE:
            return
        totals = await snapshots.usual_engagement(connection, since=at - BASELINE)
        self._usual = {network: total / DAY_HOURS for network, total in totals.items()}
        self._usual_at = at

    async def _complete_samples(self, connection: AsyncConnection, work: Gathered) -> None:
        """Give each item's sample its history of figures and what is usual there."""
        ids = [item.known.id for item in work.items if item.known and item.engagements]
        history = await snapshots.readings(connection, ids) if ids else {}
        for item in work.items:
            before = history.get(item.known.id, []) if item.known else []
            item.sample = self._sample(item, before, work.origin, work.at)

    def _sample(self, item: Item, before: Sequence[Any], origin: Origin, at: datetime) -> Sample:
        occurred = _occurred(item, at)
        taken = [*before, *item.engagements][-MAX_READINGS:]
        readings = [reading_of(snapshot, occurred) for snapshot in taken]
        return self.sample(item, readings, origin.weight)

    def sample(self, item: Item, readings: Sequence[Reading], weight: float) -> Sample:
        """What the panel is told: the original text where it came, the scrubbed one otherwise."""
        if item.draft is not None:
            mention = item.draft.mention
            return Sample(
                text=mention.text,
                title=mention.title,
                language=mention.language,
                network=mention.network,
                kind=mention.kind.value,
                rating=mention.rating,
                followers=mention.author.followers,
                hour=self._hour(mention.published_at),
                readings=readings,
                usual=self._usual.get(mention.network),
                weight=item.known.weight if item.known else weight,
                stands=item.draft.stands,
            )
        if item.known is None:
            raise ValueError("an item is a draft, a known mention, or both")
        usual = self._usual.get(item.known.network)
        hour = self._hour(item.known.occurred_at)
        return replace(_known_sample(item.known, readings, usual), hour=hour)

    def _hour(self, at: datetime | None) -> float | None:
        """On the hospital's clocks, 0 to 24."""
        if at is None:
            return None
        local = at.astimezone(self.zone)
        return local.hour + local.minute / 60


def _may_rewrite(origin: Origin, before: Known) -> bool:
    """An archive may be older than what another source has read since, or hold less of a text."""
    return not origin.backfill or before.source_id == origin.source_id


def _known_sample(known: Known, readings: Sequence[Reading], usual: float | None) -> Sample:
    """A stored mention as the panel reads it again."""
    return Sample(
        text=known.text or "",
        title=known.title,
        language=known.language,
        network=known.network,
        kind=known.kind,
        rating=known.rating,
        followers=known.followers,
        readings=readings,
        usual=usual,
        weight=known.weight,
        stands=known.stands,
    )


def _occurred(item: Item, at: datetime) -> datetime:
    if item.known is not None:
        return item.known.occurred_at
    published = item.draft.mention.published_at if item.draft else None
    return occurred_at(published, at)
