"""Recorded answers of LinkedIn (opt-in: LISTENER_RECORDINGS names their folder).

They are of 2019 and hold no post, comment or notification as today's API gives them: errors, paging
and organisations are what they can show.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from connectors.connector import ConnectorError, Malformed, Unauthorized
from connectors.mention import MentionKey
from tests.connectors.http_site import Site
from tests.connectors.linkedin.support import Bench, bench

FOLDER = os.environ.get("LISTENER_RECORDINGS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="LISTENER_RECORDINGS is not set")
NAMED: dict[int, type[ConnectorError]] = {
    400: Malformed,
    401: Unauthorized,
    403: Unauthorized,
}


def recorded(kind: str, part: str = "") -> list[Any]:
    manifest = Path(FOLDER or "") / "linkedin" / "manifest.jsonl"
    if not FOLDER or not manifest.exists():
        return []
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    return [
        pytest.param(Path(FOLDER) / line["file"], line, id=Path(line["file"]).stem)
        for line in lines
        if line["kind"] == kind and part in line["file"]
    ]


@pytest.fixture
async def site() -> AsyncIterator[tuple[Bench, Site]]:
    async with bench() as ready, Site().serving() as served:
        ready.network.base_url = served.base_url
        yield ready, served


@pytest.mark.parametrize(("path", "about"), recorded("error"))
async def test_a_recorded_error_gets_its_name(
    site: tuple[Bench, Site], path: Path, about: dict[str, Any]
) -> None:
    ready, served = site
    served.answers("/posts", path.read_bytes(), status=about["status"])
    with pytest.raises(NAMED[about["status"]]):
        await ready.poll(posts=True)


@pytest.mark.parametrize(("path", "about"), recorded("organization", "organizations_2"))
async def test_a_recorded_page_gives_its_name(
    site: tuple[Bench, Site], path: Path, about: dict[str, Any]
) -> None:
    ready, served = site
    served.answers("/organizations/1234567", path.read_bytes())
    served.answers("/networkSizes/urn:li:organization:1234567", b'{"firstDegreeSize": 5}')
    (audience,) = [a for page in await ready.poll(audience=True) for a in page.audiences]
    known = json.loads(path.read_bytes())
    assert audience.account == known.get("vanityName", "1234567")


@pytest.mark.parametrize(("path", "about"), recorded("organization", "Acls"))
async def test_recorded_paging_goes_on_where_a_next_page_is_linked(
    site: tuple[Bench, Site], path: Path, about: dict[str, Any]
) -> None:
    ready, served = site
    answer = json.loads(path.read_bytes())
    served.answers("/posts", path.read_bytes())
    links = [link["rel"] for link in answer.get("paging", {}).get("links", [])]
    pages = [page async for page in ready.connector(posts=True).poll({})][:3]
    assert pages[0].complete is ("next" not in links)
    assert len(pages[0].rejects) == len(answer["elements"])  # no posts, and none is made of them


@pytest.mark.parametrize(("path", "about"), recorded("post"))
async def test_a_recorded_answer_of_another_endpoint_erases_nothing(
    site: tuple[Bench, Site], path: Path, about: dict[str, Any]
) -> None:
    ready, served = site
    served.answers("/socialMetadata", path.read_bytes())
    keys = [MentionKey(network="linkedin", external_id="urn:li:share:1")]
    with pytest.raises(Malformed):
        [page async for page in ready.connector().refresh(keys)]
