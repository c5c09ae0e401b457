from __future__ import annotations

import time
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.notifiers.incoming import Incoming, above_the_quote, read
from tests.listener.replying import reply

CODE = "K7F3-9QXM"


def said(content: bytes) -> Incoming:
    found = read(content)
    assert found is not None
    return found


def test_a_reply_is_read_above_what_it_quotes() -> None:
    mail = said(reply("Ok, je prends", code=CODE))
    assert mail.sender == "lea@chu-valmont.example"
    assert mail.said == "Ok, je prends"
    assert CODE in mail.subject and "escalade" in mail.body
    assert not mail.automatic


@pytest.mark.parametrize(
    "quote",
    [
        "Le lun. 9 mars 2026 à 23:10, Veille <veille@chu.example>\na écrit :\n> texte",
        "On Mon, 9 Mar 2026, Veille wrote:\n> texte",
        "-----Message d'origine-----\nDe : Veille",
        "________________________________\nDe : Veille\nEnvoyé : lundi",
        "De : Veille <veille@chu.example>\nEnvoyé : lundi\nObjet : Alerte",
        "-- \nLéa Roche\nCHU de Valmont",
        "Envoyé de mon iPhone",
    ],
)
def test_what_stands_below_is_not_what_they_said(quote: str) -> None:
    assert above_the_quote(f"OK\n\n{quote}") == "OK"


def test_html_alone_is_read_up_to_its_quotation() -> None:
    mail = EmailMessage()
    mail["From"] = "lea@chu-valmont.example"
    mail.set_content(
        "<html><body><p>R&eacute;solu</p><div id='divRplyFwdMsg'>De : Veille</div>"
        "<blockquote>escalade</blockquote></body></html>",
        subtype="html",
    )
    assert said(mail.as_bytes()).said == "Résolu"


def test_an_attached_message_is_not_what_they_said() -> None:
    inner = EmailMessage()
    inner.set_content("escalade")
    mail = EmailMessage()
    mail["From"] = "lea@chu-valmont.example"
    mail.set_content("pris")
    mail.add_attachment(inner)
    mail.add_attachment("escalade", filename="note.txt")
    assert said(mail.as_bytes()).said == "pris"


@pytest.mark.parametrize(
    ("charset", "written"),
    [
        ("iso-8859-1", "résolu".encode("latin-1")),
        ("windows-1252", "résolu".encode("cp1252")),
        ("utf-8", "résolu".encode()),
        ("x-unknown", "résolu".encode()),
        ("zlib", "résolu".encode()),
        ("utf-8", "résolu".encode("latin-1").replace(b"\xe9", b"e")),
    ],
)
def test_any_charset_is_read_or_survived(charset: str, written: bytes) -> None:
    head = f"From: lea@chu-valmont.example\r\nContent-Type: text/plain; charset={charset}\r\n"
    mail = said(head.encode() + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + written)
    assert mail.said in ("résolu", "resolu")


@pytest.mark.parametrize(
    "header",
    [
        ("Auto-Submitted", "auto-replied"),
        ("Auto-Submitted", "auto-generated (vacation)"),
        ("Precedence", "bulk"),
        ("Precedence", "auto_reply"),
        ("X-Autoreply", "yes"),
        ("X-Autorespond", "ooo"),
        ("List-Id", "<com.chu.example>"),
        ("List-Unsubscribe", "<mailto:x@chu.example>"),
        ("Return-Path", "<>"),
        ("X-Failed-Recipients", "lea@chu-valmont.example"),
        ("X-Loop", "veille"),
        ("X-Listener-Key", "alert-12"),
    ],
)
def test_what_a_machine_wrote_says_so(header: tuple[str, str]) -> None:
    assert said(reply("OK", code=CODE, headers=[header])).automatic


