"""Batch compliance: stored posts are asked about once a day, free of charge, whatever money is left.

https://docs.x.com/x-api/compliance/batch-compliance/quickstart: create a job, PUT the ids, wait, GET
a JSONL of those with an event. One job runs at a time. Built from that page and recorded answers of
jobs; results were never seen live. `scrub_geo` needs nothing of us: no place is ever stored.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import orjson
from yarl import URL

from connectors.budget import Budget, Ledger
from connectors.connector import (
    Clock,
    ConnectorError,
    Cursor,
    Malformed,
    Page,
    Refused,
    Unauthorized,
)
from connectors.http import HttpClient, NotFound
from connectors.mention import Deletion, MentionKey, alive
from connectors.reading import mapping, string
from connectors.x.api import Api
from connectors.x.ids import is_id
from connectors.x.meter import Meter
from connectors.x.wire import NETWORK

log = logging.getLogger(__name__)
FEED = "compliance"
_RUNNING = frozenset({"created", "in_progress"})
_NOT_THE_POST = "scrub_geo"  # its place alone is taken back
_MAX_RESULT = 32 * 1024 * 1024  # bytes


class Compliance:
    """At most one job, named in the feed's cursor, so that a restart fetches its result.

    Whom it was about is remembered in this process alone: after a restart deletions are told, and of
    the posts that stand no sign, before the next day's job.
    """

    @property
    def is_open(self) -> bool:
        """False once X has refused a job to this app."""
        return not self._denied

    def __init__(
        self,
        api: Api,
        http: HttpClient,
        *,
        hosts: Collection[str],
        meter: Meter,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._api = api
        self._http = http
        self._hosts = hosts
        self._name_of = meter.name_of
        self._ledger = ledger
        self._clock = clock
        self._asked = Budget(name="x compliance", limit=None, account=meter.day.account)
        self._job: str | None = None
        self._waiting: dict[str, str] = {}  # ids by name, not known to have been asked about today
        self._due: dict[str, None] = {}
        self._asking: list[str] = []  # about whom the running job is
        self._today: tuple[datetime, set[str]] = (self._asked.since(clock()), set())
        self._denied = False

    async def submit(self, ids: Sequence[str]) -> Page | None:
        """Begin a job for those not asked about today; None where one is running, or nothing is due.

        While one is running they wait, so that the next one asks about all of them.
        """
        if self._denied:
            return None
        asked = self._asked_today()
        named = ((self._name_of(post_id), post_id) for post_id in ids)
        self._waiting.update((name, post_id) for name, post_id in named if name not in asked)
        if self._job is not None:
            return None
        await self._take_waiting()
        if not self._due:
            return None
        try:
            self._job = await self._begun(list(self._due))
        except (Unauthorized, NotFound, Refused) as error:
            self._denied = True  # until the next start: deletions are still found by re-reading
            log.warning("x.compliance_denied", extra={"error": type(error).__name__})
            return None
        except ConnectorError as error:
            log.info("x.compliance_refused", extra={"error": type(error).__name__})
            return None  # those ids go with the next ones
        self._asking = list(self._due)
        self._due.clear()
        return Page(feed=FEED, cursor={"v": 1, "job": self._job})

    async def _take_waiting(self) -> None:
        waiting, self._waiting = self._waiting, {}
        fresh = await self._ledger.first_time(self._asked, waiting)
        self._asked_today().update(waiting)
        self._due.update((waiting[name], None) for name in fresh)

    def _asked_today(self) -> set[str]:
        """Spares the ledger the same question every few minutes."""
        since = self._asked.since(self._clock())
        if self._today[0] != since:
            self._today = (since, set())
        return self._today[1]

    async def _begun(self, ids: Sequence[str]) -> str:
        answer = await self._api.post("compliance/jobs", {"type": "tweets"})
        job = mapping(answer.get("data"))
        job_id, upload = string(job.get("id")), string(job.get("upload_url"))
        if job_id is None or upload is None:
            raise Malformed("X gave no compliance job")
        body = "\n".join(ids).encode()
        kind = {"Content-Type": "text/plain"}
        put = await self._http.put(self._storage(upload), data=body, headers=kind, encoded=True)
        put.raise_for_status()
        return job_id

    async def look(self, cursor: Cursor | None) -> Page | None:
        """What the running job found; None while it runs, or where there is none."""
        job_id = self._job or string(mapping(cursor).get("job"))
        if job_id is None or not is_id(job_id):
            return None
        self._job = job_id
        try:
            job = mapping((await self._api.get(f"compliance/jobs/{job_id}", {})).get("data"))
        except NotFound:
            job = {}
        status = job.get("status")
        if isinstance(status, str) and status in _RUNNING:
            return None
        gone = await self._results(job) if status == "complete" else None
        asked, self._asking, self._job = self._asking, [], None
        at = self._clock()
        return Page(
            feed=FEED,
            deletions=[
                Deletion(network=NETWORK, external_id=post_id, seen_at=at) for post_id in gone or ()
            ],
            engagements=[
                alive(MentionKey(network=NETWORK, external_id=post_id), at)
                for post_id in asked
                if gone is not None and post_id not in gone
            ],
            cursor={"v": 1},
            complete=True,
        )

    async def _results(self, job: dict[str, Any]) -> dict[str, None] | None:
        """Who is gone; None where X has an answer no more."""
        address = string(job.get("download_url"))
        if address is None:
            raise Malformed("X gave no address for a compliance job's result")
        result = await self._http.get(self._storage(address), max_body=_MAX_RESULT, encoded=True)
        if result.status >= 400:
            # Its signature has run out: tomorrow's job asks about the same posts.
            log.warning("x.compliance_result_lost", extra={"status": result.status})
            return None
        gone = (_gone(line) for line in result.body.splitlines())
        return dict.fromkeys(post_id for post_id in gone if post_id)

    def _storage(self, address: str) -> str:
        """Signed addresses are X's word alone: only the hosts that operators allowed are reached."""
        try:
            host = URL(address).host
        except ValueError:
            host = None
        if host not in self._hosts:
            raise Refused("a compliance job lies on a host that is not expected")
        return address


def _gone(line: bytes) -> str | None:
    try:
        event = mapping(orjson.loads(line))
    except orjson.JSONDecodeError:
        return None
    post_id = string(event.get("id"))
    is_gone = event.get("action") == "delete" and event.get("reason") != _NOT_THE_POST
    return post_id if is_gone and post_id and is_id(post_id) else None
