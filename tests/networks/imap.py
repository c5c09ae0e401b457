"""Stand-in of an IMAP server (RFC 3501, as far as a reader needs it), with outages on demand."""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Self

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_PARTIAL = re.compile(r"BODY\.PEEK\[\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE)


@dataclass(slots=True)
class Stored:
    uid: int
    content: bytes
    day: date


@dataclass
class ImapStandIn:
    """One account with one folder. `put` delivers a message; `renumber` changes UIDVALIDITY.

    `commands` lists what was asked, without arguments; `changed` what would have changed the
    mailbox, which nobody may. With `tls`, STARTTLS is asked for, or TLS at once where `implicit`.
    """

    login: tuple[str, str] = ("veille", "s3cret:é")
    folder: str = "INBOX"
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    plain_auth: bool = True
    validity: int = 7
    drops: bool = False  # each connection, at its first command after the login
    endless: bool = False  # announces more than it could ever send
    port: int = 0
    mails: list[Stored] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    sessions: int = 0

    def put(self, content: bytes, *, at: datetime | None = None) -> int:
        uid = max((mail.uid for mail in self.mails), default=0) + 1
        self.mails.append(Stored(uid, content, (at or datetime.now(UTC)).date()))
        return uid

    def renumber(self) -> None:
        """As after a restore from a backup: other numbers, another validity."""
        self.validity += 1
        for number, mail in enumerate(self.mails, start=101):
            mail.uid = number

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[Self]:
        context = self.tls if self.implicit else None
        server = await asyncio.start_server(self._accept, "127.0.0.1", port, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        with suppress(OSError, EOFError, ValueError):
            await _Session(self, reader, writer).serve()
        writer.close()


class _Session:
    def __init__(
        self, site: ImapStandIn, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.site, self.reader, self.writer = site, reader, writer
        self.secure = site.implicit or site.tls is None
        self.logged_in = False

    def say(self, line: str) -> None:
        self.writer.write(line.encode() + b"\r\n")

    async def serve(self) -> None:
        self.say("* OK IMAP4rev1 ready")
        while line := (await self.reader.readline()).decode("utf-8", "replace").strip():
            tag, _, rest = line.partition(" ")
            words = [
                re.sub(r"\\(.)", r"\1", quoted) or bare for quoted, bare in _WORD.findall(rest)
            ]
            name = words[0].upper()
            if name == "UID":
                name = f"UID {words[1].upper()}"
            self.site.commands.append(name)
            if self.logged_in and self.site.drops and name != "LOGOUT":
                return
            answer = await self._answer(name, words, rest)
            self.say(f"{tag} {answer}")
            await self.writer.drain()
            if name == "LOGOUT":
                return
            if name == "STARTTLS":
                await self.writer.start_tls(self.site.tls)
                self.secure = True

    async def _answer(self, name: str, words: list[str], rest: str) -> str:
        if name == "CAPABILITY":
            return self._capability()
        if name in ("LOGOUT", "NOOP", "STARTTLS"):
            return "OK done"
        if name == "AUTHENTICATE":
            self.say("+ ")
            await self.writer.drain()
            raw = base64.b64decode(await self.reader.readline()).decode()
            return self._log_in(tuple(raw.split("\0")[1:]))
        if name == "LOGIN":
            return self._log_in((words[1], words[2]))
        if not self.logged_in:
            return "BAD not logged in"
        if name in ("SELECT", "EXAMINE"):
            return self._open(name, words[1])
        if name == "UID SEARCH":
            return self._search(words[2:])
        if name == "UID FETCH":
            return self._fetch(int(words[2]), rest)
        self.site.changed.append(name)
        return "BAD unknown"

    def _capability(self) -> str:
        auth = " AUTH=PLAIN" if self.site.plain_auth and self.secure else ""
        tls = "" if self.secure else " STARTTLS LOGINDISABLED"
        self.say(f"* CAPABILITY IMAP4rev1{auth}{tls}")
        return "OK done"

    def _log_in(self, given: tuple[str, ...]) -> str:
        if not self.secure or given != self.site.login:
            return "NO [AUTHENTICATIONFAILED] no"
        self.logged_in = True
        return "OK logged in"

    def _open(self, name: str, folder: str) -> str:
        if folder != self.site.folder:
            return "NO no such folder"
        if name == "SELECT":
            self.site.changed.append("SELECT")  # forgets which messages are recent
        self.say(f"* {len(self.site.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.site.validity}] valid")
        return "OK [READ-ONLY] opened"

    def _search(self, words: list[str]) -> str:
        mails = self.site.mails
        if words[0].upper() == "UID":
            first = int(words[1].partition(":")[0])
            # RFC 3501, 6.4.8: "n:*" holds the last message, whatever n is.
            last = mails[-1:] if words[1].endswith("*") else []
            found = [m for m in mails if m.uid >= first] or last
        else:
            day = datetime.strptime(words[1], "%d-%b-%Y").date()  # noqa: DTZ007
            found = [m for m in mails if m.day >= day]
        self.say(" ".join(["* SEARCH", *(str(m.uid) for m in found)]))
        return "OK done"

    def _fetch(self, uid: int, rest: str) -> str:
        part = _PARTIAL.search(rest)
        if part is None:
            self.site.changed.append("FETCH without PEEK")  # marks what it reads as seen
            return "BAD what?"
        for number, mail in enumerate(self.site.mails, start=1):
            if mail.uid == uid:
                start, length = (int(part[1]), int(part[2])) if part[2] else (0, 10**9)
                content = mail.content[start : start + length]
                size = 10**12 if self.site.endless else len(content)
                origin = f"<{start}>" if part[2] else ""
                head = f"* {number} FETCH (UID {uid} BODY[]{origin} {{{size}}}\r\n"
                self.writer.write(head.encode() + content + b")\r\n")
        return "OK done"
