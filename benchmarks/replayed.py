"""The HTTP client's place taken by its own recorded answers: what is timed is reading, not the wire."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import orjson

from connectors.http import HttpClient, Response

Key = tuple[str, str, bytes]


class Recorder:
    """Passes requests on to a client and keeps their answers, in order, by what was asked."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self.answers: dict[Key, list[Response]] = defaultdict(list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._http, name)

    async def get(self, url: str, **asked: Any) -> Response:
        return self._kept(_key("GET", url, asked), await self._http.get(url, **asked))

    async def post(self, url: str, **asked: Any) -> Response:
        return self._kept(_key("POST", url, asked), await self._http.post(url, **asked))

    def _kept(self, key: Key, answer: Response) -> Response:
        self.answers[key].append(answer)
        return answer


class Replay:
    """Answers as the recorder heard them."""

    def __init__(self, answers: Mapping[Key, list[Response]]) -> None:
        self._left = {key: list(reversed(given)) for key, given in answers.items()}
        self.bytes = 0

    def limit(self, *_: Any) -> None:
        return None

    async def get(self, url: str, **asked: Any) -> Response:
        return self._next(_key("GET", url, asked))

    async def post(self, url: str, **asked: Any) -> Response:
        return self._next(_key("POST", url, asked))

    def _next(self, key: Key) -> Response:
        answer = self._left[key].pop()
        self.bytes += len(answer.body)
        return answer


def _key(method: str, url: str, asked: Mapping[str, Any]) -> Key:
    said = {name: asked.get(name) for name in ("params", "json", "data")}
    return method, url, orjson.dumps(said, default=str, option=orjson.OPT_SORT_KEYS)
