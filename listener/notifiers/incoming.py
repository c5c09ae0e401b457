"""A mail that came in, whatever it is made of: who wrote it, what they said, whether a machine did.

RFC 3834 (automatic answers), RFC 3464 (delivery reports), RFC 5322 (fields).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from typing import Any

from connectors.text import html_to_text, plain

MAX_PARTS = 60
MAX_TEXT = 32 * 1024  # bytes of a part's text: an answer is a few words
MAX_FIELD = 4000  # characters
MAX_SENDER = 500

_ADDRESS = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+")
_CHARSETS = re.compile(
    r"(?:utf|us-ascii|ascii|iso|latin|windows|cp|koi8|mac|gb|big5|shift|sjis|euc)[\w-]*", re.I
)
_OURS = re.compile(r"\.listener@[^<>\s@]+>?\s*$", re.I)
_MACHINES = re.compile(
    r"(?:mailer-daemon|postmaster|no-?reply|ne-?pas-?repondre|donotreply|bounces?)(?:[+-].*)?@",
    re.I,
)
_AWAY = re.compile(
    r"\s*(?:(?:re|rép|tr|aw)\s*:\s*)*(?:"
    r"r[ée]ponse automatique|automatic reply|auto(?:matique)?\s*[:-]|auto-?reply|autoreply|"
    r"absen(?:t|ce)\b|out of (?:the )?office|ooo\b|hors du bureau|en cong[ée]s|"
    r"abwesen|automatische antwort|undeliver|non remis|[ée]chec de (?:la )?remise|"
    r"delivery status|mail delivery|returned mail|failure notice|accus[ée] de|"
    r"(?:lu|read|not read|non lu)\s*:)",
    re.I,
)
_QUOTED = re.compile(
    r"^\s*(?:>|"
    r"-{2,}\s*(?:message d.origine|original message|message transf|forwarded|urspr)|"
    r"_{10,}\s*$|"
    r"(?:le|on|am)\s.{4,200}(?:a [ée]crit|wrote|schrieb)\s*:?\s*$|"
    r"(?:de|from|von|envoy[ée]|sent)\s*:\s*\S)",
    re.I,
)
# "Le lun. 9 mars à 23:10, Veille <veille@…>" whose "a écrit :" stands on the next line.
_BROKEN_QUOTE = re.compile(r"^\s*(?:le|on|am)\s.{4,200}$", re.I)
_WROTE = re.compile(r"(?:a [ée]crit|wrote|schrieb)\s*:?\s*$", re.I)
_SIGNATURE = re.compile(r"^(?:--\s*$|(?:envoy[ée] (?:de|depuis)|sent from|get outlook|t[ée]l[ée]charge[rz]?)\s)", re.I)  # fmt: skip
_HTML_QUOTE = re.compile(
    r"<blockquote|<hr\b|class=[\"'][^\"']*(?:gmail_quote|yahoo_quoted|moz-cite)|"
    r"id=[\"'](?:appendonsend|divRplyFwdMsg|mail-editor-reference)",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What was read of a mail; every text is bounded and plain."""

    sender: str  # an address in lower case; "" where there is not exactly one
    subject: str
    addressed: str  # whom it was written to
    threads: str  # the messages it answers
    said: str  # above the quoted original
    body: str  # with it
    automatic: str = ""  # why a machine is taken to have written it
    report: bool = False  # of a delivery: whoever sent it, nobody answered


def read(content: bytes) -> Incoming | None:
    """A mail as it may be relied on; None where it cannot be read at all."""
    if content.lower().count(b"boundary") > MAX_PARTS:
        return None  # parts in each other take the parser time squared
    try:
        mail = message_from_bytes(content, policy=default)
    except (RecursionError, MessageError, ValueError, LookupError):
        return None  # fields that are none
    assert isinstance(mail, EmailMessage)
    body, cut = _body(mail)
    return Incoming(
        sender=_sender(mail),
        subject=_field(mail, "Subject"),
        addressed=" ".join(_field(mail, n) for n in ("To", "Delivered-To", "X-Original-To", "Cc")),
        threads=" ".join(_field(mail, name) for name in ("In-Reply-To", "References")),
        said=above_the_quote(cut),
        body=body,
        automatic=_automatic(mail),
        report=_is_report(mail),
    )


def _fields(mail: EmailMessage, name: str) -> list[str]:
    """Each field of a name, decoded: not parsed, which takes a minute for a thousand addresses."""
    raw = [value for key, value in mail.raw_items() if key.casefold() == name.casefold()]
    return [plain(_unfolded(str(value))) for value in raw[:5]]


