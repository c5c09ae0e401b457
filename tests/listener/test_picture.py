"""The small curve of an e-mail: drawn elsewhere, small, said in words, and never waited for."""

from __future__ import annotations

import struct

from listener.notifiers import child
from listener.notifiers.child import Child
from listener.notifiers.mime import compose
from listener.notifiers.picture import LARGEST, NAME, WORKER, Drawer
from listener.notifiers.render import render_alert
from tests.listener.alerts import AT, CAMILLE, ago, alert

TWO_HOURS = [(ago(10 * n), count) for n, count in zip(range(12, 0, -1), range(12), strict=True)]


async def drawn(drawer: Drawer, **changes):
    return await drawer.draw(alert(**changes), language="en")


async def test_a_curve_is_small_says_its_finding_and_is_drawn_once_for_several_people() -> None:
    drawer = Drawer(within=30.0)
    picture = await drawn(drawer, recent=TWO_HOURS, usual=1.6)
    assert picture is not None
    assert picture.content.startswith(b"\x89PNG") and len(picture.content) <= LARGEST
    assert struct.unpack(">II", picture.content[16:24]) == (1080, 520)
    assert picture.alt == (
        "Posts by ten minutes since 21:24: 11 from 23:14 on, the most so far; "
        "usual at this hour: 1.6."
    )
    again = await drawn(drawer, recent=TWO_HOURS, usual=1.6)
    assert again is not None and again.content is picture.content
    falling = await drawn(drawer, recent=[(ago(24), 9), (ago(14), 4)])
    assert falling is not None
    assert (
        falling.alt == "Posts by ten minutes since 23:00: 4 from 23:10 on, after 9 from 23:00 on."
    )
    await drawer.close()


async def test_no_curve_is_drawn_of_a_single_stretch() -> None:
    drawer = Drawer()
    assert await drawn(drawer, recent=[(ago(4), 3)]) is None
    assert await drawn(drawer, recent=[(ago(14), 0), (ago(4), 0)]) is None


async def test_a_page_goes_without_its_picture_rather_than_late() -> None:
    late = Drawer(within=0.001)
    assert await drawn(late) is None
    missing = Drawer(Child("listener.notifiers.no_such_module"), within=30.0)
    assert await drawn(missing) is None


async def test_a_process_that_waits_for_nothing_ends_by_itself() -> None:
    quick = Child(WORKER, idle=0)
    answer = await quick.ask({"bars": [["a", 1, "1"]], "count_label": "é"}, within=30.0)
    assert answer["png"]
    assert not quick._running and child.IDLE > 0


def mail(**options):
    sent = render_alert(
        alert(), channel="email", recipient=CAMILLE, key="k", excerpt="none", **options
    )
    return compose(sent, sender="veille@chu.example", sender_name="", thread=None, at=AT)


async def test_the_mail_shows_the_curve_within_and_bars_where_there_is_none() -> None:
    drawer = Drawer(within=30.0)
    picture = await drawn(drawer)
    await drawer.close()
    shown = mail(picture=picture)
    (image,) = [part for part in shown.walk() if part.get_content_type() == "image/png"]
    assert image["Content-ID"] == f"<{NAME}>"
    html = shown.get_body(("html",)).get_content()
    assert f'src="cid:{NAME}"' in html and 'alt="Posts by ten minutes since' in html
    assert "cid:" not in mail().get_body(("html",)).get_content()
    assert "█" in shown.get_body(("plain",)).get_content()
