"""Logs: one JSON line an event, and never a secret, a post or a person in any of them."""

from __future__ import annotations

import io
import json
import logging
import os
import warnings

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from listener.app import logs
from listener.app.redact import redacted

SECRET = "xoxb-1234567890-abcdefGHIJ"


@pytest.fixture
def stream():
    """Logging as it was before, once the test is over."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    written = io.StringIO()
    logs.configure("json", "info", stream=written)
    yield written
    root.handlers[:], level = before
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def only(stream):
    (line,) = lines(stream)
    return line


def test_an_event_keeps_its_name_and_gives_its_values_as_fields(stream):
    logging.getLogger("listener.x").info("source.recovered source=%s after=%d", "presse", 3)
    line = only(stream)
    assert (line["event"], line["source"], line["after"]) == ("source.recovered", "presse", 3)
    assert (line["level"], line["logger"]) == ("info", "listener.x")
    assert line["timestamp"].endswith("Z")


def test_structured_and_plain_loggers_write_the_same_lines(stream):
    structlog.get_logger("connectors.http").warning("http.circuit_opened", host="a.example")
    logging.getLogger("connectors.http").warning("http.circuit_opened", extra={"host": "a.example"})
    first, second = lines(stream)
    assert first | {"timestamp": ""} == second | {"timestamp": ""}


def test_libraries_are_heard_from_warnings_on(stream):
    logging.getLogger("aiohttp.client").info("a detail")
    logging.getLogger("aiohttp.client").warning("trouble with %s", "it")
    assert only(stream)["event"] == "trouble with it"


def test_warnings_of_libraries_are_logged(stream):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("this will go away", DeprecationWarning, stacklevel=1)
    assert "this will go away" in only(stream)["event"]


@pytest.mark.parametrize(
    "said",
    [
        f"slack refused {SECRET}",
        "https://api.example/feed?access_token=SECRET",
        "wss://api.example/stream?q=SECRET&x=1",
        "Authorization: Bearer SECRETSECRET",
        "proxy http://user:SECRET@proxy.example:3128",
        "password=SECRET",
        '{"app_password": "SECRET"}',
        "eyJSECRET.eyJzdWIiOiIxIn0.SECRET-x",
        "EAAGSECRETm0PX4ZCpsBAKZCa1b2c3SECRET",
        "answered by @SECRET@social.example",
        "mail for SECRET@chu-valmont.example",
        "0123456789abcdefSECRET0123Zz4567",
    ],
)
def test_what_looks_like_a_secret_or_a_person_is_blanked(stream, said):
    logging.getLogger("listener.x").warning("job.failed detail=%s", said)
    text = stream.getvalue()
    assert "SECRET" not in text
    assert SECRET not in text
    assert only(stream)["event"] == "job.failed"


def test_hosts_ids_and_instants_stay_readable():
    said = "presse: https://presse.example:8443/flux/rss since 2026-03-14T21:40:00+01:00, HTTP 503"
    assert redacted(said) == said


def test_an_exception_tells_where_it_happened_and_not_what_a_library_quoted(stream):
    def choke():
        int("Ma grand-mère est aux urgences")

    try:
        choke()
    except ValueError:
        logging.getLogger("listener.x").exception("job.failed job=%s", "tick")
    line = only(stream)
    assert "grand-mère" not in stream.getvalue()
    assert "ValueError" in line["exception"]
    assert "choke" in line["exception"]
    assert "test_logs.py" in line["exception"]


def test_the_words_of_our_own_errors_are_kept(stream):
    from connectors.connector import Unavailable

    try:
        raise Unavailable("presse.example: no answer") from TimeoutError("30 s")
    except Unavailable:
        logging.getLogger("listener.x").exception("job.failed")
    told = only(stream)["exception"]
    assert "Unavailable: presse.example: no answer" in told
    assert "because of TimeoutError: 30 s" in told


def test_a_librarys_broken_format_costs_nobody_the_message():
    event = {"event": "%d of %d", "positional_args": ("one",)}
    assert logs.split_event(None, "warning", event)["event"] == "%d of %d"


def test_lines_of_the_journal_carry_their_priority(monkeypatch, stream, tmp_path):
    with (tmp_path / "journal").open("w+", encoding="utf-8") as file:
        status = os.fstat(file.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        logs.configure("auto", "info", stream=file)
        logging.getLogger("listener.x").error("database.failing detail=%s", "locked")
        file.seek(0)
        assert file.read().startswith('<3>{"event":"database.failing","detail":"locked"')


def test_a_terminal_gets_readable_lines(stream):
    logs.configure("console", "info", stream=stream)
    logging.getLogger("listener.x").info("daemon.ready sources=%d", 3)
    assert "daemon.ready" in stream.getvalue()
    assert "sources=3" in stream.getvalue()


@given(st.text(), st.lists(st.one_of(st.text(), st.integers(), st.none())))
def test_whatever_is_logged_becomes_one_event(template, arguments):
    event = logs.split_event(None, "info", {"event": template, "positional_args": tuple(arguments)})
    assert isinstance(event["event"], str)
    assert redacted(event["event"]) is not None
