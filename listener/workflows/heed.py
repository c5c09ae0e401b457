"""What a person said of a text stands, whatever classifiers say of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from classifiers.classifier import Reason, Sample, Score
from classifiers.outputs import CLASSES, FLAGS
from classifiers.severity import Points, severity, told_by
from classifiers.themes import THEMES, pack, unpack
from listener.domain.labelling import NO, SENTIMENT, YES, Word
from listener.storage import labels
from listener.storage.mentions import Known
from listener.workflows.gather import Item
from listener.workflows.marks import Marker, Marks

PERSON = "person"  # the version of a score that a person gave
_READ = (Reason(code=PERSON),)


async def heed(
    connection: AsyncConnection,
    marker: Marker,
    again: Sequence[tuple[Item, Known]],
    said: Sequence[Marks],
) -> list[Marks]:
    """The marks with people's words in them. The items' scores become what people said, too.

    An edited text is another one: nobody has read it yet.
    """
    unedited = [known.id for item, known in again if item.scores is not None and not item.edited]
    words = await labels.current(connection, unedited) if unedited else {}
    found = []
    for (item, known), marks in zip(again, said, strict=True):
        word = {} if item.edited else words.get(known.id, {})
        if word and item.scores is not None:
            item.scores = heeded(item.scores, word, item.sample, marker.points)
            marks = spoken(marks, word, item.scores)
        found.append(marks)
    return found


def spoken(marks: Marks, word: Word, scores: Sequence[Score]) -> Marks:
    """The columns as the person has them; the severity follows."""
    beside = word.get("about_hospital") == NO
    flags = {name: float(word[name] == YES) for name in FLAGS if name in word}
    return replace(
        marks,
        sentiment=word.get(SENTIMENT, "neutral" if beside else marks.sentiment),
        severity=next(score.value for score in scores if score.classifier == "severity"),
        themes=_themes(marks.themes, word),
        restricted=bool(flags.get("patient_privacy", marks.restricted)),
        about=flags.get("about_hospital", marks.about),
        deep_priority=None,  # a person's reading is the deepest there is
    )


def _themes(packed: int | None, word: Word) -> int | None:
    named = {name: value for name, value in word.items() if name in THEMES}
    if not named:
        return packed
    kept = {theme for theme in unpack(packed or 0) if theme not in named}
    return pack(kept | {theme for theme, value in named.items() if value == YES})


def heeded(scores: Sequence[Score], word: Word, sample: Sample, points: Points) -> list[Score]:
    """The scores with the person's word for what it speaks of, and the severity that follows."""
    by_name = {score.classifier: score for score in scores}
    if SENTIMENT in word:
        tone = {name: float(name == word[SENTIMENT]) for name in CLASSES}
        by_name[SENTIMENT] = _said(SENTIMENT, tone)
    for classifier, names in (("themes", THEMES), ("flags", FLAGS)):
        named = {name: float(word[name] == YES) for name in names if name in word}
        if named:
            before = by_name[classifier].probabilities if classifier in by_name else {}
            by_name[classifier] = _said(classifier, {**before, **named})
    told = told_by(by_name, sample)
    if "about_hospital" in word:
        told = replace(told, about=float(word["about_hospital"] == YES))
    by_name["severity"] = replace(severity(sample, told, points), version=PERSON)
    return list(by_name.values())


def _said(classifier: str, probabilities: Mapping[str, float]) -> Score:
    return Score(classifier=classifier, version=PERSON, probabilities=probabilities, reasons=_READ)
