"""Recorded answers of SlideShare give presentations and errors (opt-in: LISTENER_RECORDINGS)."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from connectors.connector import ConnectorError, Malformed, RateLimited, Unauthorized, Unavailable
from connectors.http import NotFound
from tests.connectors.case import Case
from tests.connectors.cases.slideshare import connector
from tests.connectors.contract import bench
from tests.networks.slideshare import Slideshare
from tests.networks.standin import Fault

FOLDER = os.environ.get("LISTENER_RECORDINGS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="LISTENER_RECORDINGS is not set")
NAMED: dict[int, type[ConnectorError]] = {
    0: Unauthorized,
    2: Unauthorized,
    9: NotFound,
    11: NotFound,
    13: NotFound,
    15: Malformed,
    99: RateLimited,
    100: Unauthorized,
}


def recorded(kind: str) -> list[Any]:
    manifest = Path(FOLDER or "") / "slideshare" / "manifest.jsonl"
    if not FOLDER or not manifest.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason="no recording"))]
    files = [Path(FOLDER) / json.loads(line)["file"] for line in manifest.read_text().splitlines()]
    read = [path for path in files if re.search(kind, path.read_text())]
    return [pytest.param(path, id=path.stem.partition("api__")[2]) for path in read]


def build(network: Any, means: Any) -> Any:
    return connector(network, means, terms=["kotlin"], look_back="3650d")


@pytest.mark.parametrize("path", recorded(r"<Slideshow>"))
async def test_recorded_presentations_are_read_without_rejects(path: Path) -> None:
    """Those of a tag come under another root: they are served as a search's."""
    body = re.sub(r"<(/?)Tag>(?=\s*(?:<Name>|$))", r"<\1Slideshows>", path.read_text().strip())
    body = re.sub(r"<TotalResults>\d+", "<TotalResults>1", body)
    async with bench(Case("slideshare", Slideshare, build)) as ready:
        ready.network.faults.extend([Fault(status=200, body=body.encode())])
        ready.network.faults.append(Fault(status=200, body=b"<Slideshows/>"))
        ready.means.clock.at = ready.means.clock.at.replace(year=2020, month=12)
        pages = await ready.drain()
    given = [mention for page in pages for mention in page.mentions]
    assert len(given) == body.count("<Slideshow>")
    assert not any(page.rejects for page in pages)
    figures = [one for page in pages for one in page.engagements]
    assert all(None not in (one.views, one.reactions, one.replies, one.shares) for one in figures)
    for mention in given:
        assert mention.title and mention.url and mention.author.handle
        assert mention.published_at is not None and mention.published_at.year >= 2010
        assert "&amp;" not in mention.text and "  " not in mention.text


@pytest.mark.parametrize("path", recorded(r"<SlideShareServiceError>"))
async def test_a_recorded_error_gets_its_right_name(path: Path) -> None:
    found = re.search(r'ID="(\d+)"', path.read_text())
    assert found is not None
    async with bench(Case("slideshare", Slideshare, build)) as ready:
        ready.network.faults.append(Fault(status=200, body=path.read_bytes()))
        with pytest.raises(NAMED.get(int(found[1]), Unavailable)):
            await ready.drain()
