"""What Slack says when somebody presses a button, read into a request: a pure reading, no answer.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from listener.domain.action import Action, Reason, Request, Way
from listener.notifiers.blocks import ACTION_PREFIX

MAX_BYTES = 256 * 1024  # of a payload: it holds the whole message that was pressed

_VALUE = re.compile(r"([1-9][0-9]{0,14})(?::([a-z_]{1,20}))?")  # incident[:reason]

_Id = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,31}$")]
_Timestamp = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}\.[0-9]{1,9}$")]
_Text = Annotated[str, StringConstraints(max_length=2000)]


class BadInteraction(ValueError):
    """No payload that Slack would send; the message holds nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """One press of one button, and where its answer goes."""

    request: Request
    member: str  # Slack's id of who pressed
    channel: str | None
    thread: str | None  # the ts of the thread's first message, where it was pressed in one
    response_url: str | None
    key: str  # the same when Slack tells of it again


class _Wire(BaseModel):
    """Slack adds keys as it likes: the others are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, hide_input_in_errors=True)


W = TypeVar("W", bound=_Wire)


class _Named(_Wire):
    id: _Id


class _Option(_Wire):
    value: _Text


class _Pressed(_Wire):
    type: Literal["button", "static_select"]
    action_id: Annotated[str, StringConstraints(max_length=255)]
    action_ts: _Timestamp
    value: _Text | None = None
    selected_option: _Option | None = None


class _Container(_Wire):
    message_ts: _Timestamp | None = None
    thread_ts: _Timestamp | None = None


class _Payload(_Wire):
    type: Literal["block_actions"]
    user: _Named
    channel: _Named | None = None
    container: _Container = _Container()
    response_url: _Text | None = None
    # Untyped: another app's elements are no offence, and only the first is looked at.
    actions: list[Any] = Field(min_length=1, max_length=25)


class _Kind(_Wire):
    type: Annotated[str, StringConstraints(max_length=64)]


def read_press(
    payload: str | bytes | Mapping[str, Any], members: Mapping[str, str]
) -> Press | None:
    """The press that a payload tells of; None for what is not about an incident.

    `members` gives each person's id by Slack member id: who is not in it is a stranger. Raises
    BadInteraction.
    """
    try:
        if _read(_Kind, payload).type != "block_actions":
            return None
        found = _read(_Payload, payload)
        action_id = found.actions[0].get("action_id") if isinstance(found.actions[0], dict) else ""
        if not isinstance(action_id, str) or not action_id.startswith(ACTION_PREFIX):
            return None
        pressed = _Pressed.model_validate(found.actions[0])
    except ValidationError as error:
        # from None, or whoever logs the chain logs what a stranger wrote
        raise BadInteraction(f"{error.error_count()} fields are not as Slack sends them") from None
    return _press(found, pressed, members)


def _read(model: type[W], payload: str | bytes | Mapping[str, Any]) -> W:
    if isinstance(payload, Mapping):
        return model.model_validate(payload)
    if len(payload) > MAX_BYTES:
        raise BadInteraction(f"over {MAX_BYTES} bytes")
    return model.model_validate_json(payload)


def _press(found: _Payload, pressed: _Pressed, members: Mapping[str, str]) -> Press:
    value = pressed.selected_option.value if pressed.selected_option else pressed.value
    match = _VALUE.fullmatch(value or "")
    if match is None:
        raise BadInteraction("no incident is named")
    try:
        action = Action(pressed.action_id.removeprefix(ACTION_PREFIX))
        reason = Reason(match[2]) if match[2] else None
    except ValueError:
        raise BadInteraction("no action or reason of ours") from None
    channel = found.channel.id if found.channel else None
    place = found.container
    return Press(
        request=Request(
            incident=int(match[1]),
            action=action,
            person=members.get(found.user.id),
            way=Way.SLACK,
            reason=reason,
        ),
        member=found.user.id,
        channel=channel,
        thread=place.thread_ts,
        response_url=found.response_url,
        key=":".join(
            (
                found.user.id,
                channel or "",
                place.message_ts or "",
                pressed.action_id,
                pressed.action_ts,
            )
        ),
    )
