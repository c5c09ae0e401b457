"""Recorded answers of GDELT give sensible articles (opt-in: LISTENER_RECORDINGS names their folder)."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.gdelt.support import Bench, mentions

FOLDER = os.environ.get("LISTENER_RECORDINGS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="LISTENER_RECORDINGS is not set")


def recorded() -> list[Any]:
    manifest = Path(FOLDER or "") / "gdelt" / "manifest.jsonl"
    if not FOLDER or not manifest.exists():
        return []
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    return [
        pytest.param(line["file"], id=line["file"]) for line in lines if line["usable_response"]
    ]


@pytest.mark.parametrize("file", recorded())
async def test_a_recorded_list_is_read_whole(ready: Bench, file: str) -> None:
    raw = (Path(FOLDER or "") / file).read_bytes()
    articles = json.loads(raw)["articles"]
    newest = max(article["seendate"] for article in articles)
    ready.clock.at = datetime.fromisoformat(newest) + timedelta(hours=1)
    ready.network.raw = raw
    pages = await ready.poll()
    found = mentions(pages)
    assert len(found) == len({article["url"] for article in articles}) > 0
    assert not any(page.rejects for page in pages)
    for mention in found:
        assert mention.title and mention.url and mention.published_at and mention.language
        assert mention.author.name
