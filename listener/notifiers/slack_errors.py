"""What Slack's errors mean for the caller's next move: give up, wait, or look before sending again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from listener.notifiers.base import DeliveryError

REFUSED_LAYOUT = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "too_many_attachments"}
)
REFUSED_THREAD = frozenset(
    {"thread_not_found", "message_not_found", "cannot_reply_to_message", "invalid_thread_ts"}
)

# Slack: "some aspect of the operation may have succeeded before the error was raised".
_AMBIGUOUS = frozenset({"internal_error", "fatal_error"})
_PASSING = frozenset(
    {"ratelimited", "rate_limited", "service_unavailable", "request_timeout", "team_added_to_org"}
)
_LONGEST_WAIT = 3600
_WAIT = 30  # seconds, where Slack says "slow down" but not for how long


def delivery_error(error: Exception) -> DeliveryError:
    """Never holds the text that was to be sent, nor the token."""
    if isinstance(error, SlackApiError):
        return _refused(error.response)
    if _never_left(error):
        return DeliveryError(f"Slack was not reached: {_cause(error)}")
    return DeliveryError(f"Slack's answer was lost: {type(error).__name__}", ambiguous=True)


def _never_left(error: Exception) -> bool:
    """Whether the connection failed before the request could be sent."""
    return isinstance(
        error,
        aiohttp.ClientConnectorError
        | aiohttp.ClientHttpProxyError
        | aiohttp.ConnectionTimeoutError
        | aiohttp.InvalidURL,
    )


def _cause(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy answered {error.status}"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not trusted (network.ca_file)"
    return type(error).__name__


def _refused(response: Any) -> DeliveryError:
    # An SDK answer holds status_code; where the body was no JSON, it hands over aiohttp's own.
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    if status == 429:
        wait = timedelta(seconds=_retry_after(response))
        return DeliveryError("ratelimited", retry_after=wait)
    code = code_of(response)
    if code is None:
        return DeliveryError(f"Slack answered {status} without sense", ambiguous=True)
    if code in _AMBIGUOUS or status >= 500:
        return DeliveryError(code, ambiguous=True)
    if code in _PASSING:
        return DeliveryError(code)
    # All the rest is a definite no (a token, a channel, a form) that will be said again.
    return DeliveryError(f"{code}{_details(response)}", permanent=True)


def code_of(response: Any) -> str | None:
    """Slack's own name of an error; None where the answer was not Slack's JSON."""
    data = getattr(response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    return code if isinstance(code, str) else None


def _details(response: Any) -> str:
    needed = response.data.get("needed")  # of missing_scope
    return f" (needs {needed})" if isinstance(needed, str) else ""


def _retry_after(response: Any) -> int:
    text = response.headers.get("Retry-After", "")
    return min(max(int(text), 1), _LONGEST_WAIT) if text.isdigit() else _WAIT


def simpler_form(
    method: str, arguments: Mapping[str, Any], error: SlackApiError
) -> dict[str, Any] | None:
    """What may pass where Slack refused the form alone: a plain alert beats none."""
    code = code_of(error.response)
    if code in REFUSED_LAYOUT and arguments.get("blocks"):
        # An update says that there are none: what stands there now must not stay.
        left: dict[str, Any] = {"blocks": []} if method == "chat.update" else {}
        return {name: value for name, value in arguments.items() if name != "blocks"} | left
    if code in REFUSED_THREAD and "thread_ts" in arguments:
        dropped = ("thread_ts", "reply_broadcast")
        return {name: value for name, value in arguments.items() if name not in dropped}
    return None
