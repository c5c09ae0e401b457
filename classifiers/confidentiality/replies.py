"""A hospital's reply, and what it confirms: "suite à votre passage aux urgences, Léa"."""

from __future__ import annotations

from collections.abc import Iterator

from classifiers.confidentiality import meanings as m
from classifiers.confidentiality.passage import Passage, Span

_LONGEST = 14  # words of what is confirmed
_OPENING = 5  # words within which a reply greets
_CONFIRMED = m.PATIENT | m.VISIT
_TREATED = m.PATIENT | m.TREATED


def is_reply(p: Passage) -> bool:
    """Whether somebody greets and tells "you" of what is theirs, as a hospital answers."""
    greets = any(part & (m.GREETING | m.TITLE | m.YOURS) for part in p.parts[:_OPENING])
    if not (greets or p.text.lstrip().startswith("@")):
        return False
    said = 0
    for part in p.parts:
        said |= part
    if not said & (m.YOURS | m.YOU):
        return False
    return bool(said & m.OURS) or next(confirmations(p), None) is not None


def addressed(p: Passage) -> Span | None:
    """The name that a greeting is for, whatever it is: "Bonjour Léane,"."""
    for i in range(min(_OPENING, len(p))):
        if p.parts[i] & (m.GREETING | m.TITLE):
            continue
        if i and p.parts[i - 1] & (m.GREETING | m.TITLE) and p.beside(i, dot=True):
            return _name(p, i)
        return None
    return None


def _name(p: Passage, i: int) -> Span | None:
    if not p.parts[i] & m.CAPITAL or p.parts[i] & (m.NEVER | m.HOUSE | m.ROLE):
        return None
    end = i + 1
    while end < min(i + 4, len(p)) and p.beside(end) and p.parts[end] & (m.CAPITAL | m.PARTICLE):
        end += 1
    start = i - 1 if i and p.parts[i - 1] & m.WRITTEN_OUT else i
    return Span(start=p.starts[start], end=p.end(end - 1), kind="name")


def confirmations(p: Passage) -> Iterator[Span]:
    """What tells that the person addressed, or theirs, was cared for."""
    taken = 0
    for i, part in enumerate(p.parts):
        if i < taken or not part & (m.YOURS | m.YOU):
            continue
        end = _clause(p, i) if part & m.YOURS else _cared_for(p, i)
        if end > i:
            taken = end
            yield Span(start=p.starts[i], end=p.end(end - 1), kind="care")


def _clause(p: Passage, i: int) -> int:
    """Index after "votre séjour en orthopédie", `i` if what is theirs tells no care."""
    end, told = i + 1, False
    while end < min(i + _LONGEST, len(p)) and p.gaps[end].strip(" \u00a0'’0123456789") == "":
        if p.parts[end] & m.VERB:
            break
        told = told or (end <= i + 4 and bool(p.parts[end] & _CONFIRMED))
        end += 1
    while end > i + 1 and p.parts[end - 1] & m.LINK:
        end -= 1
    return end if told else i


def _cared_for(p: Passage, i: int) -> int:
    """Index after "vous avez été opéré le 3", `i` if nothing of the sort follows."""
    end, told = i + 1, False
    while end < min(i + _LONGEST, len(p)) and p.gaps[end].strip(" \u00a0'’0123456789") == "":
        told = told or (end <= i + 5 and bool(p.parts[end] & _TREATED))
        end += 1
    return end if told else i
