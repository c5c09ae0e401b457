"""What a message says, in order and in the reader's words, before a channel lays it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from listener.domain.action import Action, Reason
from listener.domain.rule import Level

BRIEF_ITEMS = 3  # of each section, where a message is summed up


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a small chart: `share` is its length, from 0 to 1 of the longest."""

    label: str
    value: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One post: where and when, how far it goes, its words if they may be shown, its address."""

    label: str
    figures: str
    excerpt: str | None
    remark: str = ""  # ours, where there is no excerpt to show
    tone: str = ""  # negative · neutral · positive: colours it, where there are colours
    why: str = ""  # what drove its scores
    link: str | None = None
    link_label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One key figure: `note` sets it against something, `small` says how far it is to be trusted."""

    label: str
    value: str
    note: str = ""
    arrow: Literal["", "up", "down", "level"] = ""
    tone: Literal["", "good", "bad"] = ""  # of the arrow's direction; colours it
    small: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Figures in columns, the first one names its row; `spoken` says each row as a sentence.

    Channels without columns, and readers who listen, are given the sentences.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    spoken: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Two lines and a link: what, then its figures and what is to be known of them."""

    text: str
    note: str = ""
    tone: str = ""  # negative · neutral · positive: colours its edge, where there are colours
    excerpt: str = ""  # a stranger's words, on a line of their own
    link: str | None = None
    link_label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture that a channel may show; `alt` tells its finding to who cannot see it."""

    name: str  # of its drawing, e.g. "days"
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A title and what stands under it: a chart, a table, lines, bars, posts and steps, in that order.

    `brief` says that it belongs in a summary, too: what a chat channel is shown of a long message.
    """

    title: str
    key: str = ""  # what a configuration calls it
    brief: bool = False
    chart: Chart | None = None
    table: Table | None = None
    lines: Sequence[str] = ()
    bars: Sequence[Bar] = ()
    items: Sequence[Item] = ()
    quotes: Sequence[Quote] = ()
    steps: Sequence[str] = ()
    small: str = ""  # how the figures above are to be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """What is asked before something is done that a slip of the thumb must not do."""

    title: str
    text: str
    yes: str
    no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """Something to do at once, where the channel can show a button; elsewhere it is left out.

    With `choices` (reason and its words), one of them is chosen instead of pressing.
    """

    label: str
    action: Action
    incident: int
    style: Literal["", "primary", "danger"] = ""
    confirm: Confirm | None = None
    choices: Sequence[tuple[Reason, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Every string is safe() already: one line each, no control character.

    A `letter` is read from its beginning to its end and kept, such as a digest; anything else is acted on.
    """

    level: Level
    badge: str  # e.g. "Alerte critique"
    title: str  # e.g. "CHU de Valmont : 34 messages négatifs en 20 min"
    banners: Sequence[str] = ()
    lead: str = ""
    preface: Sequence[str] = ()  # sentences under the lead
    tiles: Sequence[Tile] = ()
    sections: Sequence[Section] = ()
    actions: Sequence[Button] = ()
    footer: str = ""
    letter: bool = False

    def summary(self) -> Content:
        """What a chat channel is shown of it: the brief sections, where there are any, and their first items."""
        brief = [
            replace(section, items=section.items[:BRIEF_ITEMS])
            for section in self.sections
            if section.brief
        ]
        return replace(self, sections=brief) if brief else self

    @property
    def headline(self) -> str:
        return f"{self.badge} — {self.title}"
