"""Which subjects a mention concerns: by its words, and by where it stands."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from itertools import accumulate
from operator import itemgetter
from urllib.parse import urlsplit

import ahocorasick
from pydantic import BaseModel, ConfigDict

from connectors.connector import Watched
from connectors.mention import Mention
from listener.domain.values import Identifier


class WatchKind(StrEnum):
    HOSPITAL = "hospital"
    SERVICE = "service"
    PEER = "peer"
    TOPIC = "topic"


class Watch(BaseModel):
    """One subject: the hospital, one of its services, a peer hospital or a topic."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Identifier
    kind: WatchKind = WatchKind.HOSPITAL
    of: Identifier | None = None  # a service's hospital: "urgences" alone concerns nobody
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


class _Role(Enum):
    """What a term says of its subject where it is met."""

    NAMES = "names"
    ADDRESSES = "addresses"  # an account: nobody else bears it, no word can cancel it
    SWALLOWS = "swallows"  # the names that stand within it: "CHU de Valmont-les-Bains"
    CANCELS = "cancels"  # every name of the text: "football"


@dataclass(frozen=True, slots=True)
class _Term:
    subject: str
    role: _Role


# Letters that carry no mark, and yet are written without them.
_LIGATURES = (("œ", "oe"), ("Œ", "oe"), ("æ", "ae"), ("Æ", "ae"))
# Combining marks, soft hyphens, zero-width characters: what nobody sees and cuts a word in two.
_UNSEEN = re.compile(
    "[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]+"
)
# The usual separators by table, which costs a seventh of the expression that knows the others.
_BLANKS = {
    ord(c): " " for c in (*map(chr, range(128)), *"’‘“”«»–—…•·€") if not c.isalnum() and c != "@"
}
# Modifier letters serve as apostrophes and are letters to Python.
_SEPARATORS = re.compile("[^\\w@ ]+|[\u02b0-\u02ff]+")
_HANDLE = re.compile(r"@\w+(?:[.-]\w+)*")
_NOT_LETTERS = re.compile(r"[\W_]+")
_TAG = re.compile(r"#(\w+)")
# C.H.U., S.A.M.U.: single letters with a point each are one word.
_DOTTED = re.compile(r"(?<![\w.])(?:[^\W\d_]\.){2,}[^\W\d_]?(?!\w)")


def _plain(text: str) -> str:
    """Lower case, without accents."""
    if not text.isascii():
        for ligature, letters in _LIGATURES:
            text = text.replace(ligature, letters)
        text = _UNSEEN.sub("", unicodedata.normalize("NFKD", text))
    return text.casefold()


def _words(plain: str) -> str:
    if "@" in plain:
        # A handle is one word: @jean_valmont speaks of nobody's hospital.
        plain = _HANDLE.sub(lambda found: " @" + _NOT_LETTERS.sub("", found[0]), plain)
    if "." in plain:
        plain = _DOTTED.sub(lambda found: found[0].replace(".", "") + " ", plain)
    spaced = plain.translate(_BLANKS)
    if not spaced.isascii():
        spaced = _SEPARATORS.sub(" ", spaced)
    return " ".join(spaced.split())


def fold(text: str) -> str:
    """Lower-case words without accents, one space between: `« L’#Hôpital »` → `l hopital`.

    Linear in the text. Idempotent.
    """
    return _words(_plain(text))


def _squeezed(text: str) -> str:
    """As a hashtag writes it: `CHU de Valmont` → `chudevalmont`."""
    return fold(text).replace(" ", "")


def folded_handle(name: str) -> str:
    """As accounts are compared: `@CHU_Valmont` → `chu_valmont`."""
    return name.lstrip("@").casefold()


