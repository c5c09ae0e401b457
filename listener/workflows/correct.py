"""What people say of mentions is stored, counts at once, and is judged like any other news."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.classifier import Score
from listener.domain.labelling import Word, check
from listener.storage import labels, mentions, snapshots, verdicts
from listener.storage.dialect import chunks, hold_off_forgetting, lock_subjects
from listener.storage.labels import Readable
from listener.storage.mentions import Known
from listener.workflows.draft import reading_of
from listener.workflows.gather import MAX_READINGS, Item
from listener.workflows.process import Processor
from listener.workflows.reappraise import current_marks, write_verdicts

BY_COMMAND = "cli"
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """The mentions whose text stands and was corrected, and how many alerts followed."""

    ids: frozenset[int] = frozenset()
    alerts: int = 0

    def __add__(self, other: Corrected) -> Corrected:
        return Corrected(ids=self.ids | other.ids, alerts=self.alerts + other.alerts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrector:
    processor: Processor

    async def correct(
        self,
        said: Mapping[int, Word],
        *,
        at: datetime,
        by: str = BY_COMMAND,
        origin: str = "command",
    ) -> Corrected:
        """Store these words, by mention, and let them stand. ValueError where one says nonsense.

        Mentions that are unknown or erased are passed over. A page that was sent stays sent.
        """
        for word in said.values():
            check(word)
        done = Corrected()
        for part in chunks(said):
            words = {number: said[number] for number in part}
            async with self.processor.database.write() as connection:
                done += await self._correct(connection, words, at, by, origin)
        return done

    async def _correct(
        self,
        connection: AsyncConnection,
        said: Mapping[int, Word],
        at: datetime,
        by: str,
        origin: str,
    ) -> Corrected:
        processor = self.processor
        await hold_off_forgetting(connection)
        subjects = await mentions.subjects_of(connection, said)
        await lock_subjects(connection, {s for found in subjects.values() for s in found})
        texts = await labels.readable(connection, said, exercise_id=processor.exercise_id)
        read = {number: (text.text_hash, said[number]) for number, text in texts.items()}
        await labels.add(connection, read, by=by, at=at, origin=origin)
        known = await mentions.by_id(connection, texts)
        await processor.gatherer.refresh_baseline(connection, at)
        pairs = await self._items(connection, known, texts)
        marks = await current_marks(connection, processor.marker, pairs)
        instant = max([at, *(k.scored_at + _TICK for k in known.values() if k.scored_at)])
        facts = await write_verdicts(connection, processor.marker, pairs, marks, instant)
        alerts = await processor.judgement.judge(connection, facts, at)
        return Corrected(ids=frozenset(texts), alerts=alerts)

    async def _items(
        self,
        connection: AsyncConnection,
        known: Mapping[int, Known],
        texts: Mapping[int, Readable],
    ) -> list[tuple[Item, Known]]:
        """The mentions with what was last said of them."""
        latest = await verdicts.latest(connection, known)
        history = await snapshots.readings(connection, known)
        pairs = []
        for number, stored in known.items():
            taken = history.get(number, ())[-MAX_READINGS:]
            readings = [reading_of(row, stored.occurred_at) for row in taken]
            scores = [*latest.get(number, ()), *_language(texts[number])]
            item = Item(known=stored, scores=scores)
            item.sample = self.processor.gatherer.sample(item, readings, stored.weight)
            pairs.append((item, stored))
        return pairs


def _language(text: Readable) -> list[Score]:
    """Kept in a column of its own, where it stays as it was found."""
    if text.language is None:
        return []
    return [Score(classifier="language", version="stored", probabilities={text.language: 1.0})]
