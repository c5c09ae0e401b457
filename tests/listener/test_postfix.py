"""Against a real Postfix: what a hospital's mail server takes, keeps and refuses."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest

from connectors.policy import NetworkPolicy
from listener.config.alerting import EmailSettings
from listener.domain.alert import Recipient
from listener.notifiers.base import DeliveryError
from listener.notifiers.email import EmailNotifier
from listener.notifiers.render import render_alert
from tests.listener.alerts import AT, CAMILLE, alert
from tests.peers import postfix_peer

pytestmark = [
    pytest.mark.xdist_group("postfix"),
    pytest.mark.skipif(
        postfix_peer.missing() is not None, reason=postfix_peer.missing() or "installed"
    ),
]


@pytest.fixture(scope="module")
def postfix():
    with postfix_peer.running() as peer:
        yield peer


def notifier(postfix: postfix_peer.Postfix, security: str) -> EmailNotifier:
    settings = EmailSettings(
        host="127.0.0.1",
        port=postfix.port,
        security=security,
        relay=True,
        sender="veille@chu-valmont.example",
    )
    network = NetworkPolicy(ca_file=postfix.ca_file)
    return EmailNotifier(settings, network=network, clock=lambda: AT, sender_name="Veille")


def message(key: str, to: Recipient = CAMILLE):
    return render_alert(alert(), channel="email", recipient=to, key=key, excerpt="masked")


async def test_an_alert_and_its_follow_up_lie_in_the_mailbox(postfix):
    relayed, encrypted = notifier(postfix, "none"), notifier(postfix, "starttls")
    root = await relayed.send(message("alert-1"))
    await encrypted.send(message("alert-1-raised"), thread=root)

    mails = [message_from_bytes(mail, policy=default) for mail in postfix.wait(2)]
    first, follow = sorted(mails, key=lambda mail: mail["In-Reply-To"] is not None)
    assert first["Message-ID"] == follow["In-Reply-To"] == root.id
    assert "messages négatifs" in first["Subject"]
    assert "with ESMTPS" in follow["Received"] and "with ESMTP " in first["Received"]
    text = first.get_body(("plain",))
    assert text is not None and "Que faire maintenant".upper() in text.get_content()


async def test_an_unknown_mailbox_is_refused_for_good(postfix):
    to = Recipient(person="x", name="Personne", address="personne@chu-valmont.example")
    with pytest.raises(DeliveryError, match="550") as caught:
        await notifier(postfix, "none").send(message("alert-2", to))

    assert caught.value.permanent and not caught.value.ambiguous


async def test_the_check_sends_nothing(postfix):
    assert (
        await notifier(postfix, "starttls").check()
        == f"127.0.0.1:{postfix.port}, starttls, no login"
    )
