"""SMS and voice through Apprise, in a process of its own; a webhook, signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from pydantic import SecretStr

from connectors.policy import NetworkPolicy
from listener.config.channels import ChannelSettings
from listener.config.load import parse
from listener.domain.alert import Recipient
from listener.notifiers import apprise
from listener.notifiers.apprise import AppriseNotifier, worker
from listener.notifiers.base import CannotTell, DeliveryError, Message
from listener.notifiers.render import render_alert
from listener.notifiers.webhook import WebhookNotifier
from listener.workflows.outgoing import outgoing
from tests.listener.alerts import AT, NAMED, alert
from tests.networks.gateway import Gateway
from tests.networks.proxy import ForwardProxy, PrivateAuthority

CAMILLE = Recipient(person="camille", name="Camille Roy", address="+33 1 99 00 00 01")
SECRET = "hunter2"


@pytest.fixture
async def gateway():
    async with Gateway().serving() as serving:
        yield serving


def settings(url: str | None, *, kind: str = "apprise", **more) -> ChannelSettings:
    return ChannelSettings(id="sms", kind=kind, url=SecretStr(url) if url else None, **more)


def message(key: str = "incident-12/opened/sms/camille", *, layout: str = "short") -> Message:
    return render_alert(alert(), channel=layout, recipient=CAMILLE, key=key, excerpt="none")


class Sms:
    """An Apprise channel and its process, ended with the test."""

    def __init__(self, url: str | None, *, network: NetworkPolicy | None = None, **more) -> None:
        network = network or NetworkPolicy()
        self.child = worker(network)
        self.notifier = AppriseNotifier(
            settings(url, **more), network=network, clock=lambda: AT, child=self.child
        )

    async def __aenter__(self) -> AppriseNotifier:
        return self.notifier

    async def __aexit__(self, *_error: object) -> None:
        await self.notifier.close()


async def failure(notifier, sent: Message | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await notifier.send(sent or message())
    return caught.value


async def test_an_sms_goes_to_the_persons_own_number_and_the_process_stays_warm(gateway) -> None:
    async with Sms(f"json://u:{SECRET}@{gateway.host}/to/{{address}}") as sms:
        receipt = await sms.send(message())
        await sms.send(message("incident-12/raised/sms/camille"))
        assert len(sms._child._running) == 1
    assert [taken.path for taken in gateway.taken] == ["/to/+33199000001"] * 2
    said = json.loads(gateway.taken[0].body)
    assert said["message"].startswith("Alerte critique - CHU de Valmont")
    assert said["title"] == "" and NAMED not in said["message"]
    assert (receipt.channel, receipt.id) == ("sms", "incident-12/opened/sms/camille")
    assert SECRET not in repr(receipt) + repr(sms)


async def test_a_gateways_answer_says_what_to_do_next_and_a_check_sends_nothing(gateway) -> None:
    network, wait = NetworkPolicy(), timedelta(seconds=30)
    child = worker(network)

    def channel(url: str) -> AppriseNotifier:
        return AppriseNotifier(settings(url), network=network, clock=lambda: AT, child=child)

    sms = channel(f"json://{gateway.host}/{SECRET}")
    assert gateway.host in await sms.check()
    assert gateway.taken == []
    for status, permanent, waits in (
        (401, True, None),
        (404, True, None),
        (500, False, None),
        (429, False, wait),
    ):
        gateway.answers = [web.Response(status=status, headers={"Retry-After": "30"})]
        error = await failure(sms)
        assert (str(error), error.ambiguous) == (f"it answered {status}", False)
        assert (error.permanent, error.retry_after) == (permanent, waits)
    error = await failure(channel(f"json://127.0.0.1:9/{SECRET}"))
    assert (str(error), error.permanent, error.ambiguous) == ("it was not reached", False, False)
    error = await failure(channel(f"pigeon://{SECRET}"))
    assert error.permanent and SECRET not in str(error)
    await child.close()


async def test_a_gateway_that_hangs_is_given_up_and_its_process_ended(
    gateway, monkeypatch, caplog
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(apprise, "WITHIN", 3.0)
    gateway.slow = 30.0
    async with Sms(f"json://{gateway.host}/{SECRET}") as sms:
        error = await failure(sms)
        assert error.ambiguous and not error.permanent
        assert not sms._child._running
        with pytest.raises(CannotTell):
            await sms.find(message(), since=AT)
    assert SECRET not in caplog.text and "Valmont" not in caplog.text


async def test_the_hospitals_proxy_and_authority_are_the_processs_too(
    gateway, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    authority = PrivateAuthority()
    proxy = ForwardProxy({"sms.valmont.example": ("127.0.0.1", gateway.port)}, opens_tls=authority)
    async with proxy.serving():
        network = NetworkPolicy(
            proxy=proxy.url,
            proxy_user=proxy.user,
            proxy_password=SecretStr(proxy.password),
            ca_file=authority.write(tmp_path / "ca.pem"),
        )
        async with Sms("jsons://sms.valmont.example/{address}", network=network) as sms:
            await sms.send(message())
        async with Sms(
            "jsons://sms.valmont.example/?verify=no", network=replace(network, ca_file=None)
        ) as sms:
            assert str(await failure(sms)) == "its certificate is not trusted (network.ca_file)"
    assert set(proxy.seen) == {"CONNECT sms.valmont.example:443"}
    assert len(gateway.taken) == 1


async def test_without_an_address_messages_are_written_down_and_can_be_taken_back(tmp_path) -> None:
    async with Sms(None, outbox=tmp_path) as sms:
        assert await sms.find(message(), since=AT) is None
        receipt = await sms.send(message())
        (copy,) = tmp_path.glob("*.txt")
        assert copy.read_text().startswith("Camille Roy <+33 1 99 00 00 01>\n\nAlerte critique")
        assert copy.stat().st_mode & 0o077 == 0
        assert (found := await sms.find(message(), since=AT)) and found.id == receipt.id
        assert await sms.withdraw(receipt) and not list(tmp_path.iterdir())
        await sms.send(message())
        await sms.expire(AT + timedelta(days=40000))
        assert not list(tmp_path.iterdir())


async def test_what_showed_no_post_needs_no_taking_back_and_what_did_is_beyond_reach(
    gateway,
) -> None:
    notifier = hook(f"http://{gateway.host}/")
    assert await notifier.withdraw(await notifier.send(message()))
    await notifier.close()
    notifier = hook(f"http://{gateway.host}/", form="long", excerpt="masked")
    assert not await notifier.withdraw(await notifier.send(message(layout="text")))
    await notifier.close()


def test_the_loops_process_never_loads_apprise_or_pillow() -> None:
    heavy = "{'apprise', 'requests', 'PIL', 'matplotlib', 'numpy'} & set(sys.modules)"
    code = f"import sys; import listener.app.application; print({heavy} or 'light')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "light"


def hook(url: str, **more) -> WebhookNotifier:
    return WebhookNotifier(
        settings(url, kind="webhook", secret=SecretStr(SECRET), **more),
        network=NetworkPolicy(),
        clock=lambda: AT,
    )


async def test_a_webhook_is_told_figures_that_it_can_trust(gateway) -> None:
    notifier = hook(f"http://{gateway.host}/veille?token={SECRET}")
    await notifier.send(message(layout="webhook"))
    await notifier.close()
    (taken,) = gateway.taken
    said = json.loads(taken.body)
    assert (said["incident"], said["level"], said["mentions"]) == (12, "critical", 34)
    assert taken.headers["Idempotency-Key"] == said["key"] == "incident-12/opened/sms/camille"
    assert "https://" not in taken.body.decode() and NAMED not in taken.body.decode()
    stamp, given = taken.headers["X-Listener-Signature"].split(",")
    signed = f"{stamp.removeprefix('t=')}.".encode() + taken.body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert (stamp, given) == (f"t={int(AT.timestamp())}", f"v1={expected}")


async def test_a_webhook_is_shown_posts_only_where_it_may_be() -> None:
    told = render_alert(
        alert(), channel="webhook", recipient=CAMILLE, key="k", excerpt="masked"
    ).figures
    assert "une honte" in told["text"] and "Jeanne" not in told["text"]


@pytest.mark.parametrize(
    ("status", "permanent"), [(302, True), (403, True), (503, False), (500, False)]
)
async def test_a_webhooks_refusal_says_what_to_do_next(gateway, status, permanent) -> None:
    gateway.answers = [web.Response(status=status, headers={"Location": "/", "Retry-After": "5"})]
    notifier = hook(f"http://{gateway.host}/{SECRET}")
    error = await failure(notifier, message(layout="webhook"))
    await notifier.close()
    assert error.permanent is permanent and SECRET not in str(error)
    assert error.retry_after == (timedelta(seconds=5) if status == 503 else None)
    assert len(gateway.taken) == 1


async def test_a_webhook_that_is_away_or_cuts_the_line_is_told_apart(gateway) -> None:
    away = hook(f"http://127.0.0.1:9/{SECRET}")
    error = await failure(away, message(layout="webhook"))
    assert not error.permanent and not error.ambiguous and SECRET not in str(error)
    await away.close()
    assert gateway.host.partition(":")[0] in await hooked_check(gateway)


async def hooked_check(gateway: Gateway) -> str:
    notifier = hook(f"http://{gateway.host}/{SECRET}")
    found = await notifier.check()
    await notifier.close()
    assert SECRET not in found
    return found


def test_the_firewall_is_told_of_every_gateways_host() -> None:
    channels = [
        {"id": "sms", "kind": "apprise", "url": {"env": "SMS"}},
        {"id": "hook", "kind": "webhook", "url": {"env": "HOOK"}},
        {"id": "file", "kind": "apprise", "outbox": "var"},
    ]
    config = parse(
        {
            "hospital": {"name": "CHU de Valmont"},
            "watch": [{"id": "chu", "names": ["CHU de Valmont"]}],
            "alerts": {"critical": ["sms"], "warning": [], "fallback": "console"},
            "channel": channels,
        },
        environ={
            "SMS": "ntfys://alerts.valmont.example/{address}",
            "HOOK": f"https://supervision.valmont.example:8443/{SECRET}",
        },
    )
    assert [(e.host, e.port, e.needed_by) for e in outgoing(config)] == [
        ("alerts.valmont.example", 443, "channel sms"),
        ("supervision.valmont.example", 8443, "channel hook"),
    ]
