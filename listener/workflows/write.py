"""A gathered page's rows, written in the caller's transaction; gives back the facts rules may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.rule import MentionFact
from listener.domain.timing import next_refresh
from listener.storage import mentions, verdicts
from listener.storage import snapshots as figures
from listener.storage.mentions import Known
from listener.workflows.draft import Draft, RowMaker, snapshot_rows
from listener.workflows.gather import Gathered, Gatherer, Item
from listener.workflows.marks import Marker, Marks
from listener.workflows.reappraise import current_marks, stored_scores, write_verdicts
from listener.workflows.recheck import meet


async def write_items(
    connection: AsyncConnection, work: Gathered, rows: RowMaker, gatherer: Gatherer
) -> list[MentionFact]:
    """Write new and known mentions with their links, subjects, figures and scores."""
    new = [(item, item.draft) for item in work.items if item.known is None and item.draft]
    facts, late = await _write_new(connection, work, rows, new)
    if late:
        await meet(connection, gatherer, work, late)
    again = [(item, item.known) for item in work.items if item.known is not None]
    facts += await _write_known(connection, work, rows, again)
    await mentions.schedule(connection, [_schedule(work, known) for known in work.alive])
    return facts


async def _write_new(
    connection: AsyncConnection,
    work: Gathered,
    rows: RowMaker,
    new: Sequence[tuple[Item, Draft]],
) -> tuple[list[MentionFact], list[Item]]:
    """The facts that rules may use, and what another lane has just stored."""
    said = [_marks(rows.marker, item, draft, live=work.live) for item, draft in new]
    made = [
        rows.mention(draft, work.origin, marks, live=work.live, at=work.at)
        | {"scored_at": _scored_at(item, work.at), "story_id": item.story_id}
        for (item, draft), marks in zip(new, said, strict=True)
    ]
    ids = await mentions.add(connection, made)
    work.stored = len(ids)
    links: list[dict[str, Any]] = []
    subjects: list[dict[str, Any]] = []
    snapshots: list[dict[str, Any]] = []
    facts: list[MentionFact] = []
    late: list[Item] = []
    scored = []
    for (item, draft), marks, row in zip(new, said, made, strict=True):
        number = ids.get((row["network"], row["ref"]))
        if number is None:
            late.append(item)
            continue
        links.append(rows.link(draft, number, at=work.at))
        # What the hospital says itself is no rule's business, and would thin out a negative share.
        judged = work.live and row["speaker"] is None
        subjects += rows.subjects(draft, number, marks, live=judged, occurred=row["occurred_at"])
        snapshots += snapshot_rows(number, item.engagements)
        scored.append((number, stored_scores(item.scores)))
        if judged:
            facts.append(_fact(number, draft, marks, row))
    await mentions.add_links(connection, links)
    await mentions.add_subjects(connection, subjects)
    await figures.add(connection, snapshots)
    await verdicts.add_scores(connection, scored, work.at)
    return facts, late


def _marks(marker: Marker, item: Item, draft: Draft, *, live: bool) -> Marks:
    return marker.of(
        item.scores,
        subjects=draft.subjects,
        network=draft.mention.network,
        stands=draft.stands,
        live=live,
    )


def _scored_at(item: Item, at: datetime) -> datetime | None:
    """Poison was looked at too, or it would be tried for ever."""
    return at if item.scores is not None or item.poison else None


def _fact(number: int, draft: Draft, marks: Marks, row: Mapping[str, Any]) -> MentionFact:
    return MentionFact(
        id=number,
        subjects=draft.subjects,
        network=row["network"],
        occurred_at=row["occurred_at"],
        text=draft.whole_text,
        severity=marks.severity,
        sentiment=marks.sentiment,
        kind=row["kind"],
        story=row["story_id"],
        author_ref=row["author_ref"],
        author_id_ref=row["author_id_ref"],
        followers=row["followers"],
        rating=row["rating"],
        themes=marks.likely,
        forecast=marks.forecast,
    )


async def _write_known(
    connection: AsyncConnection,
    work: Gathered,
    rows: RowMaker,
    again: Sequence[tuple[Item, Known]],
) -> list[MentionFact]:
    if not again:
        return []
    said = await current_marks(connection, rows.marker, again)
    snapshots: list[dict[str, Any]] = []
    edits: list[dict[str, Any]] = []
    subjects: list[dict[str, Any]] = []
    for (item, known), marks in zip(again, said, strict=True):
        snapshots += snapshot_rows(known.id, item.engagements)
        if item.edited and item.draft is not None:
            edits.append(_edit(rows, item, item.draft, known, work.at))
            subjects += rows.subjects(
                item.draft, known.id, marks, live=known.judged, occurred=known.occurred_at
            )
    await figures.add(connection, snapshots)
    await mentions.edit(connection, edits)
    await mentions.attribute(connection, _attributed(work, rows, again))
    await mentions.add_subjects(connection, subjects)
    growing = [
        _schedule(work, known, marks.growth) for (_, known), marks in zip(again, said, strict=True)
    ]
    await mentions.schedule(connection, growing)
    return await write_verdicts(connection, rows.marker, again, said, work.at)


def _attributed(
    work: Gathered, rows: RowMaker, again: Sequence[tuple[Item, Known]]
) -> list[dict[str, Any]]:
    """Speakers that nobody knew: another source, or an earlier answer, did not tell the author."""
    found = [
        {"b_id": known.id, "b_speaker": rows.speaker(item.draft, work.origin)}
        for item, known in again
        if item.draft is not None and known.speaker is None
    ]
    return [row for row in found if row["b_speaker"] is not None]


def _edit(rows: RowMaker, item: Item, draft: Draft, known: Known, at: datetime) -> dict[str, Any]:
    """A new version of the text; with no scorer there, it waits to be scored like a new one."""
    mention = draft.mention
    values = {
        **rows.content(draft),
        "edited_at": mention.edited_at or at,
        "scored_at": _scored_at(item, at),
        "media": min(len(mention.media), 1000),
        "rating": mention.rating,
    }
    return {"b_id": known.id, **{f"b_{name}": value for name, value in values.items()}}


def _schedule(work: Gathered, known: Known, growth: float | None = None) -> dict[str, Any]:
    verify_every, refresh_at = work.origin.verify_every, None
    if known.live or verify_every:
        refresh_at = next_refresh(known.occurred_at, growth, work.at, verify_every=verify_every)
    return {"b_id": known.id, "b_refresh_at": refresh_at}
