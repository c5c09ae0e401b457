"""/a/<token>: opening shows, pressing acts. What follows links by itself, as mail scanners do, does nothing."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from listener.domain.action import Reason
from listener.i18n import Speaker
from listener.web import link_page
from listener.web.link_page import Page
from listener.workflows.answer_link import LinkDesk

log = logging.getLogger(__name__)

ANSWER_WITHIN = 10.0  # s
MAX_FORM = 2048  # bytes
FORM = "application/x-www-form-urlencoded"
FORGED_A_MINUTE = 30  # from all addresses together: behind a reverse proxy there is only one


class Links:
    """Serves the desk that `current` gives: another one after each reload, None without [links]."""

    def __init__(
        self,
        current: Callable[[], LinkDesk | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._current = current
        self._clock = clock
        self._forged: deque[float] = deque(maxlen=FORGED_A_MINUTE)
        self._working: set[asyncio.Task[web.Response]] = set()

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return (web.get("/a/{token}", self.look), web.post("/a/{token}", self.press))

    async def look(self, request: web.Request) -> web.Response:
        """The page of a link. HEAD, a prefetch or a scanner's visit changes nothing either."""
        desk = self._current()
        if desk is None:
            return web.Response(status=404)
        return await self._safely(desk, self._shown(desk, request.match_info["token"]))

    async def press(self, request: web.Request) -> web.Response:
        """Act, where the form comes from this link's own page."""
        desk = self._current()
        if desk is None:
            return web.Response(status=404)
        return await self._safely(desk, self._pressed(desk, request))

    async def _shown(self, desk: LinkDesk, token: str) -> web.Response:
        speaker = _speaker(desk)
        if not desk.tokens.is_genuine(token):
            return self._forgery(desk, speaker)
        seen = await desk.look(token)
        if seen is None:
            return _answer(desk, link_page.gone(speaker), 404)
        page = link_page.asking(seen, speaker, desk.tokens.form(token), desk.names)
        return _answer(desk, page)

    async def _pressed(self, desk: LinkDesk, request: web.Request) -> web.Response:
        token, speaker = request.match_info["token"], _speaker(desk)
        if not desk.tokens.is_genuine(token):
            return self._forgery(desk, speaker)
        form = await _form(request)
        if form is None or not _is_own(request, form.get("form", ""), desk.tokens.form(token)):
            log.warning("link.foreign_form")
            return _answer(desk, link_page.gone(speaker), 403)
        reply = await desk.press(token, _reason(form.get("reason", "")))
        if reply is None:
            return await self._shown(desk, token)  # pressed twice, or too late
        seen = await desk.look(token)
        if seen is None:
            return _answer(desk, link_page.gone(speaker), 404)
        return _answer(desk, link_page.answered(reply, seen, speaker, desk.names))

    def _forgery(self, desk: LinkDesk, speaker: Speaker) -> web.Response:
        """Costs no look into the database, and never locks out whoever holds a link."""
        now = self._clock()
        crowded = len(self._forged) == FORGED_A_MINUTE and now - self._forged[0] < 60
        self._forged.append(now)
        if crowded:
            return _answer(desk, link_page.busy(speaker), 429)
        return _answer(desk, link_page.gone(speaker), 404)

    async def _safely(
        self, desk: LinkDesk, work: Coroutine[Any, Any, web.Response]
    ) -> web.Response:
        """In time, or a page that says to assume nothing. What has begun to act is let end."""
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait((task,), timeout=ANSWER_WITHIN)
        try:
            if not task.done():
                raise TimeoutError
            return task.result()
        except (TimeoutError, SQLAlchemyError, OSError) as error:
            log.error("link.failed error=%s", type(error).__name__)
        except Exception:
            # A fault of ours is no reason to let somebody believe that it was done.
            log.exception("link.fault")
        return _answer(desk, link_page.failed(_speaker(desk)), 503)

    def _ended(self, task: asyncio.Task[web.Response]) -> None:
        self._working.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, or the event loop complains that nobody did


async def _form(request: web.Request) -> dict[str, str] | None:
    """The fields of a small plain form; None for anything else."""
    if request.content_type != FORM or (request.content_length or MAX_FORM + 1) > MAX_FORM:
        return None
    try:
        fields = await request.post()
    except (ValueError, LookupError):
        return None
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _is_own(request: web.Request, given: str, expected: str) -> bool:
    """The form was made for this link, and no other site had it sent."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site not in ("same-origin", "none"):
        return False
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _reason(given: str) -> Reason | None:
    return Reason(given) if given in set(Reason) else None


def _speaker(desk: LinkDesk) -> Speaker:
    return Speaker(desk.language, ZoneInfo(desk.timezone))


def _answer(desk: LinkDesk, page: Page, status: int = 200) -> web.Response:
    return web.Response(
        status=status,
        text=link_page.html(page, desk.language),
        content_type="text/html",
        headers=link_page.headers(),
    )
