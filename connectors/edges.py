"""Lists of the Graph API as walks read them: a page's items, what of it could not be read, the next token."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from connectors.connector import Reject
from connectors.graph import BadField, Graph, data_of, next_token, page_params
from connectors.reading import mapping, string
from connectors.walk import Found, Listing, StaleToken, Walk

Read = Callable[[dict[str, Any]], Iterable[Found]]
"""One item into what it holds; ValueError where it cannot be read."""

_MAX_PAYLOAD = 64_000


async def read_edge(
    graph: Graph, path: str, params: Mapping[str, str | int], walk: Walk, read: Read
) -> Listing:
    """The page that a walk stands at; `StaleToken` where the network no longer knows its token."""
    try:
        answer = await graph.get(path, {**params, **page_params(walk.token)})
    except BadField as error:
        if walk.token is None:
            raise
        raise StaleToken(str(error)) from error
    return listing_of(answer, read)


def listing_of(answer: Mapping[str, Any], read: Read) -> Listing:
    found: list[Found] = []
    rejects: list[Reject] = []
    for item in data_of(answer):
        try:
            if not isinstance(item, dict):
                raise ValueError("an item that is no JSON object")
            found.extend(read(item))
        except ValueError as error:
            rejects.append(rejected(item, error))
    return Listing(found=found, token=next_token(answer), rejects=rejects)


def rejected(item: object, error: Exception) -> Reject:
    payload = json.dumps(item, ensure_ascii=False, default=str)[:_MAX_PAYLOAD]
    return Reject(
        error=str(error),
        payload=payload.encode("utf-8", "replace"),
        external_id=string(mapping(item).get("id")),
    )
