"""What the demonstration says on the terminal, between the alerts."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import Row, select

from listener.app.application import Application
from listener.config import Config
from listener.domain.action import Reply
from listener.i18n import Speaker
from listener.notifiers.replies import reply_text
from listener.storage.outbox import SENT
from listener.storage.tables import outbox
from listener.workflows.process import Outcome

CLEAR_LINE = "\r\x1b[2K"


class Narrator:
    """Tells the week in the hospital's language: one moving line, and what came of it."""

    def __init__(self, config: Config, *, stream: TextIO | None = None) -> None:
        self._config = config
        self._speaker = Speaker(config.language, config.hospital.zone)
        self._stream = stream or sys.stdout
        self._total = Outcome()
        self._day = ""

    @property
    def is_watched(self) -> bool:
        return self._stream.isatty()

    def begin(self, hospital: str) -> None:
        _ = self._speaker.gettext
        self._say(
            _(
                "Demonstration: an invented week ({hospital}) on a clock of its own, "
                "a day in a few seconds."
            ).format(hospital=hospital)
        )

    def at(self, at: datetime, outcome: Outcome) -> None:
        """Where the week stands: the line is written over on a terminal, one a day elsewhere."""
        self._total += outcome
        day = self._speaker.day(at, weekday=True)
        if self.is_watched:
            self._moving(f"{self._when(at)} · {self._counts()}")
            if outcome.alerts:
                self._moving("")  # the alert is printed where the line stood
            return
        if day != self._day and self._day:
            self._say(f"{self._day} · {self._counts()}")
        self._day = day

    def answered(self, at: datetime, reply: Reply) -> None:
        """Somebody took an incident in hand."""
        names = {person.id: person.name for person in self._config.person}
        self._say(f"{self._when(at)} · {reply_text(reply, self._speaker, names)}")

    def _counts(self) -> str:
        read = self._speaker.ngettext(
            "{count} post read", "{count} posts read", self._total.received
        )
        kept = self._speaker.ngettext("{count} kept", "{count} kept", self._total.stored)
        return f"{read}, {kept}"

    async def sum_up(self, app: Application) -> None:
        """What happened, whom it reached, and what to do next."""
        _ = self._speaker.gettext
        async with app.database.read() as connection:
            letters = (
                await connection.execute(
                    select(outbox).where(outbox.c.state == SENT).order_by(outbox.c.id)
                )
            ).all()
        self._moving("")
        other = self._speaker.ngettext(
            "{count} spoke of something else and was left out.",
            "{count} spoke of something else and were left out.",
            self._total.dropped,
        )
        over = _("The week is over.")
        self._say(f"\n{over} {self._counts()}. {other}")
        for letter in letters:
            if line := self._line(letter):
                self._say(f"  {line}")
        self._say("")
        self._say(_("For your own hospital: listener init"))

    def _line(self, letter: Row[Any]) -> str:
        """One e-mail that was written: when, what, to whom, where it lies."""
        _ = self._speaker.gettext
        path = letter.receipt.get("details", {}).get("eml")
        if not path:
            return ""
        names = {
            "alert": _("alert"),
            "digest": _("the week's digest"),
            "handover": _("change of shift"),
            "selftest": _("test of a channel"),
            "morning": _("this morning"),
            "notice": _("notice"),
        }
        person = self._config.people.get(letter.person or "")
        to = person.name if person else letter.payload.get("address", "")
        when = self._when(letter.sent_at)
        what = names.get(letter.kind, letter.kind)
        return f"{when} · {what} → {to} · {_shown(path)}"

    def _when(self, at: datetime) -> str:
        return f"{self._speaker.day(at, weekday=True)}, {self._speaker.clock(at)}"

    def stay(self, port: int) -> None:
        """The clock is released: from here on this is any daemon."""
        _ = self._speaker.gettext
        self._say(_("The listener goes on. Ctrl-C stops it."))
        if port:
            self._say(f"http://{self._config.service.host}:{port}/readyz")

    def _moving(self, text: str) -> None:
        if self.is_watched:
            self._stream.write(f"{CLEAR_LINE}{text}")
            self._stream.flush()

    def _say(self, text: str) -> None:
        self._moving("")
        self._stream.write(f"{text}\n")
        self._stream.flush()


def _shown(path: str) -> str:
    """Relative to where the command was typed, where that is shorter."""
    try:
        return str(Path(path).resolve().relative_to(Path.cwd()))
    except ValueError:
        return path
