"""Personal names: runs of capitalised words, and first names without their capital.

A name is a carer's where the words beside it say so; any other name near a word of care, beside a
relation, an age or a room, may be a patient's. A whole name is somebody's wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from classifiers.confidentiality import meanings as m
from classifiers.confidentiality.passage import NEAR, Passage, near
from classifiers.confidentiality.roles import apposition, institutional

ALONE = 40  # the same for one word that is no known first name
_VAGUE = frozenset({"pere", "soeur", "maitre"})
_TELLING = re.compile(
    r"[\s,;:(«\"–-]{0,3}(?:(?:âgée?s? de )?\d{1,3} ?(?:ans|mois|semaines)\b"
    r"|née?\b|(?:en |à la |de la )?(?:chambre|ch\b|lit|box) ?\.?\s?\d|\d{1,2}[./-]\d{1,2}[./-]\d\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Person:
    """Words `first` to `end` (excluded) name somebody."""

    first: int
    end: int
    carer: bool


def people(p: Passage) -> Iterator[Person]:
    candidates = [i for i, part in enumerate(p.parts) if part & m.CANDIDATE]
    if not candidates:
        return
    shouted = _shouted(p)
    cares = p.where(m.CARE | m.PATIENT)
    houses = p.where(m.CARE | m.PATIENT | m.HOUSE)
    taken, carer = 0, False
    for i in candidates:
        if i < taken:
            continue
        first = i
        titled = bool(p.parts[i] & m.TITLE)
        if (p.parts[i] & m.CARER or not titled) and _after_site(p, i):
            taken = _run(p, i + titled)
            continue
        if titled:
            end = _after_title(p, i + 1)
            first = i if p.parts[i] & m.WRITTEN_OUT and end > i + 1 else i + 1
        elif shouted or not p.parts[i] & m.CAPITAL:
            end = _uncapitalised(p, i)
        else:
            end = _capitalised(p, i, cares, houses)
        if end <= first:
            continue
        carer = _carer(p, i, end) or (carer and _listed(p, taken, first))
        taken = end
        yield Person(first, end, carer)


def _shouted(p: Passage) -> bool:
    capitals = sum(1 for part in p.parts if part & m.CAPITAL)
    return capitals > 8 and capitals > 0.7 * len(p)


# What a surname never is, a town's or a feast's name may be: "Sylvain Toussaint".
_PLAIN = (
    m.CARE | m.PATIENT | m.HOUSE | m.SITE | m.TITLE | m.CARER | m.LINK | m.ARTICLE | m.OWN
    | m.RELATION | m.SHOUTED | m.GREETING | m.OURS | m.YOU | m.YOURS | m.VERB | m.ROLE
)  # fmt: skip


def _after_title(p: Passage, first: int) -> int:
    """Index after the name that a title announces, `first` if it announces none."""
    if not p.beside(first, dot=True):
        return first
    title, part = p.folded(first - 1), p.parts[first]
    named = first + _particles(p, first)
    if named > first:
        return _run(p, named)
    if not part & m.CAPITAL and (_vague(p, first - 1, title) or len(p.words[first]) < 3):
        return first
    if part & m.NEVER and not (part & m.INITIAL and part & m.CAPITAL):
        return first
    if part & m.TITLE:
        return first
    if part & m.CAPITAL:
        return _run(p, first)
    if part & (m.ROLE | m.LINK | m.KIN) or p.said(first - 2) & m.ARTICLE:
        return first
    return first + 1 + bool(part & m.FIRST_NAME and p.said(first + 1) & m.FIRST_NAME)


def _vague(p: Passage, i: int, title: str) -> bool:
    """ "m" without its stop is a metre or a slip more often than a gentleman."""
    return title in _VAGUE or (title == "m" and not p.gaps[i + 1].startswith("."))


def _uncapitalised(p: Passage, i: int) -> int:
    """A first name without its capital, beside "voisin" or "infirmière"; and the name after it."""
    if not p.parts[i] & m.FIRST_NAME or p.parts[i] & m.OWN:
        return i
    surname = p.beside(i + 1) and len(p.words[i + 1]) > 2 and not p.parts[i + 1] & _ORDINARY
    if _TELLING.match(p.text, p.end(i + surname)):
        return i + 1 + surname
    if any(_tied(p, i, after) for after in (i + 1, i + 2)):
        return i + 1
    if p.beside(i) and p.parts[i - 1] & (m.RELATION | m.CARER | m.SELF):
        return i + 1 + surname
    return i


def _tied(p: Passage, i: int, after: int) -> bool:
    """Whether word `after` ties word i to somebody: "sophie l'infirmière"."""
    if not p.said(after) & (m.RELATION | m.CARER):
        return False
    return not any(p.breaks(k) for k in range(i + 1, after + 1))


_ORDINARY = m.NEVER | m.CARE | m.PATIENT | m.LINK | m.ARTICLE | m.VERB | m.HOUSE


def _capitalised(p: Passage, i: int, cares: Sequence[int], houses: Sequence[int]) -> int:
    """Index after the run of capitalised words that begins here, if it may name somebody."""
    if p.gaps[i].endswith("#"):
        return i
    end = _run(p, i)
    known = any(p.parts[k] & m.FIRST_NAME for k in range(i, end))
    shouted = all(p.parts[k] & m.SHOUTED for k in range(i, end))
    if known and end - i > 1:  # a whole name is somebody's, wherever it stands
        return end
    alone = end - i == 1
    if _TELLING.match(p.text, p.end(end - 1)) and not (alone and _bare(p, i)):
        return end
    before = p.said(i - 1) if p.beside(i) else 0
    if before & (m.RELATION | m.POSSESSED) or (known and before & m.ROLE):
        return end
    if (known or end - i > 1) and (before & m.SELF or _presented(p, i)):
        return end
    if _signed(p, i, end) or (known and apposition(p, end) > end):
        return end
    if before & m.OWN and not (shouted or p.parts[i] & (m.CARE | m.HOUSE | m.SITE)):
        return end
    if not known and (shouted or (alone and _unlikely_alone(p, i))):
        return i
    reach = ALONE if alone and not known else NEAR
    return end if near(houses if known else cares, p.starts[i], p.end(end - 1), reach) else i


def _presented(p: Passage, i: int) -> bool:
    """Whether "c'est" stands before word i."""
    return i > 1 and p.words[i - 1] == "est" and p.words[i - 2] in {"c", "C"} and p.beside(i)


def _signed(p: Passage, i: int, end: int) -> bool:
    """An initial and a name alone on the last line: "A. Wyss"."""
    return bool(p.parts[i] & m.INITIAL) and end == len(p) and end > i + 1 and p.opens(i)


def _bare(p: Passage, i: int) -> bool:
    """Whether word i is in capitals, or a letter without its stop: a heading, not a name."""
    initial = p.parts[i] & m.INITIAL and p.end(i) == p.starts[i] + 1
    return bool(initial or p.parts[i] & m.SHOUTED)


def _unlikely_alone(p: Passage, i: int) -> bool:
    """One capitalised word, no first name: opening a sentence, or where a town would stand."""
    if p.parts[i] & (m.INITIAL | m.CARE | m.PATIENT | m.HOUSE | m.SITE) or p.opens(i):
        return True
    if not i:
        return False
    if p.folded(i - 1) in {"de", "d"} and p.said(i - 2) & (m.POSSESSED | m.RELATION):
        return False
    return bool(p.parts[i - 1] & m.PLACE)


def _after_site(p: Passage, i: int) -> bool:
    """Whether the words before make it a street's or a house's name: "place du Docteur Roux"."""
    for k in range(i - 1, max(-1, i - 4), -1):
        if not p.beside(k + 1):
            return False
        if p.parts[k] & m.SITE:
            return True
        if not p.parts[k] & (m.LINK | m.TITLE):
            return False
    return False


def _run(p: Passage, first: int) -> int:
    """Index after the capitalised words that follow each other from `first`, particles included."""
    end = first + 1
    while end < len(p) and end - first < 6 and p.beside(end):
        if _continues(p, end):
            end += 1
        elif particles := _particles(p, end):
            end += particles + 1
        else:
            break
    return end


def _continues(p: Passage, i: int) -> bool:
    """Whether word i, capitalised, may be the next of a name."""
    part = p.parts[i]
    if not part & m.CAPITAL:
        return False
    if part & m.INITIAL or not part & (m.NEVER | m.TITLE):
        return True
    return bool(p.parts[i - 1] & m.FIRST_NAME) and not part & _PLAIN


def _particles(p: Passage, i: int) -> int:
    """How many particles at i lead to another part of the name: one in "de Villiers"."""
    for count in range(3):
        here = i + count
        if not p.beside(here, dot=True):
            return 0
        part = p.parts[here]
        if count and part & m.CAPITAL and not part & (m.NEVER | m.TITLE):
            return count
        if not part & m.PARTICLE:
            return 0
    return 0


def _carer(p: Passage, i: int, end: int) -> bool:
    """Whether the words beside the name make it a carer's; i is its title, where it has one."""
    if p.parts[i] & m.CARER and p.parts[i] & m.TITLE:
        return True
    before = p.said(i - 1)
    if not p.beside(i, dot=bool(before & m.TITLE)) and p.gaps[i] != ", ":
        before = 0
    if before & m.CARER and not (before & m.RELATION and p.said(i - 2) & m.OWN):
        return True
    thanked = m.GREETING if not p.parts[i] & m.TITLE else 0
    if before & m.LINK and p.said(i - 2) & (m.CARER | m.TEAM | thanked):
        return not _TELLING.match(p.text, p.end(end - 1))
    return _carer_after(p, end)


def _carer_after(p: Passage, end: int) -> bool:
    """Whether ", infirmière" or ", directeur du CHU" follows."""
    for k in range(end, min(end + 3, len(p))):
        if not (p.beside(k) or (k == end and not p.gaps[k].strip(" ,(’'"))):
            return False
        if p.parts[k] & m.ROLE:
            return institutional(p, k)
        if p.parts[k] & m.CARER:
            return True
        if not p.parts[k] & (m.LINK | m.ARTICLE | m.QUALITY | m.OWN):
            return False
    return False


def _listed(p: Passage, end: int, first: int) -> bool:
    """Whether the name at `first` goes on a list: "les docteurs Roux, Carlin et Morel"."""
    if first == end:
        return p.gaps[first].strip() == ","
    return first == end + 1 and p.folded(end) == "et"
