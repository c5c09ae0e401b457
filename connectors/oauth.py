"""OAuth 2.0 as a server without a browser needs it: paste-back or device login, silent renewal.

RFC 6749, RFC 7636 (PKCE), RFC 8628 (device flow).
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable
from urllib.parse import parse_qs, urlencode, urlsplit

from connectors.bearer import EARLY, LASTING_EARLY, LASTING_EVERY, Bearer, Renewing
from connectors.connector import ConnectorError, Malformed, Unauthorized
from connectors.http import HttpClient, Response
from connectors.reading import figure, mapping, string
from connectors.tokens import Token

__all__ = [
    "EARLY",
    "LASTING_EARLY",
    "LASTING_EVERY",
    "Bearer",
    "Consent",
    "DeviceConsent",
    "LoggingIn",
    "OAuthClient",
    "PendingConsent",
    "Renewing",
    "ask_token",
    "begin_consent",
    "begin_device",
    "exchange",
    "poll_device",
    "renew",
    "token_of",
]

_CODE = re.compile(r"[\w.-]{1,80}")  # RFC 6749 §5.2: a sentence is none


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClient:
    """One registered application, and where its network keeps the door."""

    client_id: str
    token_url: str
    authorize_url: str | None = None
    device_url: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ()
    scope_separator: str = " "
    pkce: bool = False
    basic: bool = False  # the client's login in the header rather than in the form
    id_name: str = "client_id"  # what the network calls it: TikTok, "client_key"
    extra: Mapping[str, str] = field(default_factory=dict)  # e.g. access_type=offline

    @property
    def made_for(self) -> str:
        return hashlib.blake2b(self.client_id.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A login that was begun: the page that a person must open, and what proves that it was ours."""

    url: str = field(repr=False)
    redirect_uri: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)

    def code_of(self, pasted: str) -> str:
        """The code out of the address (or the bare code) that the person pastes back.

        Unauthorized where the network said no, or where the answer belongs to another login.
        """
        text = pasted.strip()
        if "?" not in text and "=" not in text:
            return text
        # LinkedIn and Meta end it with a fragment of their own.
        query = parse_qs(urlsplit(text).query or text.partition("?")[2] or text)
        if "error" in query:
            raise Unauthorized(f"the network refused: {query['error'][0][:80]}")
        if query.get("state", [self.state])[0] != self.state:
            raise Unauthorized("this answer belongs to another login: begin again")
        if not query.get("code"):
            raise Unauthorized("no code in what was pasted: paste the whole address")
        return query["code"][0].removesuffix("#_")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceConsent:
    """A device login that was begun: the person types `user_code` at `url`."""

    url: str
    user_code: str
    device_code: str = field(repr=False)
    interval: float  # seconds between two questions
    expires_at: datetime


@runtime_checkable
class LoggingIn(Protocol):
    """A connector that `listener login` can walk an operator through; built with `tokens=`."""

    def oauth(self) -> OAuthClient | None:
        """None where the configuration names no application."""
        ...

    async def admitted(self, token: Token) -> Token:
        """What to keep of a fresh login: a longer-lived token, a Page's own."""
        ...


def begin_consent(client: OAuthClient, redirect_uri: str) -> Consent:
    if client.authorize_url is None:
        raise Unauthorized("this network has no page to log in on")
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    asked = {
        "response_type": "code",
        client.id_name: client.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "scope": client.scope_separator.join(client.scopes),
        **client.extra,
    }
    if client.pkce:
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        asked |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    joint = "&" if "?" in client.authorize_url else "?"
    url = f"{client.authorize_url}{joint}{urlencode(asked)}"
    return Consent(url=url, redirect_uri=redirect_uri, state=state, verifier=verifier)


