"""The small HTTP server beside the daemon: health, metrics, and the networks' own calls."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterable
from typing import Protocol

from aiohttp import web

from listener.web.hooks import MAX_BODY

log = logging.getLogger(__name__)


class Routed(Protocol):
    """Something that is served, such as health pages or links."""

    def routes(self) -> Iterable[web.AbstractRouteDef]: ...


class PortError(Exception):
    """The server's address cannot be had; the message says what to do."""


class WebServer:
    """Serves from `start` to `stop`; may be moved to another address while it runs."""

    def __init__(self, *served: Routed) -> None:
        self._application = web.Application(client_max_size=MAX_BODY)
        for one in served:
            self._application.add_routes(one.routes())
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._wanted: tuple[str, int] | None = None

    @property
    def port(self) -> int:
        """The port it listens on, also where any free one was asked for; 0 where it does not."""
        addresses = self._runner.addresses if self._runner else []
        return int(addresses[0][1]) if addresses else 0

    async def start(self, host: str, port: int) -> None:
        """Listen; from another address, if it listened already. Raises PortError."""
        if self._wanted == (host, port):
            return
        if self._runner is None:
            self._runner = web.AppRunner(self._application, access_log=None, shutdown_timeout=1.0)
            await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise PortError(_advice(host, port, error)) from error
        if self._site is not None:
            await self._site.stop()
        self._site, self._wanted = site, (host, port)
        log.info("web.listening host=%s port=%d", host, self.port)

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()


def _advice(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"{host}:{port} is in use already: does another listener run? "
            "Set another port in [service]"
        )
    if error.errno == errno.EACCES:
        return f"{host}:{port} may not be used: ports below 1024 need a privilege"
    return f"[service] {host}:{port} cannot be used: {error.strerror or type(error).__name__}"
