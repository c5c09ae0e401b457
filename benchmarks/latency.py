"""From a mention's page to the alert that Slack has accepted, once and again for fifty incidents."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Measure, tell
from connectors.connector import Page
from connectors.mention import Author, Kind, Mention
from listener.app.application import Application
from listener.app.build import application
from listener.config.load import load
from listener.workflows.draft import Origin
from tests.networks.slack import CHANNEL, TOKEN, SlackApi

INCIDENTS = 50
QUICK = 10
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
        Measure(
            name="page to alert, 95 in 100 below", value=waits[len(waits) * 95 // 100], unit="s"
        ),
        Measure(name="page to alert, median", value=waits[len(waits) // 2], unit="s"),
    ]


async def _measure(incidents: int) -> list[float]:
    async with SlackApi(rate=1000.0).serving() as slack:
        assert isinstance(slack, SlackApi)
        with TemporaryDirectory(prefix="bench-") as folder:
            path = Path(folder) / "config.toml"
            watches = "\n".join(WATCH.format(n=n) for n in range(incidents))
            content = CONFIG.format(watches=watches, channel=CHANNEL, url=slack.api_url)
            path.write_text(f'state_dir = "{folder}"\n{content}', "utf-8")
            async with application(load(path, {"SLACK_TOKEN": TOKEN})) as app:
                await app.processor.process(_page(app, -1), Origin(source_id="bench"), _now())
                waits = [await _alert(app, number) for number in range(incidents)]
        if len(slack.messages) != incidents:
            raise RuntimeError(f"{incidents} incidents gave {len(slack.messages)} messages")
    return waits


async def _alert(app: Application, number: int) -> float:
    page = _page(app, number)
    begun = time.perf_counter()
    outcome = await app.processor.process(page, Origin(source_id="bench"), _now())
    sent = await app.postman.deliver()
    took = time.perf_counter() - begun
    if (outcome.alerts, sent) != (1, 1):
        raise RuntimeError(f"an incident gave {outcome.alerts} alerts, of which {sent} were sent")
    return took


def _page(app: Application, number: int) -> Page:
    """A hundred mentions, the last of them grave; of the first page, none: it ends the look-back."""
    calm = [_mention(f"{number}-{n}", "CHU de Valmont-0, rien à signaler") for n in range(CROWD)]
    grave = [_mention(f"{number}", f"Scandale sanitaire au CHU de Valmont-{number}")]
    said = [*calm, *(grave if number >= 0 else ())]
    return Page(feed="bench", mentions=said, cursor={"v": 1}, complete=True)


def _mention(external_id: str, text: str) -> Mention:
    return Mention(
        network="bench",
        external_id=external_id,
        kind=Kind.POST,
        published_at=_now(),
        url=f"https://reseau.example/{external_id}",
        text=text,
        author=Author(handle=f"voix-{external_id}"),
    )


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    tell(run(quick="--quick" in sys.argv))
