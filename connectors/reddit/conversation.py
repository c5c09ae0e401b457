"""One conversation read whole: the comments shown, and those that stand behind "more"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.connector import Clock, Malformed, Reject
from connectors.reading import mapping, string, strings
from connectors.reddit.api import Api, children_of
from connectors.reddit.wire import Seen, read_thing, rejected

_CHILDREN = 100  # a call of /api/morechildren
_AT_ONCE = 500  # comments of the first answer


@dataclass(slots=True)
class Allowance:
    """How many requests the conversations may cost at one poll."""

    requests: int
    spent: int = 0

    def take(self) -> bool:
        if self.spent >= self.requests:
            return False
        self.spent += 1
        return True


@dataclass(slots=True, kw_only=True)
class Conversation:
    """What one reading of it brought."""

    seen: list[Seen] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    left_out: int = 0  # comments that the allowance of requests did not reach


async def read_conversation(
    api: Api, link: str, comment: str | None, *, allowance: Allowance, clock: Clock
) -> Conversation:
    """A whole post's, or what stands below one `comment` of it.

    https://www.reddit.com/dev/api/#GET_comments_{article} and #POST_api_morechildren
    """
    told = Conversation()
    pending = [comment[3:] if comment else ""]  # branches; "" is the whole tree
    asked = set(pending)
    hidden: list[str] = []
    while pending or hidden:
        if not allowance.take():
            told.left_out = len(pending) + len(hidden)
            break
        if pending:
            children = await _branch(api, link, pending.pop())
        else:
            batch, hidden = hidden[:_CHILDREN], hidden[_CHILDREN:]
            children = await _hidden(api, link, batch)
        branches, more = _sort(children, told, clock)
        pending += [branch for branch in branches if branch not in asked]
        hidden += [own for own in more if own not in asked]
        asked.update(branches, more)
    return told


async def _branch(api: Api, link: str, comment: str) -> list[Any]:
    path = f"/comments/{link[3:]}/_/{comment}" if comment else f"/comments/{link[3:]}"
    answer = await api.get(path, {"sort": "new", "limit": _AT_ONCE})
    if not isinstance(answer, list) or len(answer) < 2:
        raise Malformed("a conversation that is no pair of listings")
    return children_of(answer[1])


async def _hidden(api: Api, link: str, names: Sequence[str]) -> list[Any]:
    form = {
        "api_type": "json",
        "link_id": link,
        "children": ",".join(names),
        "sort": "new",
        "limit_children": "false",
    }
    answer = mapping(mapping(await api.post("/api/morechildren", form)).get("json"))
    things = mapping(answer.get("data")).get("things")
    if not isinstance(things, list):
        raise Malformed("a conversation whose hidden comments are not given")
    return things


def _sort(children: list[Any], told: Conversation, clock: Clock) -> tuple[list[str], list[str]]:
    """Comments into `told`; the branches to open, and the comments to ask for."""
    at = clock()
    branches: list[str] = []
    more: list[str] = []
    stack = list(children)
    while stack:
        child = stack.pop()
        data = mapping(mapping(child).get("data"))
        if mapping(child).get("kind") == "more":
            names = list(strings(data.get("children")))
            more += names
            # "Continue this thread": too deep for one answer, and no name is given.
            parent = string(data.get("parent_id")) or ""
            if not names and parent.startswith("t1_"):
                branches.append(parent[3:])
            continue
        try:
            told.seen.append(read_thing(child, at))
        except ValueError as error:
            told.rejects.append(rejected(child, error))
        below = mapping(mapping(data.get("replies")).get("data")).get("children")
        stack += below if isinstance(below, list) else []
    return branches, more