def _unfolded(value: str) -> str:
    value = value[:MAX_FIELD].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        return str(make_header(decode_header(value.replace("\r", "").replace("\n", ""))))
    except (MessageError, LookupError, ValueError):
        return value


def _field(mail: EmailMessage, name: str) -> str:
    return " ".join(_fields(mail, name))


def _sender(mail: EmailMessage) -> str:
    """The one address of the one From field: two of either could mean anybody."""
    given = [str(value) for key, value in mail.raw_items() if key.casefold() == "from"]
    if len(given) != 1 or len(given[0]) > MAX_SENDER:
        return ""
    try:
        (address,) = default.header_factory("From", given[0]).addresses
        found = str(address.addr_spec).casefold()
    except Exception:  # none, several, or what the standard library's parser chokes on
        return ""
    return found if _ADDRESS.fullmatch(found) else ""


def _automatic(mail: EmailMessage) -> str:
    """The first sign of a machine; "" where nothing says so."""
    for value in _fields(mail, "Auto-Submitted"):
        if value.partition(";")[0].strip().casefold() != "no":
            return "auto-submitted"
    for value in _fields(mail, "Precedence"):
        if value.casefold() in ("bulk", "list", "junk", "auto_reply", "auto-reply"):
            return "precedence"
    names = {name.casefold() for name in mail}
    for name in names:
        if name.startswith(("list-", "x-autoreply", "x-autorespond", "x-auto-reply")):
            return name
    for name in (
        "x-failed-recipients",
        "x-loop",
        "x-listener-key",
        "x-ms-exchange-inbox-rules-loop",
    ):
        if name in names:
            return name
    if any(value.strip("<> ") == "" for value in _fields(mail, "Return-Path")):
        return "empty return-path"
    if any(_OURS.search(value) for value in _fields(mail, "Message-ID")):
        return "our own"
    if _MACHINES.match(_sender(mail)):
        return "sender"
    if _AWAY.match(_field(mail, "Subject")):
        return "subject"
    return "report" if _is_report(mail) else ""


def _is_report(mail: EmailMessage) -> bool:
    kind = _kind(mail)
    return kind in (
        "multipart/report",
        "message/delivery-status",
        "message/disposition-notification",
    )


def _kind(part: Any) -> str:
    try:
        kind: str = part.get_content_type()
    except Exception:  # a hostile Content-Type
        return ""
    return kind


def _body(mail: EmailMessage) -> tuple[str, str]:
    """The text of a mail, and the same before a quotation that only its HTML marks."""
    html = ""
    for part in _texts(mail):
        if _kind(part) == "text/plain":
            text = plain(_decoded(part))
            if text:
                return text, text
        html = html or _decoded(part)
    mark = _HTML_QUOTE.search(html)
    # Cut within a tag: what stands before the mark is whole.
    before = html[: html.rfind("<", 0, mark.start() + 1)] if mark else html
    return html_to_text(html), html_to_text(before)


def _texts(mail: Any) -> Iterator[Any]:
    """Text parts in order; neither attachments nor what is inside a forwarded message."""
    waiting, seen = [mail], 0
    while waiting and seen < MAX_PARTS:
        part, seen = waiting.pop(0), seen + 1
        kind = _kind(part)
        if kind in ("text/plain", "text/html") and not _is_attached(part):
            yield part
        elif kind.startswith("multipart/") and isinstance(part.get_payload(), list):
            waiting[:0] = part.get_payload()[: MAX_PARTS - seen]


def _is_attached(part: Any) -> bool:
    try:
        return bool(part.get_content_disposition() == "attachment")
    except Exception:  # a hostile Content-Disposition
        return True


def _decoded(part: Any) -> str:
    try:
        raw = part.get_payload(decode=True)
        charset = str(part.get_content_charset("utf-8"))
    except Exception:  # a transfer encoding or a charset's name that is none
        return ""
    if not isinstance(raw, bytes):
        return ""
    raw = raw[:MAX_TEXT]
    try:
        # Only what is plainly a charset: "zlib" and "punycode" are codecs, too.
        return raw.decode(charset if _CHARSETS.fullmatch(charset) else "utf-8", "replace")
    except (LookupError, ValueError):
        return raw.decode("latin-1")


def above_the_quote(text: str) -> str:
    """What somebody wrote themselves: up to the quoted original or the signature."""
    lines = text.splitlines()
    kept: list[str] = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if _QUOTED.match(line) or _SIGNATURE.match(line):
            break
        if _BROKEN_QUOTE.match(line) and _WROTE.search(following):
            break
        kept.append(line)
    return "\n".join(kept).strip()
