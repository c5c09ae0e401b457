"""Whose address or phone number something came from."""

from __future__ import annotations

import re
from collections.abc import Mapping

from listener.domain.oncall import Person

SIGNIFICANT = 9  # figures of a number that are the same however its country is written

_NUMBER = re.compile(r"\+?\d(?:[ .\-/()\xa0]{0,2}\d){8,15}")


def by_email(people: Mapping[str, Person], address: str) -> Person | None:
    """The person of an address; None where there is none, or more than one."""
    found = [p for p in people.values() if p.email and p.email.casefold() == address.casefold()]
    return found[0] if len(found) == 1 else None


def by_phone(people: Mapping[str, Person], text: str) -> Person | None:
    """The person whose number stands in a text; None where there is none, or more than one."""
    numbers = {_significant(number) for number in _NUMBER.findall(text[:1000])}
    found = [p for p in people.values() if numbers & _numbers_of(p)]
    return found[0] if len(found) == 1 else None


def _numbers_of(person: Person) -> set[str]:
    """Their phone, and what a gateway calls them by where that is a number."""
    written = [person.phone or "", *person.addresses.values()]
    return {_significant(number) for number in written if _NUMBER.fullmatch(number)}


def _significant(number: str) -> str:
    return re.sub(r"\D", "", number)[-SIGNIFICANT:]
