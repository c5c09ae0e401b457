"""A stored mention as a row, and how rows are written: one by one, in little memory."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import typer

from classifiers.themes import unpack
from listener.domain.alert import PostView
from listener.i18n import Speaker
from listener.notifiers import safe, why, words
from listener.storage.figures import Listed
from listener.workflows.view import Viewer

Row = Mapping[str, Any]
Write = Callable[[Row], None]

FIELDS = (
    "number",
    "occurred_at",
    "received_at",
    "network",
    "source",
    "kind",
    "speaker",
    "story",
    "subjects",
    "language",
    "sentiment",
    "severity",
    "themes",
    "patient_privacy",
    "about_hospital",
    "toxicity",
    "tier",
    "rating",
    "followers",
    "views",
    "reactions",
    "replies",
    "shares",
    "live",
    "why",
    "text",
    "remark",
    "link",
)
FLAGS = ("patient_privacy", "about_hospital", "toxicity")  # probabilities, each alone
ROWS_A_TABLE = 200  # columns are laid out for so many rows at a time
EXCERPT = 160

# What a spreadsheet takes for a formula: at the start of a cell, or after what another program's
# settings may take for the end of one. Full-width signs are signs to some.
_FORMULA = re.compile(r"""^(?=[\s"']*[=+\-@＝＋－＠|%])|(?<=[;,\t|])(?=[\s"']*[=+@＝＋＠])""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    viewer: Viewer
    speaker: Speaker
    unmasked: bool
    restricted: bool  # whether what may reveal who is a patient is shown as well

    def row(self, item: Listed) -> Row:
        """Instants in the hospital's zone; None for what the network does not publish."""
        row, figures, zone = item.row, item.figures, self.speaker.zone
        post = self.viewer.post(row, figures, item.scores)
        text, remark = self._text(item, post)
        return {
            "number": row.id,
            "occurred_at": row.occurred_at.astimezone(zone),
            "received_at": row.received_at.astimezone(zone),
            "network": row.network,
            "source": row.source_id,
            "kind": row.kind,
            "speaker": row.speaker,
            "story": row.story,
            "subjects": sorted(item.subjects),
            "language": row.language or row.declared_language,
            "sentiment": row.sentiment,
            "severity": None if row.severity is None else round(row.severity, 1),
            "themes": None if row.themes is None else list(unpack(row.themes)),
            **{name: item.flags.get(name) for name in FLAGS},
            "tier": row.tier,
            "rating": row.rating,
            "followers": row.followers,
            "views": figures.views if figures else None,
            "reactions": figures.reactions if figures else None,
            "replies": figures.replies if figures else None,
            "shares": figures.shares if figures else None,
            "live": row.live,
            "why": " · ".join(why.sentences(self.speaker, post, text)) or None,
            "text": text,
            "remark": remark,
            "link": safe.link(post.link),
        }

    def _text(self, item: Listed, post: PostView) -> tuple[str | None, str | None]:
        row = item.row
        if row.text is None:
            return None, "erased"
        if not row.republish:
            return None, "its author asks not to be shown elsewhere"
        if row.restricted and not self.restricted:
            return None, "restricted: it may reveal who is a patient"
        if not post.excerpt:
            return None, "not analysed: an image or a video" if post.unread else None
        return post.excerpt if self.unmasked else safe.mask(post.excerpt, post.spans), None


@contextmanager
def jsonl(_speaker: Speaker) -> Iterator[Write]:
    """One JSON object a line."""
    yield lambda row: typer.echo(orjson.dumps(row, option=orjson.OPT_UTC_Z))


@contextmanager
def table_csv(_speaker: Speaker) -> Iterator[Write]:
    """RFC 4180, every text quoted, harmless in a spreadsheet."""
    writer = csv.writer(_Out(), quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(FIELDS)
    yield lambda row: writer.writerow([_cell(row[name]) for name in FIELDS])


class _Out:
    """Where the csv module writes."""

    def write(self, text: str) -> int:
        typer.echo(text.encode("utf-8", "replace"), nl=False)
        return len(text)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, list):
        value = " ".join(value)
    return defused(safe.clean(str(value)))


def defused(text: str) -> str:
    """With an apostrophe before whatever a spreadsheet would compute."""
    return _FORMULA.sub("'", text)


@contextmanager
def table(speaker: Speaker) -> Iterator[Write]:
    """For eyes: laid out some rows at a time, the heading once."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=200)
    waiting: list[Row] = []
    headed = False

    def show() -> None:
        nonlocal headed
        shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=not headed, expand=True)
        for name, width in COLUMNS.items():
            shown.add_column(name, width=width, overflow="fold", ratio=None if width else 1)
        for row in waiting:
            shown.add_row(*(Text(cell) for cell in _cells(row, speaker)))
        console.print(shown)
        headed = True
        waiting.clear()

    def write(row: Row) -> None:
        waiting.append(row)
        if len(waiting) == ROWS_A_TABLE:
            show()

    yield write
    if waiting:
        show()


COLUMNS: Mapping[str, int | None] = {
    "number": 7,
    "when": 16,
    "where": 11,
    "tone": 8,
    "grave": 5,
    "about": 16,
    "text": None,
}


def _cells(row: Row, speaker: Speaker) -> Iterator[str]:
    yield str(row["number"])
    yield row["occurred_at"].strftime("%Y-%m-%d %H:%M")
    yield row["network"]
    yield row["sentiment"] or ""
    yield "" if row["severity"] is None else f"{row['severity']:.0f}"
    yield words.themes(speaker, row["themes"]) if row["themes"] else ""
    text = safe.shorten(safe.clean(row["text"] or f"({row['remark'] or 'no words'})"), EXCERPT)
    yield f"{text}\n{row['link']}" if row["link"] else text


WRITERS: Mapping[str, Callable[[Speaker], AbstractContextManager[Write]]] = {
    "table": table,
    "jsonl": jsonl,
    "csv": table_csv,
}
