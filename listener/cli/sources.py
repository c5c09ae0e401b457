"""`listener sources`: how each source stands, what it costs and misses, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

from listener.cli.common import ConfigOption, ExitCode, JsonOption, Opened, open_config, run, say
from listener.cli.output import Row, show

if TYPE_CHECKING:
    from listener.workflows.overview import BudgetLeft, SourceView

STYLES = {"ok": "green", "failing": "red", "stopped": "red", "late": "yellow", "waiting": "yellow"}
COLUMNS = ("source", "network", "state", "last_success", "lag", "next_poll", "gaps", "budget_left")


def sources(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show each source: state, last success, lag, gaps of the week, budgets, next poll, what is wrong.

    Ends with 1 where a source fails or was stopped.
    """
    opened = open_config(config)
    views = run(_read(opened), opened.config)
    zone = opened.config.hospital.zone
    if as_json:
        show([_plain(view) for view in views], as_json=True)
    else:
        show([_row(view, zone) for view in views], as_json=False, columns=COLUMNS, styles=STYLES)
        for view in views:
            for line in _remarks(view, zone):
                say(f"{view.source}: {line}")
    if any(view.state in ("failing", "stopped") for view in views):
        raise typer.Exit(ExitCode.FAILED)


async def _read(opened: Opened) -> list[SourceView]:
    from listener.app.build import application
    from listener.workflows.overview import Overview

    async with application(opened.config, config_hash=opened.fingerprint) as app:
        overview = Overview(database=app.database, clock=app.clock)
        return await overview.read(opened.config.source, dict(app.sources))


def _row(view: SourceView, zone: Any) -> Row:
    return {
        "source": view.source,
        "network": view.network,
        "state": view.state,
        "last_success": view.last_success and view.last_success.astimezone(zone),
        "lag": _span(view.lag),
        "next_poll": view.next_poll and view.next_poll.astimezone(zone),
        "gaps": view.gaps or None,
        "budget_left": _tightest(view.budgets),
    }


def _plain(view: SourceView) -> Row:
    row = asdict(view)
    row["lag"] = view.lag.total_seconds() if view.lag is not None else None
    return row


def _remarks(view: SourceView, zone: Any) -> list[str]:
    """What does not fit in a table: in words, one line each."""
    lines: list[str] = []
    if view.error:
        lines.append(view.error)
        lines.append(f"→ {view.advice}")
    if view.last_gap:
        lines.append(f"last gap: {view.last_gap}")
    if view.inbox is not None:
        since = view.inbox.oldest.astimezone(zone)
        why = f": {view.inbox.error}" if view.inbox.error else ""
        lines.append(f"{view.inbox.count} pushed call(s) unread since {_moment(since)}{why}")
    if view.access_ends is not None:
        ends = view.access_ends.astimezone(zone)
        lines.append(f"access ends {_moment(ends)}: run `listener login {view.source}` before")
    lines += [f"left of {_left(budget, zone)}" for budget in view.budgets]
    if view.unseen:
        from listener.i18n import Speaker
        from listener.notifiers.blindness import what_is_unseen

        speaker = Speaker("en", zone)
        lines.append("not seen: " + "; ".join(what_is_unseen(speaker, u) for u in view.unseen))
    return lines


def _tightest(budgets: Sequence[BudgetLeft]) -> str | None:
    """The one that will be spent first: a table has no room for all of them."""
    if not budgets:
        return None
    least = min(budgets, key=lambda budget: budget.left / budget.limit if budget.limit else 0.0)
    return f"{least.left:g} of {least.limit:g} {least.unit}"


def _left(budget: BudgetLeft, zone: Any) -> str:
    resets = _moment(budget.resets_at.astimezone(zone))
    return f"{budget.name}: {budget.left:g} of {budget.limit:g} {budget.unit}, back on {resets}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _span(lag: timedelta | None) -> str | None:
    if lag is None:
        return None
    minutes, seconds = divmod(int(lag.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s"
