"""What is said anew of stored mentions: scores appended, their rows pointed at them, facts for rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.classifier import Score
from listener.domain.rule import MentionFact
from listener.storage import verdicts
from listener.storage.mentions import Known
from listener.workflows.draft import STORED_SCORES
from listener.workflows.gather import Item
from listener.workflows.heed import PERSON, heed
from listener.workflows.marks import GREW, Marker, Marks
from listener.workflows.scoring import Scored, Verdicts

MEASURED = ("severity", "virality")  # what figures move; the rest is said of the text alone


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
        (
            known.id,
            stored_scores(item.scores, MEASURED if only_moved(item, known) else STORED_SCORES),
        )
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


def stored_scores(scores: Scored, names: Sequence[str] = STORED_SCORES) -> list[Score]:
    """The scores worth a row: a measure that cannot be said is none."""
    return [
        score
        for score in scores or ()
        if (score.classifier in names or score.version == PERSON)
        and (score.probabilities or score.figures or score.value is not None)
    ]


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
