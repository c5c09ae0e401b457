"""Tokens as letters carry them, and the words around them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from listener.config.doors import LinkSettings
from listener.domain.action import Action, Reason, Reply
from listener.domain.alert import Recipient
from listener.domain.incident import State
from listener.domain.token import (
    ALPHABET,
    Invitation,
    Tokens,
    find_code,
    find_shorts,
    without_codes,
)
from listener.domain.wish import Wish, understand
from listener.i18n import Speaker
from listener.notifiers.answers import payload_of, render_answer, unclear_payload
from listener.notifiers.invitation import buttons, email_lines, sms_answer, subject_with_code
from listener.storage.database import Database
from listener.workflows.invite import Inviter
from tests.listener.house import PARIS, rows
from tests.listener.replying import AT, KEY, LINKS, House, letter, mailbox_settings

ENGLISH = Speaker("en", PARIS)


async def test_a_letter_sent_again_carries_the_same_tokens(database: Database) -> None:
    house = House(database)
    await house.open(12)
    first = await house.invited()
    house.at += timedelta(hours=1)
    assert await house.invited() == first
    other = await house.invited(key="another")
    assert other.code != first.code and other.links != first.links
    expiries = {row.expires_at for row in await rows(database, "action_tokens")}
    assert expiries == {AT + timedelta(hours=24), AT + timedelta(hours=25)}


async def test_two_incidents_never_share_a_person_s_short_code(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(database)
    await house.open(12, 13)

    def rare(self: Tokens, incident: int, person: str, occasion: str, *, attempt: int = 0) -> str:
        return ("A2A2", "B3B3")[attempt]

    monkeypatch.setattr(Tokens, "short", rare)
    shorts = [(await house.invited(number)).short for number in (12, 13, 12, 13)]
    assert shorts == ["A2A2", "B3B3", "A2A2", "B3B3"]


async def test_nobody_in_particular_is_invited_to_nothing(database: Database) -> None:
    inviter = Inviter(tokens=Tokens(KEY), mailbox=mailbox_settings(), links=LINKS)
    async with database.write() as connection:
        assert await inviter.invitation(connection, letter(person=None), AT) is None


async def test_a_house_without_doors_gives_no_tokens(database: Database) -> None:
    house = House(database)
    await house.open(12)
    inviter = Inviter(tokens=Tokens(KEY), mailbox=None, links=None)
    async with database.write() as connection:
        assert await inviter.invitation(connection, letter(), AT) == Invitation()
    assert await rows(database, "action_tokens") == []


@given(st.integers(1, 10**9), st.text(max_size=20), st.text(max_size=20))
def test_codes_are_found_wherever_they_stand(incident: int, person: str, occasion: str) -> None:
    tokens = Tokens(KEY)
    code, short = tokens.code(incident, person, occasion), tokens.short(incident, person, occasion)
    assert set(code) <= {*ALPHABET, "-"}
    for text in (
        f"Re: Alerte [{code}]",
        f"veille+{code.lower()}@chu-valmont.example",
        f"OK {code.replace('-', ' ')}",
        f"ok\n{code.replace('-', '')}.",
    ):
        assert find_code(text) == code
    assert find_shorts(f"ok {short.lower()} je prends") == [short]
    assert understand(without_codes(f"{code} OK")) == understand("OK")


@pytest.mark.parametrize(
    "text", ["", "2026-0314", "ABCD-EFGH", "bonjour à tous", "0123-4567", "06 12 34 56 78"]
)
def test_dates_words_and_numbers_are_no_codes(text: str) -> None:
    assert find_code(text) is None and find_shorts(text) == []


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("OK", Wish(action=Action.ACKNOWLEDGE)),
        ("ok je prends", Wish(action=Action.ACKNOWLEDGE)),
        ("Pris.", Wish(action=Action.ACKNOWLEDGE)),
        ("Bonjour,\n\nd’accord, je m’en occupe", Wish(action=Action.ACKNOWLEDGE)),
        ("I'll take it", Wish(action=Action.ACKNOWLEDGE)),
        ("Escalade", Wish(action=Action.ESCALATE)),
        ("ok, escalade", Wish(action=Action.ESCALATE)),
        ("plus tard", Wish(action=Action.SNOOZE)),
        ("PLUS TARD 30", Wish(action=Action.SNOOZE)),
        ("plus tard, dans 2 heures", Wish(action=Action.SNOOZE, snooze=timedelta(hours=2))),
        ("plus tard 1h30", Wish(action=Action.SNOOZE, snooze=timedelta(minutes=90))),
        ("later 45 min", Wish(action=Action.SNOOZE, snooze=timedelta(minutes=45))),
        ("Fausse alerte", Wish(action=Action.DISMISS)),
        ("fausse alerte : ironie", Wish(action=Action.DISMISS, reason=Reason.HARMLESS)),
        ("fausse alerte, déjà traité", Wish(action=Action.DISMISS, reason=Reason.KNOWN)),
        ("fausse alerte, exercice incendie", Wish(action=Action.DISMISS, reason=Reason.OTHER)),
        (
            "fausse alerte : cela ne nous concerne pas",
            Wish(action=Action.DISMISS, reason=Reason.NOT_US),
        ),
        ("false alarm: harmless", Wish(action=Action.DISMISS, reason=Reason.HARMLESS)),
        ("Résolu", Wish(action=Action.RESOLVE)),
        ("c'est réglé", Wish(action=Action.RESOLVE)),
        ("rouvrir", Wish(action=Action.REOPEN)),
    ],
)
def test_words_mean_what_they_say(said: str, wish: Wish) -> None:
    assert understand(said) == wish


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Merci",
        "Reçu",
        "ok ?",
        "je ne prends pas",
        "OK mais je ne peux pas venir",
        "pris, escalade",
        "ce n'est pas une fausse alerte",
        "fausse alerte ? non",
        "pas résolu",
        "plus tard 999",
        "plus tard 1000000",
        "Je suis absente jusqu'au 16 mars",
        "Bonjour,\nBonjour,\nBonjour,\nBonjour,\nOK",
    ],
)
def test_what_is_not_certain_is_asked_again(said: str) -> None:
    assert understand(said) is None


@given(st.text(max_size=400))
def test_any_text_is_understood_or_not(said: str) -> None:
    wish = understand(said)
    assert wish is None or timedelta(minutes=5) <= wish.snooze <= timedelta(hours=8)


def test_a_message_says_how_it_is_answered() -> None:
    link = "https://veille.example/a/x"
    full = Invitation(code="K7F3-9QXM", short="K7F3", links={Action.ACKNOWLEDGE: link})
    assert "K7F3-9QXM" in " ".join(email_lines(full, ENGLISH))
    assert sms_answer(full) == "OK K7F3"
    assert [button.url for button in buttons(full, ENGLISH)] == [link]
    assert subject_with_code("x" * 200, full, 160).endswith(" [K7F3-9QXM]")
    assert len(subject_with_code("x" * 200, full, 160)) <= 160
    bare = Invitation()
    assert (email_lines(bare, ENGLISH), sms_answer(bare)) == ([], "")
    assert subject_with_code("Alert", bare, 160) == "Alert"


def test_an_answer_is_kept_in_figures_and_told_in_words() -> None:
    reply = Reply(incident=12, action=Action.ACKNOWLEDGE, state=State.ACKNOWLEDGED, by="lea")
    told = render_answer(
        payload_of(reply, at=AT),
        recipient=Recipient(person="lea", name="Léa Roche", address="lea@chu-valmont.example"),
        key="reply/1",
        speaker=ENGLISH,
        names={"lea": "Léa Roche"},
        invitation=Invitation(code="K7F3-9QXM"),
    )
    assert told.text.startswith("Incident 12: Léa Roche takes care of it since 23:00.")
    assert told.subject == "Incident 12: your reply [K7F3-9QXM]"
    unclear = render_answer(
        unclear_payload(12, again=False),
        recipient=Recipient(person=None, name="", address="x@y.example"),
        key="reply/2",
        speaker=ENGLISH,
        names={},
    )
    assert "not understood" in unclear.text and "[" not in unclear.subject


@pytest.mark.parametrize(
    "url",
    [
        "http://veille.example",
        "https://",
        "https://a:b@veille.example",
        "https://v.example/?x=1",
        "v",
    ],
)
def test_links_are_https_and_nothing_else(url: str) -> None:
    with pytest.raises(ValidationError):
        LinkSettings(base_url=url)


def test_a_path_before_the_links_is_kept() -> None:
    assert (
        LinkSettings(base_url="https://chu.example/veille/").base_url
        == "https://chu.example/veille"
    )
