"""Reads things again by their names: figures, edits, and what is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.connector import Malformed, Reject
from connectors.http import NotFound
from connectors.mention import Deletion, Engagement, MentionKey, alive
from connectors.reddit.api import Api, Barred, children_of
from connectors.reddit.wire import NETWORK, Seen, read_thing, rejected

INFO = 100  # names a call
_MOST_ASKED = 20  # missing posts of one call, each asked for by itself


@dataclass(slots=True, kw_only=True)
class Info:
    found: dict[str, Seen] = field(default_factory=dict)
    deletions: list[Deletion] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)  # they stand, as far as we can tell

    def engagements(self, at: datetime) -> list[Engagement]:
        """Figures, or a sign of life."""
        told = [seen.engagement for seen in self.found.values() if seen.engagement is not None]
        keys = (MentionKey(network=NETWORK, external_id=name) for name in self.unseen)
        return [*told, *(alive(key, at) for key in keys)]

    @property
    def gone(self) -> list[str]:
        return [deletion.external_id for deletion in self.deletions if deletion.external_id]


async def read_info(api: Api, names: Sequence[str], at: datetime) -> Info:
    """https://www.reddit.com/dev/api/#GET_api_info

    What was erased comes back without its text. What is `missing` stands in a subreddit that is
    closed to us, or that Reddit has closed: it need not be gone.
    """
    info = Info()
    _take(info, children_of(await api.get("/api/info", {"id": ",".join(names)})), at)
    unreadable = {reject.external_id for reject in info.rejects}
    # An item whose name cannot be read may be any of those that the answer lacks.
    if None not in unreadable:
        info.missing = [name for name in names if name not in {*info.found, *unreadable}]
    return info


async def read_again(api: Api, names: Sequence[str], at: datetime) -> Info:
    """The same; posts that are missing are asked for by themselves, a few at a time.

    A comment cannot be, without its post's name: it is taken for standing.
    """
    info = await read_info(api, names, at)
    posts = [name for name in info.missing if name.startswith("t3_")]
    info.unseen = [name for name in info.missing if name.startswith("t1_")]
    # Others first each half hour, where there are more than are asked for.
    turn = int(at.timestamp() // 1_800) * _MOST_ASKED % max(1, len(posts))
    for name in [*posts[turn:], *posts[:turn]][:_MOST_ASKED]:
        await _ask(api, name, info, at)
    return info


async def _ask(api: Api, name: str, info: Info, at: datetime) -> None:
    """https://www.reddit.com/dev/api/#GET_comments_{article}"""
    try:
        answer = await api.get(f"/comments/{name[3:]}", {"limit": 1})
        _take(info, children_of(answer[0] if isinstance(answer, list) and answer else None), at)
    except NotFound:
        info.deletions.append(Deletion(network=NETWORK, seen_at=at, external_id=name))
    except Barred:
        info.unseen.append(name)
    except Malformed:
        return


def _take(info: Info, children: Sequence[object], at: datetime) -> None:
    for child in children:
        try:
            seen = read_thing(child, at)
        except ValueError as error:
            info.rejects.append(rejected(child, error))
            continue
        if seen.deletion is not None:
            info.deletions.append(seen.deletion)
        info.found[seen.name] = seen