@pytest.mark.parametrize(
    "subject",
    [
        "Réponse automatique : Alerte critique",
        "=?utf-8?q?R=C3=A9ponse_automatique?= : Alerte",
        "Automatic reply: Alerte",
        "Absence du bureau : Alerte",
        "Re: Out of Office",
        "Non remis : Alerte",
        "Undeliverable: Alerte",
        "Lu : Alerte",
        "Accusé de réception",
    ],
)
def test_out_of_office_subjects_are_known(subject: str) -> None:
    mail = f"From: lea@chu-valmont.example\r\nSubject: {subject}\r\n\r\nOK".encode()
    assert said(mail).automatic


@pytest.mark.parametrize(
    "sender", ["MAILER-DAEMON@mx.example", "postmaster@chu.example", "no-reply@chu.example"]
)
def test_machines_that_sign_as_such_are_known(sender: str) -> None:
    assert said(reply("OK", code=CODE, sender=sender)).automatic == "sender"


def test_our_own_message_and_a_delivery_report_are_known() -> None:
    ours = b"From: veille@chu.example\r\nMessage-ID: <0ab1.listener@chu.example>\r\n\r\nOK"
    assert said(ours).automatic == "our own"
    report = (
        b"From: lea@chu-valmont.example\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nOK\r\n--b--\r\n"
    )
    assert said(report).report and said(report).automatic == "report"


def test_auto_submitted_no_is_somebody() -> None:
    assert not said(reply("OK", code=CODE, headers=[("Auto-Submitted", "no")])).automatic


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "a@b.example, lea@chu-valmont.example",
        "lea@chu-valmont.example\r\nFrom: marc@chu-valmont.example",
        "x" * 600 + " <lea@chu-valmont.example>",
        "(((((" * 60 + "<lea@chu-valmont.example>",
    ],
)
def test_a_sender_that_could_be_anybody_is_nobody(sender: str) -> None:
    assert said(f"From: {sender}\r\nSubject: x\r\n\r\nOK".encode()).sender == ""


def test_a_name_that_looks_like_an_address_is_not_one() -> None:
    mail = b'From: "lea@chu-valmont.example" <zoe@ailleurs.example>\r\n\r\nOK'
    assert said(mail).sender == "zoe@ailleurs.example"


def test_thousands_of_parts_in_each_other_are_left_alone() -> None:
    head = b"From: lea@chu-valmont.example\r\n"
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(4000)
    )
    assert read(head + deep) is None or said(head + deep).said == ""


def test_a_mail_made_to_take_long_does_not() -> None:
    many = ", ".join(f"a{n}@b.example" for n in range(10_000)).encode()
    nested = b"<div>" * 40_000
    began = time.process_time()
    said(b"From: lea@chu-valmont.example\r\nTo: " + many + b"\r\n\r\nOK")
    said(b"From: l@c.example\r\nContent-Type: text/html\r\n\r\n" + nested)
    said(b"From: l@c.example\r\n\r\n" + b"le " + b"a" * 200_000)
    said(b"From: l@c.example\r\n\r\n" + b"> \n" * 60_000)
    assert time.process_time() - began < 3


PIECES = st.sampled_from(
    [
        b"From: ", b"Subject: ", b"To: ", b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: text/html; charset=", b"Content-Transfer-Encoding: base64\r\n", b"\r\n",
        b"\r\n\r\n", b"--b\r\n", b"--b--", b"=?utf-8?b?", b"=?utf-8?q?=", b"?=", b"\x00", b"\xff",
        b"lea@chu-valmont.example", b"(", b")", b'"', b"<", b">", b";", b"=", b"idna", b"utf-16",
        b"Content-Disposition: ", b"message/rfc822", b"Content-Type: ", b"OK", b"*=utf-8''%",
    ]
)  # fmt: skip


@given(st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=60))
def test_no_mail_raises_whatever_it_is_made_of(pieces: list[bytes]) -> None:
    found = read(b"".join(pieces))
    if found is not None:
        for text in (found.subject, found.said, found.body, found.addressed, found.threads):
            text.encode()  # no lone surrogate, which no database takes
        assert found.sender == "" or found.sender.count("@") == 1
