"""A mailbox read over IMAP (RFC 3501), through the proxy or not, and never changed in any way."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from yarl import URL

from connectors.policy import NetworkPolicy
from listener.config.doors import MailboxSettings
from listener.notifiers.base import DeliveryError
from listener.notifiers.network import proxy_for, tunnel

TIMEOUT = 20.0  # seconds a command
MAX_MAIL = 256 * 1024  # bytes read of one: its words come before what is attached
MAX_ANSWER = 2 * MAX_MAIL
BATCH = 20  # mails a connection

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One message: its number in the mailbox, and the beginning of what it is made of."""

    uid: int
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What stood after a position, oldest first; `more` says that not all of it is here."""

    validity: int
    mails: tuple[Mail, ...]
    more: bool = False


class _Connection(imaplib.IMAP4):
    """imaplib over a socket that is open already, which answers within bounds."""

    def __init__(self, host: str, port: int, given: socket.socket) -> None:
        self._given = given
        super().__init__(host, port, timeout=TIMEOUT)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._given

    def read(self, size: int) -> bytes:
        if size > MAX_ANSWER:
            raise self.abort("an answer without bounds")
        return super().read(size)


class ImapServer:
    """Opens a connection a look: one that idles for days is cut by some firewall, unnoticed."""

    def __init__(self, settings: MailboxSettings, network: NetworkPolicy) -> None:
        self._settings = settings
        self._network = network

    async def read(self, *, validity: int, after: int, since: datetime) -> Batch:
        """Up to BATCH messages after a number; where the server numbered anew, those since a day.

        Raises DeliveryError, permanent where the server refuses us.
        """
        return await self._in_thread(lambda imap: self._read(imap, validity, after, since))

    async def check(self) -> str:
        """Connect, log in and open the folder."""
        count = await self._in_thread(lambda imap: self._open(imap)[1])
        settings = self._settings
        return f"{settings.host}:{settings.port}, {settings.security}, {count} messages"

    async def _in_thread(self, work: Callable[[_Connection], T]) -> T:
        try:
            sock = await self._connected()
        except (OSError, TimeoutError) as error:
            raise _refusal(error) from None
        hold = sock.dup()
        try:
            return await asyncio.to_thread(self._work, sock, work)
        except asyncio.CancelledError:
            # The thread waits for the server; nobody waits for the thread any more.
            with contextlib.suppress(OSError):
                hold.shutdown(socket.SHUT_RDWR)
            raise
        finally:
            hold.close()

    async def _connected(self) -> socket.socket:
        settings = self._settings
        address = URL.build(scheme="imap", host=settings.host, port=settings.port)
        proxy = proxy_for(self._network, address)
        async with asyncio.timeout(TIMEOUT):
            if proxy is None:
                return await _direct(settings.host, settings.port)
            return await tunnel(self._network, proxy, settings.host, settings.port)

    def _work(self, sock: socket.socket, work: Callable[[_Connection], T]) -> T:
        try:
            with self._session(sock) as imap:
                return work(imap)
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            raise _refusal(error) from None

    @contextmanager
    def _session(self, sock: socket.socket) -> Iterator[_Connection]:
        settings = self._settings
        try:
            sock.settimeout(TIMEOUT)
            context = self._network.tls()
            if settings.security == "tls":
                sock = context.wrap_socket(sock, server_hostname=settings.host)
            imap = _Connection(settings.host, settings.port, sock)
        except BaseException:
            sock.close()
            raise
        try:
            if settings.security == "starttls":
                imap.starttls(context)
            self._log_in(imap)
            yield imap
        finally:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                imap.logout()
            with contextlib.suppress(OSError):
                imap.shutdown()

    def _log_in(self, imap: _Connection) -> None:
        user, password = self._settings.user, self._settings.password.get_secret_value()
        try:
            if "AUTH=PLAIN" in imap.capabilities:
                imap.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
            else:
                imap.login(_quoted(user), password)
        except UnicodeEncodeError:
            raise DeliveryError("the mailbox takes only ASCII passwords", permanent=True) from None
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            # The server's words may repeat the login.
            raise DeliveryError("the mailbox refuses the login", permanent=True) from None

    def _open(self, imap: _Connection) -> tuple[int, int]:
        """UIDVALIDITY, and how many messages there are. Read-only: nothing becomes "seen"."""
        status, found = imap.select(_quoted(_utf7(self._settings.folder)), readonly=True)
        if status != "OK":
            raise DeliveryError(f"no folder {self._settings.folder!r}", permanent=True)
        _, validity = imap.response("UIDVALIDITY")
        return int((validity or [b"0"])[-1] or 0), int(found[-1] or 0)

    def _read(self, imap: _Connection, validity: int, after: int, since: datetime) -> Batch:
        current, _count = self._open(imap)
        if after and current == validity:
            # "n:*" names the last message even where its number is below n.
            numbers = [uid for uid in _search(imap, "UID", f"{after + 1}:*") if uid > after]
        else:
            day = since - timedelta(days=1)  # its zone is the server's
            numbers = _search(imap, "SINCE", f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}")
        taken = sorted(numbers)[:BATCH]
        mails = tuple(_fetch(imap, uid) for uid in taken)
        return Batch(validity=current, mails=mails, more=len(numbers) > len(taken))


def _search(imap: _Connection, *criteria: str) -> list[int]:
    status, found = imap.uid("SEARCH", *criteria)
    if status != "OK":
        raise imap.abort("SEARCH was refused")
    return [int(number) for line in found if line for number in line.split()]


def _fetch(imap: _Connection, uid: int) -> Mail:
    """Empty where it was deleted meanwhile, or where the server cannot read it itself."""
    _, found = imap.uid("FETCH", str(uid), f"(UID BODY.PEEK[]<0.{MAX_MAIL}>)")
    content = next((item[1] for item in found if isinstance(item, tuple)), b"")
    return Mail(uid=uid, content=content[:MAX_MAIL])


async def _direct(host: str, port: int) -> socket.socket:
    """A socket to the first of the host's addresses that answers."""
    loop = asyncio.get_running_loop()
    last: OSError = OSError("no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        sock = socket.socket(family, kind, protocol)
        sock.setblocking(False)
        try:
            await loop.sock_connect(sock, address)
        except OSError as error:
            sock.close()
            last = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise last


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _utf7(name: str) -> str:
    """A folder's name as IMAP spells it (RFC 3501, 5.1.3)."""

    def shifted(match: re.Match[str]) -> str:
        coded = base64.b64encode(match[0].encode("utf-16-be")).rstrip(b"=").replace(b"/", b",")
        return f"&{coded.decode()}-"

    return re.sub(r"[^\x20-\x7e]+", shifted, name.replace("&", "&-"))


def _refusal(error: Exception) -> DeliveryError:
    """Never holds the server's words: they may repeat an address."""
    if isinstance(error, DeliveryError):
        return error
    if isinstance(error, ssl.SSLCertVerificationError):
        return DeliveryError("the mailbox's certificate is not trusted (network.ca_file)")
    if isinstance(error, OSError | TimeoutError):
        return DeliveryError(f"the mailbox was not reached: {type(error).__name__}")
    return DeliveryError(f"the mailbox's server misbehaved: {type(error).__name__}")
