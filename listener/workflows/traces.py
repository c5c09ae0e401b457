"""Whether a payload that could not be read tells of a mention or person that is to be forgotten."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

LONG = 40  # characters of a text that tell it from any other
SHORT = 20  # below, words alone are anybody's
ID_LENGTH = 6  # shorter ids are found by their keyed reference alone: as digits they are anywhere

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_TAG = re.compile(r"<[^<>]{0,2000}>|\\[nrt]")
_GAP = re.compile(r"[\W_]+")
# What stands in stored texts for what was taken out of them: the payload says something else there.
_SCRUBBED = re.compile(r"@[0-9a-f]{8}\b|https://[^\s/]+/…|\[e-mail\]|\[lien\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """`whole` are looked for as words of their own, `said` among the letters alone."""

    whole: re.Pattern[str] | None
    said: tuple[str, ...]

    @classmethod
    def of(
        cls,
        *,
        names: Iterable[str],
        links: Iterable[str],
        texts: Iterable[str],
        sealed: Iterable[str],
    ) -> Self:
        """`names` are handles or ids, `sealed` the links and ids of stored mentions."""
        wanted = {name.lstrip("@") for name in names}
        wanted |= {name.partition("@")[0] for name in wanted}
        wanted |= {link.partition("://")[2] or link for link in links}
        wanted |= {
            found.partition("://")[2] or found for found in sealed if len(found) >= ID_LENGTH
        }
        return cls(whole=_any_of(wanted), said=tuple(_phrases(texts)))

    def stand_in(self, payload: bytes) -> bool:
        if not payload or not (self.whole or self.said):
            return False
        text = legible(payload)
        if self.whole is not None and self.whole.search(text):
            return True
        if not self.said:
            return False
        letters = _letters(_TAG.sub(" ", text))
        return any(phrase in letters for phrase in self.said)


def legible(payload: bytes) -> str:
    """A payload as it reads, in small letters: without the escapes of JSON and HTML."""
    text = payload.decode("utf-8", "replace").replace("\\/", "/")
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return html.unescape(text).casefold()


def _any_of(words: Iterable[str]) -> re.Pattern[str] | None:
    found = sorted((re.escape(word.casefold()) for word in words if word), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(found)})(?!\w)") if found else None


def _phrases(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        for piece in _SCRUBBED.split(text):
            letters = _letters(piece.casefold())
            if len(letters) >= SHORT:
                yield letters[:LONG].rstrip()


def _letters(text: str) -> str:
    return _GAP.sub(" ", text).strip()
