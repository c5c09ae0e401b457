"""Which subjects a mention concerns: by its words, and by where it stands."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from operator import itemgetter
from urllib.parse import urlsplit

import ahocorasick
from pydantic import BaseModel, ConfigDict, Field

from connectors.connector import Watched
from connectors.mention import Mention


class WatchKind(StrEnum):
    HOSPITAL = "hospital"
    SERVICE = "service"
    PEER = "peer"
    TOPIC = "topic"


class Watch(BaseModel):
    """One subject: the hospital, one of its services, a peer hospital or a topic."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, pattern=r"^[a-z0-9][a-z0-9_-]*$")
    kind: WatchKind = WatchKind.HOSPITAL
    of: str | None = None  # a service's hospital: "urgences" alone concerns nobody
    names: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()  # phrases that swallow a name: "CHU de Nantes", "AS Valmont"
    exclude_if: tuple[str, ...] = ()  # words that, anywhere in the text, say it is somebody else

    @property
    def terms(self) -> tuple[str, ...]:
        return self.names + self.aliases


@dataclass(frozen=True, slots=True)
class _Term:
    subject: str
    excludes: bool  # swallows overlapping names of its subject
    anywhere: bool = False  # cancels its subject in the whole text


_SEPARATORS = re.compile(r"[^\w@#]+|_+")


def fold(text: str) -> str:
    """Lower-case words without accents, one space between: `« L’Hôpital »` → `l hopital`.

    Length is bounded by the text's, time is linear in it.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "OE"))
        text = "".join(c for c in text if not unicodedata.combining(c))
    return _SEPARATORS.sub(" ", text.casefold()).strip()


def _handle(name: str) -> str:
    return name.lstrip("@#").casefold()


class _Spans:
    """Stretches of one text, asked in logarithmic time whether one of them covers another."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []
        self._furthest: list[int] | None = None

    def add(self, start: int, end: int) -> None:
        self._spans.append((start, end))
        self._furthest = None

    def cover(self, start: int, end: int) -> bool:
        if self._furthest is None:
            self._spans.sort()
            self._furthest = list(accumulate((e for _, e in self._spans), max))
        before = bisect_right(self._spans, start, key=itemgetter(0))
        return before > 0 and self._furthest[before - 1] >= end


class Watcher:
    """All the watches' terms in one automaton: linear in the text, whatever the number of terms."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self.watches = tuple(watches)
        self._automaton = ahocorasick.Automaton()
        self._accounts: dict[str, set[str]] = {}
        self._tags: dict[str, set[str]] = {}
        self._domains: dict[str, set[str]] = {}
        self._hospital_of = {
            w.id: w.of for w in watches if w.kind is WatchKind.SERVICE and w.of is not None
        }
        terms: dict[str, list[_Term]] = {}
        for watch in watches:
            self._index(watch, terms)
        for word, meanings in terms.items():
            self._automaton.add_word(f" {word} ", (len(word), tuple(meanings)))
        if terms:
            self._automaton.make_automaton()
        self._empty = not terms

    def _index(self, watch: Watch, terms: dict[str, list[_Term]]) -> None:
        for phrases, meaning in (
            (watch.terms, _Term(watch.id, excludes=False)),
            (watch.exclude, _Term(watch.id, excludes=True)),
            (watch.exclude_if, _Term(watch.id, excludes=True, anywhere=True)),
        ):
            for phrase in phrases:
                if folded := fold(phrase):
                    terms.setdefault(folded, []).append(meaning)
        for account in watch.accounts:
            self._accounts.setdefault(_handle(account), set()).add(watch.id)
            terms.setdefault(fold("@" + account.lstrip("@")), []).append(
                _Term(watch.id, excludes=False)
            )
        for tag in watch.hashtags:
            self._tags.setdefault(fold(tag.lstrip("#")), set()).add(watch.id)
            terms.setdefault(fold("#" + tag.lstrip("#")), []).append(
                _Term(watch.id, excludes=False)
            )
        for domain in watch.domains:
            self._domains.setdefault(domain.casefold().removeprefix("www."), set()).add(watch.id)

    def _hits(self, folded: str) -> Iterator[tuple[int, int, _Term]]:
        # A space on each side makes a match a whole word; one space may end a match and begin the next.
        for end, (length, meanings) in self._automaton.iter(f" {folded} "):
            for meaning in meanings:
                yield end - length, end, meaning

    def in_text(self, text: str) -> set[str]:
        """Subjects named in the text, services only beside their hospital left to `concerned`."""
        if self._empty:
            return set()
        names: list[tuple[int, int, str]] = []
        swallowers: dict[str, _Spans] = {}
        cancelled: set[str] = set()
        for start, end, term in self._hits(fold(text)):
            if term.anywhere:
                cancelled.add(term.subject)
            elif term.excludes:
                swallowers.setdefault(term.subject, _Spans()).add(start, end)
            else:
                names.append((start, end, term.subject))
        return {
            subject
            for start, end, subject in names
            if subject not in swallowers or not swallowers[subject].cover(start, end)
        } - cancelled

    def keep(self, text: str) -> bool:
        """Whether a text may concern a watch: the predicate given to streams."""
        return bool(self._with_hospital(self.in_text(text)))

    def concerned(self, mention: Mention, *, standing: Collection[str] = ()) -> frozenset[str]:
        """Subjects of a mention; `standing` are those of its source, parent, root and quoted mention."""
        found = self.in_text(f"{mention.title or ''}\n{mention.text}")
        found.update(standing)
        for account in mention.accounts:
            found |= self._accounts.get(_handle(account), set())
        for tag in mention.tags:
            found |= self._tags.get(fold(tag), set())
        if self._domains:
            for link in mention.links:
                found |= self._of_link(link)
        return frozenset(self._with_hospital(found))

    def _of_link(self, link: str) -> set[str]:
        try:
            host = (urlsplit(link).hostname or "").removeprefix("www.")
        except ValueError:
            return set()
        return self._domains.get(host, set())

    def _with_hospital(self, found: set[str]) -> set[str]:
        """A service counts only where its hospital is spoken of: every town has its "urgences"."""
        return {
            subject
            for subject in found
            if subject not in self._hospital_of or self._hospital_of[subject] in found
        }

    @property
    def own(self) -> frozenset[str]:
        """The hospital's own subjects: what rules watch unless they say otherwise."""
        return frozenset(w.id for w in self.watches if w.kind is WatchKind.HOSPITAL)

    @property
    def handles(self) -> frozenset[str]:
        """Accounts that stay in clear: the hospital's and its peers', which are no persons."""
        return frozenset(self._accounts)

    def watched(self) -> Watched:
        """What connectors search for: a service's words alone would bring every town's."""
        searched = [w for w in self.watches if w.kind is not WatchKind.SERVICE]
        return Watched(
            terms=_distinct(t for w in searched for t in w.terms),
            hashtags=_distinct(t.lstrip("#") for w in self.watches for t in w.hashtags),
            accounts=_distinct(a.lstrip("@") for w in searched for a in w.accounts),
            keep=self.keep,
        )


def _distinct(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
