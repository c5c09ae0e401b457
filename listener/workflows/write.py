"""A gathered page's rows, written in the caller's transaction; gives back the facts rules may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.classifier import Score
from listener.domain.rule import MentionFact
from listener.domain.timing import next_refresh
from listener.storage import mentions, verdicts
from listener.storage.mentions import Known
from listener.workflows.draft import STORED_SCORES, Draft, RowMaker, snapshot_rows
from listener.workflows.gather import Gathered, Gatherer, Item
from listener.workflows.heed import PERSON, heed
from listener.workflows.marks import GREW, Marker, Marks
from listener.workflows.recheck import meet
from listener.workflows.scoring import Scored, Verdicts

MEASURED = ("severity", "virality")  # what figures move; the rest is said of the text alone


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
    said = [
        rows.marker.of(
            item.scores,
            subjects=draft.subjects,
            network=draft.mention.network,
            stands=draft.stands,
            live=work.live,
        )
        for item, draft in new
    ]
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
        scored.append((number, _stored(item.scores)))
        if judged:
            facts.append(_fact(number, draft, marks, row))
    await mentions.add_links(connection, links)
    await mentions.add_subjects(connection, subjects)
    await mentions.add_snapshots(connection, snapshots)
    await verdicts.add_scores(connection, scored, work.at)
    return facts, late


def _stored(scores: Scored, names: Sequence[str] = STORED_SCORES) -> list[Score]:
    """The scores worth a row: a measure that cannot be said is none."""
    return [
        score
        for score in scores or ()
        if (score.classifier in names or score.version == PERSON)
        and (score.probabilities or score.figures or score.value is not None)
    ]


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
    await mentions.add_snapshots(connection, snapshots)
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


async def current_marks(
    connection: AsyncConnection, marker: Marker, again: Sequence[tuple[Item, Known]]
) -> list[Marks]:
    """What each known mention's row is to say from now on."""
    moved = [known.id for item, known in again if only_moved(item, known)]
    before = await verdicts.fast_severities(connection, moved) if moved else {}
    said = [
        marker.moved(item.scores, known, before.get(known.id))
        if only_moved(item, known)
        else marker.again(
            item.scores,
            known,
            item.subjects,
            stands=item.draft is not None and item.draft.stands,
        )
        for item, known in again
    ]
    return await heed(connection, marker, again, said)


def only_moved(item: Item, known: Known) -> bool:
    """Whether fast scores came of a text that the deep classifiers have read already."""
    return known.tier == "deep" and not item.edited and Verdicts.of(item.scores).tier == "fast"


async def write_verdicts(
    connection: AsyncConnection,
    marker: Marker,
    again: Sequence[tuple[Item, Known]],
    said: Sequence[Marks],
    at: datetime,
) -> list[MentionFact]:
    """Append the new scores of known mentions and point at them; the facts that rules may use."""
    scored = [
        (item, known, marks)
        for (item, known), marks in zip(again, said, strict=True)
        if item.scores is not None
    ]
    stored = [
        (known.id, _stored(item.scores, MEASURED if only_moved(item, known) else STORED_SCORES))
        for item, known, _ in scored
    ]
    before = await _forecasts(connection, marker, scored)
    await verdicts.add_scores(connection, stored, at)
    await verdicts.set_current(connection, [_current(known, m, at) for _, known, m in scored])
    found = [
        known_fact(item, known, marks, _news(marker, known, marks, before))
        for (item, known), marks in zip(again, said, strict=True)
    ]
    return [fact for fact in found if fact is not None]


async def _forecasts(
    connection: AsyncConnection, marker: Marker, scored: Sequence[tuple[Item, Known, Marks]]
) -> dict[int, Mapping[str, float]]:
    """What was forecast before, of the few mentions whose forecast crosses a threshold now."""
    crossing = [known.id for _, known, marks in scored if marker.taking_off(marks, {})]
    return await verdicts.latest_forecasts(connection, crossing) if crossing else {}


def _news(
    marker: Marker, known: Known, marks: Marks, before: Mapping[int, Mapping[str, float]]
) -> News:
    return News(
        takes_off=marker.taking_off(marks, before.get(known.id, {})),
        themed=marker.themed_anew(marks, known),
    )


def _current(known: Known, marks: Marks, at: datetime) -> dict[str, Any]:
    named = {f"b_{name}": value for name, value in marks.columns.items()}
    return {"b_id": known.id, "b_scored_at": at, **named}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What rules ask about that a mention which came again did not have before."""

    takes_off: bool = False  # its forecast crosses a threshold
    themed: bool = False


def known_fact(item: Item, known: Known, marks: Marks, news: News = News()) -> MentionFact | None:
    """What rules may know of a mention that came again; None where nothing new can breach.

    An old post whose figures take off is news of the instant they were read; one that was
    merely read again is not.
    """
    grew = marks.severity is not None and marks.severity >= (known.severity or 0) + GREW
    turned = marks.sentiment not in (None, known.sentiment)
    changed = item.edited or grew or turned or news.takes_off or news.themed
    if not known.judged or not changed:
        return None
    taken = max((e.taken_at for e in item.engagements), default=item.read_at)
    draft = item.draft
    return MentionFact(
        id=known.id,
        subjects=draft.subjects if draft else known.subjects,
        network=known.network,
        occurred_at=known.occurred_at,
        text=draft.whole_text if draft else f"{known.title or ''}\n{known.text or ''}",
        severity=marks.severity,
        sentiment=marks.sentiment,
        judged_at=taken if grew or news.takes_off else None,
        kind=known.kind,
        story=known.story_id,
        author_ref=known.author_ref,
        author_id_ref=known.author_id_ref,
        followers=known.followers,
        rating=draft.mention.rating if draft else known.rating,
        themes=marks.likely,
        forecast=marks.forecast,
    )
