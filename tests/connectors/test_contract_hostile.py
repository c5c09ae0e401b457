"""What every connector makes of answers that lie, swell or never end: a named error, nothing lost."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from connectors.connector import ConnectorError, Malformed, Unavailable
from tests.connectors.contract import CASES, Bench, bench, ids
from tests.networks.standin import Fault

JSON = {"Content-Type": "application/json"}
BOMB = gzip.compress(b"[" + b" " * 40_000_000)


async def endless(request: web.Request) -> web.StreamResponse:
    """An answer without a length that goes on until nobody listens."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    try:
        while True:
            await response.write(b'{"id": "1"},' * 8_000)
    except ConnectionError:
        return response


@pytest.fixture(params=[c for c in CASES if c.over_http], ids=lambda case: case.name)
async def http_bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with bench(request.param) as ready:
        yield ready


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=200, body=BOMB, headers={**JSON, "Content-Encoding": "gzip"}),
        Fault(status=200, body=b"not gzip", headers={**JSON, "Content-Encoding": "gzip"}),
        Fault(handler=endless),
        Fault(status=200, body=b'[{"id": "1", "content": "', headers=JSON),
        Fault(status=200, body=b"[" * 200_000, headers=JSON),
        Fault(status=200, body=b"null", headers=JSON),
        Fault(status=200, body=b'{"error": "try later"}', headers=JSON),
        Fault(status=200, body=b"\xff\xfe\x00\xd8" * 50, headers=JSON),
        Fault(status=200, body=b"<html>Connexion</html>", headers=JSON),
        Fault(status=204),
    ],
    ids=[
        "gzip bomb", "false gzip", "endless", "truncated", "deep", "null", "error with 200",
        "half characters", "HTML that says JSON", "no content",
    ],
)  # fmt: skip
async def test_a_hostile_answer_is_named_and_loses_nothing(http_bench: Bench, fault: Fault) -> None:
    published = http_bench.network.publish(5)
    given = ids(await http_bench.drain())
    for answered in (0, 2):
        published += http_bench.network.publish(http_bench.scaled(300))
        http_bench.network.faults.extend([None] * answered + [fault] * 30)
        try:
            async for page in http_bench.poll():
                given += ids([page])
        except (Malformed, Unavailable):
            pass
        except ConnectorError:
            assert http_bench.case.another_way
        http_bench.recover()
        given += ids(await http_bench.drain())
    assert http_bench.matches(given, published)
