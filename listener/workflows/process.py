"""The heart: a page is matched and scored, then written with its verdicts in one transaction.

`process(page)` knows nothing of where the page came from. Repeating it changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.classifier import Sample
from classifiers.client import ScorerError
from classifiers.severity import Points, weighed
from connectors.connector import Page, Reject
from connectors.mention import MentionKey
from listener.domain.privacy import Pseudonyms
from listener.domain.rule import MentionFact
from listener.domain.speaker import Speakers
from listener.domain.watch import Watcher
from listener.storage import erasure, mentions, sources
from listener.storage.database import Database
from listener.storage.dialect import lock_subjects
from listener.storage.seal import Sealer
from listener.workflows.ahead import Ahead
from listener.workflows.draft import Origin, RowMaker, drafts_of
from listener.workflows.gather import Gathered, Gatherer, Item
from listener.workflows.judgement import Judgement
from listener.workflows.marks import Marker
from listener.workflows.mend import plan_amends
from listener.workflows.recheck import Departed, recheck
from listener.workflows.scoring import Scored, Scorer
from listener.workflows.stories import Storyteller
from listener.workflows.write import write_items

log = logging.getLogger(__name__)

NOTHING: tuple[None, None, bool] = (None, None, False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one page did, for the log and the metrics."""

    received: int = 0
    stored: int = 0
    edited: int = 0
    dropped: int = 0
    deleted: int = 0
    rejected: int = 0
    unscored: int = 0
    alerts: int = 0

    def __add__(self, other: Outcome) -> Outcome:
        names = self.__dataclass_fields__
        return Outcome(**{name: getattr(self, name) + getattr(other, name) for name in names})


