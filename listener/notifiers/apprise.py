"""SMS, voice, Teams, Telegram, ntfy, Signal…: whatever Apprise knows, in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson

from connectors.connector import Clock
from connectors.policy import NetworkPolicy
from connectors.quota import retry_after
from listener.config.channels import ADDRESS, ChannelSettings
from listener.notifiers.base import DeliveryError, Message
from listener.notifiers.child import Child, ChildError, plain_environment
from listener.notifiers.gateway import Gateway
from listener.notifiers.network import with_login

WORKER = "listener.notifiers.apprise_worker"
WITHIN = 30.0  # seconds a message: below the postman's patience, so that the process is ended first
NOBODY = ("+33199000000", "33199000000", "personne")  # shapes of addresses: nothing is sent there
# What no later attempt mends: a wrong address, key or number. 408, 425 and 429 pass; so may a 409.
PERMANENT = frozenset({400, 401, 402, 403, 404, 405, 406, 410, 413, 415, 422})

_CAUSES = {
    "certificate": "its certificate is not trusted (network.ca_file)",
    "proxy": "the proxy does not let it through (see [network])",
    "unreached": "it was not reached",
}


def worker(network: NetworkPolicy) -> Child:
    """The process that all Apprise channels share; it goes out by [network] alone."""
    return Child(WORKER, environment=environment(network))


def environment(network: NetworkPolicy) -> dict[str, str]:
    """[network] as requests reads it. A login of ~/.netrc must not slip in."""
    known = {"NETRC": "/dev/null"}
    if (proxy := network.proxy_url) is not None:
        way = str(with_login(network, proxy))
        direct = ",".join(entry.removeprefix("*") or "*" for entry in network.no_proxy)
        known |= {"HTTP_PROXY": way, "HTTPS_PROXY": way, "http_proxy": way, "NO_PROXY": direct}
    if network.ca_file is not None:
        known["REQUESTS_CA_BUNDLE"] = str(network.ca_file)
    return known


class AppriseNotifier(Gateway):
    """Sends text through one Apprise address; the loop's process never imports Apprise."""

    def __init__(
        self, settings: ChannelSettings, *, network: NetworkPolicy, clock: Clock, child: Child
    ) -> None:
        super().__init__(settings, clock=clock)
        self._ca_file = str(network.ca_file) if network.ca_file else None
        self._child = child

    async def _submit(self, message: Message, url: str) -> dict[str, Any]:
        request = {
            "url": addressed(url, message.recipient.address),
            # A short text is whole by itself: a title would come before it in the same SMS.
            "title": "" if self._settings.form == "short" else message.subject,
            "body": message.text,
            "ca_file": self._ca_file,
        }
        try:
            answer = await self._child.ask(request, within=WITHIN)
        except ChildError as error:
            raise DeliveryError(str(error), ambiguous=True) from None
        if not answer.get("ok"):
            raise refusal(answer, self._clock())
        return {"service": str(answer.get("service", ""))}

    async def _try(self, url: str) -> str:
        """Its address is understood; whether it rings, only the weekly self-test can tell."""
        try:
            answer = await self._child.ask(_trial(url), within=WITHIN)
        except ChildError as error:
            raise DeliveryError(str(error)) from None
        if not answer.get("ok"):
            raise refusal(answer, self._clock())
        hosts = ", ".join(answer.get("hosts", ())) or "no host"
        return f"{answer.get('service')}: understood, by {hosts}; only a test message tries it"

    async def close(self) -> None:
        await self._child.close()


def hosts_asked(urls: Sequence[str]) -> list[list[str]]:
    """The `host:port`s that each address leads to, none of them asked; blocking. [] where unknown."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", WORKER],
        input=b"".join(orjson.dumps(_trial(url)) + b"\n" for url in urls),
        capture_output=True,
        env=plain_environment(),
        timeout=2 * WITHIN,
        check=False,
    )
    answers = [orjson.loads(line) for line in done.stdout.splitlines()]
    return [list(answer.get("hosts", ())) for answer in answers]


def _trial(url: str) -> dict[str, Any]:
    return {"trial": [addressed(url, somebody) for somebody in NOBODY]}


def addressed(url: str, address: str) -> str:
    """Spelt so that no sign of it is read as one of the address's own."""
    return url.replace(ADDRESS, quote(re.sub(r"\s+", "", address), safe=""))


def refusal(answer: Mapping[str, Any], at: datetime) -> DeliveryError:
    """What the worker told, in fixed words: neither address nor text."""
    status, error = answer.get("status"), str(answer.get("error") or "")
    if error == "address":
        return DeliveryError("its address is not one that Apprise understands", permanent=True)
    if error in _CAUSES:
        return DeliveryError(_CAUSES[error])
    if error:
        return DeliveryError("its answer was lost", ambiguous=True)
    if isinstance(status, int):
        told = {"Retry-After": str(answer.get("retry_after") or "")}
        return answered(status, told, at)
    return DeliveryError("it refused")


def answered(status: int, headers: Mapping[str, str], at: datetime) -> DeliveryError:
    """What a service's status asks for next."""
    return DeliveryError(
        f"it answered {status}",
        permanent=status in PERMANENT,
        retry_after=retry_after(headers, at) if status in (429, 503) else None,
    )
