"""Jetstream's frames, v1 and v2: cheap checks first, a mention only where a watch may be concerned.

v1: https://github.com/bluesky-social/jetstream (`/subscribe`), v2: its lexicon
network.bsky.jetstream.subscribeEvents, framed as xrpc.v1.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from connectors.bluesky.attached import POST
from connectors.bluesky.wire import NETWORK, NOBODY, build_mention
from connectors.connector import Keep, Reject
from connectors.mention import Author, Deletion, Mention
from connectors.reading import instant, mapping

_GONE = frozenset({"deleted", "takendown", "deactivated", "suspended"})
_EVENT = "network.bsky.jetstream.subscribeEvents#"
_COMMIT, _ACCOUNT, _INFO = _EVENT + "commit", _EVENT + "account", _EVENT + "info"
_UNREADABLE = (KeyError, TypeError, AttributeError, ValueError, OverflowError)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MAX_US = 2**53
MAX_MENTIONS = 100
MAX_DELETIONS = 1_000
MAX_REJECTS = 100


def to_microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def from_microseconds(time_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=time_us)


@dataclass(slots=True)
class Batch:
    """What the frames of half a second brought."""

    mentions: list[Mention] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return (
            len(self.mentions) >= MAX_MENTIONS
            or len(self.deleted) >= MAX_DELETIONS
            or len(self.rejects) >= MAX_REJECTS
        )

    @property
    def urgent(self) -> bool:
        """Deletions wait for the next cursor: a listener mostly never had the post."""
        return bool(self.mentions or self.rejects) or self.full

    def deletions(self, at: datetime) -> list[Deletion]:
        """`gone` last, so that what an author deletes before leaving is one row less to look for."""
        posts = [Deletion(network=NETWORK, external_id=uri, seen_at=at) for uri in self.deleted]
        return posts + [Deletion(network=NETWORK, author_id=did, seen_at=at) for did in self.gone]


class FrameError(Exception):
    """A v2 error frame, after which the server closes. `name` is the error's name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Frames:
    """Reads the frames of one connection into `batch`; `first`, `last` and `seq` say where it stands.

    `handles` are the watched accounts by DID, `domains` the hospital's own sites: an event that
    holds one is kept whatever its text says.
    """

    def __init__(
        self, keep: Keep, handles: Mapping[str, str] = NOBODY, domains: Sequence[str] = ()
    ) -> None:
        self._keep = keep
        self._handles = handles
        self._needles = (*handles, *domains)
        self.batch = Batch()
        self.first_us: int | None = None
        self.seq: int | None = None
        self.clamped = False
        self._time: int | str | None = None

    @property
    def last_us(self) -> int | None:
        """The last event's instant, in µs since 1970; v2's dates are only read when asked for."""
        return _microseconds(self._time)

    def feed(self, frame: str | bytes) -> None:
        """Raises FrameError only; a frame that cannot be read becomes a reject."""
        try:
            event = orjson.loads(frame)
            if "$type" in event:
                self._message(event, frame)
                return
            self._at(event["time_us"])
            kind = event["kind"]
            if kind == "commit":
                self._commit(event["did"], event["commit"], frame)
            elif kind == "account":
                self._account(event["did"], event["account"])
        except _UNREADABLE as error:
            payload = frame.encode(errors="replace") if isinstance(frame, str) else frame
            # The error's words may quote the frame: its class alone is said.
            reject = Reject(error=f"unreadable frame ({type(error).__name__})", payload=payload)
            self.batch.rejects.append(reject)

    def take(self) -> Batch:
        batch, self.batch = self.batch, Batch()
        return batch

    def _at(self, time: int | str) -> None:
        if isinstance(time, int) and not 0 < time < _MAX_US:
            raise ValueError("a time outside the calendar")
        if self.first_us is None:
            self.first_us = _microseconds(time)
        self._time = time

    def _message(self, envelope: dict[str, Any], frame: str | bytes) -> None:
        if envelope["$type"] == "error":
            raise FrameError(str(envelope.get("error"))[:60])
        payload = envelope["payload"]
        kind = payload["$type"]
        if kind == _INFO:
            self.clamped = self.clamped or payload.get("name") == "OutdatedCursor"
            return
        self._at(payload["time"])
        self.seq = payload["seq"]
        if kind == _COMMIT:
            self._commit(payload["did"], payload, frame)
        elif kind == _ACCOUNT:
            self._account(payload["did"], payload["account"])

    def _account(self, did: str, account: dict[str, Any]) -> None:
        if not account.get("active") and account.get("status") in _GONE:
            self.batch.gone.append(did)

    def _commit(self, did: str, commit: dict[str, Any], frame: str | bytes) -> None:
        if commit["collection"] != POST:
            return
        rkey = commit["rkey"]
        if not isinstance(did, str) or not isinstance(rkey, str):
            raise TypeError("an address that is no text")
        uri = f"at://{did}/{POST}/{rkey}"
        operation = commit["operation"]
        if operation == "delete":
            self.batch.deleted.append(uri)
            return
        record = commit["record"]
        if self._concerns(record, frame):
            seen = self.last_us
            at = from_microseconds(seen) if seen is not None else None
            mention = build_mention(
                uri,
                record,
                author=Author(external_id=did, handle=self._handles.get(did)),
                seen=at,
                edited_at=at if operation == "update" else None,
                handles=self._handles,
            )
            self.batch.mentions.append(mention)

    def _concerns(self, record: dict[str, Any], frame: str | bytes) -> bool:
        text = record.get("text")
        if text and self._keep(text):
            return True
        if self._needles and self._names_one(frame):
            return True
        if "embed" not in record and "tags" not in record:
            return False
        return self._keep(_around(record))

    def _names_one(self, frame: str | bytes) -> bool:
        written = frame if isinstance(frame, str) else frame.decode(errors="replace")
        return any(needle in written for needle in self._needles)


def _around(record: dict[str, Any]) -> str:
    """Words that stand beside the text: a link card's title, hashtags kept out of the text."""
    embed = mapping(record.get("embed"))
    card = mapping((mapping(embed.get("media")) or embed).get("external"))
    tags = record.get("tags")
    words = [f"#{tag}" for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    title = card.get("title")
    return " ".join([title, *words] if isinstance(title, str) else words)


def _microseconds(time: int | str | None) -> int | None:
    if isinstance(time, int):
        return time
    read = instant(time)
    return to_microseconds(read) if read is not None else None
