"""Pseudonyms: who wrote stays unknown to whoever reads the database, and is still one and the same."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection
from functools import lru_cache
from urllib.parse import urlsplit

from connectors.mention import Author, MentionKey
from connectors.urls import canonical_url

REMEMBERED = 4096
REF_BYTES = 16  # 128 bits: no two mentions of a hospital's history ever share one
# Handles of every network watched: letters, digits, dots, hyphens, an instance behind a second @.
HANDLE = re.compile(r"(?<![\w@.])@([\w][\w.\-]{0,63}(?:@[\w][\w.\-]{0,63})?)")
URL = re.compile(r"https?://[^\s<>\"'«»]+", re.IGNORECASE)
# A fragment that names one comment among others of its page, not a place to scroll to.
ANCHOR = re.compile(r"[a-z_-]*\d+|!.*", re.IGNORECASE)
# Not what follows the @ of a handle: @zoe@social.example is one name, and no address.
EMAIL = re.compile(r"(?<![\w.+-])(?<!^@)(?<![^\w@.]@)[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,63}")


class Pseudonyms:
    """Keyed, one-way names: without the key in the state directory nobody can tell whose they are."""

    def __init__(self, key: bytes, *, public: Collection[str] = ()) -> None:
        if len(key) < 32:
            raise ValueError("the pseudonym key needs 32 bytes")
        self._key = key
        self._public = frozenset(handle.lstrip("@").casefold() for handle in public)
        # A page asks for the same names several times: of its figures, its parents, its rows.
        self._name = lru_cache(maxsize=REMEMBERED)(self._digest)
        self.link = lru_cache(maxsize=REMEMBERED)(self._link)

    def _digest(self, *parts: str) -> str:
        message = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, message, hashlib.sha256)[:REF_BYTES].hex()

    def derived(self, purpose: str) -> bytes:
        """A key of 32 bytes for another use of the same secret."""
        return hmac.digest(self._key, f"derived\0{purpose}".encode(), hashlib.sha256)

    def mention(self, key: MentionKey) -> str:
        """The stored name of a mention: its id may hold its author's handle."""
        return self._name("mention", key.network, key.external_id)

    def reference(self, network: str, external_id: str | None) -> str | None:
        """The stored name of a parent, root or quoted mention."""
        if external_id is None:
            return None
        return self.mention(MentionKey(network=network, external_id=external_id))

    def author(self, network: str, handle: str) -> str:
        return self._name("author", network, handle.lstrip("@").casefold())

    def author_of(self, network: str, author: Author) -> str | None:
        """By handle where there is one, else by id, else by name; None for an anonymous author."""
        known = author.handle or author.external_id or author.name
        return self.author(network, known) if known else None

    def author_id_of(self, network: str, author: Author) -> str | None:
        """By the network's own id, which survives a change of handle."""
        return self.author(network, author.external_id) if author.external_id else None

    def _link(self, url: str) -> str:
        """By what a link leads to: scheme, campaign parameters and redirects make no other link.

        A comment's link differs from its page's by the fragment alone, which is kept.
        """
        fragment = url.partition("#")[2]
        anchored = ANCHOR.fullmatch(fragment) is not None
        canonical = canonical_url(url, keep_fragment=anchored) or url
        return self._digest("link", canonical.partition("://")[2].rstrip("/") or canonical)

    def handle(self, handle: str) -> str:
        """What stands in stored texts for somebody's handle."""
        return "@" + self._digest("handle", handle.lstrip("@").rstrip(".-").casefold())[:8]

    def named(self, text: str) -> set[str]:
        """What stands, once it is stored, for everybody whose handle a text holds."""
        if "@" not in text:
            return set()
        return {self.handle(found[1]) for found in HANDLE.finditer(text)}

    def content(self, title: str | None, text: str) -> str:
        """Tells an edit from a repetition, without a plain hash that a guess could confirm."""
        return self._digest("content", title or "", text)

    def is_public(self, handle: str) -> bool:
        return handle.lstrip("@").casefold() in self._public

    def scrub(self, text: str) -> str:
        """The text without anybody's handle, address or link path; watched accounts stay.

        Links keep their host only: a profile's or post's path names its author.
        """
        if "://" in text:
            text = URL.sub(lambda m: _host_only(m[0]), text)
        if "@" in text:
            text = EMAIL.sub("[e-mail]", text)
            text = HANDLE.sub(lambda m: self._handle(m[0], m[1]), text)
        return text

    def _handle(self, written: str, handle: str) -> str:
        if self.is_public(handle):
            return written
        return self.handle(handle)


def _host_only(url: str) -> str:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    return f"https://{host}/…" if host else "[lien]"
