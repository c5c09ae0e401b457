"""One SMTP conversation: through the proxy or not, TLS or not, every refusal named by what to do next.

Reply codes: RFC 5321, 4.2 (4yz may pass later, 5yz will not).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiosmtplib
from aiosmtplib.errors import (
    SMTPConnectError,
    SMTPException,
    SMTPNotSupported,
    SMTPResponseException,
)
from yarl import URL

from connectors.policy import NetworkPolicy
from listener.config.alerting import EmailSettings
from listener.notifiers.base import DeliveryError
from listener.notifiers.network import proxy_for, tunnel

TIMEOUT = 30.0  # seconds a command
# After the final dot a server may scan the message before it answers (RFC 5321, 4.5.3.2.6).
DATA_TIMEOUT = 120.0


class SmtpServer:
    """Opens a connection a message: alerts are rare, and an idle connection goes stale."""

    def __init__(self, settings: EmailSettings, network: NetworkPolicy) -> None:
        assert settings.host is not None
        self._host = settings.host
        self._settings = settings
        self._network = network

    async def submit(self, sender: str, recipient: str, content: bytes) -> str:
        """Hand over one message; the server's closing words. DeliveryError otherwise."""
        async with self._session() as smtp:
            try:
                await smtp.mail(sender)
                await smtp.rcpt(recipient)
            except UnicodeEncodeError:
                raise DeliveryError("an address that is not ASCII", permanent=True) from None
            try:
                return (await smtp.data(content, timeout=DATA_TIMEOUT)).message
            except (ConnectionError, TimeoutError):
                raise DeliveryError("the answer to DATA was lost", ambiguous=True) from None

    async def check(self) -> str:
        """Connect and log in, sending nothing."""
        async with self._session() as smtp:
            await smtp.noop()
        login = "logged in" if self._settings.user else "no login"
        return f"{self._host}:{self._settings.port}, {self._settings.security}, {login}"

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[aiosmtplib.SMTP]:
        settings = self._settings
        smtp = aiosmtplib.SMTP(
            hostname=self._host,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=self._network.tls(),
            local_hostname=_own_name(settings.sender),
            timeout=TIMEOUT,
        )
        try:
            await self._connect(smtp)
            yield smtp
            await _quit(smtp)
        except (SMTPException, OSError, TimeoutError) as error:
            raise refusal(error) from None
        finally:
            smtp.close()

    async def _connect(self, smtp: aiosmtplib.SMTP) -> None:
        sock = await self._tunnel()
        if sock is None:
            await smtp.connect(port=self._settings.port)
        else:
            await smtp.connect(sock=sock)
        await self._log_in(smtp)

    async def _tunnel(self) -> socket.socket | None:
        address = URL.build(scheme="smtp", host=self._host, port=self._settings.port)
        proxy = proxy_for(self._network, address)
        if proxy is None:
            return None
        async with asyncio.timeout(TIMEOUT):
            return await tunnel(self._network, proxy, self._host, self._settings.port)

    async def _log_in(self, smtp: aiosmtplib.SMTP) -> None:
        settings = self._settings
        if settings.user is None or settings.password is None:
            return
        if settings.security == "none":
            raise DeliveryError("a password is not sent in clear", permanent=True)
        await smtp.login(settings.user, settings.password.get_secret_value())


def _own_name(sender: str) -> str:
    """What EHLO says: relays want a full name, and a reverse look-up may hang on a closed network."""
    name = socket.gethostname()
    if "." in name and name.isascii():
        return name
    domain = sender.rpartition("@")[2]
    return domain if "." in domain and domain.isascii() else "localhost.localdomain"


async def _quit(smtp: aiosmtplib.SMTP) -> None:
    try:
        await smtp.quit()
    except (SMTPException, OSError, TimeoutError):
        return  # the message is already theirs


def refusal(error: Exception) -> DeliveryError:
    """Never holds the server's words: they may repeat an address."""
    if isinstance(error, SMTPResponseException):
        # 454 and 421 pass; 535 is a wrong password, 550 an unknown mailbox, 552 too large a message.
        return DeliveryError(f"the mail server answered {error.code}", permanent=error.code >= 500)
    # A bare SMTPException is what aiosmtplib says where STARTTLS or every AUTH is missing.
    if isinstance(error, SMTPNotSupported) or type(error) is SMTPException:
        return DeliveryError("the mail server offers no such TLS or login", permanent=True)
    if isinstance(error, ssl.SSLCertVerificationError) or isinstance(
        error.__cause__, ssl.SSLCertVerificationError
    ):
        return DeliveryError("the mail server's certificate is not trusted (network.ca_file)")
    if isinstance(error, SMTPConnectError | OSError | TimeoutError):
        return DeliveryError(f"the mail server was not reached: {type(error).__name__}")
    return DeliveryError(f"the mail server misbehaved: {type(error).__name__}")
