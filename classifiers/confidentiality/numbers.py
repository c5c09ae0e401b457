"""What identifies by digits or signs: numbers, addresses, dates of birth, rooms, files, handles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from classifiers.confidentiality import meanings as m
from classifiers.confidentiality.passage import Passage, Span

_DATE = r"\d{1,2}(?:[ ./-]\d{1,2}[ ./-]|(?:er)? ?[^\W\d_]{3,9} )(?:\d{4}|\d{2})"
_NUMBER = re.compile(
    r"(?<![\d.,])(?P<nir>[12][ .]?\d\d[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?(?:\d\d|2[AB])"
    r"[ .]?\d{3}[ .]?\d{3}(?:[ .]?\d\d)?)(?!\d)"
    r"|(?<!\d)(?P<phone>(?:(?:\+|00)\d{2,3}[ .-]?(?:\(0\)[ .-]?)?\d{1,3}|0[1-9])"
    r"(?:[ .-]?\d{2,3}){3,4})(?!\d)"
)
_LONG = re.compile(r"\d(?:[ .()AB-]{0,3}\d){7}")  # no number of either sort is shorter
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_BIRTH = re.compile(rf"\w{{2,11}}\b[^\d\n]{{0,20}}(?P<birth_date>{_DATE})\b")
_FILE = re.compile(
    r"\w{2,11}\b ?(?:(?:num[ée]ro|n[°ºo])\.?|:|#)? ?:? ?(?P<file>[A-Z]{0,3}\d(?:[ ./-]?\d){3,14})",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_MONTH = r"(?! ?(?:janv|f[ée]v|mars|avr|mai|juin|juil|ao[uû]t|sept|oct|nov|d[ée]c|au|h|%|€|/))"
_TAIL = re.compile(
    r"[\s,;:(«»\"“”–-]{0,3}(?:"
    r"(?P<age>(?:âgée? de )?\d{1,3} ?(?:ans|mois|semaines)\b(?: et demie?)?)"
    r"|(?:(?:en|à|à la|dans la|de la|au) )?(?P<room>(?:chambre|ch|lit|box)\b ?\.?(?: ?n°)? ?\d{1,4}[a-z]?\b)"
    rf"|(?:du|au) (?P<place>n? ?°? ?\d{{1,4}}(?:e|er|[èe]me)?\b){_MONTH}"
    rf"|(?P<birth_date>\d{{1,2}}[./-]\d{{1,2}}[./-](?:\d{{4}}|\d{{2}})\b|(?:née? en |née? )?(?:19|20)\d\d\b)"
    r")",
    re.IGNORECASE,
)
_ROOM_BEFORE = re.compile(
    r"(?:chambre|ch|lit|box)\b ?\.? ?\d{1,4}[a-z]?[\s,:–-]{1,3}$", re.IGNORECASE
)
_ROOMMATE = re.compile(
    r"(?P<room>\w{3,10}"
    r" (?:du|de la|au)(?: (?:chambre|lit|box|ch))? ?\d{1,4}\b)" + _MONTH,
    re.IGNORECASE,
)
_INITIALS = re.compile(
    r"[A-Z](?<![\w.][A-Z])\. ?[A-Z]\.?(?=[\s,(]{1,2}(?:\d{1,3} ans|chambre|ch\b|lit|née?\b))"
)
_HANDLE = re.compile(r"(?<![\w@.])@\w[\w.-]{0,40}\w")
_OFFICIAL = re.compile(
    r"@(?:chu|chr|ch_|hopita|hospit|clini|ars|samu|sdis|mairie|ville|info|gouv|minist|police|press|"
    r"dr[_.]|(?-i:Dr[A-Z])|bfm|tv|sos)"
    r"|officiel|hopital|pediatri|chirurg|urgence",
    re.IGNORECASE,
)
_ROOM = re.compile(r"\b(?:chambre|lit|box|chanm)\b ?\.?(?: ?n°)? ?\d{1,4}[a-z]?\b", re.IGNORECASE)


def numbers(p: Passage) -> Iterator[Span]:
    """Numbers and addresses that identify whoever is spoken of."""
    text = p.text
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield Span(start=match.start(), end=match.end(), kind="email")
    for match in _INITIALS.finditer(text):
        yield Span(start=match.start(), end=match.end(), kind="name")
    if _DIGIT.search(text) is None:
        return
    yield from _labelled(p)
    if _LONG.search(text) is not None:
        for match in _NUMBER.finditer(text):
            yield Span(start=match.start(), end=match.end(), kind=str(match.lastgroup))


def _labelled(p: Passage) -> Iterator[Span]:
    """What follows "née le", "dossier n°" and "la dame du"."""
    for i, part in enumerate(p.parts):
        if not part & _LABELS:
            continue
        for label, pattern in _PATTERNS:
            match = pattern.match(p.text, p.starts[i]) if part & label else None
            if match is not None:
                kind = str(match.lastgroup)
                yield Span(start=match.start(kind), end=match.end(kind), kind=kind)


_PATTERNS = ((m.BIRTH, _BIRTH), (m.FILE, _FILE), (m.KIN, _ROOMMATE))
_LABELS = m.BIRTH | m.FILE | m.KIN


def rooms(text: str) -> Iterator[Span]:
    """Numbered rooms, which tell who where somebody is named."""
    for match in _ROOM.finditer(text):
        yield Span(start=match.start(), end=match.end(), kind="room")


def tail(text: str, position: int) -> Span | None:
    """The age, room or date that stands right after somebody who ends at `position`."""
    match = _TAIL.match(text, position)
    if match is None:
        return None
    kind = str(match.lastgroup)
    start, end = match.span(kind)
    return Span(start=start, end=end, kind="room" if kind == "place" else kind)


def room_before(text: str, position: int) -> Span | None:
    """The room that stands right before somebody who begins at `position`."""
    match = _ROOM_BEFORE.search(text, max(0, position - 20), position)
    if match is None:
        return None
    return Span(start=match.start(), end=match.end(), kind="room")


def handles(text: str) -> Iterator[Span]:
    """Handles of accounts, but those whose name is a house's, a paper's or an authority's."""
    for match in _HANDLE.finditer(text):
        if not _OFFICIAL.search(match[0]):
            yield Span(start=match.start(), end=match.end(), kind="handle")
