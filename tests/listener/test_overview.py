"""How sources stand, as an operator is shown it; and accesses that end, told in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from connectors.budget import Budget
from connectors.connector import ConnectorError, Gap, RateLimited, Unauthorized, Unavailable, Unseen
from connectors.registry import CONNECTORS
from connectors.rss import RssSettings
from listener.config.models import SourceSettings
from listener.domain.calendar import CalendarSettings, WorkCalendar
from listener.storage import inbox, sources
from listener.storage.database import Database
from listener.storage.spending import StoredLedger
from listener.workflows.collect import Source
from listener.workflows.expiry import Expiries
from listener.workflows.overview import Overview, SourceView
from listener.workflows.standing import advice_on
from listener.workflows.supervise import Supervisor
from tests.listener.house import NIGHT, PARIS, collector_of, house, rows

SEARCH = Budget(name="search", limit=100, unit="calls")
CAUGHT = {
    *("ConnectorError", "Forged", "PendingConsent"),
    *("ApiClosed", "CommentsDisabled", "NotYet", "StaleToken"),
}
"""Errors that never end a poll: their connectors deal with them."""
WEEK = Budget(name="calls", limit=50, every=timedelta(days=7))
HASHTAGS = Budget(name="hashtags", limit=30, unit="hashtags", every=timedelta(days=7))
MONEY = Budget(name="month", limit=50_000, unit="USD", scale=1000, every="month")


class Quiet:
    name = "rss"
    error: Exception | None = None

    def hosts(self) -> tuple[str, ...]:
        return ()

    async def poll(self, _cursors: Any) -> Any:
        if self.error is not None:
            raise self.error
        for page in ():
            yield page


class Rich(Quiet):
    """Spends, is partly blind, and whose access ends."""

    name = "youtube"
    ends: datetime | Exception | None = NIGHT + timedelta(days=10)

    spends: Sequence[Budget] = (SEARCH, MONEY)

    def budgets(self) -> Sequence[Budget]:
        return self.spends

    def unseen(self) -> Sequence[Unseen]:
        return (Unseen.PUSHED,)

    async def access_ends_at(self) -> datetime | None:
        if isinstance(self.ends, Exception):
            raise self.ends
        return self.ends


class Ended(Quiet):
    name = "google_plus"
    closed_on = date(2019, 4, 2)


class Desk:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.at = NIGHT
        self.connectors: dict[str, Any] = {"presse": Quiet(), "chaine": Rich(), "plus": Ended()}

    @property
    def built(self) -> dict[str, Source]:
        return {
            name: Source(id=name, connector=connector, every=timedelta(minutes=5))
            for name, connector in self.connectors.items()
        }

    async def views(self) -> dict[str, SourceView]:
        configured = [
            SourceSettings(
                id=name, connector="rss", settings=RssSettings(urls=("https://a.example/f",))
            )
            for name in (*self.connectors, "eteinte")
        ]
        overview = Overview(database=self.database, clock=lambda: self.at)
        return {view.source: view for view in await overview.read(configured, self.built)}

    async def poll(self, name: str) -> str | None:
        collector = collector_of(house(self.database), lambda: self.at)
        return (await collector.poll(self.built[name], force=True)).skipped


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def test_a_source_that_was_read_shows_when_and_when_it_is_next(desk: Desk) -> None:
    await desk.poll("presse")
    desk.at += timedelta(minutes=2)
    view = (await desk.views())["presse"]
    assert (view.state, view.last_success) == ("ok", NIGHT)
    assert view.lag == timedelta(minutes=2)
    assert view.next_poll == NIGHT + timedelta(minutes=5)
    desk.at += timedelta(hours=1)
    assert (await desk.views())["presse"].state == "late"


async def test_sources_never_read_switched_off_or_whose_network_ended_are_told_apart(
    desk: Desk,
) -> None:
    states = {name: view.state for name, view in (await desk.views()).items()}
    assert states == {
        "presse": "new",
        "chaine": "new",
        "plus": "closed 2019-04-02",
        "eteinte": "disabled",
    }


async def test_a_network_that_ended_is_never_asked_and_leaves_no_failure(desk: Desk) -> None:
    assert await desk.poll("plus") == "closed"
    assert await rows(desk.database, "sources") == []


@pytest.mark.parametrize(
    ("error", "state", "said"),
    [
        (Unavailable("the network: timed out"), "failing", "asked again"),
        (Unauthorized("status 401"), "stopped", "renew its key"),
        (RateLimited("slow", retry_after=timedelta(hours=1)), "failing", "asked us to wait"),
    ],
)
async def test_what_is_wrong_is_said_with_what_to_do(
    desk: Desk, error: Exception, state: str, said: str
) -> None:
    desk.connectors["presse"].error = error
    await desk.poll("presse")
    view = (await desk.views())["presse"]
    assert view.state == state
    assert said in (view.advice or "")
    assert str(error) in (view.error or "")


async def test_budgets_show_what_is_left_in_their_own_unit_and_when_it_comes_back(
    desk: Desk,
) -> None:
    ledger = StoredLedger(database=desk.database, clock=lambda: desk.at, source_id="chaine")
    await ledger.spend(40, SEARCH)
    await ledger.spend(12_345, MONEY)
    search, money = (await desk.views())["chaine"].budgets
    assert (search.left, search.limit, search.unit) == (60, 100, "calls")
    assert money.left == pytest.approx(37.655)
    assert money.resets_at == datetime(2026, 4, 1, tzinfo=NIGHT.tzinfo)


async def test_a_budget_of_any_seven_days_comes_back_as_what_was_spent_first_is_old(
    desk: Desk,
) -> None:
    ledger = StoredLedger(database=desk.database, clock=lambda: desk.at, source_id="chaine")
    tags = replace(HASHTAGS, limit=2)
    desk.connectors["chaine"].spends = (HASHTAGS, WEEK)
    await ledger.first_time(tags, ["chuvalmont"])
    await ledger.spend(1, WEEK)
    first = desk.at
    desk.at += timedelta(days=5)
    await ledger.first_time(tags, ["hopital"])
    await ledger.spend(1, WEEK)
    hashtags, week = (await desk.views())["chaine"].budgets
    assert hashtags.resets_at == HASHTAGS.slot(first) + timedelta(days=7)
    assert week.resets_at == WEEK.slot(first) + timedelta(days=7)
    with pytest.raises(RateLimited) as spent:
        await ledger.first_time(tags, ["urgences"])
    assert spent.value.retry_after == hashtags.resets_at - desk.at


def _errors(kind: type[ConnectorError] = ConnectorError) -> Iterator[type[ConnectorError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _errors(narrower)


def test_every_error_that_a_connector_may_end_with_has_an_advice() -> None:
    assert CONNECTORS  # all are imported, and their errors known
    for kind in _errors():
        if kind.__module__.startswith("connectors.") and kind.__name__ not in CAUGHT:
            assert advice_on(f"{kind.__name__}: it said so", logs_in=False) != "see the log", kind
    assert "credit" in (advice_on("NoCredits: none left", logs_in=False) or "")
    assert advice_on("KeyError: unheard of", logs_in=False) == "see the log"


async def test_why_a_pushed_call_is_still_unread_is_shown(desk: Desk) -> None:
    async with desk.database.write() as connection:
        await inbox.keep(connection, "chaine", "f", b"x", at=NIGHT)
        (kept,) = await inbox.claim(
            connection,
            sources=["chaine"],
            abandoned=NIGHT,
            owner="one",
            at=NIGHT,
            lease=timedelta(minutes=1),
        )
        await inbox.postpone(connection, kept, until=NIGHT, error="status 503")
        await inbox.keep(connection, "chaine", "g", b"x", at=NIGHT + timedelta(minutes=1))
    waiting = (await desk.views())["chaine"].inbox
    assert waiting is not None
    assert (waiting.count, waiting.oldest, waiting.error) == (2, NIGHT, "status 503")


async def test_an_access_whose_end_cannot_be_told_hides_no_source(desk: Desk) -> None:
    desk.connectors["chaine"].ends = Unavailable("timed out")
    views = await desk.views()
    assert views["chaine"].access_ends is None
    assert len(views) == 4


async def test_a_spent_budget_is_a_wait_and_no_outage(desk: Desk) -> None:
    ledger = StoredLedger(database=desk.database, clock=lambda: desk.at, source_id="chaine")
    await ledger.exhaust(SEARCH)
    with pytest.raises(RateLimited) as spent:
        await ledger.spend(1, SEARCH)
    desk.connectors["chaine"].error = spent.value
    await desk.poll("chaine")
    view = (await desk.views())["chaine"]
    assert view.state == "waiting"
    assert view.next_poll == SEARCH.resets_at(NIGHT)
    assert "budget" in (view.advice or "")
    assert await rows(desk.database, "outbox") == []


async def test_gaps_unread_calls_blindness_and_the_access_s_end_are_shown(desk: Desk) -> None:
    gap = Gap(since=NIGHT - timedelta(hours=2), until=NIGHT - timedelta(hours=1), reason="window")
    async with desk.database.write() as connection:
        await sources.add_gaps(connection, "chaine", "", [gap])
        await inbox.keep(connection, "chaine", "f", b"x", at=NIGHT)
    view = (await desk.views())["chaine"]
    assert (view.gaps, view.last_gap) == (1, "window")
    assert view.inbox is not None
    assert view.inbox.count == 1
    assert view.unseen == (Unseen.PUSHED,)
    assert view.access_ends == NIGHT + timedelta(days=10)


async def test_an_access_that_ends_is_told_at_two_weeks_at_three_days_and_when_it_is_over(
    desk: Desk,
) -> None:
    supervisor = Supervisor(calendar=WorkCalendar(CalendarSettings(), PARIS), channels=("console",))
    expiries = Expiries(database=desk.database, supervisor=supervisor)
    ends = NIGHT + timedelta(days=60)
    desk.connectors["chaine"].ends = ends
    told = []
    for days in range(62):
        await expiries.tell(desk.built.values(), NIGHT + timedelta(days=days))
        told.append(len(await rows(desk.database, "outbox")))
    assert [told[45], told[46], told[56], told[57], told[59], told[60]] == [0, 1, 1, 2, 2, 3]
    desk.connectors["chaine"].ends = ends + timedelta(days=60)
    await expiries.tell(desk.built.values(), ends + timedelta(days=1))
    assert len(await rows(desk.database, "outbox")) == 3
