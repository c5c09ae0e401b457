"""Which lists a Reddit source reads: a search a term, the posts and the comments of subreddits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from connectors.connector import Cursor, Cursors, Watched
from connectors.reading import mapping
from connectors.reddit.settings import RedditSettings
from connectors.walk import Walk

PAGE_SIZE = 100
# A search is asked for no longer than it needs: longer periods come from a slower index.
_PERIODS = (
    ("week", timedelta(days=6)),
    ("month", timedelta(days=28)),
    ("year", timedelta(days=360)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """`whole`: everything there concerns the hospital, whatever its words."""

    name: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    subreddits: tuple[str, ...] = ()
    term: str | None = None  # of a search
    whole: bool = False
    filtered: bool = False  # the network gives more than what was asked for: keep() decides

    @property
    def by_period(self) -> bool:
        return self.path.endswith("search")

    def page_params(self, walk: Walk, at: datetime) -> dict[str, str | int]:
        params: dict[str, str | int] = {**dict(self.params), "limit": PAGE_SIZE}
        if self.by_period:
            age = at - walk.floor
            params["t"] = next((name for name, longest in _PERIODS if age < longest), "all")
        after, listed = read_token(walk.token)
        if after is not None:
            params |= {"after": after, "count": listed}
        return params

    def alone(self) -> Iterator[Feed]:
        """The same, one subreddit at a time: one that is closed to us closes its neighbours too."""
        for name in self.subreddits:
            if self.term is not None:
                yield _search(self.term, (name,))
            else:
                yield replace(_comments((name,)), whole=self.whole, filtered=self.filtered)


def read_token(token: str | None) -> tuple[str | None, int]:
    """A page token is the last item's name, and how many were listed until there."""
    name, _, listed = (token or "").partition(" ")
    return name or None, int(listed) if listed.isdecimal() else 0


def write_token(after: str | None, listed: int) -> str | None:
    return f"{after} {listed}" if after is not None else None


def start_of(feed: Feed, cursors: Cursors, together: Cursor | None) -> Cursor | None:
    """Where a subreddit that was read with its neighbours until now goes on alone."""
    own = cursors.get(feed.name)
    if own is not None or together is None:
        return own
    return {name: value for name, value in mapping(together).items() if name != "walk"}


def feeds_of(settings: RedditSettings, watched: Watched) -> Iterator[Feed]:
    """Searches first: what they find is followed, and the comments under it come from there.

    https://www.reddit.com/dev/api/#GET_search, #GET_new and, for /r/a+b/comments, the listing that
    every client library reads, which the reference leaves out.
    """
    if settings.search:
        terms = (*watched.terms, *settings.terms)
        words = (*watched.hashtags, *settings.hashtags, *watched.accounts, *settings.accounts)
        asked = (*terms, *(word.lstrip("#@").removeprefix("u/") for word in words))
        for term in _unique(asked):
            yield _search(term, settings.search_in)
    own, others = settings.own_subreddits, settings.subreddits
    for name in _unique((*own, *others)):
        is_own = name.lower() in {sub.lower() for sub in own}
        yield Feed(
            name=f"new:{_digest(name.lower())}",
            path=f"/r/{name}/new",
            subreddits=(name,),
            whole=is_own,
            filtered=not is_own,
        )
    if own:
        yield replace(_comments(tuple(_unique(own))), whole=True)
    if rest := [sub for sub in _unique(others) if sub.lower() not in {s.lower() for s in own}]:
        yield replace(_comments(tuple(rest)), filtered=True)


def _search(term: str, within: tuple[str, ...]) -> Feed:
    phrase = '"' + term.replace('"', " ").strip() + '"'
    params = [("q", phrase), ("sort", "new"), ("type", "link")]
    if not within:
        return Feed(name=f"search:{_digest(term.lower())}", path="/search", params=tuple(params))
    joined = "+".join(within)
    return Feed(
        name=f"search:{_digest(f'{term.lower()} {joined.lower()}')}",
        path=f"/r/{joined}/search",
        params=(*params, ("restrict_sr", "true")),
        subreddits=within,
        term=term,
    )


def _comments(names: tuple[str, ...]) -> Feed:
    joined = "+".join(names)
    return Feed(
        name=f"comments:{_digest(joined.lower())}", path=f"/r/{joined}/comments", subreddits=names
    )


def _unique(texts: Iterable[str]) -> Iterator[str]:
    met: set[str] = set()
    for text in (text.strip() for text in texts):
        if text and text.casefold() not in met:
            met.add(text.casefold())
            yield text


def _digest(text: str) -> str:
    """Feed names are shown and logged: terms may be handles, and a subreddit may be a person's."""
    return blake2b(text.encode(), digest_size=6).hexdigest()
