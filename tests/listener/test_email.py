from __future__ import annotations

import os
import stat
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.policy import NetworkPolicy
from listener.config.alerting import EmailSettings
from listener.domain.alert import Recipient
from listener.notifiers.base import Attachment, CannotTell, DeliveryError, Message, Receipt
from listener.notifiers.email import EmailNotifier, eml_path
from listener.notifiers.kept import write_private
from listener.notifiers.render import render_alert
from tests.listener.alerts import AT, CAMILLE, alert, post
from tests.networks.proxy import PrivateAuthority
from tests.networks.smtp import CUT, SmtpStandIn

SENDER = "veille@chu-valmont.example"
LOGIN = ("veille", "s3cret:é")


@pytest.fixture
async def relay():
    async with SmtpStandIn().serving() as serving:
        yield serving


@pytest.fixture(scope="module")
def authority():
    return PrivateAuthority()


def notifier(server: SmtpStandIn | None = None, *, network=None, **changes) -> EmailNotifier:
    values = {"sender": SENDER, "security": "none", "relay": True}
    if server is not None:
        values |= {"host": "127.0.0.1", "port": server.port}
    settings = EmailSettings(**{**values, **changes})
    return EmailNotifier(
        settings, network=network or NetworkPolicy(), clock=lambda: AT, sender_name="Veille Valmont"
    )


def message(key: str = "alert-12", *, to: Recipient = CAMILLE, **view) -> Message:
    return render_alert(alert(**view), channel="email", recipient=to, key=key, excerpt="masked")


