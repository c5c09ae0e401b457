"""Whose account speaks: a watch's own, which says itself, or anybody's, who says something of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from connectors.mention import Kind, Mention
from listener.domain.watch import Watch, WatchKind, fold, folded_handle

_SPEAKING = (WatchKind.HOSPITAL, WatchKind.SERVICE, WatchKind.PEER)  # a topic has no voice


class Speakers:
    """The accounts and names of the hospitals and services; our own come before a peer's."""

    def __init__(self, watches: Iterable[Watch]) -> None:
        speaking = [w for w in watches if w.kind in _SPEAKING]
        speaking.sort(key=lambda watch: _SPEAKING.index(watch.kind))
        self._accounts: dict[str, str] = {}
        self._names: dict[str, list[str]] = {}
        for watch in speaking:
            for account in filter(None, map(folded_handle, watch.accounts)):
                self._accounts.setdefault(account, watch.id)
            for name in filter(None, map(fold, watch.terms)):
                self._names.setdefault(name, []).append(watch.id)

    def of(self, mention: Mention, about: Collection[str] = ()) -> str | None:
        """The watch whose account published a mention; `about` are those its source is a page of.

        Where the network gives a handle or a number that a watch lists, that decides. Some pages
        sign with their name alone (a review's answer, a comment of the page): it counts on the
        page of whoever bears it, elsewhere anybody may call himself so. Nor does anybody review
        himself.
        """
        author = mention.author
        for known in (author.handle, author.external_id):
            if known and (found := self._accounts.get(folded_handle(known))):
                return found
        if author.handle or not author.name or mention.kind is Kind.REVIEW:
            return None
        return next((watch for watch in self._named(author.name) if watch in about), None)

    def owner(self, account: str) -> str | None:
        """The watch that an account belongs to, by its handle or by the name it is shown under."""
        return self._accounts.get(folded_handle(account)) or next(iter(self._named(account)), None)

    def _named(self, name: str) -> Sequence[str]:
        return self._names.get(fold(name), ())
