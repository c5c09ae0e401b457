"""The small curve of an alert: what it shows, what it says to who cannot see it, and who draws it."""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from listener.domain.alert import AlertView
from listener.i18n import Speaker
from listener.notifiers.base import Attachment
from listener.notifiers.child import Child, ChildError

log = logging.getLogger(__name__)

WORKER = "listener.notifiers.curve"
WITHIN = 1.5  # seconds: a page goes without its picture rather than late
LARGEST = 20 * 1024  # bytes
STRETCHES = 12  # of ten minutes: two hours
NAME = "courbe.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A drawn curve and the finding in words."""

    content: bytes
    alt: str

    @property
    def attachment(self) -> Attachment:
        return Attachment(name=NAME, content=self.content)


class Drawer:
    """Asks the drawing process; whatever goes wrong, there is just no picture."""

    def __init__(self, child: Child | None = None, *, within: float = WITHIN) -> None:
        self._child = child or Child(WORKER)
        self._within = within
        self._last: tuple[dict[str, Any], bytes] | None = None  # an alert goes to several people

    async def draw(self, view: AlertView, *, language: str) -> Picture | None:
        speaker = Speaker(language, ZoneInfo(view.timezone))
        request = _request(speaker, view)
        if request is None:
            return None
        if self._last is None or self._last[0] != request:
            content = await self._drawn(request)
            if content is None:
                return None
            self._last = (request, content)
        return Picture(content=self._last[1], alt=_alt(speaker, view))

    async def _drawn(self, request: Mapping[str, Any]) -> bytes | None:
        try:
            answer = await self._child.ask(request, within=self._within)
            content = base64.b64decode(answer["png"])
        except (ChildError, KeyError, ValueError) as error:
            log.warning("curve.missing error=%s", type(error).__name__)
            return None
        return content if len(content) <= LARGEST else None

    async def close(self) -> None:
        await self._child.close()


def _request(speaker: Speaker, view: AlertView) -> dict[str, Any] | None:
    recent = list(view.recent)[-STRETCHES:]
    if len(recent) < 2 or not any(count for _at, count in recent):
        return None  # one bar says no more than its figure
    usual = _usual(view)
    return {
        "bars": [[speaker.clock(at), count, speaker.number(count)] for at, count in recent],
        "usual": usual,
        "count_label": speaker.gettext("posts in 10 min"),
        "usual_label": "" if usual is None else _usually(speaker, usual),
    }


def _usually(speaker: Speaker, usual: float) -> str:
    text = speaker.gettext("usual at this hour: {count}")
    return text.format(count=speaker.number(usual, decimals=1))


def _alt(speaker: Speaker, view: AlertView) -> str:
    """The finding for who cannot see the picture: where it stands, against its height and the usual."""
    recent = list(view.recent)[-STRETCHES:]
    (since, _first), (at, last) = recent[0], recent[-1]
    highest_at, highest = max(recent, key=lambda item: item[1])
    told = speaker.gettext(
        "Posts by ten minutes since {since}: {last} from {time} on, {trend}"
    ).format(
        since=speaker.clock(since),
        last=speaker.number(last),
        time=speaker.clock(at),
        trend=speaker.gettext("the most so far")
        if last >= highest
        else speaker.gettext("after {count} from {time} on").format(
            count=speaker.number(highest), time=speaker.clock(highest_at)
        ),
    )
    usual = _usual(view)
    if usual is None:
        return f"{told}."
    return speaker.gettext("{told}; {usual}.").format(told=told, usual=_usually(speaker, usual))


def _usual(view: AlertView) -> float | None:
    """By ten minutes; a burst of all that is said knows it, one of negative posts alone does not."""
    if view.usual is not None:
        return view.usual
    for reason in view.reasons:
        usual, minutes = reason.seen.get("usual"), reason.seen.get("minutes")
        if reason.seen.get("stream") == "total" and usual is not None and minutes:
            return float(usual) * 10 / float(minutes)
    return None
