"""Logs: JSON lines for a journal, readable ones on a terminal, one stable event name each."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Literal, TextIO

import orjson
import structlog
from structlog.types import EventDict, Processor

from listener.app.redact import redacted, stack

OURS = ("listener", "connectors", "classifiers")
# systemd reads a line's priority from its first characters (sd-daemon(3)).
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_FIELD = re.compile(r"(\w+)=%[-+ #0-9.]*[a-zA-Z]")
_NAME = re.compile(r"[a-z_]+(\.[a-z_]+)+")


def configure(
    log_format: Literal["auto", "json", "console"], level: str, *, stream: TextIO | None = None
) -> None:
    """Route every log and warning of the process, libraries' too, to `stream` (standard error).

    Ours from `level` on, libraries' from warning on. Calling it again replaces what was set.
    """
    target = stream or sys.stderr
    as_json = log_format == "json" or (log_format == "auto" and not target.isatty())
    threshold = logging.getLevelNamesMapping()[level.upper()]
    handler = _Handler(stream, threshold)
    handler.setFormatter(_formatter(as_json, colours=target.isatty(), journal=_is_journal(target)))
    root = logging.getLogger()
    root.handlers[:] = [h for h in root.handlers if not isinstance(h, _Handler)] + [handler]
    root.setLevel(min(threshold, logging.WARNING))
    # Its warnings tell of polls that overlap their interval, which is how long walks are meant.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_common(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


class _Handler(logging.Handler):
    """Writes to its stream; without one, to whatever standard error is by then."""

    def __init__(self, stream: TextIO | None, threshold: int) -> None:
        super().__init__()
        self._stream = stream
        self._threshold = threshold

    def filter(self, record: logging.LogRecord) -> bool:
        ours = record.name.partition(".")[0] in OURS
        return record.levelno >= (self._threshold if ours else logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        stream = self._stream or sys.stderr
        try:
            stream.write(self.format(record) + "\n")
            stream.flush()
        except (OSError, ValueError):
            # A closed terminal, a full disk behind a redirection: a log line is worth no crash,
            # and what logging would print about it is the record as it came, unredacted.
            return


def _common() -> list[Processor]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(as_json: bool, *, colours: bool, journal: bool) -> logging.Formatter:
    # The exception is told as text already: the renderer's own formatting would show its words.
    render: Processor = (
        structlog.processors.JSONRenderer(serializer=_dumps)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=24)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[split_event, structlog.stdlib.ExtraAdder(), _drop_formatted, *_common()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            tell_stack,
            redact,
            _Prefixed(render) if journal else render,
        ],
        use_get_message=False,
        pass_foreign_args=True,
    )


def split_event(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Give "event.name key=%s" its fields back: the name stays stable, the values searchable."""
    arguments = event.pop("positional_args", ())
    template = str(event["event"])
    name, *parts = template.split(" ")
    fields = [_FIELD.fullmatch(part) for part in parts]
    if _NAME.fullmatch(name) and all(fields) and _matches(arguments, fields):
        event["event"] = name
        event.update({f[1]: a for f, a in zip(fields, arguments, strict=True) if f})
    elif arguments:
        event["event"] = _formatted(template, arguments)
    return event


def _drop_formatted(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """What another handler left on the record is no field of the event."""
    for name in ("message", "asctime"):
        event.pop(name, None)
    return event


def _matches(arguments: Any, fields: Sequence[Any]) -> bool:
    return isinstance(arguments, tuple) and len(arguments) == len(fields)


def _formatted(template: str, arguments: Any) -> str:
    try:
        return str(template % arguments)
    except (TypeError, ValueError, KeyError):  # a library's mistake must not cost us its message
        return template


def tell_stack(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its frames: library errors quote the texts that they choke on."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = stack(error)
    return event


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {key: value if key == "exception" else redacted(value) for key, value in event.items()}


class _Prefixed:
    """A renderer's line behind the priority that the journal files it under."""

    def __init__(self, render: Processor) -> None:
        self._render = render

    def __call__(self, logger: Any, method: str, event: EventDict) -> str:
        priority = _PRIORITIES.get(str(event.get("level")), 6)
        line = str(self._render(logger, method, event))
        return "\n".join(f"<{priority}>{part}" for part in line.split("\n"))


def _is_journal(stream: TextIO) -> bool:
    """Whether the stream is the very one that systemd connected to the journal."""
    told = os.environ.get("JOURNAL_STREAM", "")
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):  # a test's buffer has no file behind it
        return False
    return told == f"{status.st_dev}:{status.st_ino}"


def _dumps(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=str).decode()
