"""What makes a known export: whose it is, how its headers are worded, how its rows are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from connectors.imports.scene import Record, Scene

Cells = dict[str, str]
Read = Callable[[Cells, Scene], Iterable[Record]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """`words`: field → plain headers, best first, English before "|" and French after it.

    `needs`: fields without which it is another export ("a|b": either); `never`: headers that it
    never has. `daily`: a row tells a day of an account, in the order of `slot`; `read` is then None.
    `month_first`: how its English version writes dates. `zone`: of its dates, where it is known.
    `titled`: a line above the header says what is counted, and several such tables may follow.
    """

    name: str
    family: str
    network: str | None
    needs: tuple[str, ...]
    words: Mapping[str, str]
    read: Read | None = None
    slot: int = 0
    titled: bool = False
    never: frozenset[str] = frozenset()
    month_first: bool = False
    zone: str | None = None
    fields: Mapping[str, tuple[str, ...]] = field(init=False)
    french: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        halves = {name: said.partition("|") for name, said in self.words.items()}
        fields = {name: (*en.split(), *fr.split()) for name, (en, _, fr) in halves.items()}
        french = {word for en, _, fr in halves.values() for word in fr.split()}
        english = {word for en, _, _ in halves.values() for word in en.split()}
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "french", frozenset(french - english))


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One export met in a header: field → column, and whether its headers are French."""

    export: Export
    columns: Mapping[str, int]
    french: bool


def columns_of(
    export: Export, places: Mapping[str, int], named: Mapping[str, str]
) -> dict[str, int] | None:
    """Field → column, where this export's headers are there. `places`: plain header → column;
    `named`: plain header → field, as the operator says."""
    if export.never & places.keys():
        return None
    said = {field: places[name] for name, field in named.items()}
    known = {
        field: next((places[word] for word in words if word in places), None)
        for field, words in export.fields.items()
    }
    found = {field: place for field, place in known.items() if place is not None} | said
    whole = all(any(one in found for one in need.split("|")) for need in export.needs)
    return found if whole else None
