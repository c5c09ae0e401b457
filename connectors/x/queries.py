"""Searches and stream rules out of what is watched, each within X's length.

https://docs.x.com/x-api/posts/search/integrate/build-a-query
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connectors.connector import Watched
from connectors.x.settings import HANDLE, XSettings

_OR = " OR "


def handles(names: Iterable[str]) -> tuple[str, ...]:
    """Those that can be X's: other networks' have dots, or name their server."""
    bare = (name.strip().removeprefix("@") for name in names)
    return tuple(dict.fromkeys(name.lower() for name in bare if HANDLE.fullmatch(name)))


def own_accounts(settings: XSettings, watched: Watched) -> tuple[str, ...]:
    return settings.accounts or handles(watched.accounts)


def queries_of(settings: XSettings, watched: Watched, limit: int) -> tuple[str, ...]:
    """As few queries as hold every clause, in the order given: one clause more moves few others."""
    addressed = handles(watched.accounts + settings.accounts)
    if settings.mentions:
        # Their mentions are read from their own timelines, which may cost less.
        own = own_accounts(settings, watched)
        addressed = tuple(name for name in addressed if name not in own)
    ending = _ending(settings)
    room = limit - len(ending) - len("()")
    clauses = [
        *(_phrase(term, room) for term in watched.terms + settings.terms),
        *(_tag(tag) for tag in watched.hashtags + settings.hashtags),
        *(f"@{name}" for name in addressed),
        *(_link(domain) for domain in settings.domains),
    ]
    kept = dict.fromkeys(clause for clause in clauses if 0 < len(clause) <= room)
    return tuple(f"({group}){ending}" for group in _packed(list(kept), room))


def _ending(settings: XSettings) -> str:
    ending = "" if settings.reposts else " -is:retweet"
    languages = [f"lang:{language}" for language in settings.languages]
    if len(languages) > 1:
        return f"{ending} ({_OR.join(languages)})"
    return ending + "".join(f" {language}" for language in languages)


def _phrase(term: str, room: int) -> str:
    """Quoted, whatever it is: a bare OR, a hyphen or a colon would be an operator.

    One that is too long is cut between two words: it finds more, never less.
    """
    words = term.replace('"', " ").replace("\\", " ").split()
    while len(words) > 1 and len(" ".join(words)) > room - 2:
        words.pop()
    return f'"{" ".join(words)}"' if words else ""


def _tag(tag: str) -> str:
    name = "".join(c for c in tag if c.isalnum() or c == "_")
    return f"#{name}" if name else ""


def _link(domain: str) -> str:
    host = "".join(c for c in domain.lower() if c.isalnum() or c in ".-/")
    return f'url:"{host}"' if host else ""


def _packed(clauses: Sequence[str], room: int) -> Iterable[str]:
    group: list[str] = []
    for clause in clauses:
        if group and len(_OR.join([*group, clause])) > room:
            yield _OR.join(group)
            group = []
        group.append(clause)
    if group:
        yield _OR.join(group)
