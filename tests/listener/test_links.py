"""Signed links over HTTP: opening shows, pressing acts once, everything else does nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from listener.domain.action import Action, Reason, Way
from listener.domain.token import Tokens
from listener.storage import action_tokens
from listener.storage.database import Database
from listener.web.links import FORGED_A_MINUTE, Links
from listener.workflows.answer_link import LinkDesk
from tests.listener.house import count, rows
from tests.listener.replying import KEY, PEOPLE, House

FORM = re.compile(r'name="form" value="([0-9a-f]+)"')


class Site:
    """The house behind a door of its own."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.now = 0.0
        self.desk: LinkDesk | None = LinkDesk(
            database=house.database,
            tokens=Tokens(KEY),
            act=house.desk.act,
            people=PEOPLE,
            subject=lambda _: "CHU <de> Valmont",
            clock=house.clock,
            language="en",
            timezone="Europe/Paris",
        )
        self.url = ""
        self.session: aiohttp.ClientSession

    async def link(self, action: Action = Action.ACKNOWLEDGE, **which: Any) -> str:
        invitation = await self.house.invited(**which)
        return invitation.links[action].removeprefix("https://veille.chu-valmont.example")

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, str, SimpleNamespace]:
        async with self.session.request(method, self.url + path, **more) as answer:
            return answer.status, await answer.text(), SimpleNamespace(headers=answer.headers)

    async def press(self, path: str, **changes: str) -> tuple[int, str]:
        _, page, _ = await self.ask("GET", path)
        found = FORM.search(page)
        fields = {"form": found[1] if found else "", **changes}
        status, text, _ = await self.ask("POST", path, data=fields)
        return status, text


@pytest.fixture
async def site(database: Database) -> AsyncIterator[Site]:
    house = House(database)
    await house.open(12, 13)
    made = Site(house)
    app = web.Application()
    app.add_routes(Links(lambda: made.desk, clock=lambda: made.now).routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as made.session:
        yield made
    await runner.cleanup()


async def test_opening_shows_figures_and_does_nothing(site: Site) -> None:
    path = await site.link()
    for method in ("GET", "HEAD", "GET"):
        status, page, _ = await site.ask(method, path, headers={"Sec-Purpose": "prefetch"})
        assert status == 200
    assert "incident 12" in page and "0, 0 of them negative" in page
    assert "CHU &lt;de&gt; Valmont" in page and "Léa Roche" in page
    assert site.house.desk.asked == []
    assert {row.used_at for row in await rows(site.house.database, "action_tokens")} == {None}


async def test_pressing_acts_once(site: Site) -> None:
    path = await site.link()
    status, page = await site.press(path)
    assert status == 200 and "takes care of it" in page
    (request,) = site.house.desk.asked
    assert (request.incident, request.action, request.person, request.way) == (
        12, Action.ACKNOWLEDGE, "lea", Way.LINK,
    )  # fmt: skip
    form = Tokens(KEY).form(path.removeprefix("/a/"))
    status, page, _ = await site.ask("POST", path, data={"form": form})
    assert status == 200 and "used already" in page
    assert len(site.house.desk.asked) == 1
    status, page, _ = await site.ask("GET", path)
    assert status == 200 and "used already" in page and "<button" not in page


async def test_one_link_does_one_thing(site: Site) -> None:
    acknowledge, escalate = await site.link(), await site.link(Action.ESCALATE)
    await site.press(acknowledge)
    await site.press(escalate)
    assert [r.action for r in site.house.desk.asked] == [Action.ACKNOWLEDGE, Action.ESCALATE]


async def test_the_form_of_one_link_does_not_serve_another(site: Site) -> None:
    acknowledge, escalate = await site.link(), await site.link(Action.ESCALATE)
    foreign = Tokens(KEY).form(acknowledge.removeprefix("/a/"))
    status, _ = await site.press(escalate, form=foreign)
    assert status == 403 and site.house.desk.asked == []


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {}},
        {"data": {"form": ""}},
        {"data": {"form": "é" * 48}},
        {"data": b""},
        {"json": {"form": "x"}},
        {"data": {"form": "x" * 4000}},
    ],
)
async def test_a_form_that_is_not_ours_is_refused(site: Site, sent: dict[str, Any]) -> None:
    path = await site.link()
    status, _, _ = await site.ask("POST", path, **sent)
    assert status == 403 and site.house.desk.asked == []


async def test_another_site_cannot_press_the_button(site: Site) -> None:
    path = await site.link()
    form = {"form": Tokens(KEY).form(path.removeprefix("/a/"))}
    headers = {"Sec-Fetch-Site": "cross-site"}
    status, _, _ = await site.ask("POST", path, data=form, headers=headers)
    assert status == 403 and site.house.desk.asked == []


