"""Entries a second of a feed, from its bytes to mentions."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

from benchmarks.measure import Measure, tell
from connectors.rss.document import parse
from connectors.rss.mapping import Reading, to_mention

ENTRIES = 1_000
ROUNDS = 3
QUICK = 200
AT = datetime(2026, 3, 14, 22, 0, tzinfo=UTC)
URL = "https://www.lecourrierdevalmont.example/rss.xml"
BODY = "Au CHU de Valmont, les urgences débordent &amp; les soignants s'inquiètent. " * 8


def run(*, quick: bool) -> list[Measure]:
    body = _feed(QUICK if quick else ENTRIES)
    best = min(_seconds(body) for _ in range(ROUNDS))
    count = QUICK if quick else ENTRIES
    return [
        Measure(name="RSS to mentions", value=count / best, unit="entries/s a core"),
        Measure(name="an entry", value=len(body) / count, unit="bytes"),
    ]


def _seconds(body: bytes) -> float:
    begun = time.process_time()
    reading = Reading(feed_url=URL, terms=("CHU de Valmont",), max_text=2000)
    mentions = [to_mention(entry, reading, AT) for entry in parse(body, url=URL).entries]
    if len(mentions) * QUICK == 0:
        raise RuntimeError("the feed was not read")
    return time.process_time() - begun


def _feed(count: int) -> bytes:
    items = "".join(
        f"<item><title>Titre n° {n}</title><link>{URL}?article={n}</link><guid>v-{n}</guid>"
        f"<pubDate>{(AT - timedelta(minutes=n)).strftime('%a, %d %b %Y %H:%M:%S +0000')}</pubDate>"
        f"<description><![CDATA[<p>{BODY}</p><p>Lire <a href='/{n}'>la suite</a></p>]]></description></item>"
        for n in range(count)
    )
    head = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Presse</title>'
    return f"{head}{items}</channel></rss>".encode()


if __name__ == "__main__":
    tell(run(quick="--quick" in sys.argv))
