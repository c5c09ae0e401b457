"""The service manager's protocol: datagrams, wherever its socket is, and silence without one."""

from __future__ import annotations

import os
import socket
from datetime import timedelta

import pytest

from listener.app.systemd import ServiceManager


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    """What systemd hears, and the environment that it gives."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        if request.param == "path":
            address = str(tmp_path / "notify")
            listening.bind(address)
        else:
            listening.bind("")
            address = "@" + listening.getsockname()[1:].decode()
        listening.settimeout(1)
        yield listening, {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000000"}


def test_each_word_is_one_datagram(manager) -> None:
    listening, environ = manager
    speaker = ServiceManager.from_environment(environ)
    speaker.ready("3 sources")
    speaker.feed_watchdog()
    speaker.stopping("two\nlines")
    said = [listening.recv(200) for _ in range(3)]
    assert said == [b"READY=1\nSTATUS=3 sources", b"WATCHDOG=1", b"STOPPING=1\nSTATUS=two"]
    speaker.close()


def test_no_child_speaks_in_our_name(manager) -> None:
    _, environ = manager
    speaker = ServiceManager.from_environment(environ)
    assert environ == {}
    assert speaker.watchdog == timedelta(seconds=3)


def test_a_manager_that_went_away_is_spoken_to_again_when_it_is_back(tmp_path) -> None:
    path = tmp_path / "notify"
    speaker = ServiceManager(str(path))
    speaker.ready("nobody hears")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(path))
        listening.settimeout(1)
        speaker.ready("heard")
        assert listening.recv(200) == b"READY=1\nSTATUS=heard"
    speaker.close()


@pytest.mark.parametrize(
    ("environ", "watchdog"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": str(os.getpid())}, timedelta(seconds=1)),
    ],
)
def test_the_watchdog_counts_only_where_it_is_ours(environ, watchdog) -> None:
    speaker = ServiceManager.from_environment(environ)
    assert speaker.watchdog == watchdog
    speaker.ready("without a manager, this goes nowhere")
