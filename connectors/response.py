"""What an HTTP exchange brought back, read without trusting it."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import Any

import orjson
from multidict import CIMultiDictProxy

from connectors.connector import Closed, ConnectorError, Malformed, Unauthorized

# Python also "decodes" punycode (quadratic), unicode_escape and rot13: never by a server's choice.
_TEXT_CODECS = re.compile(r"ascii|utf-(8|16|32)|iso8859-|cp\d|mac-|koi8|gb|big5|euc|shift_jis")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class NotFound(ConnectorError):
    """404: this item or account is not there (any more); the network itself answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave to ask "has it changed?" (RFC 9110 §13); connectors keep them in their cursor."""

    etag: str | None = None
    last_modified: str | None = None

    def headers(self) -> dict[str, str]:
        pairs = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in pairs.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A whole answer: the body is decompressed and within its cap. `url` is the final one."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    url: str
    charset: str | None = None  # as declared by Content-Type
    redirected_permanently_to: str | None = None

    def __repr__(self) -> str:
        # Neither the URL (tokens in queries) nor the body (posts) belongs in a log.
        return f"Response(status={self.status}, body=<{len(self.body)} bytes>)"

    @property
    def not_modified(self) -> bool:
        return self.status == 304

    @property
    def validators(self) -> Validators:
        return Validators(etag=self._plain("ETag"), last_modified=self._plain("Last-Modified"))

    def _plain(self, name: str) -> str | None:
        # It goes into a cursor (JSON) and back into a header: bytes that are neither stay out.
        value = self.headers.get(name)
        return value if value and value.isascii() and value.isprintable() else None

    def text(self) -> str:
        """The body as text: its byte-order mark, else the declared charset, else UTF-8, else cp1252."""
        for mark, encoding in _BOMS:
            if self.body.startswith(mark):
                return self.body.decode(encoding, errors="replace")
        for declared in (_known_codec(self.charset), "utf-8"):
            if declared is None:
                continue
            try:
                return self.body.decode(declared)
            except UnicodeDecodeError:
                continue
        return self.body.decode("cp1252", errors="replace")

    def json(self) -> Any:
        """The body as JSON; Malformed when it is anything else, such as an HTML login wall."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return self._lenient_json()

    def _lenient_json(self) -> Any:
        # Half an emoji, a raw control character or NaN in one post must not cost the whole page.
        try:
            document = json.loads(self.text(), strict=False, parse_constant=lambda _name: None)
            return _without_surrogates(document)
        except (ValueError, RecursionError):
            kind = self.headers.get("Content-Type", "no content type").split(";")[0][:60]
            message = f"not JSON (status {self.status}, {kind}, {len(self.body)} bytes)"
            raise Malformed(message, payload=self.body) from None

    def raise_for_status(self) -> None:
        """Unauthorized on 401 and 403, NotFound on 404, Closed on 410, Malformed on any other 4xx."""
        if self.status < 400:
            return
        if self.status in (401, 403):
            raise Unauthorized(f"status {self.status}")
        if self.status == 404:
            raise NotFound("status 404")
        if self.status == 410:
            raise Closed("status 410")
        raise Malformed(f"status {self.status}", payload=self.body)


def _known_codec(charset: str | None) -> str | None:
    if not charset:
        return None
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return None
    # The web's reading (WHATWG): whoever declares Latin-1 sends Windows' quotes and euro sign.
    if name in ("iso8859-1", "ascii"):
        return "cp1252"
    return name if _TEXT_CODECS.match(name) else None


def _without_surrogates(node: Any) -> Any:
    if isinstance(node, str):
        return _LONE_SURROGATE.sub("\ufffd", node)
    if isinstance(node, list):
        return [_without_surrogates(item) for item in node]
    if isinstance(node, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in node.items()}
    return node
