"""The account's session: made once with the app password, kept between runs, refreshed when it expires."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import orjson

from connectors.connector import Malformed, Unauthorized
from connectors.http import HttpClient, Response
from connectors.reading import mapping, string

WITHOUT_ACCOUNT = (
    "searching Bluesky needs an account: set identifier and app_password (bsky.app, Settings, "
    "Privacy and security, App passwords), or set stream = true, which needs none"
)
_REFUSED_LOGIN = "Bluesky refuses identifier and app_password: make a new app password"
_SECOND_FACTOR = "Bluesky asks for a second factor: use an app password, not the account's own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """`account` is what it was made for, so that a changed configuration makes a new one."""

    account: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)


class SessionStore(Protocol):
    async def load(self) -> Session | None: ...

    async def save(self, session: Session) -> None: ...


class MemorySessions:
    """Keeps the session as long as the process lives."""

    def __init__(self) -> None:
        self._session: Session | None = None

    async def load(self) -> Session | None:
        return self._session

    async def save(self, session: Session) -> None:
        self._session = session


class FileSessions:
    """Keeps the session in one file that only its owner can read.

    A restart makes no new session: an account may make 30 in 5 minutes and 300 a day.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def load(self) -> Session | None:
        return await asyncio.to_thread(self._read)

    async def save(self, session: Session) -> None:
        await asyncio.to_thread(self._write, session)

    def _read(self) -> Session | None:
        try:
            kept = mapping(orjson.loads(self._path.read_bytes()))
        except (OSError, ValueError):
            return None  # absent or unreadable: a new one is made
        return read_session(kept, account=string(kept.get("account")) or "")

    def _write(self, session: Session) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._path.with_name(self._path.name + ".new")
        draft.unlink(missing_ok=True)  # a leftover could have wider permissions
        body = {
            "account": session.account,
            "accessJwt": session.access,
            "refreshJwt": session.refresh,
        }
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(orjson.dumps(body))
        draft.replace(self._path)


def read_session(answer: dict[str, object], *, account: str) -> Session | None:
    access, refresh = string(answer.get("accessJwt")), string(answer.get("refreshJwt"))
    if not account or access is None or refresh is None:
        return None
    return Session(account=account, access=access, refresh=refresh)


class Account:
    """Gives tokens that work, with as few new sessions as possible.

    Source: https://docs.bsky.app/docs/api/com-atproto-server-create-session
    """

    def __init__(
        self, http: HttpClient, base_url: str, identifier: str, password: str, store: SessionStore
    ) -> None:
        self._http = http
        self._server = f"{base_url.rstrip('/')}/xrpc/com.atproto.server"
        self._identifier = identifier
        self._password = password
        self._account = f"{identifier}@{base_url.rstrip('/')}"
        self._store = store
        self._session: Session | None = None
        self._one_at_a_time = asyncio.Lock()

    async def token(self, *, instead_of: str | None = None) -> str:
        """An access token; `instead_of` names one that the server no longer takes."""
        async with self._one_at_a_time:
            session = self._session or await self._stored()
            if session is None:
                session = await self._create()
            elif session.access == instead_of:
                session = await self._refreshed(session) or await self._create()
            if session is not self._session:
                self._session = session
                await self._store.save(session)
            return session.access

    async def _stored(self) -> Session | None:
        session = await self._store.load()
        return session if session is not None and session.account == self._account else None

    async def _refreshed(self, session: Session) -> Session | None:
        headers = {"Authorization": f"Bearer {session.refresh}"}
        answer = await self._http.post(f"{self._server}.refreshSession", headers=headers)
        if answer.status != 200:
            return None  # the refresh token lives for weeks, then only the password helps
        return read_session(mapping(answer.json()), account=self._account)

    async def _create(self) -> Session:
        credential = {"identifier": self._identifier, "password": self._password}
        answer = await self._http.post(f"{self._server}.createSession", json=credential)
        if answer.status in (400, 401, 403):
            raise Unauthorized(_refusal(answer))
        answer.raise_for_status()
        session = read_session(mapping(answer.json()), account=self._account)
        if session is None:
            raise Malformed("createSession gave no tokens")
        return session


def _refusal(answer: Response) -> str:
    try:
        error = mapping(answer.json()).get("error")
    except Malformed:
        error = None
    if error == "AuthFactorTokenRequired":
        return _SECOND_FACTOR
    if error == "AccountTakedown":
        return "Bluesky has suspended the account that searches"
    return _REFUSED_LOGIN
