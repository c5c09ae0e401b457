"""Content as Slack's Block Kit: rich text alone holds strangers' words, which it never interprets.

Limits and elements: https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

from listener.domain.rule import Level
from listener.notifiers import safe
from listener.notifiers.content import Bar, Button, Confirm, Content, Item, Quote, Section, Tile

Block = dict[str, Any]

HEADER_LENGTH = 150
TEXT_LENGTH = 3000
BLOCKS = 50
ALL_LENGTH = (
    13_000  # characters of all blocks as JSON; Slack refuses some 200 more, and says so nowhere
)
BUTTON_LENGTH = 75  # also of a choice
CONFIRM_LENGTHS = {"title": 100, "text": 300, "yes": 30, "no": 30}
ACTION_PREFIX = "listener:"  # of an action_id, before the action's name
LINE_LENGTH = 600  # ours: keeps the whole message far below Slack's 13,000 characters of blocks
BAR_WIDTH = 12
LIGHTS = {Level.CRITICAL: "🔴", Level.WARNING: "🟠", Level.INFO: "🔵"}

ARROWS = {"up": "↗", "down": "↘", "level": "→"}

_MEMBER = re.compile(r"[UW][A-Z0-9]{5,}")


def fallback_text(content: Content, mention: str | None = None) -> str:
    """What notifications and lock screens show: never an excerpt. Slack's mrkdwn, escaped."""
    text = safe.shorten(f"{LIGHTS[content.level]} {content.headline}", 300)
    return f"<@{mention}> {escape(text)}" if is_member(mention) else escape(text)


def escape(text: str) -> str:
    """Slack's three control characters (https://docs.slack.dev/messaging/formatting-message-text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def is_member(mention: str | None) -> bool:
    return bool(mention and _MEMBER.fullmatch(mention))


def blocks(content: Content, mention: str | None = None) -> list[Block]:
    laid = [_header(content), _opening(content, mention)]
    for section in content.sections:
        laid += _section(section)
    # What to do and which incident it is are never what is cut off.
    ending = [_actions(content.actions)] if content.actions else []
    ending += [_footer(content.footer)] if content.footer else []
    return [*_fitting([block for block in laid if block], ending), *ending]


def _fitting(laid: Sequence[Block], ending: Sequence[Block]) -> Sequence[Block]:
    """The first of them that Slack takes together with the ending."""
    room = ALL_LENGTH - sum(map(_length, ending))
    reached = accumulate(map(_length, laid))
    count = sum(1 for length in reached if length <= room)
    return laid[: min(count, BLOCKS - len(ending))]


def _length(block: Block) -> int:
    # And the comma that parts it from the next.
    return len(json.dumps(block, ensure_ascii=False)) + 2


def _footer(text: str) -> Block:
    return {"type": "context", "elements": [_plain(text, TEXT_LENGTH)]}


def _actions(buttons: Sequence[Button]) -> Block:
    """https://docs.slack.dev/reference/block-kit/blocks/actions-block"""
    return {"type": "actions", "elements": [_button(button) for button in buttons]}


def _button(button: Button) -> Block:
    element: Block = {"action_id": f"{ACTION_PREFIX}{button.action}"}
    if button.choices:
        options = [
            {"text": _plain(label, BUTTON_LENGTH), "value": f"{button.incident}:{reason}"}
            for reason, label in button.choices
        ]
        placeholder = _plain(button.label, BUTTON_LENGTH)
        element |= {"type": "static_select", "placeholder": placeholder, "options": options}
    else:
        text = _plain(button.label, BUTTON_LENGTH)
        element |= {"type": "button", "text": text, "value": str(button.incident)}
        element |= {"style": button.style} if button.style else {}
    return element | ({"confirm": _confirm(button.confirm)} if button.confirm else {})


def _confirm(asked: Confirm) -> Block:
    names = {"title": "title", "text": "text", "yes": "confirm", "no": "deny"}
    return {
        name: _plain(getattr(asked, ours), CONFIRM_LENGTHS[ours]) for ours, name in names.items()
    }


def _plain(text: str, length: int) -> Block:
    return {"type": "plain_text", "text": safe.shorten(text, length), "emoji": False}


