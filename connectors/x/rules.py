"""The filtered stream's rules: ours are kept as configured, by their tags; nobody else's are touched.

https://docs.x.com/x-api/stream/get-stream-rules, https://docs.x.com/x-api/stream/update-stream-rules
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.connector import Malformed
from connectors.reading import mapping, mappings, string
from connectors.x.api import Api, problem_type
from connectors.x.ids import digest

_PATH = "tweets/search/stream/rules"
_RULES_A_CALL = 25


class Rules:
    """`tag_of` marks what is ours: the prefix, and a digest of the rule."""

    def __init__(self, api: Api, prefix: str, wanted: Sequence[str]) -> None:
        self._api = api
        self._prefix = f"{prefix}:"
        self._wanted = {f"{self._prefix}{digest(value)}": value for value in wanted}
        self._borrowed: set[str] = set()  # ids of others' rules that say the same as ours

    def matches(self, line: dict[str, Any]) -> bool:
        """Whether a delivered post is there by one of our rules: the app's stream is shared."""
        return any(
            str(rule.get("tag", "")).startswith(self._prefix)
            or string(rule.get("id")) in self._borrowed
            for rule in mappings(line.get("matching_rules"))
        )

    async def sync(self) -> None:
        """Add what is missing, then delete what is ours and no longer wanted."""
        present = {string(rule.get("tag")) or "": rule for rule in await self._listed()}
        ours = {tag: rule for tag, rule in present.items() if tag.startswith(self._prefix)}
        missing = [tag for tag, value in self._wanted.items() if not _is(ours.get(tag), value)]
        stale = [
            rule_id
            for tag, rule in ours.items()
            if not _is(rule, self._wanted.get(tag)) and (rule_id := string(rule.get("id")))
        ]
        for start in range(0, len(missing), _RULES_A_CALL):
            await self._add(missing[start : start + _RULES_A_CALL])
        if stale:
            await self._api.post(_PATH, {"delete": {"ids": stale}})

    async def _listed(self) -> list[dict[str, Any]]:
        """Without `data` where there is no rule at all."""
        found: list[dict[str, Any]] = []
        params: dict[str, str] = {}
        while True:
            answer = await self._api.get(_PATH, params)
            found += mappings(answer.get("data"))
            token = string(mapping(answer.get("meta")).get("next_token"))
            if token is None or params.get("pagination_token") == token:
                return found
            params = {"pagination_token": token}

    async def _add(self, tags: Sequence[str]) -> None:
        rules = [{"value": self._wanted[tag], "tag": tag} for tag in tags]
        answer = await self._api.post(_PATH, {"add": rules})
        for error in mappings(answer.get("errors")):
            if problem_type(error) == "duplicate-rules" or error.get("title") == "DuplicateRule":
                self._borrowed.add(string(error.get("id")) or "")
            else:
                raise Malformed(f"X takes a stream rule not ({problem_type(error)})")


def _is(rule: dict[str, Any] | None, value: str | None) -> bool:
    return rule is not None and value is not None and rule.get("value") == value
