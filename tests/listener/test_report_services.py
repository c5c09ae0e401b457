"""A service's own digest, to its own readers; and how each digest is laid out and painted."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from listener.domain.alert import Recipient
from listener.notifiers.painting import NoPainter
from listener.storage.database import Database
from listener.workflows import report
from listener.workflows.deliver import Undeliverable
from tests.listener.reporting import BEFORE, DIRECTION, PRESS, House
from tests.listener.weeks import MONDAY, W47, said, within

HEAD = "cadre.urgences@chu-valmont.example"
CHIEF = "chef.urgences@chu-valmont.example"
URGENCES = {"subject": "urgences", "recipients": [HEAD, CHIEF]}


@pytest.fixture
async def listening(database) -> Database:
    """A listener that was at work before the week began."""
    await said(database, within(BEFORE, -60))
    return database


async def test_a_service_is_told_to_its_own_readers_and_to_nobody_else(listening):
    await said(listening, within(W47, 1), "Urgences de Valmont", subjects=("chu", "urgences"))
    house = House(listening, digest={"recipients": [DIRECTION, PRESS], "service": [URGENCES]})
    assert await house.at(MONDAY - timedelta(minutes=1)) == []
    sent = await house.at(MONDAY, MONDAY + timedelta(minutes=1))
    assert sorted(m.recipient.address for m in sent) == sorted([DIRECTION, PRESS, HEAD, CHIEF])
    assert len({m.key for m in sent}) == 4


async def test_a_services_digest_counts_the_service_alone(listening):
    await said(listening, within(W47, 1), subjects=("chu", "urgences"))
    await said(listening, within(W47, 2))
    house = House(listening, digest={"service": [URGENCES]})
    whole = await house.reporter.digest(W47, MONDAY)
    own = await house.reporter.digest(W47, MONDAY, service="urgences")
    assert (whole.service, whole.now.mentions) == ("", 2)
    assert (own.service, own.now.mentions) == ("urgences", 1)


async def test_who_reads_both_digests_gets_both(listening):
    own = {"subject": "urgences", "recipients": [DIRECTION]}
    house = House(listening, digest={"recipients": [DIRECTION], "service": [own]})
    assert [m.recipient.address for m in await house.at(MONDAY)] == [DIRECTION] * 2


async def test_a_services_digest_never_goes_to_slack_or_the_console(listening):
    slack = {"token": "xoxb-invented", "channel": "C0VALMONT1"}
    house = House(listening, slack=slack, digest={"recipients": [], "service": [URGENCES]})
    assert list(house.reporter.recipients("urgences")) == [("email", HEAD), ("email", CHIEF)]
    assert list(house.reporter.recipients()) == [("slack", None)]
    assert list(house.reporter.recipients("maternite")) == []


async def test_a_service_sent_by_hand_leaves_the_hospitals_to_be_sent(listening):
    house = House(listening, digest={"recipients": [DIRECTION], "service": [URGENCES]})
    at = MONDAY - timedelta(hours=3)
    assert await house.reporter.send(W47, at, service="urgences") == 2
    assert await house.reporter.unsent(W47, at, service="urgences") == 2
    assert await house.reporter.unsent(W47, at) == 0
    assert len(await house.at(at, MONDAY)) == 3
    assert await house.reporter.unsent(W47, at, service="urgences") == 0


async def test_a_service_that_is_watched_no_more_is_not_told_as_the_whole_hospital(listening):
    house = House(listening)
    letter = SimpleNamespace(payload={"period": "2026-W47", "service": "cardiologie"})
    recipient = Recipient(person=None, name="", address=DIRECTION)
    with pytest.raises(Undeliverable, match="cardiologie"):
        await house.reporter.compose(letter, recipient, MONDAY)


async def test_the_peers_that_were_chosen_are_compared_with_else_all(listening):
    everybody = await House(listening).reporter.digest(W47, MONDAY)
    assert [peer.name for peer in everybody.peers] == ["CHU de Brémont"]
    chosen = House(listening, digest={"peers": ["bremont", "bremont"]})
    assert len((await chosen.reporter.digest(W47, MONDAY)).peers) == 1
    other = House(listening, digest={"peers": ["elsewhere"]})
    assert list(other.reporter.surveyor.peers) == ["elsewhere"]


class Painter(NoPainter):
    """Paints one chart, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def paint(self, digest, *, language):
        self.asked.append((digest.period.label, language))
        return {"days": b"\x89PNG"}


async def test_pictures_are_painted_for_e_mails_alone_and_laid_out_as_configured(
    listening, monkeypatch
):
    given: list[dict] = []
    render = report.render_digest

    def rendered(digest, **values):
        given.append(values)
        return render(digest, **values)

    monkeypatch.setattr(report, "render_digest", rendered)
    painter = Painter()
    own = {**URGENCES, "recipients": [HEAD], "sections": ["stories", "unseen"]}
    house = House(
        listening,
        painter=painter,
        slack={"token": "xoxb-invented", "channel": "C0VALMONT1"},
        digest={"recipients": [DIRECTION], "sections": ["days", "unseen"], "service": [own]},
    )
    await house.at(MONDAY)
    assert painter.asked == [("2026-W47", "fr")] * 2
    assert sorted((g["channel"], g["sections"], g["drawn"]) for g in given if g["drawn"]) == [
        ("email", ("days", "unseen"), {"days": b"\x89PNG"}),
        ("email", ("stories", "unseen"), {"days": b"\x89PNG"}),
    ]
    assert [(g["channel"], g["sections"]) for g in given if not g["drawn"]] == [
        ("slack", ("days", "unseen"))
    ]
