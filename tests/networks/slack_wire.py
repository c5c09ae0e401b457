"""What the Slack stand-in keeps and says: messages, refusals, and arguments in either encoding."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

BOT = "U0LISTENER1"
METADATA_LENGTH = 16_000


@dataclass
class Posted:
    """One message that Slack keeps."""

    channel: str
    ts: str
    text: str
    blocks: list[Any]
    metadata: dict[str, Any] | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    updates: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str | None:
        return ((self.metadata or {}).get("event_payload") or {}).get("key")

    def wire(self, *, metadata: bool) -> dict[str, Any]:
        shown = {"type": "message", "user": BOT, "ts": self.ts, "text": self.text}
        shown |= {"bot_id": "B0LISTENER1", "blocks": self.blocks}
        shown |= {"thread_ts": self.thread_ts} if self.thread_ts else {}
        return shown | ({"metadata": self.metadata} if metadata and self.metadata else {})


class Refusal(Exception):
    def __init__(self, error: str, **extra: Any) -> None:
        super().__init__(error)
        self.answer = {"ok": False, "error": error, **extra}


def parsed_of(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value else value


def is_true(value: Any) -> bool:
    return value in (True, 1, "1", "true", "True")


def metadata_of(value: Any) -> dict[str, Any] | None:
    metadata = parsed_of(value)
    if metadata is None:
        return None
    if len(json.dumps(metadata)) > METADATA_LENGTH:
        raise Refusal("metadata_too_large")
    if not isinstance(metadata.get("event_type"), str):
        raise Refusal("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise Refusal("invalid_metadata_schema")
    return metadata
