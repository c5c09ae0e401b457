"""From a mention's page to the alert that Slack has accepted, for a thousand incidents in a row."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Measure, tell
from connectors.connector import Page
from connectors.mention import Author, Kind, Mention
from listener.app.application import Application
from listener.app.build import application
from listener.config.load import load
from listener.domain.action import Action, Request, Way
from listener.workflows.draft import Origin
from tests.networks.slack import CHANNEL, TOKEN, SlackApi

INCIDENTS = 1000
QUICK = 20
APART = timedelta(minutes=4)  # of the daemon's own time: nobody is rung ten times in half an hour
WITHIN = 2.0  # s
CROWD = 99  # mentions of nothing grave that share the page

CONFIG = """
[hospital]
name = "CHU de Valmont"
{watches}
[[rule]]
id = "grave"
kind = "terms"
level = "critical"
terms = ["scandale sanitaire"]
[[rule]]
id = "nombre"
kind = "count"
level = "info"
at_least = 5000
window = "1h"
[[rule]]
id = "part"
kind = "negative_share"
level = "info"
share = 0.95
minimum = 5000
window = "1h"
[[person]]
id = "lea"
name = "Léa Martin"
slack = "U0CAMILLE1"
[[rota]]
id = "astreinte"
people = ["lea"]
starts_on = 2026-01-05
fallback = "lea"
[alerts]
mode = "live"
critical = ["slack"]
warning = ["slack"]
fallback = "console"
[slack]
token = {{ env = "SLACK_TOKEN" }}
channel = "{channel}"
base_url = "{url}"
[network]
allowed_hosts = ["127.0.0.1"]
"""
WATCH = '[[watch]]\nid = "chu-{n}"\nnames = ["CHU de Valmont-{n}"]'


def run(*, quick: bool) -> list[Measure]:
    waits = sorted(asyncio.run(_measure(QUICK if quick else INCIDENTS)))
    return [
        Measure(name="page to alert, longest", value=waits[-1], unit="s", at_most=WITHIN),
        *(
            Measure(name=f"page to alert, p{part}", value=waits[len(waits) * part // 100], unit="s")
            for part in (99, 95, 50)
        ),
    ]


async def _measure(incidents: int) -> list[float]:
    async with SlackApi(rate=1000.0).serving() as slack:
        assert isinstance(slack, SlackApi)
        with TemporaryDirectory(prefix="bench-") as folder:
            path = Path(folder) / "config.toml"
            watches = "\n".join(WATCH.format(n=n) for n in range(incidents))
            content = CONFIG.format(watches=watches, channel=CHANNEL, url=slack.api_url)
            path.write_text(f'state_dir = "{folder}"\n{content}', "utf-8")
            clock = Clock()
            async with application(load(path, {"SLACK_TOKEN": TOKEN}), clock=clock) as app:
                await app.processor.process(_page(clock, -1), Origin(source_id="bench"), clock())
                waits = [await _alert(app, clock, number) for number in range(incidents)]
        alerts = [message for message in slack.messages if not message.thread_ts]
        if len(alerts) != incidents:
            raise RuntimeError(f"{incidents} incidents gave {len(alerts)} messages")
    return waits


class Clock:
    """The world's pace, with leaps between the incidents."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


async def _alert(app: Application, clock: Clock, number: int) -> float:
    clock.ahead += APART
    page = _page(clock, number)
    begun = time.perf_counter()
    outcome = await app.processor.process(page, Origin(source_id="bench"), clock())
    sent = await app.postman.deliver()
    took = time.perf_counter() - begun
    if (outcome.alerts, sent) != (1, 1):
        raise RuntimeError(f"an incident gave {outcome.alerts} alerts, of which {sent} were sent")
    over = Request(incident=number + 1, action=Action.RESOLVE, person="lea", way=Way.COMMAND)
    if (await app.alerting.actor.act(over, clock())).refused is not None:
        raise RuntimeError(f"incident {number + 1} could not be closed")
    await app.postman.deliver()  # the line that says so is nobody's alert
    return took


def _page(clock: Clock, number: int) -> Page:
    """A hundred mentions, the last of them grave; of the first page, none: it ends the look-back."""
    calm = [
        _mention(clock, f"{number}-{n}", f"CHU de Valmont-0, rien à signaler {number} {n}")
        for n in range(CROWD)
    ]
    grave = [_mention(clock, f"{number}", f"Scandale sanitaire au CHU de Valmont-{number}")]
    said = [*calm, *(grave if number >= 0 else ())]
    return Page(feed="bench", mentions=said, cursor={"v": 1}, complete=True)


def _mention(clock: Clock, external_id: str, text: str) -> Mention:
    return Mention(
        network="bench",
        external_id=external_id,
        kind=Kind.POST,
        published_at=clock(),
        url=f"https://reseau.example/{external_id}",
        text=text,
        author=Author(handle=f"voix-{external_id}"),
    )


if __name__ == "__main__":
    tell(run(quick="--quick" in sys.argv))
