"""What fits a lock screen or one SMS: what, where, how fast, how to answer; never a word of a post.

The alphabet and its lengths: 3GPP TS 23.038, 6.2.1 (GSM 7 bit default alphabet and its extension).
"""

from __future__ import annotations

import unicodedata
from zoneinfo import ZoneInfo

from listener.domain.alert import AlertView
from listener.domain.incident import UNFINISHED
from listener.i18n import Speaker
from listener.notifiers import safe
from listener.notifiers.content import Content

LENGTH = 160  # septets of one SMS: a second one may come minutes later, or first

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[~]|€")  # two septets each
_SPELT = {
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "«\xa0": '"',
    "\xa0»": '"',
    "«": '"',
    "»": '"',
    "–": "-",
    "—": "-",
    "…": "...",
    "œ": "oe",
    "Œ": "OE",
    "×": "x",
    "·": "-",
    "\xa0": " ",
    "\u202f": " ",
}


def alert_text(content: Content, view: AlertView, *, language: str, answer: str = "") -> str:
    """An alert in one SMS. `answer`: what to send back to take it on, where a reply is read."""
    speaker = Speaker(language, ZoneInfo(view.timezone))
    if answer:
        last = to_take_it_on(speaker, answer)
    else:
        last = speaker.gettext("Incident {number}.").format(number=view.incident)
    return fitted(content.badge, content.title, _pace(speaker, view), last)


def to_take_it_on(speaker: Speaker, answer: str) -> str:
    return speaker.gettext("Reply {answer} to take it on.").format(answer=answer)


def _pace(speaker: Speaker, view: AlertView) -> str:
    """ "20 en 10 min (8 avant)": the last two stretches tell a rise from a fall."""
    if view.state not in UNFINISHED:
        return speaker.gettext("It is over.")
    counts = [count for _at, count in view.recent]
    if len(counts) < 2 or not counts[-1]:
        return ""
    text = speaker.gettext("{now} in 10 min ({before} before).")
    return text.format(now=speaker.number(counts[-1]), before=speaker.number(counts[-2]))


def fitted(badge: str, title: str, pace: str = "", last: str = "") -> str:
    """One SMS: of what does not fit the badge goes first, then the pace, then the title's end."""
    badge, title, pace, last = (gsm(part) for part in (badge, title, pace, last))
    title = title if title.endswith((".", "!", "?")) else f"{title}."
    for lead, middle in ((f"{badge} - {title}", pace), (title, pace), (title, "")):
        whole = " ".join(part for part in (lead, middle, last) if part)
        if septets(whole) <= LENGTH:
            return whole
    room = LENGTH - septets(f" {last}" if last else "")
    return " ".join(part for part in (_cut(title, room), last) if part)


def _cut(text: str, room: int) -> str:
    for limit in range(min(room, len(text)), 0, -1):
        shown = gsm(safe.shorten(text, limit))
        if septets(shown) <= room:
            return shown
    return ""


def gsm(text: str) -> str:
    """The nearest text that an SMS holds without falling back to 70 characters."""
    for char, spelt in _SPELT.items():
        text = text.replace(char, spelt)
    folded = "".join(char if _is_gsm(char) else _folded(char) for char in text)
    return " ".join(folded.split())


def _is_gsm(char: str) -> bool:
    return char in _BASIC or char in _EXTENSION


def _folded(char: str) -> str:
    """A letter without its accent; nothing for what has no place in an SMS, such as an emoji."""
    parts = unicodedata.normalize("NFKD", char)
    return "".join(part for part in parts if _is_gsm(part))


def septets(text: str) -> int:
    """The length of a text of that alphabet."""
    return sum(2 if char in _EXTENSION else 1 for char in text)