async def failure(email: EmailNotifier, sent: Message | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await email.send(sent or message())
    return caught.value


async def test_an_alert_arrives_as_text_and_html(relay):
    receipt = await notifier(relay).send(message())

    (mail,) = relay.mails
    assert (mail.sender, mail.recipients) == (SENDER, ["camille@chu-valmont.example"])
    assert "34 messages négatifs" in mail.message["Subject"].replace("\xa0", " ")
    assert mail.message["From"].addresses[0].display_name == "Veille Valmont"
    assert mail.message["To"].addresses[0].display_name == "Camille Roy"
    assert mail.message["Message-ID"] == receipt.id
    assert mail.message["Date"].datetime == AT
    text, html = mail.message.iter_parts()
    assert text.get_content_type() == "text/plain" and html.get_content_type() == "text/html"
    assert "https://x.example/valmont/1" in text.get_content()
    assert "Jeanne" not in text.get_content() + html.get_content()
    assert mail.content.isascii() and max(map(len, mail.content.splitlines())) < 998


async def test_it_says_that_it_is_automatic_and_how_urgent(relay):
    await notifier(relay).send(message())
    await notifier(relay).send(message("k2", observed=True))

    urgent, calm = (mail.message for mail in relay.mails)
    assert urgent["Auto-Submitted"] == "auto-generated"
    assert urgent["X-Auto-Response-Suppress"] == "All"
    assert (urgent["Importance"], urgent["X-Priority"]) == ("high", "1")
    assert urgent["X-Listener-Key"] == "alert-12"
    assert calm["Importance"] is None


async def test_every_attempt_has_the_same_message_id_and_another_key_another(relay):
    email = notifier(relay)
    first, again, other = [await email.send(message(key)) for key in ("a", "a", "b")]

    assert first.id == again.id != other.id
    assert first.id.endswith("@chu-valmont.example>")


async def test_follow_ups_join_the_thread(relay):
    email = notifier(relay)
    root = await email.send(message())
    await email.send(message("alert-12-raised"), thread=root)

    follow = relay.mails[1].message
    assert follow["In-Reply-To"] == follow["References"] == root.id


async def test_nothing_that_was_read_becomes_a_header(relay):
    evil = "CHU\r\nBcc: tous@chu-valmont.example\r\n\r\n<b>"
    to = Recipient(person="c", name=f"Camille {evil}", address="camille@chu-valmont.example")
    thread = Receipt(channel="email", id="<a@b>\r\nBcc: x@y.example", sent_at=AT)
    sent = message(f"key {evil}", to=to, subject=evil, posts=[post(excerpt=evil)])

    await notifier(relay).send(sent, thread=thread)

    (mail,) = relay.mails
    assert mail.message["Bcc"] is None and mail.message["References"] is None
    assert mail.recipients == ["camille@chu-valmont.example"]
    assert len(mail.message["To"].addresses) == 1
    head = mail.content.partition(b"\r\n\r\n")[0]
    assert not any(line.lower().startswith(b"bcc") for line in head.splitlines())


@pytest.mark.parametrize("address", ["", "nobody", "a b@c.example", "a@b.example\r\nRCPT TO:<x@y>"])
async def test_an_address_that_is_none_is_refused_for_good(relay, address):
    to = Recipient(person="c", name="Camille", address=address)
    error = await failure(notifier(relay), message(to=to))

    assert error.permanent and relay.mails == []


@pytest.mark.parametrize(
    ("reply", "permanent"), [("451 greylisted", False), ("550 no such user", True)]
)
async def test_a_refusal_says_whether_it_may_pass(relay, reply, permanent):
    relay.refusals.append(reply)
    error = await failure(notifier(relay))

    assert (error.permanent, error.ambiguous) == (permanent, False)
    assert str(error) == f"the mail server answered {reply[:3]}"


@pytest.mark.parametrize(
    ("reply", "permanent"), [("452 disk full", False), ("552 too large", True)]
)
async def test_a_refusal_after_the_text_is_a_refusal(relay, reply, permanent):
    relay.data_faults.append(reply)
    error = await failure(notifier(relay))

    assert (error.permanent, error.ambiguous) == (permanent, False)


async def test_a_cut_after_the_text_is_ambiguous_and_goes_again_under_the_same_id(relay):
    relay.data_faults.append(CUT)
    email = notifier(relay)
    error = await failure(email)
    with pytest.raises(CannotTell):
        await email.find(message(), since=AT)
    await email.send(message())

    assert error.ambiguous and not error.permanent
    assert len({mail.message["Message-ID"] for mail in relay.mails}) == 1


async def test_a_server_that_is_away_was_sent_nothing(relay):
    error = await failure(notifier(relay, port=9))

    assert (error.permanent, error.ambiguous) == (False, False)


async def test_starttls_and_a_login_under_the_hospitals_own_authority(authority, tmp_path):
    network = NetworkPolicy(ca_file=authority.write(tmp_path / "ca.pem"))
    async with SmtpStandIn(tls=authority.server("127.0.0.1"), login=LOGIN).serving() as server:
        options = {"security": "starttls", "user": LOGIN[0], "password": SecretStr(LOGIN[1])}
        email = notifier(server, network=network, **options)
        await email.send(message())
        said = await email.check()
        wrong = notifier(server, network=network, **{**options, "password": SecretStr("no")})
        refused = await failure(wrong)
        distrusted = await failure(notifier(server, **options))

    assert (server.mails[0].tls, server.mails[0].user) == (True, "veille")
    assert said == f"127.0.0.1:{server.port}, starttls, logged in"
    assert refused.permanent and "535" in str(refused)
    assert not distrusted.permanent and "ca_file" in str(distrusted)
    assert len(server.mails) == 1


async def test_tls_from_the_first_byte(authority, tmp_path):
    network = NetworkPolicy(ca_file=authority.write(tmp_path / "ca.pem"))
    async with SmtpStandIn(tls=authority.server("127.0.0.1"), implicit=True).serving() as server:
        await notifier(server, network=network, security="tls").send(message())

    assert server.mails[0].tls


async def test_a_server_without_starttls_is_never_spoken_to_in_clear(relay):
    error = await failure(notifier(relay, security="starttls"))

    assert error.permanent and relay.mails == []


async def test_a_password_is_never_sent_in_clear(relay):
    error = await failure(notifier(relay, user="veille", password=SecretStr("s3cret")))

    assert error.permanent and "s3cret" not in repr(error)


async def test_a_copy_is_kept_for_the_listener_alone(relay, tmp_path):
    outbox = tmp_path / "outbox"
    receipt = await notifier(relay, outbox=outbox).send(message())

    (path,) = outbox.iterdir()
    assert receipt.details == {"eml": str(path)} and path == eml_path(outbox, "alert-12")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(outbox.stat().st_mode) == 0o700
    assert path.read_bytes() == relay.mails[0].content


async def test_a_copy_that_cannot_be_kept_does_not_send_twice(relay, tmp_path):
    blocked = tmp_path / "outbox"
    blocked.write_text("a file where a folder should be")
    receipt = await notifier(relay, outbox=blocked).send(message())

    assert receipt.details == {} and len(relay.mails) == 1


async def test_without_a_server_the_file_is_the_delivery(tmp_path):
    email = notifier(outbox=tmp_path)
    assert await email.find(message(), since=AT) is None
    receipt = await email.send(message())
    again = await email.send(message())
    found = await email.find(message(), since=AT - timedelta(hours=1))

    assert found is not None and found.id == receipt.id == again.id
    (path,) = tmp_path.iterdir()
    parsed = message_from_bytes(path.read_bytes(), policy=default)
    assert parsed["Message-ID"] == receipt.id
    assert await email.check() == f"files in {tmp_path}"


async def test_a_file_can_be_erased_but_not_what_a_server_took(relay, tmp_path):
    filed, sent = notifier(outbox=tmp_path / "a"), notifier(relay, outbox=tmp_path / "b")

    assert await filed.withdraw(await filed.send(message()))
    assert not await sent.withdraw(await sent.send(message()))
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


async def test_a_folder_that_cannot_be_written_is_a_passing_trouble(tmp_path):
    blocked = tmp_path / "outbox"
    blocked.write_text("a file where a folder should be")
    error = await failure(notifier(outbox=blocked))

    assert not error.permanent and "email.outbox" in str(error)


async def test_nowhere_to_deliver_is_refused_for_good():
    assert (await failure(notifier())).permanent


def test_no_key_leaves_the_outbox(tmp_path):
    for key in ("../../etc/passwd", "/etc/passwd", "a/b", "..", "é" * 300, ""):
        path = eml_path(tmp_path, key)
        assert path.parent == tmp_path and len(path.name) < 120
    assert eml_path(tmp_path, "a/b") != eml_path(tmp_path, "a-b")


async def test_pictures_travel_inside_the_message(relay):
    picture = Attachment(name="week", content=b"\x89PNG\r\n")
    sent = Message(
        key="digest",
        recipient=CAMILLE,
        subject="La semaine",
        text="La semaine",
        html='<img src="cid:week" alt="La semaine">',
        attachments=(picture,),
    )
    await notifier(relay).send(sent)

    _, related = relay.mails[0].message.iter_parts()
    html, image = related.iter_parts()
    assert related.get_content_type() == "multipart/related"
    assert html.get_content_type() == "text/html"
    assert image["Content-ID"] == "<week>" and image.get_content() == picture.content


def test_what_a_kill_left_half_written_is_written_over(tmp_path, monkeypatch):
    path = eml_path(tmp_path, "incident-1/opened")
    with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr("os.fsync", interrupt)
        killed.setattr(Path, "unlink", lambda *_, **__: None)  # nobody tidies up after a kill
        write_private(path, b"half")
    assert len(list(tmp_path.iterdir())) == 1
    write_private(path, b"whole")

    assert [found.read_bytes() for found in tmp_path.iterdir()] == [b"whole"]
    assert path.stat().st_mode & 0o777 == 0o600


def interrupt(_handle: int) -> None:
    raise KeyboardInterrupt


async def test_copies_expire_with_the_texts_they_show(tmp_path) -> None:
    old, new = tmp_path / "old.eml", tmp_path / "new.eml"
    for path, when in ((old, AT - timedelta(days=31)), (new, AT)):
        path.write_text("x")
        os.utime(path, (when.timestamp(), when.timestamp()))
    settings = EmailSettings(outbox=tmp_path)
    notifier = EmailNotifier(settings, network=NetworkPolicy(), clock=lambda: AT)
    await notifier.expire(AT - timedelta(days=30))
    assert [path.name for path in tmp_path.iterdir()] == ["new.eml"]