class Processor:
    """Everything a page needs on its way; one for the whole daemon."""

    def __init__(
        self,
        *,
        database: Database,
        scorer: Scorer,
        watcher: Watcher,
        judgement: Judgement,
        pseudonyms: Pseudonyms,
        sealer: Sealer,
        retention: timedelta,
        quarantine: timedelta,
        marker: Marker | None = None,
        zone: tzinfo = UTC,
        exercise_id: str = "",
    ) -> None:
        self.database = database
        self.scorer = scorer
        self.judgement = judgement
        self.pseudonyms = pseudonyms
        self.sealer = sealer
        self.quarantine = quarantine
        self.zone = zone
        self.exercise_id = exercise_id
        self.gatherer = Gatherer(
            watcher=watcher, pseudonyms=pseudonyms, zone=zone, exercise_id=exercise_id
        )
        self.marker = marker or Marker(rules=judgement.weigher.rules, own=judgement.weigher.own)
        self.rows = RowMaker(
            pseudonyms=pseudonyms,
            sealer=sealer,
            retention=retention,
            marker=self.marker,
            speakers=Speakers(watcher.watches),
            exercise_id=exercise_id,
        )
        self.storyteller = Storyteller(
            pseudonyms=pseudonyms, watcher=watcher, exercise_id=exercise_id
        )
        self.departed = Departed()
        self.scoring = 0  # pages that wait for their scores: the deep classifiers let them pass

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While it lasts, somebody waits for the fast classifiers."""
        self.scoring += 1
        try:
            yield
        finally:
            self.scoring -= 1

    def begin(self, page: Page, origin: Origin, at: datetime) -> Ahead:
        """Match a page by what it says and start scoring it, before its turn to be written."""
        ahead = self.gatherer.begin(page, origin, at)
        ahead.score(self.scorer)
        return ahead

    async def process(
        self,
        page: Page,
        origin: Origin,
        at: datetime,
        *,
        live: bool = False,
        ahead: Ahead | None = None,
    ) -> Outcome:
        """Write one page: all of it with its cursor, or, on any error, nothing.

        `live` says that it was pushed as it happened: a stream has no look-back to read first.
        `ahead` is what `begin` made of the page; without it nothing was done before.
        """
        if ahead is None:
            ahead = Ahead(page=page, drafts=drafts_of(page.mentions, self.pseudonyms))
        async with self.database.read() as connection:
            work = await self.gatherer.gather(connection, ahead, origin, at)
            await self.marker.look(connection, at)
        if live and not origin.backfill:
            work.live, work.live_since = True, work.live_since or at
        self.storyteller.mark(work.items)
        await self._score(work.items, ahead)
        async with self.database.write() as connection:
            facts = await self._write(connection, work)
            alerts = await self.judgement.judge(connection, facts, at)
            if page.cursor is not None:
                await sources.move_cursor(
                    connection,
                    origin.source_id,
                    page.feed,
                    page.cursor,
                    at=at,
                    live_since=work.live_since,
                )
        return _outcome(work, alerts)

    async def _score(self, items: Sequence[Item], ahead: Ahead) -> None:
        """Score the page as one batch; with no scorer the mentions are stored unscored."""
        if not items:
            return
        try:
            with self.asking():
                items = _still_unscored(items, await ahead.known(), self.marker.points)
                if not items:
                    return
                scores, poison = await self.scorer.score_or_bisect([i.sample for i in items])
        except ScorerError as error:
            # The client's words: which model is missing, never a text.
            log.warning("scoring.away items=%d detail=%s", len(items), error)
            return
        for item, found in zip(items, scores, strict=True):
            item.scores = found
        for index in poison:
            items[index].poison = True

    async def _write(self, connection: AsyncConnection, work: Gathered) -> list[MentionFact]:
        work.items = await self.gatherer.tombstones.still_allowed(connection, work.items)
        await lock_subjects(connection, {s for item in work.items for s in item.subjects})
        await recheck(connection, work, self.departed)
        await self.storyteller.assign(connection, work)
        facts = await write_items(connection, work, self.rows, self.gatherer)
        await self._delete(connection, work)
        await self._note(connection, work)
        return facts

    async def _delete(self, connection: AsyncConnection, work: Gathered) -> None:
        """A network's deletion deletes here: the text goes, the figures stay."""
        if not work.page.deletions:
            return
        refs: set[str] = set()
        authors: set[str] = set()
        for deletion in work.page.deletions:
            if deletion.external_id is not None:
                key = MentionKey(network=deletion.network, external_id=deletion.external_id)
                refs.add(self.pseudonyms.mention(key))
            elif deletion.author_id is not None:
                authors.add(self.pseudonyms.author(deletion.network, deletion.author_id))
        by = {"ref": refs, "author_ref": authors, "author_id_ref": authors}
        self.departed.add(refs)
        found = await erasure.find_mentions(connection, by)
        shown = await mentions.occurred(connection, found)
        await erasure.erase_mentions(connection, found, at=work.at)
        # Messages that can still be changed show it no longer, from the next tick on.
        await plan_amends(
            connection,
            shown,
            work.at,
            zone=self.zone,
            due_at=work.at,
            channels=self.judgement.updates.channels,
        )

    async def _note(self, connection: AsyncConnection, work: Gathered) -> None:
        """Keep what came beside the mentions: gaps, audiences, rejects, counts."""
        page, source_id = work.page, work.origin.source_id
        await sources.add_gaps(connection, source_id, page.feed, page.gaps)
        await sources.add_audiences(connection, page.audiences)
        rejects = [*page.rejects, *(_poison(item) for item in work.items if item.poison)]
        await self._quarantine(connection, work, rejects)
        if page.mentions:
            await sources.count(
                connection, source_id, received=len(page.mentions), dropped=work.dropped
            )

    async def _quarantine(
        self, connection: AsyncConnection, work: Gathered, rejects: Sequence[Reject]
    ) -> None:
        if not rejects:
            return
        named = work.origin.network or work.origin.source_id
        network = next((m.network for m in work.page.mentions), named)
        refs = {
            reject.external_id: self.pseudonyms.mention(
                MentionKey(network=network, external_id=reject.external_id)
            )
            for reject in rejects
            if reject.external_id
        }
        rejects = await self.gatherer.tombstones.readable(connection, rejects, refs)
        await sources.add_rejects(
            connection,
            work.origin.source_id,
            work.page.feed,
            rejects,
            sealer=self.sealer,
            refs=refs,
            at=work.at,
            keep=self.quarantine,
        )


def _still_unscored(
    items: Sequence[Item], known: Mapping[str, tuple[Sample, Scored, bool]], points: Points
) -> list[Item]:
    """Give items the scores that came ahead; those whose sample was none of them are left.

    Where it stands is known of an answer only once its turn has come, and weighs in nothing but
    the severity: to ask the scorer again would wait behind the next page.
    """
    left = []
    for item in items:
        sample, scores, poison = known.get(item.draft.ref if item.draft else "", NOTHING)
        if sample is not None and sample == replace(item.sample, stands=sample.stands):
            item.scores, item.poison = scores, poison
            if scores and sample.stands != item.sample.stands:
                item.scores = weighed(scores, item.sample, points)
        else:
            left.append(item)
    return left


def _poison(item: Item) -> Reject:
    """A mention that the scorer dies of: stored unscored, and kept aside for a look."""
    text = item.sample.text.encode("utf-8", "replace")
    external_id = item.draft.mention.external_id if item.draft else None
    return Reject(
        error="the scorer cannot score this text",
        payload=orjson.dumps({"text": text[:20_000].decode("utf-8", "replace")}),
        external_id=external_id,
    )


def _outcome(work: Gathered, alerts: int) -> Outcome:
    items = work.items
    return Outcome(
        received=len(work.page.mentions),
        stored=work.stored,
        edited=sum(1 for item in items if item.edited),
        dropped=work.dropped,
        deleted=len(work.page.deletions),
        rejected=len(work.page.rejects) + sum(1 for item in items if item.poison),
        unscored=sum(1 for item in items if item.scores is None),
        alerts=alerts,
    )
