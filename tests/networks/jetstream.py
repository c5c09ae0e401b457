"""Stand-in for Jetstream: v1 on /subscribe, v2 on /xrpc/network.bsky.jetstream.subscribeEvents.

v1 moves a cursor that is too old up to its floor without a word; v2 answers 400 CursorTooOld to a
sequence number and `#info OutdatedCursor` to a date. No recording of v2 beyond its documentation
is known: its frames follow the lexicon.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from aiohttp import WSCloseCode, web

from tests.networks.standin import StandIn

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
POST = "app.bsky.feed.post"
EVENTS = "network.bsky.jetstream.subscribeEvents"


def micros(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


class Jetstream(StandIn):
    """`events` in order, v1 shape with a `seq`; `floor` is the first index still held."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 8, tzinfo=UTC)) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []
        self.raw: list[str] = []  # frames sent as they are, before the events
        self.floor = 0
        self.ends_with: str | None = None  # an error frame's name, v2
        self.closes = True  # after the last event; else the connection stays open
        self.version = "v1"
        self._at = start

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/subscribe", self._first)
        app.router.add_get(f"/xrpc/{EVENTS}", self._second)

    @property
    def v1(self) -> str:
        return f"{self.base_url}/subscribe"

    @property
    def v2(self) -> str:
        return f"{self.base_url}/xrpc/{EVENTS}"

    def publish(self, count: int) -> list[str]:
        return [self.post(f"Le CHU de Valmont, message {n}") for n in range(count)]

    def post(self, text: str, *, operation: str = "create", **record: Any) -> str:
        record = {"$type": POST, "text": text, "createdAt": "2026-03-02T08:00:00Z", **record}
        rkey = f"3k{len(self.events):08d}"
        self.commit(operation, rkey, record=record, cid="bafy")
        return f"at://did:plc:claire/{POST}/{rkey}"

    def delete(self, uri: str) -> None:
        self.commit("delete", uri.rpartition("/")[2])

    def commit(self, operation: str, rkey: str, collection: str = POST, **rest: Any) -> None:
        commit = {"rev": "3k", "operation": operation, "collection": collection, "rkey": rkey}
        self._add(kind="commit", did="did:plc:claire", commit={**commit, **rest})

    def account(self, did: str, *, active: bool, status: str | None = None) -> None:
        account = {"active": active, "did": did, "seq": 1, "time": "2026-03-02T08:00:00Z"}
        self._add(kind="account", did=did, account={**account, "status": status})

    def silence(self, pause: timedelta) -> None:
        self._at += pause

    def _add(self, **event: Any) -> None:
        self._at += timedelta(milliseconds=10)
        self.events.append({**event, "time_us": micros(self._at), "seq": len(self.events) + 1})

    async def _first(self, request: web.Request) -> web.StreamResponse:
        if request.query.getall("wantedCollections") != [POST]:
            return web.Response(status=400)
        cursor = int(request.query.get("cursor", "0"))
        held = self.events[self.floor :]
        kept = [{k: v for k, v in e.items() if k != "seq"} for e in held if e["time_us"] >= cursor]
        return await self._send(request, [orjson.dumps(event).decode() for event in kept])

    async def _second(self, request: web.Request) -> web.StreamResponse:
        cursor, held = int(request.query.get("cursor", "0")), self.events[self.floor :]
        outdated = bool(held) and cursor < held[0]["time_us"] and self.floor > 0
        if cursor < 10**15:
            if held and cursor < held[0]["seq"]:
                return web.json_response({"error": "CursorTooOld"}, status=400)
            kept, outdated = [e for e in held if e["seq"] >= cursor], False
        else:
            kept = [e for e in held if e["time_us"] >= cursor]
        frames = [orjson.dumps(self._framed(event)).decode() for event in kept]
        if outdated:
            info = {"$type": f"{EVENTS}#info", "name": "OutdatedCursor", "message": "moved"}
            frames.insert(0, orjson.dumps({"$type": "message", "payload": info}).decode())
        if self.ends_with:
            frames.append(orjson.dumps({"$type": "error", "error": self.ends_with}).decode())
        return await self._send(request, frames)

    @staticmethod
    def _framed(event: dict[str, Any]) -> dict[str, Any]:
        time = EPOCH + timedelta(microseconds=event["time_us"])
        payload: dict[str, Any] = {
            "$type": f"{EVENTS}#{event['kind']}",
            "seq": event["seq"],
            "did": event["did"],
            "time": time.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        }
        inner = event["commit"] if event["kind"] == "commit" else {"account": event["account"]}
        return {"$type": "message", "payload": {**payload, **inner}}

    async def _send(self, request: web.Request, frames: list[str]) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        for frame in [*self.raw, *frames]:
            await socket.send_str(frame)
        if not self.closes:
            while (await socket.receive()).type is not web.WSMsgType.CLOSE:
                await asyncio.sleep(0)
        await socket.close(code=WSCloseCode.GOING_AWAY)
        return socket
