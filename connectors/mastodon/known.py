"""Which global id a post has, by the id that it bears on one instance: parents and deletions need it."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass

CAPACITY = 20_000
# Mastodon, GoToSocial: …/users/{name}/statuses/{id}, …/ap/users/{number}/statuses/{id}.
_STATUS_URI = re.compile(r"https?://([^/]+)/(?:ap/)?users/[^/]+/statuses/(\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A post's global id, and that of its thread's first post where it is known."""

    uri: str
    root: str | None = None


class KnownPosts:
    """A bounded memory of this process, refilled by reading: nothing is lost with it but speed.

    A post that it does not know is looked up on the instance; a deletion of one that it does not
    know is found later, when a re-read answers 404.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._by_local: OrderedDict[tuple[str, str], Known] = OrderedDict()
        self._by_uri: dict[str, dict[str, str]] = {}

    def get(self, host: str, local_id: str) -> Known | None:
        return self._by_local.get((host, local_id))

    def add(self, host: str, local_id: str, known: Known) -> None:
        self._by_local[host, local_id] = known
        self._by_local.move_to_end((host, local_id))
        self._by_uri.setdefault(known.uri, {})[host] = local_id
        if len(self._by_local) > self._capacity:
            (old_host, _), old = self._by_local.popitem(last=False)
            self._by_uri.get(old.uri, {}).pop(old_host, None)
            if not self._by_uri.get(old.uri):
                self._by_uri.pop(old.uri, None)

    def local_id(self, host: str, uri: str) -> str | None:
        """The id on this instance: remembered, or read in the URI of one of its own posts."""
        remembered = self._by_uri.get(uri, {}).get(host)
        if remembered is not None:
            return remembered
        found = _STATUS_URI.fullmatch(uri)
        if found and found[1] == host:
            return found[2]
        prefix = f"{host}/"
        return uri.removeprefix(prefix) if uri.startswith(prefix) else None
