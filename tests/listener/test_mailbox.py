from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.policy import NetworkPolicy
from listener.notifiers.base import DeliveryError
from listener.notifiers.mailbox import BATCH, MAX_MAIL, ImapServer
from tests.listener.replying import AT, mailbox_settings
from tests.networks.imap import ImapStandIn
from tests.networks.proxy import ForwardProxy, PrivateAuthority


@pytest.fixture(scope="module")
def authority() -> PrivateAuthority:
    return PrivateAuthority()


@pytest.fixture
def trusting(authority: PrivateAuthority, tmp_path: Path) -> NetworkPolicy:
    return NetworkPolicy(ca_file=authority.write(tmp_path / "ca.pem"))


@pytest.fixture
def site(authority: PrivateAuthority) -> ImapStandIn:
    return ImapStandIn(tls=authority.server("127.0.0.1"), implicit=True)


async def all_of(server: ImapServer, **where: int) -> Any:
    known = {"validity": 0, "after": 0, **where}
    return await server.read(since=AT - timedelta(days=2), **known)


async def test_what_is_new_is_read_and_nothing_is_marked(
    site: ImapStandIn, trusting: NetworkPolicy
) -> None:
    site.put(b"Subject: 1\r\n\r\nOK", at=AT)
    site.put(b"Subject: 2\r\n\r\nOK", at=AT)
    async with site.serving():
        server = ImapServer(mailbox_settings(site.port), trusting)
        first = await all_of(server)
        assert [mail.content[:10] for mail in first.mails] == [b"Subject: 1", b"Subject: 2"]
        # "3:*" names the last message, which was read.
        assert (await all_of(server, validity=7, after=2)).mails == ()
        site.put(b"Subject: 3\r\n\r\nOK", at=AT)
        (third,) = (await all_of(server, validity=7, after=2)).mails
        assert third.uid == 3
    assert site.changed == []
    assert "EXAMINE" in site.commands and "SELECT" not in site.commands


async def test_a_mailbox_that_was_never_read_is_read_from_two_days_ago(
    site: ImapStandIn, trusting: NetworkPolicy
) -> None:
    site.put(b"Subject: old\r\n\r\nOK", at=AT - timedelta(days=30))
    site.put(b"Subject: new\r\n\r\nOK", at=AT)
    async with site.serving():
        batch = await all_of(ImapServer(mailbox_settings(site.port), trusting))
    assert [mail.uid for mail in batch.mails] == [2]


async def test_a_heap_of_mail_comes_in_batches_oldest_first(
    site: ImapStandIn, trusting: NetworkPolicy
) -> None:
    for number in range(BATCH + 3):
        site.put(f"Subject: {number}\r\n\r\nOK".encode(), at=AT)
    async with site.serving():
        server = ImapServer(mailbox_settings(site.port), trusting)
        first = await all_of(server)
        rest = await all_of(server, validity=7, after=first.mails[-1].uid)
    assert (len(first.mails), first.more, len(rest.mails), rest.more) == (BATCH, True, 3, False)


async def test_five_megabytes_are_read_no_further_than_their_words(
    site: ImapStandIn, trusting: NetworkPolicy
) -> None:
    site.put(b"Subject: big\r\n\r\nOK\r\n" + b"x" * 5_000_000, at=AT)
    async with site.serving():
        (mail,) = (await all_of(ImapServer(mailbox_settings(site.port), trusting))).mails
    assert len(mail.content) == MAX_MAIL


async def test_a_server_that_announces_more_than_it_was_asked_for_is_left(
    site: ImapStandIn, trusting: NetworkPolicy
) -> None:
    site.endless = True
    site.put(b"Subject: 1\r\n\r\nOK", at=AT)
    async with site.serving():
        with pytest.raises(DeliveryError, match="misbehaved"):
            await all_of(ImapServer(mailbox_settings(site.port), trusting))


