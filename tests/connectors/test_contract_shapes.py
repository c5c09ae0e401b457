"""What every connector makes of odd pages and odd values: each item is read or set aside, none is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.connector import Page
from tests.connectors.contract import CASES, bench, ids

ODD_VALUES: tuple[Any, ...] = (
    None,
    "",
    "jamais vu",
    -1,
    0,
    2**31,
    2**53 + 1,
    2**63 + 1,
    True,
    1.5,
    [],
    {},
    [None],
    {"x": None},
    "2026-03-02T08:00:00",
    "hier",
    "&amp;lt;b&amp;gt;l&amp;#39;h\u00f4pital&amp;lt;/b&amp;gt;",
    "\U0001f691\u200f\u0645\u0633\u062a\u0634\u0641\u0649\u202e CHU",
    "x" * 5_000,
    "\x00\x1b[31m",
)


def cases(ability: str) -> list[Any]:
    return [pytest.param(case, id=case.name) for case in CASES if _can(case, ability)]


def _can(case: Any, ability: str) -> bool:
    kind = case.network if isinstance(case.network, type) else type(case.network())
    return ability in kind.can


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value within an item, objects and lists included."""
    if path:
        yield path
    pairs = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for name, value in pairs:
        yield from leaves(value, (*path, name))


def put(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    *way, last = path
    place = node
    for name in way:
        place = place[name]
    place[last] = value
    return node


@pytest.mark.parametrize("case", cases("page_size"))
async def test_pages_of_size_one_are_walked_to_the_end(case: Any) -> None:
    async with bench(case) as ready:
        ready.network.page_size = 1
        first = ready.network.publish(2)
        assert sorted(ids(await ready.drain())) == sorted(first)
        new = ready.network.publish(12)
        assert sorted(ids(await ready.drain())) == sorted(new)


@pytest.mark.parametrize("case", cases("empty_pages"))
async def test_an_empty_page_with_a_next_one_is_not_the_end(case: Any) -> None:
    async with bench(case) as ready:
        ready.network.empty_pages = 2
        first = ready.network.publish(2)
        assert sorted(ids(await ready.drain())) == sorted(first)
        new = ready.network.publish(250)
        assert sorted(ids(await ready.drain())) == sorted(new)


@pytest.mark.parametrize("case", cases("spoil"))
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
async def test_one_odd_value_costs_at_most_its_own_item(case: Any, data: st.DataObject) -> None:
    async with bench(case) as ready:
        published = ready.network.publish(3)
        spoilt: list[Any] = []

        def spoil(item: Any) -> Any:
            spoilt.append(item)
            if len(spoilt) != 2:
                return item
            path = data.draw(st.sampled_from(sorted(leaves(item), key=str)))
            return put(item, path, data.draw(st.sampled_from(ODD_VALUES)))

        ready.network.spoil = spoil
        pages = await ready.drain()
        assert_kept(pages, published)


def assert_kept(pages: list[Page], published: list[str]) -> None:
    """Two items are as they were; the third was read, under some id, or left out by itself."""
    given_ids = [external_id for external_id in ids(pages) if external_id in published]
    assert len(set(given_ids)) >= len(published) - 1
    for page in pages:
        for mention in page.mentions:
            assert "\x00" not in mention.text
