"""A real SMTP server (aiosmtpd) that keeps what it is given, with refusals and cuts on demand."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

CUT = "cut"


@dataclass
class Mail:
    sender: str
    recipients: list[str]
    content: bytes
    message: EmailMessage
    tls: bool
    user: str | None


class SmtpStandIn:
    """`refusals` are said to the next RCPT, `data_faults` after the next DATA (CUT: kept, then cut).

    With `tls`, STARTTLS is asked for (or TLS at once where `implicit`); with `login`, AUTH too.
    """

    port = 0

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.mails: list[Mail] = []
        self.refusals: deque[str] = deque()
        self.data_faults: deque[str] = deque()
        self.sessions = 0
        self._tls, self._implicit, self._login = tls, implicit, login

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.refusals:
            return self.refusals.popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        fault = self.data_faults.popleft() if self.data_faults else ""
        if fault and fault != CUT:
            return fault
        content = bytes(envelope.content or b"")
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        user = getattr(session.auth_data, "login", b"").decode() or None
        self.mails.append(
            Mail(
                sender=envelope.mail_from or "",
                recipients=list(envelope.rcpt_tos),
                content=content,
                message=message,
                tls=session.ssl is not None or self._implicit,
                user=user,
            )
        )
        if fault == CUT:
            server.transport.abort()
        return "250 OK: queued as 12345"

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert self._login is not None
        good = (data.login.decode(), data.password.decode()) == self._login
        return AuthResult(success=good, handled=good, auth_data=data)

    def _protocol(self) -> SMTP:
        self.sessions += 1
        starttls = self._tls if not self._implicit else None
        return SMTP(
            self,
            hostname="mail.valmont.example",
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=self._login is not None,
            auth_require_tls=self._tls is not None and not self._implicit,
            authenticator=self._authenticate if self._login else None,
            enable_SMTPUTF8=False,
        )

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[Self]:
        loop = asyncio.get_running_loop()
        tls = self._tls if self._implicit else None
        server = await loop.create_server(self._protocol, "127.0.0.1", port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()
