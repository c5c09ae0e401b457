"""Every message goes out through the hospital's own proxy and authority, or is known not to have."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from connectors.policy import NetworkPolicy
from tests.listener import test_email, test_slack
from tests.listener.alerts import AT
from tests.networks.proxy import ForwardProxy, PrivateAuthority
from tests.networks.slack import SlackApi
from tests.networks.smtp import SmtpStandIn


@pytest.fixture
async def api():
    async with SlackApi(clock=lambda: AT.timestamp()).serving() as serving:
        yield serving


@pytest.fixture
async def relay():
    async with SmtpStandIn().serving() as serving:
        yield serving


@pytest.fixture
def authority():
    return PrivateAuthority()


async def test_everything_goes_through_the_hospitals_proxy_and_its_own_authority(
    api, tmp_path, monkeypatch
):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    authority = PrivateAuthority()
    port = int(api.base_url.rpartition(":")[2])
    proxy = ForwardProxy({"slack.valmont.example": ("127.0.0.1", port)}, opens_tls=authority)
    async with proxy.serving():
        network = NetworkPolicy(
            proxy=proxy.url,
            proxy_user=proxy.user,
            proxy_password=SecretStr(proxy.password),
            ca_file=authority.write(tmp_path / "ca.pem"),
        )
        slack = test_slack.opened("https://slack.valmont.example/api/", network=network)
        await slack.send(test_slack.message())
        await slack.close()

    assert proxy.seen == ["CONNECT slack.valmont.example:443"]
    assert len(api.messages) == 1


async def test_a_proxy_that_refuses_was_passed_nothing(api):
    proxy = ForwardProxy({})
    async with proxy.serving():
        network = NetworkPolicy(
            proxy=proxy.url, proxy_user="listener", proxy_password=SecretStr("no")
        )
        slack = test_slack.opened("https://slack.valmont.example/api/", network=network)
        error = await test_slack.failure(slack)
        await slack.close()

    assert str(error) == "Slack was not reached: the proxy answered 407"
    assert not error.ambiguous


async def test_the_environments_proxy_is_not_the_hospitals(api, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    slack = test_slack.opened(api.api_url)
    await slack.send(test_slack.message())
    await slack.close()
    assert len(api.messages) == 1


async def test_mail_goes_through_the_hospitals_proxy(authority, tmp_path):
    async with SmtpStandIn(
        tls=authority.server("mail.valmont.example"), login=test_email.LOGIN
    ).serving() as server:
        proxy = ForwardProxy({"mail.valmont.example": ("127.0.0.1", server.port)})
        async with proxy.serving():
            network = NetworkPolicy(
                proxy=proxy.url,
                proxy_user=proxy.user,
                proxy_password=SecretStr(proxy.password),
                ca_file=authority.write(tmp_path / "ca.pem"),
            )
            email = test_email.notifier(
                server,
                network=network,
                host="mail.valmont.example",
                port=587,
                security="starttls",
                user=test_email.LOGIN[0],
                password=SecretStr(test_email.LOGIN[1]),
            )
            await email.send(test_email.message())

    assert proxy.seen == ["CONNECT mail.valmont.example:587"]
    assert server.mails[0].tls


async def test_a_proxy_that_refuses_is_a_passing_trouble(relay):
    proxy = ForwardProxy({})
    async with proxy.serving():
        network = NetworkPolicy(proxy=proxy.url)
        error = await test_email.failure(
            test_email.notifier(relay, network=network, host="mail.valmont.example")
        )

    assert str(error) == "the proxy answered 407 to CONNECT"
    assert (error.permanent, error.ambiguous) == (False, False)


async def test_a_relay_inside_is_reached_past_the_proxy(relay):
    network = NetworkPolicy(proxy="http://127.0.0.1:9", no_proxy=("127.0.0.0/8",))
    await test_email.notifier(relay, network=network).send(test_email.message())

    assert len(relay.mails) == 1