def _domain(host: str) -> str:
    return host.casefold().removeprefix("www.").rstrip(".")


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
            self._index(watch)
            for word, role in _terms_of(watch):
                terms.setdefault(word, []).append(_Term(watch.id, role))
        for word, meanings in terms.items():
            self._automaton.add_word(f" {word} ", (len(word), tuple(meanings)))
        self._automaton.make_automaton()
        self._empty = not terms

    def _index(self, watch: Watch) -> None:
        for account in watch.accounts:
            self._accounts.setdefault(folded_handle(account), set()).add(watch.id)
        # A name of several words is a hashtag too: #CHUdeValmont.
        for tag in (*watch.hashtags, *(t for t in watch.terms if " " in fold(t))):
            self._tags.setdefault(_squeezed(tag), set()).add(watch.id)
        for domain in watch.domains:
            self._domains.setdefault(_domain(domain), set()).add(watch.id)

    def _hits(self, folded: str) -> Iterator[tuple[int, int, _Term]]:
        if self._empty:
            return
        # A space on each side makes a match a whole word; one space may end a match and begin the next.
        for end, (length, meanings) in self._automaton.iter(f" {folded} "):
            for meaning in meanings:
                yield end - length, end, meaning

    def _read(self, text: str, tags: Iterable[str] = ()) -> set[str]:
        plain = _plain(text)
        names: list[tuple[int, int, str]] = []
        swallowers: dict[str, _Spans] = {}
        cancelled: set[str] = set()
        addressed: set[str] = set()
        for start, end, term in self._hits(_words(plain)):
            match term.role:
                case _Role.NAMES:
                    names.append((start, end, term.subject))
                case _Role.ADDRESSES:
                    addressed.add(term.subject)
                case _Role.SWALLOWS:
                    swallowers.setdefault(term.subject, _Spans()).add(start, end)
                case _Role.CANCELS:
                    cancelled.add(term.subject)
        named = {
            subject
            for start, end, subject in names
            if subject not in swallowers or not swallowers[subject].cover(start, end)
        }
        return (named | self._tagged(plain, tags)) - cancelled | addressed

    def _tagged(self, plain: str, tags: Iterable[str]) -> set[str]:
        written = _TAG.findall(plain) if "#" in plain else []
        found: set[str] = set()
        for tag in (*written, *tags):
            found |= self._tags.get(_squeezed(tag), set())
        return found

    def in_text(self, text: str) -> set[str]:
        """Subjects named in the text, services only beside their hospital left to `concerned`."""
        return self._read(text)

    def keep(self, text: str) -> bool:
        """Whether a text may concern a watch: the predicate given to streams."""
        return bool(self._with_hospital(self._read(text)))

    def concerned(self, mention: Mention, *, standing: Collection[str] = ()) -> frozenset[str]:
        """Subjects of a mention; `standing` are those of its source, parent, root and quoted mention."""
        return self.standing_in(self.spoken_of(mention), standing)

    def standing_in(self, spoken_of: Collection[str], standing: Collection[str]) -> frozenset[str]:
        """What a mention concerns, by the subjects it speaks of and by those it stands under."""
        return frozenset(self._with_hospital({*spoken_of, *standing}))

    def spoken_of(self, mention: Mention) -> set[str]:
        """Subjects by the mention alone: its words, accounts, author, tags and links."""
        found = self._read(f"{mention.title or ''}\n{mention.text}", mention.tags)
        # What a watched account says itself is its own too, and so are the answers below it.
        speaker = (mention.author.handle,) if mention.author.handle else ()
        for account in (*mention.accounts, *speaker):
            found |= self._accounts.get(folded_handle(account), set())
        if self._domains:
            for link in mention.links:
                found |= self._of_link(link)
        return found

    def _of_link(self, link: str) -> set[str]:
        try:
            host = _domain(urlsplit(link).hostname or "")
        except ValueError:
            return set()
        # actu.chu-valmont.example is the hospital's, too. No host name is deeper than 127 labels.
        labels = host[:253].split(".")
        return set().union(
            *(self._domains.get(".".join(labels[i:]), ()) for i in range(len(labels)))
        )

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


def _terms_of(watch: Watch) -> Iterator[tuple[str, _Role]]:
    phrases = {
        _Role.NAMES: (*watch.terms, *watch.domains),
        _Role.ADDRESSES: tuple("@" + account.lstrip("@") for account in watch.accounts),
        _Role.SWALLOWS: watch.exclude,
        _Role.CANCELS: watch.exclude_if,
    }
    for role, written in phrases.items():
        for word in filter(None, map(fold, written)):
            yield word, role


def _distinct(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