async def test_starttls_comes_before_the_password(
    authority: PrivateAuthority, trusting: NetworkPolicy
) -> None:
    site = ImapStandIn(tls=authority.server("127.0.0.1"))
    async with site.serving():
        server = ImapServer(mailbox_settings(site.port, security="starttls"), trusting)
        assert await server.check() == f"127.0.0.1:{site.port}, starttls, 0 messages"
    assert site.commands.index("STARTTLS") < site.commands.index("AUTHENTICATE")


async def test_a_server_without_starttls_is_not_given_the_password(trusting: NetworkPolicy) -> None:
    site = ImapStandIn()
    async with site.serving():
        server = ImapServer(mailbox_settings(site.port, security="starttls"), trusting)
        with pytest.raises(DeliveryError):
            await server.check()
    assert not {"AUTHENTICATE", "LOGIN"} & set(site.commands)


async def test_a_certificate_of_a_stranger_is_refused(site: ImapStandIn) -> None:
    async with site.serving():
        with pytest.raises(DeliveryError, match="ca_file"):
            await ImapServer(mailbox_settings(site.port), NetworkPolicy()).check()


async def test_a_wrong_password_is_told_without_its_words_and_for_good(
    site: ImapStandIn, trusting: NetworkPolicy
) -> None:
    site.login = ("veille", "another")
    async with site.serving():
        with pytest.raises(DeliveryError, match="refuses the login") as caught:
            await ImapServer(mailbox_settings(site.port), trusting).check()
    assert caught.value.permanent and "s3cret" not in str(caught.value)


async def test_an_old_server_that_knows_login_only_serves_ascii_passwords(
    site: ImapStandIn, trusting: NetworkPolicy
) -> None:
    site.plain_auth, site.login = False, ("veille", 'a "b" \\c')
    async with site.serving():
        settings = mailbox_settings(site.port, password='a "b" \\c')
        assert "messages" in await ImapServer(settings, trusting).check()
        with pytest.raises(DeliveryError, match="ASCII"):
            await ImapServer(mailbox_settings(site.port), trusting).check()


async def test_a_folder_is_named_as_imap_spells_it(
    site: ImapStandIn, trusting: NetworkPolicy
) -> None:
    site.folder = "R&AOk-ponses & cie".replace(" & ", " &- ")
    async with site.serving():
        settings = mailbox_settings(site.port, folder="Réponses & cie")
        assert "0 messages" in await ImapServer(settings, trusting).check()
        with pytest.raises(DeliveryError, match="no folder"):
            await ImapServer(mailbox_settings(site.port), trusting).check()


async def test_a_server_that_is_away_or_hangs_up_is_told_as_such(
    site: ImapStandIn, trusting: NetworkPolicy
) -> None:
    async with site.serving():
        site.drops = True
        with pytest.raises(DeliveryError) as caught:
            await ImapServer(mailbox_settings(site.port), trusting).check()
        assert not caught.value.permanent
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DeliveryError, match="not reached"):
        await ImapServer(mailbox_settings(port), trusting).check()


async def test_whoever_is_cancelled_does_not_wait_for_a_server_that_hangs(
    trusting: NetworkPolicy,
) -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    hanging = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = hanging.sockets[0].getsockname()[1]
    task = asyncio.create_task(ImapServer(mailbox_settings(port), trusting).check())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(20):
        await asyncio.get_running_loop().shutdown_default_executor()
    hanging.close()


async def test_the_mailbox_is_reached_through_the_proxy(
    site: ImapStandIn, trusting: NetworkPolicy, authority: PrivateAuthority, tmp_path: Path
) -> None:
    site.tls = authority.server("imap.chu-valmont.example")
    async with site.serving():
        names = {"imap.chu-valmont.example:993": ("127.0.0.1", site.port)}
        async with ForwardProxy(names).serving() as proxy:
            network = NetworkPolicy(
                proxy=proxy.url,
                proxy_user=proxy.user,
                proxy_password=SecretStr(proxy.password),
                no_proxy=(),
                ca_file=trusting.ca_file,
            )
            settings = mailbox_settings(993, host="imap.chu-valmont.example")
            assert "0 messages" in await ImapServer(settings, network).check()
        assert proxy.seen == ["CONNECT imap.chu-valmont.example:993"]