async def test_unknown_and_expired_links_are_answered_alike(site: Site) -> None:
    path = await site.link()
    genuine = Tokens(KEY).link(99, "lea", Action.ACKNOWLEDGE, "never stored")
    site.house.at += timedelta(hours=24)
    pages = [
        await site.ask("GET", p) for p in (path, f"/a/{genuine}", "/a/forged", "/a/" + "A" * 40)
    ]
    assert {status for status, _, _ in pages} == {404}
    assert len({page for _, page, _ in pages}) == 1
    assert (await site.ask("POST", path, data={"form": Tokens(KEY).form(path[3:])}))[:2] == (
        404, pages[0][1],
    )  # fmt: skip
    assert site.house.desk.asked == []


async def test_a_reply_s_code_opens_no_page(site: Site) -> None:
    invitation = await site.house.invited()
    assert (await site.ask("GET", f"/a/{invitation.code}"))[0] == 404


async def test_the_links_of_somebody_who_left_are_dead(site: Site) -> None:
    path = await site.link()
    assert site.desk is not None
    site.desk.people = {}
    assert (await site.ask("GET", path))[0] == 404


async def test_a_false_alarm_asks_for_its_reason(site: Site) -> None:
    path = await site.link(Action.DISMISS)
    status, page = await site.press(path)
    assert status == 200 and "say why" in page
    status, page, _ = await site.ask("GET", path)
    assert page.count('type="radio"') == len(Reason)
    await site.press(path, reason="spam")
    assert site.house.desk.asked[-1].reason is Reason.SPAM
    await site.press(await site.link(Action.DISMISS, key="b"), reason="no such reason")
    assert site.house.desk.asked[-1].reason is None


async def test_what_could_not_be_recorded_says_so_and_may_be_pressed_again(site: Site) -> None:
    path = await site.link()
    for error in (OperationalError("UPDATE", {}, Exception("away")), KeyError("a fault of ours")):
        site.house.desk.error = error
        status, page = await site.press(path)
        assert status == 503 and "assume that nothing was done" in page
    site.house.desk.error = None
    assert (await site.press(path))[0] == 200
    assert len(site.house.desk.asked) == 1


async def test_nothing_is_kept_run_framed_or_told_onwards(site: Site) -> None:
    _, page, answer = await site.ask("GET", await site.link())
    headers = answer.headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"].startswith("noindex")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "script" not in page.casefold() and "http" not in page
    assert "Set-Cookie" not in headers


async def test_forged_links_are_slowed_down_and_lock_nobody_out(site: Site) -> None:
    path = await site.link()
    statuses = [(await site.ask("GET", f"/a/forged{n}"))[0] for n in range(FORGED_A_MINUTE + 2)]
    assert statuses == [404] * FORGED_A_MINUTE + [429] * 2
    assert (await site.press(path))[0] == 200
    site.now += 61
    assert (await site.ask("GET", "/a/forged"))[0] == 404


@pytest.mark.parametrize(
    "path",
    ["/a/x%0d%0aSet-Cookie:%20a=b", "/a/%00", "/a/..%2f..%2fetc", "/a/" + "a" * 5000, "/a/%ff%fe"],
)
async def test_a_path_that_injects_is_one_more_unknown_link(site: Site, path: str) -> None:
    status, _, answer = await site.ask("GET", path)
    assert status == 404 and "Set-Cookie" not in answer.headers


async def test_without_links_there_is_no_such_place(site: Site) -> None:
    path = await site.link()
    site.desk = None
    assert (await site.ask("GET", path))[:2] == (404, "")
    assert (await site.ask("POST", path, data={"form": "x"}))[:2] == (404, "")


async def test_of_two_presses_at_once_one_acts(site: Site) -> None:
    path = await site.link(Action.ESCALATE)
    digest = Tokens(KEY).digest(path.removeprefix("/a/"))
    async with site.house.database.write() as connection:
        assert await action_tokens.use(connection, digest, at=site.house.at)
        assert not await action_tokens.use(connection, digest, at=site.house.at)


async def test_tokens_go_some_time_after_their_end(site: Site) -> None:
    await site.link()
    for days, left in ((2, 6), (3, 0)):
        async with site.house.database.write() as connection:
            await action_tokens.expire(connection, at=site.house.at + timedelta(days=days))
        assert await count(site.house.database, "action_tokens") == left


@given(st.text(max_size=60))
def test_no_text_passes_for_a_link(text: str) -> None:
    assert not Tokens(KEY).is_genuine(text)


@given(st.integers(0, 39), st.sampled_from("AZaz09-_"))
def test_a_link_changed_in_one_place_is_forged(place: int, sign: str) -> None:
    link = Tokens(KEY).link(12, "lea", Action.ACKNOWLEDGE, "alert/12")
    changed = link[:place] + sign + link[place + 1 :]
    assert Tokens(KEY).is_genuine(changed) == (changed == link)
