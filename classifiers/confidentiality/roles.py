"""A role with its place is one person: "la boulangère de la place", "la femme du notaire de X"."""

from __future__ import annotations

from collections.abc import Iterator

from classifiers.confidentiality import meanings as m
from classifiers.confidentiality.passage import Passage, Span, near

_LONGEST = 12  # words of a role with its place
_PART = m.ROLE | m.KIN | m.SITE | m.TEAM
_NO_PLACE = m.HOUSE | m.CARE | m.PATIENT | m.TITLE | m.VERB | m.CARER | m.TEAM
_BEFORE_ROLE = m.ARTICLE | m.QUALITY | m.OWN | m.LINK


def roles(p: Passage) -> Iterator[Span]:
    """Roles near a word that makes of somebody a patient."""
    heads = [i for i, part in enumerate(p.parts) if part & (m.ROLE | m.KIN)]
    patients = p.where(m.PATIENT) if heads else []
    taken = 0
    for i in heads if patients else ():
        if i < taken or _names_follow(p, i):
            continue
        end, unique = _phrase(p, i)
        start = _beginning(p, i)
        unique = unique or bool(p.said(i - 1) & m.OWN and p.parts[i] & m.ROLE)
        if not unique or start is None or institutional(p, i):
            continue
        if near(patients, p.starts[start], p.end(end - 1)):
            taken = end
            yield Span(start=p.starts[start], end=p.end(end - 1), kind="role")


def apposition(p: Passage, end: int) -> int:
    """Index after what follows a name and says of whom: ", l'ancien facteur de X", " de X"."""
    if end >= len(p):
        return end
    gap = p.gaps[end].strip(" \u00a0'’." if p.parts[end - 1] & m.INITIAL else " \u00a0'’")
    if gap not in {"", ",", "("}:
        return end
    i = end
    while i < min(end + 3, len(p)) and (i == end or p.beside(i)) and p.parts[i] & _BEFORE_ROLE:
        i += 1
    if i >= len(p) or (i > end and not p.beside(i)):
        return end
    part = p.parts[i]
    if part & (m.ROLE | m.KIN):
        return end if institutional(p, i) else _phrase(p, i)[0]
    if gap and (part & m.SHOWN or (i == end + 1 and p.parts[end] & m.OWN)):
        return _phrase(p, i)[0]
    return _phrase(p, i)[0] if i > end and _place(p, end, i) else end


def described(p: Passage, first: int) -> int:
    """Index where the role right before the name at `first` begins: "notre facteur Gégé"."""
    i = first - 1
    if not (p.said(i) & m.ROLE and p.beside(first)) or p.parts[i] & m.CARER:
        return first
    start = _beginning(p, i)
    return first if start is None else start


def institutional(p: Passage, i: int) -> bool:
    """Whether the role at word i is one in a hospital, whose director is no patient."""
    return any(
        part & m.HOUSE or (part & m.CARER and not part & m.ROLE)
        for part in p.parts[i + 1 : _phrase(p, i)[0]]
    )


def _place(p: Passage, link: int, i: int) -> bool:
    """Whether word i, led to by the words from `link`, is where somebody is from."""
    part = p.parts[i]
    if not p.parts[link] & m.LINK or part & _NO_PLACE:
        return False
    if part & (m.CAPITAL | m.SITE):
        return not part & m.NEVER or bool(part & m.SITE)
    return p.folded(link) == "du" or i - link > 1  # "de la boulangerie", not "de garde"


def _names_follow(p: Passage, i: int) -> bool:
    """Whether a name comes next, which tells more than the role does."""
    return p.beside(i + 1) and bool(p.parts[i + 1] & (m.FIRST_NAME | m.TITLE))


def _phrase(p: Passage, i: int) -> tuple[int, bool]:
    """Index after a role and its complements, and whether they make it one person's."""
    end = i + 1
    unique = bool(p.parts[i] & m.OFFICE)
    linked = False
    for k in range(i + 1, min(i + _LONGEST, len(p))):
        if p.gaps[k].strip(" \u00a0'’-0123456789"):
            break
        part = p.parts[k]
        if part & (m.LINK | m.ARTICLE):
            linked = linked or bool(part & m.LINK)
        elif part & m.CAPITAL or part & _PART:
            unique = unique or linked or bool(part & m.CAPITAL)
            end, linked = k + 1, False
        elif not part & (m.PATIENT | m.CARE | m.VERB) and (linked or _qualifies(p, i, k)):
            end, linked = k + 1, False
        else:
            break
    return end, unique


def _qualifies(p: Passage, i: int, k: int) -> bool:
    """Whether word k stands between the role at i and its place: "présentatrice météo de X"."""
    return k == i + 1 and bool(p.said(k + 1) & (m.LINK | m.SITE))


def _beginning(p: Passage, i: int) -> int | None:
    """Index where the role begins, its article and "ancien" included; None if it has no article."""
    k = i
    while k > max(0, i - 3) and p.beside(k) and p.parts[k - 1] & m.QUALITY:
        k -= 1
    if not (k and p.beside(k)):
        return None
    before = p.parts[k - 1]
    if before & (m.ARTICLE | m.OWN):
        return k - 1
    return k if before & (m.LINK | m.TITLE | m.QUALITY) else None
