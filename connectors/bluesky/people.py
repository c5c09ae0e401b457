"""What is asked about accounts: how many follow them, and which DID a watched one has."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from connectors.audience import audience_page, is_due
from connectors.bluesky.wire import NETWORK
from connectors.bluesky.xrpc import Rejected, Xrpc
from connectors.connector import Clock, ConnectorError, Cursors, Page
from connectors.http import NotFound
from connectors.mention import AudienceSnapshot, Mention
from connectors.reading import count, mappings, string

log = logging.getLogger(__name__)
AUDIENCE = "audience"
_PROFILES_A_CALL = 25
_MAX_KEPT = 20_000


class Followers:
    """Follower counts by DID, each asked once a run: it says how big an author is, not how fast it grows."""

    def __init__(self, server: Xrpc) -> None:
        self._server = server
        self._known: dict[str, int | None] = {}

    async def added_to(self, mentions: Sequence[Mention]) -> list[Mention]:
        """The same mentions with their authors' followers, as far as the server tells them."""
        await self._learn({m.author.external_id for m in mentions if m.author.followers is None})
        return [self._with_followers(mention) for mention in mentions]

    async def _learn(self, dids: Iterable[str | None]) -> None:
        if len(self._known) > _MAX_KEPT:
            self._known.clear()
        unknown = iter(sorted(did for did in dids if did and did not in self._known))
        while batch := list(islice(unknown, _PROFILES_A_CALL)):
            try:
                await self._ask(batch)
            except ConnectorError as error:
                # An ornament: posts that matter are not held up for it.
                log.info("bluesky.followers_unknown", extra={"error": type(error).__name__})
                return

    async def _ask(self, dids: Sequence[str]) -> None:
        profiles = await _profiles(self._server, dids)
        self._known.update(dict.fromkeys(dids))
        for profile in profiles:
            if (did := string(profile.get("did"))) is not None:
                self._known[did] = count(profile.get("followersCount"))

    def _with_followers(self, mention: Mention) -> Mention:
        followers = self._known.get(mention.author.external_id or "")
        if followers is None or mention.author.followers is not None:
            return mention
        return replace(mention, author=replace(mention.author, followers=followers))


async def read_audience(
    server: Xrpc, accounts: Sequence[str], cursors: Cursors, clock: Clock
) -> Page | None:
    """How many follow these accounts; None where nothing is due, or the server is in trouble."""
    at = clock()
    if not accounts or not is_due(cursors.get(AUDIENCE), at):
        return None
    snapshots: list[AudienceSnapshot] = []
    for start in range(0, len(accounts), _PROFILES_A_CALL):
        try:
            profiles = await _profiles(server, accounts[start : start + _PROFILES_A_CALL])
        except ConnectorError as error:
            log.info("bluesky.audience_unknown", extra={"error": type(error).__name__})
            return None
        snapshots += [
            AudienceSnapshot(network=NETWORK, account=account, taken_at=at, followers=followers)
            for profile in profiles
            if (account := _watched_name(profile, accounts)) is not None
            and (followers := count(profile.get("followersCount"))) is not None
        ]
    return audience_page(AUDIENCE, snapshots, at)


async def _profiles(server: Xrpc, actors: Sequence[str]) -> Iterable[dict[str, Any]]:
    """Source: https://docs.bsky.app/docs/api/app-bsky-actor-get-profiles (25 a call)"""
    params = [("actors", actor) for actor in actors]
    answer = await server.query("app.bsky.actor.getProfiles", params)
    return mappings(answer.get("profiles"))


def _watched_name(profile: dict[str, Any], accounts: Sequence[str]) -> str | None:
    """As the configuration names it, by handle or by DID."""
    names = (string(profile.get("handle")), string(profile.get("did")))
    return next((name for name in names if name is not None and name.lower() in accounts), None)


class Handles:
    """The watched accounts by DID, the only name that replies, quotes and the stream give them."""

    def __init__(self, server: Xrpc, accounts: Sequence[str]) -> None:
        self._server = server
        self._unresolved = [account for account in accounts if not account.startswith("did:")]
        self.by_did = {account: account for account in accounts if account.startswith("did:")}

    async def learn(self) -> Mapping[str, str]:
        """Ask for those that are still unknown; what cannot be asked now is asked next time."""
        for account in list(self._unresolved):
            try:
                did = await self._ask(account)
            except ConnectorError as error:
                log.warning("bluesky.accounts_unknown", extra={"error": type(error).__name__})
                break
            self._unresolved.remove(account)
            if did is None:
                log.warning("bluesky.account_does_not_exist")
            else:
                self.by_did[did] = account
        return self.by_did

    async def _ask(self, account: str) -> str | None:
        """Source: https://docs.bsky.app/docs/api/com-atproto-identity-resolve-handle"""
        method = "com.atproto.identity.resolveHandle"
        try:
            return string((await self._server.query(method, [("handle", account)])).get("did"))
        except (Rejected, NotFound):
            return None
