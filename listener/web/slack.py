"""/slack/interactions: Slack's buttons over HTTPS, for a site that Slack can reach. Signed or refused.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from aiohttp import web

from listener.app.slack_door import SlackDoor
from listener.notifiers.interactions import MAX_BYTES, BadInteraction

log = logging.getLogger(__name__)

PATH = "/slack/interactions"
MAX_BODY = 3 * MAX_BYTES  # bytes: percent-encoding makes three of one
FRESH = timedelta(minutes=5)
TELL_AGAIN = 300.0  # s: whoever knocks without a key must not fill the log


class SlackHook:
    """Serves the door that `current` gives: another one after each reload, None without Slack."""

    def __init__(self, current: Callable[[], SlackDoor | None]) -> None:
        self._current = current
        self._told = float("-inf")

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return (web.post(PATH, self.call),)

    async def call(self, request: web.Request) -> web.Response:
        """Answered before anything is done; a call repeated within its five minutes acts once."""
        door = self._current()
        if door is None or door.settings.signing_secret is None:
            return web.Response(status=404)
        if (request.content_length or 0) > MAX_BODY:
            return web.Response(status=413)
        body = await request.read()
        secret = door.settings.signing_secret.get_secret_value()
        given = request.headers.get("X-Slack-Signature", "")
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        if not is_signed(secret, body, timestamp=timestamp, signature=given, at=door.clock()):
            self._tell("forged")
            return web.Response(status=403)
        try:
            door.take(_payload(body))
        except BadInteraction as error:
            self._tell(str(error))
            return web.Response(status=400)
        return web.Response()

    def _tell(self, error: str) -> None:
        now = time.monotonic()
        if now - self._told >= TELL_AGAIN:
            self._told = now
            log.warning("slack.refused_call error=%s", error)


def is_signed(secret: str, body: bytes, *, timestamp: str, signature: str, at: datetime) -> bool:
    """Whether Slack signed this body within the last five minutes."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    if abs(at.timestamp() - int(timestamp)) > FRESH.total_seconds():
        return False
    signed = b"v0:" + timestamp.encode() + b":" + body
    expected = "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


def _payload(body: bytes) -> str:
    try:
        fields = parse_qs(body.decode(), strict_parsing=True, max_num_fields=8)
    except ValueError:  # UnicodeDecodeError is one
        raise BadInteraction("no form") from None
    (payload, *others) = fields.get("payload") or [""]
    if not payload or others:
        raise BadInteraction("no payload, or several")
    return payload