async def exchange(
    http: HttpClient, client: OAuthClient, consent: Consent, code: str, at: datetime
) -> Token:
    """The token for the code that the person brought back."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": consent.redirect_uri,
        **({"code_verifier": consent.verifier} if client.pkce else {}),
    }
    return await ask_token(http, client, form, at)


async def begin_device(http: HttpClient, client: OAuthClient, at: datetime) -> DeviceConsent:
    if client.device_url is None:
        raise Unauthorized("this network has no login by device")
    scope = client.scope_separator.join(client.scopes)
    form = {client.id_name: client.client_id, "scope": scope}
    answer = _answer(await http.post(client.device_url, data=form))
    url = string(answer.get("verification_uri")) or string(answer.get("verification_url"))
    user_code, device_code = string(answer.get("user_code")), string(answer.get("device_code"))
    if not (url and user_code and device_code):
        raise Malformed("the device login gave no code")
    return DeviceConsent(
        url=url,
        user_code=user_code,
        device_code=device_code,
        interval=float(figure(answer.get("interval")) or 5),
        expires_at=at + timedelta(seconds=figure(answer.get("expires_in")) or 900),
    )


async def poll_device(
    http: HttpClient, client: OAuthClient, consent: DeviceConsent, at: datetime
) -> Token | None:
    """The token once the person has agreed; None while they have not. Unauthorized: they refused."""
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": consent.device_code,
    }
    try:
        return await ask_token(http, client, form, at)
    except PendingConsent:
        return None


class PendingConsent(ConnectorError):
    """The person has not answered yet."""


async def ask_token(
    http: HttpClient, client: OAuthClient, form: Mapping[str, str], at: datetime
) -> Token:
    """POST to the token endpoint: Unauthorized where the network takes the grant no more."""
    headers = {"Accept": "application/json"}
    sent = dict(form)
    if client.basic:
        login = f"{client.client_id}:{client.client_secret or ''}"
        headers["Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
    else:
        sent[client.id_name] = client.client_id
        if client.client_secret is not None:
            sent["client_secret"] = client.client_secret
    answer = _answer(await http.post(client.token_url, data=sent, headers=headers))
    return token_of(answer, at, made_for=client.made_for)


def token_of(answer: Mapping[str, Any], at: datetime, *, made_for: str = "") -> Token:
    """RFC 6749 §5.1; LinkedIn adds refresh_token_expires_in, TikTok refresh_expires_in."""
    access = string(answer.get("access_token"))
    if access is None:
        raise Malformed("the token endpoint gave no access_token")
    return Token(
        access=access,
        refresh=string(answer.get("refresh_token")),
        expires_at=_after(answer.get("expires_in"), at),
        refresh_expires_at=_after(
            answer.get("refresh_token_expires_in", answer.get("refresh_expires_in")), at
        ),
        made_for=made_for,
    )


async def renew(http: HttpClient, client: OAuthClient, token: Token, at: datetime) -> Token:
    """RFC 6749 §6; a network that gives no new refresh token lets the old one stand."""
    if token.refresh is None:
        raise Unauthorized("the access has ended: log in again")
    form = {"grant_type": "refresh_token", "refresh_token": token.refresh}
    fresh = await ask_token(http, client, form, at)
    return Token(
        access=fresh.access,
        refresh=fresh.refresh or token.refresh,
        expires_at=fresh.expires_at,
        refresh_expires_at=fresh.refresh_expires_at or token.refresh_expires_at,
        made_for=fresh.made_for,
    )


def _answer(response: Response) -> Mapping[str, Any]:
    """The token endpoint's JSON; its errors name our next move and repeat nothing of ours."""
    try:
        answer = mapping(response.json())
    except Malformed:
        response.raise_for_status()
        raise
    error = string(answer.get("error")) or ""
    if error in ("authorization_pending", "slow_down"):
        raise PendingConsent(error)
    if error and response.status < 400 and not _CODE.fullmatch(error):
        raise Malformed("the token endpoint gave neither a token nor a code of an error")
    if response.status in (400, 401, 403) or error:
        raise Unauthorized(f"the network refuses the login ({error[:60] or response.status})")
    response.raise_for_status()
    return answer


def _after(seconds: object, at: datetime) -> datetime | None:
    left = figure(seconds)
    return at + timedelta(seconds=min(left, 10 * 365 * 86_400)) if left else None
