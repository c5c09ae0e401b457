"""systemd's readiness protocol: datagrams to the socket that $NOTIFY_SOCKET names (sd_notify(3))."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping, MutableMapping
from datetime import timedelta


class ServiceManager:
    """Tells the service manager how we are; without one, every word goes nowhere."""

    def __init__(self, address: str | None = None, watchdog: timedelta | None = None) -> None:
        self.watchdog = watchdog
        self._address = address
        self._socket: socket.socket | None = None

    @classmethod
    def from_environment(cls, environ: MutableMapping[str, str] = os.environ) -> ServiceManager:
        """Takes the variables away, so that no child process speaks in our name."""
        taken = {
            name: environ.pop(name, "")
            for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
        }
        return cls(taken["NOTIFY_SOCKET"] or None, _watchdog(taken))

    def ready(self, status: str) -> None:
        self._send(READY="1", STATUS=status)

    def status(self, status: str) -> None:
        self._send(STATUS=status)

    def feed_watchdog(self) -> None:
        self._send(WATCHDOG="1")

    def reloading(self) -> None:
        # Without the instant systemd (v253 on) takes the reload for one that was not asked for.
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send(RELOADING="1", MONOTONIC_USEC=str(now))

    def stopping(self, status: str) -> None:
        self._send(STOPPING="1", STATUS=status)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, **words: str) -> None:
        if self._address is None:
            return
        lines = "\n".join(f"{name}={value.splitlines()[0]}" for name, value in words.items())
        try:
            self._connected().send(lines.encode())
        except OSError:
            # A manager that is being restarted, or whose queue is full: the next word may arrive.
            self.close()

    def _connected(self) -> socket.socket:
        if self._socket is None:
            assert self._address is not None
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)
            # "@" stands for the NUL byte of an abstract socket.
            address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
            self._socket.connect(address)
        return self._socket


def _watchdog(environ: Mapping[str, str]) -> timedelta | None:
    """How often systemd wants to hear of us; None where the watchdog is off or another's."""
    if environ["WATCHDOG_PID"] not in ("", str(os.getpid())):
        return None
    told = environ["WATCHDOG_USEC"]
    return timedelta(microseconds=int(told)) if told.isdecimal() and int(told) > 0 else None
