"""Recorded feeds parse into sensible mentions (opt-in: LISTENER_RECORDINGS names their folder)."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.connector import Malformed
from connectors.rss.mapping import Reading, to_engagement, to_mention
from connectors.rss.sheet import read_sheet

AT = datetime(2026, 11, 21, tzinfo=UTC)
FOLDER = os.environ.get("LISTENER_RECORDINGS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="LISTENER_RECORDINGS is not set")


def recorded(network: str) -> list[tuple[Path, dict]]:
    root = Path(FOLDER or "")
    manifest = root / network / "manifest.jsonl"
    if not FOLDER or not manifest.exists():
        return []
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    return [(root / line["file"], line) for line in lines if line.get("usable_response")]


def read(path: Path):
    url = "https://feed.example/feed"

    def mapper(entry, document, at):
        mention = to_mention(entry, Reading(feed_url=url, feed_language=document.language), at)
        return mention, to_engagement(entry, mention, at)

    return read_sheet(path.read_bytes(), url=url, content_type="", mapper=mapper, at=AT)


@pytest.mark.parametrize("network", ["feeds", "google_alerts", "wordpress"])
def test_recorded_feeds_give_identified_plain_mentions(network):
    files = recorded(network)
    assert files, f"no usable recording of {network}"
    entries = 0
    for path, _about in files:
        try:
            found = read(path)
        except Malformed:
            assert b"<item" not in path.read_bytes() and b"<entry" not in path.read_bytes(), (
                path.name
            )
            continue
        assert all("without id" in reject.error for reject in found.rejects), path.name
        for item in found.items:
            mention = item.mention
            entries += 1
            assert mention.title or mention.text or mention.media, path.name
            assert "<p>" not in mention.text and "&amp;" not in mention.text, path.name
            assert mention.url is None or mention.url.startswith("http"), path.name
    assert entries > 10


def test_recorded_google_alerts_are_unwrapped():
    for path, _about in recorded("google_alerts"):
        for item in read(path).items:
            assert item.mention.url is not None and "google." not in item.mention.url
            assert item.mention.external_id == item.mention.url.replace("http://", "https://")
