"""Every span of a text that may tell who was cared for, and what the spans say together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from classifiers.confidentiality import meanings as m
from classifiers.confidentiality.numbers import handles, numbers, room_before, rooms, tail
from classifiers.confidentiality.passage import Passage, Span, near, read
from classifiers.confidentiality.people import Person, people
from classifiers.confidentiality.replies import addressed, confirmations, is_reply
from classifiers.confidentiality.roles import apposition, described, roles

MASK = "[…]"
_PERSONS = frozenset({"name", "role", "handle"})
_TIE = 14  # characters before a name within which a title or a relation introduces it
_TAILS = 4  # pieces that may follow a name: an age, a trade, a town, a room


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What a text's spans say together, for a classifier of the whole text."""

    named: bool  # somebody who may be a patient
    full_name: bool  # by more than one word
    introduced: bool  # after a title or a relation: "ma tante"
    cared_for: bool  # near a word that makes a patient: "opérée"
    detailed: bool  # with an age, a trade, a town, a room
    numbered: bool  # by a phone, an address, a record, a date of birth
    handle: bool
    role: bool
    reply: bool  # the text reads like a hospital's reply
    reply_confirms: bool  # one that tells of care
    carer_only: bool  # names, but all of them carers'


def find_patients(text: str) -> list[Span]:
    """Spans that may tell who was cared for, in order and disjoint; carers' names are "carer"."""
    return _search(read(text))


def mask_patients(text: str, mark: str = MASK) -> str:
    """The text with each span of `find_patients` replaced by `mark`."""
    parts, position = [], 0
    for span in find_patients(text):
        parts += [text[position : span.start], mark]
        position = span.end
    return "".join([*parts, text[position:]])


def read_signals(text: str) -> Signals:
    """The signals of a text, from one reading of it."""
    p = read(text)
    spans = _search(p)
    kinds = {span.kind for span in spans}
    named = [span for span in spans if span.kind == "name"]
    ties = p.where(m.TITLE | m.RELATION) if named else []
    patients = p.where(m.PATIENT) if named else []
    return Signals(
        named=bool(named),
        full_name=any(" " in text[s.start : s.end] for s in named),
        introduced=any(near(ties, s.start - _TIE, s.start, 0) for s in named),
        cared_for=any(near(patients, s.start, s.end) for s in named),
        detailed=not kinds.isdisjoint(("age", "detail", "room")),
        numbered=not kinds.isdisjoint(("phone", "email", "nir", "birth_date", "file")),
        handle="handle" in kinds,
        role="role" in kinds,
        reply=is_reply(p),
        reply_confirms="care" in kinds,
        carer_only="carer" in kinds and not named,
    )


def _search(p: Passage) -> list[Span]:
    spans = list(numbers(p))
    for person in people(p):
        spans += _described(p, person)
    spans += roles(p)
    reply = is_reply(p)
    if "@" in p.text:
        spans += _handles(p, reply)
    if reply:
        spans += _confirmed(p, spans)
    told = sorted(span.start for span in spans if span.kind in _PERSONS)
    if told:
        spans += [room for room in rooms(p.text) if near(told, room.start, room.end)]
    return _disjoint(spans)


def _described(p: Passage, person: Person) -> Iterator[Span]:
    """The name, and for who may be a patient what stands beside it."""
    start, end = p.starts[person.first], p.end(person.end - 1)
    yield Span(start=start, end=end, kind="carer" if person.carer else "name")
    if person.carer:
        return
    role = described(p, person.first)
    if role < person.first:
        yield Span(start=p.starts[role], end=p.end(person.first - 1), kind="role")
    room = room_before(p.text, start)
    if room is not None:
        yield room
    word = person.end
    for _ in range(_TAILS):
        found = tail(p.text, end)
        if found is not None:
            end = found.end
            while word < len(p) and p.starts[word] < end:
                word += 1
        else:
            after = apposition(p, word)
            if after == word:
                return
            found = Span(start=p.starts[word], end=p.end(after - 1), kind="detail")
            word, end = after, found.end
        yield found


def _handles(p: Passage, reply: bool) -> Iterator[Span]:
    cares = p.where(m.CARE | m.PATIENT)
    for span in handles(p.text):
        if reply or near(cares, span.start, span.end):
            yield span


def _confirmed(p: Passage, spans: Iterable[Span]) -> list[Span]:
    """Whom a reply addresses and what it confirms; nothing where nobody is told apart."""
    name = addressed(p)
    found = [name] if name is not None else []
    if found or any(span.kind in {"name", "handle"} for span in spans):
        found += confirmations(p)
    return found


def _disjoint(spans: Iterable[Span]) -> list[Span]:
    """In order; of two that overlap the second keeps only what the first does not cover."""
    kept: list[Span] = []
    covered = 0
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if span.end > covered:
            start = max(span.start, covered)
            kept.append(Span(start=start, end=span.end, kind=span.kind))
            covered = span.end
    return kept
