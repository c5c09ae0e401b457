"""[mailbox] and [links] in the configuration, and what is wired from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from listener.app.doors import Doors
from listener.config.door_references import check_doors
from listener.config.load import ConfigError, parse
from listener.config.models import Config
from listener.domain.token import Tokens
from listener.keys import Keys
from listener.storage.database import Database
from listener.workflows.outgoing import outgoing
from listener.workflows.verify_doors import check_doors as check_people
from listener.workflows.verify_doors import try_mailbox
from tests.listener.replying import AT, KEY, Desk
from tests.networks.imap import ImapStandIn
from tests.networks.proxy import PrivateAuthority

MAILBOX = {"host": "imap.chu.example", "user": "veille", "password": {"env": "IMAP_PASSWORD"}}


def configured(**sections: Any) -> Config:
    document: dict[str, Any] = {
        "hospital": {"name": "CHU de Valmont"},
        "watch": [{"id": "chu", "kind": "hospital", "names": ["CHU de Valmont"]}],
        "alerts": {"critical": ["console"], "warning": ["console"], "fallback": "console"},
        "email": {"outbox": "var/outbox", "sender": "veille@chu.example"},
        "mailbox": MAILBOX,
        "links": {"base_url": "https://veille.chu.example"},
        **sections,
    }
    kept = {name: value for name, value in document.items() if value is not None}
    return parse(kept, environ={"IMAP_PASSWORD": "s3cret:é"})


def test_the_password_is_a_secret_and_the_host_is_asked_of_the_firewall() -> None:
    config = configured()
    assert config.mailbox is not None and "s3cret" not in repr(config.mailbox)
    assert ("imap.chu.example", 993, "mailbox") in [
        (found.host, found.port, found.needed_by) for found in outgoing(config)
    ]


@pytest.mark.parametrize(
    ("sections", "complaint"),
    [
        ({"email": None}, "mailbox.address"),
        (
            {"mailbox": {**MAILBOX, "sms_channel": "sms", "sms_from": ["a@b.example"]}},
            "sms_channel",
        ),
        ({"mailbox": {**MAILBOX, "every": "1s"}}, "mailbox.every"),
        ({"mailbox": {**MAILBOX, "password": "typed"}}, "mailbox.password"),
        ({"mailbox": {**MAILBOX, "security": "none"}}, "mailbox.security"),
        ({"links": {"base_url": "http://veille.chu.example"}}, "links.base_url"),
    ],
)
def test_what_cannot_work_is_refused(sections: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(**sections)
    assert complaint in str(caught.value.problems)


def test_an_answer_to_sms_needs_to_know_who_sends_them_on() -> None:
    channel = [{"id": "sms", "kind": "apprise", "outbox": "var/sms"}]
    with pytest.raises(ConfigError, match="sms_from"):
        configured(mailbox={**MAILBOX, "sms_channel": "sms"}, channel=channel)
    assert not list(check_doors(configured(mailbox=None)))


def test_whoever_can_answer_by_nothing_is_named() -> None:
    people = [
        {"id": "lea", "name": "Léa Roche", "email": "lea@chu.example"},
        {"id": "marc", "name": "Marc Aubin", "phone": "0612345679"},
    ]
    (found,) = check_people(configured(person=people))
    assert found.name == "marc"


async def test_the_mailbox_is_tried_when_asked(tmp_path: Path) -> None:
    authority = PrivateAuthority()
    site = ImapStandIn(tls=authority.server("127.0.0.1"), implicit=True)
    async with site.serving():
        config = configured(
            mailbox={**MAILBOX, "host": "127.0.0.1", "port": site.port},
            network={"ca_file": str(authority.write(tmp_path / "ca.pem"))},
        )
        assert config.mailbox is not None
        found = await try_mailbox(config.mailbox, config.network)
        assert found.state == "ok" and "0 messages" in found.detail
        site.login = ("veille", "another")
        found = await try_mailbox(config.mailbox, config.network)
        assert found.state == "failed" and "login" in found.detail


def test_doors_are_wired_as_configured(database: Database) -> None:
    def doors(**sections: Any) -> Doors:
        return Doors(
            config=configured(**sections),
            keys=Keys(pseudonym=KEY, encryption=KEY),
            database=database,
            clock=lambda: AT,
            owner="one",
            act=Desk().act,
            subject=str,
        )

    whole = doors()
    assert whole.inviter is not None and whole.reader is not None and whole.desk is not None
    assert whole.inviter.sender == "veille@chu.example"
    assert whole.desk.tokens.code(1, "lea", "x") == Tokens(KEY).code(1, "lea", "x")
    closed = doors(mailbox=None, links=None)
    assert (closed.inviter, closed.reader, closed.desk) == (None, None, None)