def _header(content: Content) -> Block:
    text = f"{LIGHTS[content.level]} {content.headline}"
    return {"type": "header", "text": _plain(text, HEADER_LENGTH)}


def _opening(content: Content, mention: str | None) -> Block:
    lines: list[list[Block]] = [[_text(banner, bold=True)] for banner in content.banners]
    style = {"bold": True} if content.letter else {}
    lead = [_text(content.lead, **style)] if content.lead else []
    if is_member(mention):
        lead = [{"type": "user", "user_id": mention}, _text(" "), *lead]
    lines += [lead] if lead else []
    lines += [[_text(sentence)] for sentence in content.preface]
    lines += [_tile(tile, letter=content.letter) for tile in content.tiles]
    return _rich(_lines(lines)) if lines else {}


def _tile(tile: Tile, *, letter: bool) -> list[Block]:
    value = f"{tile.value} {ARROWS[tile.arrow]}" if tile.arrow else tile.value
    # A letter's notes hold brackets of their own.
    note = f", {tile.note}" if letter else f" ({tile.note})"
    said = [_text(f"{tile.label} "), _text(value, bold=True)]
    return [*said, _text(note)] if tile.note else said


def _section(section: Section) -> Iterator[Block]:
    spoken = section.table.spoken if section.table else ()
    told = [section.chart.alt] if section.chart else []
    said = [*told, *spoken, *section.lines]
    elements = [_lines([[_text(section.title, bold=True)], *([_text(x)] for x in said)])]
    if section.bars:
        elements.append(
            {"type": "rich_text_preformatted", "elements": [_text(chart(section.bars))]}
        )
    for quote in section.quotes:
        elements += _quote(quote)
    yield {"type": "divider"} if section.quotes else {}
    if not section.items:
        yield _rich(*elements, *_steps(section.steps))
        return
    yield _rich(*elements)
    # A block each: what is too long is cut between two of them.
    for item in section.items:
        yield _rich(*_item(item))
    if section.steps:
        yield _rich(*_steps(section.steps))


def _steps(steps: Sequence[str]) -> list[Block]:
    if not steps:
        return []
    elements = [_lines([[_text(step)]]) for step in steps]
    return [{"type": "rich_text_list", "style": "ordered", "elements": elements}]


def _item(item: Item) -> list[Block]:
    lines = [[_text(item.text, bold=True)]]
    lines += [[_text(item.note)]] if item.note else []
    link = [{"type": "link", "url": item.link, "text": item.link_label}] if item.link else []
    if not item.excerpt:
        return [_lines([*lines, link] if link else lines)]
    said = {"type": "rich_text_quote", "elements": [_text(item.excerpt)]}
    return [_lines(lines), said, *([_lines([link])] if link else [])]


def chart(bars: Sequence[Bar]) -> str:
    """Bars in plain characters, aligned in a fixed-width font."""
    wide = max(len(bar.label) for bar in bars)
    return "\n".join(
        f"{bar.label:>{wide}}  {'█' * max(round(bar.share * BAR_WIDTH), bar.share > 0)} {bar.value}"
        for bar in bars
    )


def _quote(quote: Quote) -> list[Block]:
    label = [_text(quote.label, bold=True)]
    if quote.figures:
        label.append(_text(f" — {quote.figures}"))
    said = _text(quote.excerpt) if quote.excerpt else _text(quote.remark, italic=True)
    elements = [_lines([label]), {"type": "rich_text_quote", "elements": [said]}]
    under: list[list[Block]] = [[_text(quote.why)]] if quote.why else []
    if quote.link:
        under.append([{"type": "link", "url": quote.link, "text": quote.link_label}])
    return [*elements, _lines(under)] if under else elements


def _rich(*elements: Block) -> Block:
    return {"type": "rich_text", "elements": list(elements)}


def _lines(lines: Sequence[Sequence[Block]]) -> Block:
    elements: list[Block] = []
    for line in lines:
        elements += [_text("\n"), *line] if elements else line
    return {"type": "rich_text_section", "elements": elements}


def _text(text: str, **style: bool) -> Block:
    element: Block = {"type": "text", "text": safe.shorten(text, LINE_LENGTH)}
    return element | {"style": style} if style else element
