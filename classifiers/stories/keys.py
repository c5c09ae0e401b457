"""The keys of one post: whatever it shares with others of its story, as keyed numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from classifiers.stories.shingles import fingerprints
from classifiers.stories.words import telling

# A page of its own: an id, a date, a headline between hyphens. "/contact" is a section, to which
# posts link that have nothing else in common.
_OWN_PAGE = re.compile(r"[^/]*(?:\d|[-_][^-_/]*[-_]|[a-z][A-Z])")
MAX_LINKS = 8  # a post with more is a list of links, and tells no story of any of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What is known of a post. `ref` and `refs` are any stable names, `links` canonical URLs."""

    text: str = ""
    ref: str | None = None  # its own
    refs: Collection[str] = ()  # of its thread's root, its parent, what it quotes or repeats
    links: Collection[str] = ()


class StoryKeys:
    """Makes keys: 64-bit signed numbers, the same in every process and version of Python.

    `secret` (at most 64 bytes) keys them, so that nobody without it can confirm a guess of what
    was said; `scope` keeps the stories of one exercise or customer from those of another.
    """

    def __init__(
        self, *, secret: bytes = b"", scope: str = "", common: Collection[str] = ()
    ) -> None:
        self._hash = blake2b(f"{scope}\0".encode(), digest_size=8, key=secret)
        self.common = frozenset(common)

    def of(self, clues: Clues) -> tuple[int, ...]:
        """The post's keys, each once; none where nothing about it could be shared."""
        return tuple({self._key(clue): None for clue in self._clues(clues)})

    def _clues(self, clues: Clues) -> Iterator[str]:
        for ref in (clues.ref, *clues.refs):
            if ref:
                yield f"r{ref}"
        if len(clues.links) <= MAX_LINKS:
            for link in clues.links:
                if tells_one_page(link):
                    yield f"l{_bare(link)}"
        for shared in fingerprints(telling(clues.text, self.common)):
            yield f"t{shared}"

    def _key(self, clue: str) -> int:
        hashed = self._hash.copy()
        hashed.update(clue.encode("utf-8", "surrogatepass"))
        return int.from_bytes(hashed.digest(), "big", signed=True)


def tells_one_page(link: str) -> bool:
    """Whether a link leads to one text, rather than to a site or one of its sections."""
    path, _, query = _bare(link).partition("/")[2].partition("?")
    last = path.rstrip("/").rpartition("/")[2]
    return _OWN_PAGE.match(last) is not None or any(c.isdigit() for c in query)


def _bare(link: str) -> str:
    """Without the scheme, "www." and a closing slash, which sites add and drop at will."""
    return link.partition("://")[2].removeprefix("www.").rstrip("/")
