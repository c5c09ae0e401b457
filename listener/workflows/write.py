"""A gathered page's rows, written in the caller's transaction; gives back the facts rules may use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from listener.domain.rule import MentionFact
from listener.domain.timing import next_refresh
from listener.storage import mentions
from listener.storage.mentions import Known
from listener.workflows.draft import STORED_SCORES, Draft, RowMaker, snapshot_rows
from listener.workflows.gather import Gathered, Item
from listener.workflows.scoring import Verdicts

GREW = 1.0  # points of severity: below, nothing new happened to an old mention


async def write_items(
    connection: AsyncConnection, work: Gathered, rows: RowMaker
) -> list[MentionFact]:
    """Write new and known mentions with their links, subjects, figures and scores."""
    new = [(item, item.draft) for item in work.items if item.known is None and item.draft]
    again = [(item, item.known) for item in work.items if item.known is not None]
    facts = await _write_new(connection, work, rows, new)
    facts += await _write_known(connection, work, rows, again)
    await mentions.schedule(connection, [_schedule(work, known) for known in work.alive])
    return facts


async def _write_new(
    connection: AsyncConnection,
    work: Gathered,
    rows: RowMaker,
    new: Sequence[tuple[Item, Draft]],
) -> list[MentionFact]:
    said = [Verdicts.of(item.scores) for item, _ in new]
    made = [
        rows.mention(draft, work.origin, verdicts, live=work.live, at=work.at)
        | {"scored_at": _scored_at(item, work.at)}
        for (item, draft), verdicts in zip(new, said, strict=True)
    ]
    ids = await mentions.add(connection, made)
    work.stored = len(ids)
    links: list[dict[str, Any]] = []
    subjects: list[dict[str, Any]] = []
    snapshots: list[dict[str, Any]] = []
    facts: list[MentionFact] = []
    scored = []
    for (item, draft), verdicts, row in zip(new, said, made, strict=True):
        number = ids.get((row["network"], row["ref"]))
        if number is None:
            continue  # another daemon has just written it: its own transaction judged it
        links.append(rows.link(draft, number, at=work.at))
        occurred = row["occurred_at"]
        subjects += rows.subjects(draft, number, verdicts, live=work.live, occurred=occurred)
        snapshots += snapshot_rows(number, item.engagements)
        scored.append((number, _stored(item)))
        if work.live:
            facts.append(_fact(number, draft, verdicts, occurred))
    await mentions.add_links(connection, links)
    await mentions.add_subjects(connection, subjects)
    await mentions.add_snapshots(connection, snapshots)
    await mentions.add_scores(connection, scored, work.at)
    return facts


def _stored(item: Item) -> list[Any]:
    """The scores worth a row: a measure that cannot be said is none."""
    return [
        score
        for score in item.scores or ()
        if score.classifier in STORED_SCORES and (score.probabilities or score.value is not None)
    ]


def _scored_at(item: Item, at: datetime) -> datetime | None:
    """Poison was looked at too, or it would be tried for ever."""
    return at if item.scores is not None or item.poison else None


def _fact(number: int, draft: Draft, verdicts: Verdicts, occurred: datetime) -> MentionFact:
    return MentionFact(
        id=number,
        subjects=draft.subjects,
        network=draft.mention.network,
        occurred_at=occurred,
        text=draft.whole_text,
        severity=verdicts.severity,
        sentiment=verdicts.sentiment,
    )


async def _write_known(
    connection: AsyncConnection,
    work: Gathered,
    rows: RowMaker,
    again: Sequence[tuple[Item, Known]],
) -> list[MentionFact]:
    if not again:
        return []
    at = work.at
    snapshots: list[dict[str, Any]] = []
    edits: list[dict[str, Any]] = []
    subjects: list[dict[str, Any]] = []
    for item, known in again:
        snapshots += snapshot_rows(known.id, item.engagements)
        if item.edited and item.draft is not None:
            edits.append(_edit(rows, item, item.draft, known, at))
            subjects += rows.subjects(
                item.draft,
                known.id,
                Verdicts.of(item.scores),
                live=known.live,
                occurred=known.occurred_at,
            )
    await mentions.add_snapshots(connection, snapshots)
    await mentions.edit(connection, edits)
    await mentions.add_subjects(connection, subjects)
    await write_verdicts(connection, [(item, known) for item, known in again], at)
    growing = [(known, Verdicts.of(item.scores).growth) for item, known in again]
    await mentions.schedule(connection, [_schedule(work, *pair) for pair in growing])
    return [fact for item, known in again if (fact := known_fact(item, known)) is not None]


async def write_verdicts(
    connection: AsyncConnection, again: Sequence[tuple[Item, Known]], at: datetime
) -> None:
    """Append the new scores of known mentions and point at them."""
    scored = [(item, known) for item, known in again if item.scores is not None]
    await mentions.add_scores(connection, [(known.id, _stored(item)) for item, known in scored], at)
    await mentions.set_current(connection, [_current(item, known, at) for item, known in scored])


def _current(item: Item, known: Known, at: datetime) -> dict[str, Any]:
    verdicts = Verdicts.of(item.scores)
    return {
        "b_id": known.id,
        "b_scored_at": at,
        "b_sentiment": verdicts.sentiment,
        "b_severity": verdicts.severity,
        "b_language": verdicts.language,
    }


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


def known_fact(item: Item, known: Known) -> MentionFact | None:
    """What rules may know of a mention that came again; None where nothing new can breach.

    An old post whose figures take off is news of the instant they were read; one that was
    merely read again is not.
    """
    verdicts = Verdicts.of(item.scores)
    severity = verdicts.severity
    grew = severity is not None and severity >= (known.severity or 0) + GREW
    if not known.live or not (item.edited or grew):
        return None
    taken = max((e.taken_at for e in item.engagements), default=None)
    draft = item.draft
    return MentionFact(
        id=known.id,
        subjects=draft.subjects if draft else known.subjects,
        network=known.network,
        occurred_at=known.occurred_at,
        text=draft.whole_text if draft else f"{known.title or ''}\n{known.text or ''}",
        severity=severity,
        sentiment=verdicts.sentiment,
        judged_at=taken if grew else None,
    )
