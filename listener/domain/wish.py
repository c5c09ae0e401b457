"""What somebody means by the few words of a reply: an action, or nothing that may be relied on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from listener.domain.action import SNOOZE, Action, Reason

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=8)
LINES = 3  # that may hold the word: a greeting first, then it
LINE_LENGTH = 300

Words = tuple[str, ...]

_GREETINGS = frozenset({"bonjour", "bonsoir", "salut", "hello", "hi", "bjr", "bsr", "coucou"})
# By themselves they take charge; before another word they only say that it was read.
_CONSENTS = frozenset({"ok", "okay", "oui", "yes", "accord"})
_FILLERS = _CONSENTS | {"d", "bien", "recu", "merci", "thanks"}
_NEGATIONS = frozenset(
    {"pas", "ne", "n", "non", "not", "no", "never", "jamais", "don", "cannot", "impossible"}
)


def _phrases(*spelt: str) -> tuple[Words, ...]:
    return tuple(sorted((tuple(words.split()) for words in spelt), key=len, reverse=True))


_ACTIONS: Mapping[Action, tuple[Words, ...]] = {
    Action.ACKNOWLEDGE: _phrases(
        "je prends", "je le prends", "je la prends", "je prend", "pris", "prise", "pris en charge",
        "je m en charge", "je m en occupe", "j y vais", "je gere", "ack", "taken", "mine", "on it",
        "i take it", "i ll take it", "i am on it", "i m on it", "acknowledged",
    ),
    Action.ESCALATE: _phrases(
        "escalade", "escalader", "escaladez", "suivant", "appelez le suivant",
        "appeler le suivant", "escalate", "next", "call the next",
    ),
    Action.SNOOZE: _phrases(
        "plus tard", "reporter", "reporte", "pause", "later", "snooze", "call later",
    ),
    Action.RESOLVE: _phrases(
        "resolu", "resolue", "regle", "reglee", "c est regle", "c est resolu", "termine",
        "c est fini", "resolved", "done", "it is over", "closed",
    ),
    Action.DISMISS: _phrases("fausse alerte", "fausse alarme", "false alarm", "false alert"),
    Action.REOPEN: _phrases("rouvrir", "reouvrir", "rouvrez", "reopen"),
}  # fmt: skip

_REASONS: Mapping[Reason, tuple[Words, ...]] = {
    Reason.NOT_US: _phrases(
        "pas nous", "pas chez nous", "nous concerne pas", "autre hopital", "not us",
        "not about us",
    ),
    Reason.HARMLESS: _phrases(
        "anodin", "anodine", "sans gravite", "benin", "humour", "ironie", "blague", "harmless",
        "joke", "irony",
    ),
    Reason.KNOWN: _phrases("connu", "connue", "deja traite", "known", "already handled"),
    Reason.SPAM: _phrases("spam", "pub", "publicite"),
    Reason.OTHER: _phrases("autre", "autre raison", "other"),
}  # fmt: skip

_SPAN = re.compile(
    r"\b(\d{1,3})(?: ?(h|heures?|hours?)(?: ?(\d{1,2}))?)?(?: ?(?:mn|min|minutes?))?\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a reply asks for. `reason` is None where a dismissal gives none."""

    action: Action
    snooze: timedelta = SNOOZE
    reason: Reason | None = None


def understand(said: str) -> Wish | None:
    """The wish that stands in the first words of a reply; None where it is not certain.

    A question, a negation or two wishes at once are never taken for one: whoever wrote is asked
    again, and meanwhile others are still being called.
    """
    lines = [line for line in said[:4000].splitlines() if line.strip()]
    for line in lines[:LINES]:
        words = _words(line[:LINE_LENGTH])
        greeted = bool(words) and words[0] in _GREETINGS
        wish = None if "?" in line else _wish(words[1:] if greeted else words)
        if wish is not None or (words and not greeted):
            return wish
    return None


def _words(text: str) -> Words:
    """Lower case, without accents, apostrophes and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return tuple(re.findall(r"[a-z0-9]+", plain))


def _wish(words: Words) -> Wish | None:
    rest = words
    while rest and rest[0] in _FILLERS:
        rest = rest[1:]
    consents = not _CONSENTS.isdisjoint(words[: len(words) - len(rest)])
    for action, phrases in _ACTIONS.items():
        for phrase in phrases:
            if rest[: len(phrase)] == phrase:
                return _with_details(action, rest[len(phrase) :])
    if not consents or _refuses(rest) or _named(rest):
        return None
    return Wish(action=Action.ACKNOWLEDGE)


def _with_details(action: Action, tail: Words) -> Wish | None:
    if _named(tail) - {action}:
        return None
    if action is Action.DISMISS:
        reason = next((r for r, spelt in _REASONS.items() if _holds(tail, spelt)), None)
        if reason is None and _refuses(tail):
            return None
        if reason is None and tail:
            reason = Reason.OTHER
        return Wish(action=action, reason=reason)
    if _refuses(tail):
        return None
    if action is Action.SNOOZE:
        span = _span(tail)
        return Wish(action=action, snooze=span) if span else None
    return Wish(action=action)


def _span(tail: Words) -> timedelta | None:
    """How long to wait: half an hour where nothing is said, None where it makes no sense."""
    found = _SPAN.search(" ".join(tail))
    if found is None:
        return None if any(char.isdigit() for word in tail for char in word) else SNOOZE
    number, unit, more = int(found[1]), found[2], int(found[3] or 0)
    span = timedelta(hours=number, minutes=more) if unit else timedelta(minutes=number)
    return span if SHORTEST <= span <= LONGEST else None


def _refuses(words: Words) -> bool:
    return not _NEGATIONS.isdisjoint(words)


def _named(words: Words) -> set[Action]:
    return {action for action, phrases in _ACTIONS.items() if _holds(words, phrases)}


def _holds(words: Words, phrases: Sequence[Words]) -> bool:
    return any(
        words[start : start + len(phrase)] == phrase
        for phrase in phrases
        for start in range(len(words) - len(phrase) + 1)
    )
