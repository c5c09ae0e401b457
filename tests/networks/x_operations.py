"""What the stand-in of X answers beside lists of posts: the stream, its rules, compliance jobs."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from tests.networks.standin import StandIn

TOKEN = "jeton-de-valmont"
OWN_TOKEN = "jeton-du-compte"

Json = dict[str, Any]


def problem(kind: str, status: int, **fields: Any) -> web.Response:
    body = {"title": kind, "detail": kind, "type": f"https://api.twitter.com/2/problems/{kind}"}
    return web.json_response({**body, **fields}, status=status)


class XOperations(StandIn):
    def __init__(self) -> None:
        super().__init__()
        self.rules: list[Json] = []
        self.jobs: dict[str, Json] = {}
        self.uploads: dict[str, str] = {}
        self.results: list[Json] = []
        self.lines: list[bytes] = []  # what the stream says once it is open
        self.stays_open = False
        self._made = 0

    def routes(self, app: web.Application) -> None:
        router = app.router
        router.add_get("/tweets/search/stream", self._stream)
        router.add_get("/tweets/search/stream/rules", self._list_rules)
        router.add_post("/tweets/search/stream/rules", self._change_rules)
        router.add_post("/compliance/jobs", self._create_job)
        router.add_get("/compliance/jobs/{id}", self._job)
        router.add_put("/storage/{id}", self._upload)
        router.add_get("/storage/{id}", self._download)

    def _unauthorized(self, request: web.Request, *, app_only: bool = False) -> web.Response | None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if given == TOKEN or (given == OWN_TOKEN and not app_only):
            return None
        return problem("about:blank", 401, title="Unauthorized")

    async def _list_rules(self, request: web.Request) -> web.Response:
        if refused := self._unauthorized(request, app_only=True):
            return refused
        data = {"data": self.rules} if self.rules else {}
        return web.json_response({**data, "meta": {"result_count": len(self.rules)}})

    async def _change_rules(self, request: web.Request) -> web.Response:
        if refused := self._unauthorized(request, app_only=True):
            return refused
        body = await request.json()
        removed = set(body.get("delete", {}).get("ids", ()))
        self.rules = [rule for rule in self.rules if rule["id"] not in removed]
        errors = []
        for rule in body.get("add", ()):
            same = [r for r in self.rules if r["value"] == rule["value"]]
            if same:
                kind = "https://api.twitter.com/2/problems/duplicate-rules"
                error = {"value": rule["value"], "id": same[0]["id"], "title": "DuplicateRule"}
                errors.append({**error, "type": kind})
                continue
            self._made += 1
            self.rules.append({"id": str(9000 + self._made), **rule})
        return web.json_response(
            {"meta": {}, **({"errors": errors} if errors else {})},
            status=201 if not errors else 200,
        )

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if refused := self._unauthorized(request, app_only=True):
            return refused
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for line in self.lines:
            await response.write(line + b"\r\n")
        try:
            while self.stays_open:
                await response.write(b"\r\n")
                await asyncio.sleep(0.01)
        except ConnectionError:
            pass
        return response

    def say(self, post: Json, *tags: str) -> None:
        """One line of the stream: a post, and the rules that it matches."""
        rules = [{"id": "1", "tag": tag} for tag in tags]
        self.lines.append(json.dumps({"data": post, "matching_rules": rules}).encode())

    async def _create_job(self, request: web.Request) -> web.Response:
        if refused := self._unauthorized(request, app_only=True):
            return refused
        if any(job["status"] == "in_progress" for job in self.jobs.values()):
            return problem("conflict", 409)
        job_id = str(7000 + len(self.jobs))
        where = f"{self.base_url}/storage/{job_id}?X-Goog-Signature=secret%2Fsigne"
        job = {"id": job_id, "type": "tweets", "status": "created"}
        self.jobs[job_id] = {**job, "upload_url": where, "download_url": where}
        return web.json_response({"data": self.jobs[job_id]})

    async def _job(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        return web.json_response({"data": job}) if job else problem("resource-not-found", 404)

    async def _upload(self, request: web.Request) -> web.Response:
        job_id = request.match_info["id"]
        if "secret%2Fsigne" not in request.raw_path or request.content_type != "text/plain":
            return web.Response(status=403)
        self.uploads[job_id] = await request.text()
        self.jobs[job_id]["status"] = "in_progress"
        return web.Response()

    async def _download(self, request: web.Request) -> web.Response:
        if "Authorization" in request.headers:
            return web.Response(status=400, text="only the signature counts here")
        return web.Response(body="\n".join(json.dumps(line) for line in self.results).encode())
