"""Messages on the terminal of `listener run`: framed, in colour where there is a terminal."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from typing import TextIO

from rich.console import Console
from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from connectors.connector import Clock
from listener.notifiers.base import CannotTell, DeliveryError, Message, Receipt

WIDTH = 100
_TITLE = r"(?m)^[A-ZÀ-Þ][A-ZÀ-Þ '’]+$"
_ADDRESS = r"https?://\S+"


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise  # rich would end the whole process: here one channel failed, no more


class ConsoleNotifier:
    """Writes to a stream, standard output unless told otherwise."""

    name = "console"

    def __init__(self, *, clock: Clock, stream: TextIO | None = None) -> None:
        self._clock = clock
        self._stream = stream

    async def send(self, message: Message, *, thread: Receipt | None = None) -> Receipt:
        try:
            await asyncio.to_thread(self._print, message)
        except OSError as error:  # a closed pipe, a full disk behind a redirection
            raise DeliveryError(f"the console refused: {error.strerror}") from None
        return Receipt(channel=self.name, id=message.key, sent_at=self._clock())

    def _print(self, message: Message) -> None:
        stream = self._stream or sys.stdout
        console = _Console(file=stream, highlight=False, markup=False, emoji=False)
        headline, _, rest = message.text.strip().partition("\n")
        body = Text.assemble((headline, "bold"), "\n", rest.rstrip())
        body.highlight_regex(_TITLE, "bold")
        # A terminal keeps a long address clickable where the frame wraps it.
        body.highlight_regex(_ADDRESS, lambda address: Style(link=address))
        style = "red" if message.urgent else "yellow"
        console.print(
            Panel(body, border_style=style, padding=(1, 2), width=min(console.width, WIDTH))
        )
        stream.flush()

    async def find(
        self, message: Message, *, since: datetime, thread: Receipt | None = None
    ) -> Receipt | None:
        raise CannotTell

    async def withdraw(self, receipt: Receipt) -> bool:
        return False

    async def check(self) -> str:
        return "standard output"

    async def close(self) -> None:
        return None
