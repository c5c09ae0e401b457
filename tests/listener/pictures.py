"""Draws alerts and digests as people see them: `python -m tests.listener.pictures FOLDER`.

Five situations on a phone; three invented weeks on a phone and a desk, light and dark, and on paper. Slack's
blocks are laid out by a small renderer of ours: near enough to judge order, length and tone.
"""

from __future__ import annotations

import asyncio
import base64
import html
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from listener.domain.action import Action
from listener.domain.alert import AlertView
from listener.domain.token import Invitation
from listener.notifiers.base import Message
from listener.notifiers.blocks import blocks
from listener.notifiers.digest.charts import Painter
from listener.notifiers.digest.content import digest_content
from listener.notifiers.picture import NAME, Drawer, Picture
from listener.notifiers.render import as_html, render_alert
from tests.listener.alerts import CAMILLE
from tests.listener.digests import crisis, good_news, quiet
from tests.listener.situations import SITUATIONS

CHROMIUM = "/usr/bin/chromium"
WIDTH, DESK = 390, 700  # points: a phone, a reading pane
CHANNELS = ("slack", "email", "short")
INVITATION = Invitation(
    code="K7F3-9QXM",
    short="4821",
    reply_to="veille@chu-valmont.example",
    links={
        action: f"https://veille.chu-valmont.example/a/{action.value}"
        for action in (Action.ACKNOWLEDGE, Action.ESCALATE, Action.SNOOZE, Action.DISMISS)
    },
)


def message(view: AlertView, channel: Any, *, picture: Picture | None = None) -> Message:
    """One situation on one channel, answerable wherever that channel can be."""
    shown = replace(view, answerable=channel == "slack" and view.unfinished)
    return render_alert(
        shown,
        channel=channel,
        recipient=CAMILLE,
        key="k",
        excerpt="masked",
        language="fr",
        mediation="la commission des usagers",
        invitation=INVITATION if view.called and channel != "slack" else None,
        picture=picture,
    )


def page(sent: Message, channel: str) -> str:
    """A message as the HTML of a phone's screen."""
    if channel == "email":
        drawn = "".join(base64.b64encode(a.content).decode() for a in sent.attachments)
        return (sent.html or "").replace(f"cid:{NAME}", f"data:image/png;base64,{drawn}")
    if channel == "slack":
        body = "".join(block_html(block) for block in sent.blocks)
        return _phone(f'<div class="slack"><b>Veille</b> <i class="app">APPLI</i>{body}</div>')
    return _phone(f'<div class="sms">{html.escape(sent.text)}</div>')


def _phone(body: str) -> str:
    return f"<!DOCTYPE html><meta charset=utf-8><style>{STYLE}</style><body>{body}"


STYLE = """
body{margin:0;padding:16px;font:15px/22px Lato,'Helvetica Neue',Arial,sans-serif;color:#1d1c1d}
.app{font:10px sans-serif;background:#eee;padding:1px 3px}
h3{font-size:18px;line-height:24px;margin:8px 0}.ctx{font-size:12px;color:#616061}
hr{border:0;border-top:1px solid #ddd;margin:12px 0}
blockquote{border-left:4px solid #ddd;margin:4px 0;padding-left:10px}
pre{background:#f8f8f8;border:1px solid #ddd;padding:8px;font:12px/16px 'DejaVu Sans Mono',monospace}
.b{display:inline-block;border:1px solid #bbb;border-radius:4px;padding:6px 12px;margin:4px 6px 4px 0;font-weight:700}
.primary{background:#007a5a;color:#fff}.danger{background:#e01e5a;color:#fff}.at{color:#1264a3;background:#e8f5fa}
.sms{background:#e9e9eb;border-radius:18px;padding:10px 14px;max-width:290px;font:17px/22px sans-serif}
ol{margin:4px 0;padding-left:22px}a{color:#1264a3}p{margin:0 0 8px;white-space:pre-wrap}
"""


def block_html(block: Mapping[str, Any]) -> str:
    """The kinds of blocks that we send."""
    match block["type"]:
        case "header":
            return f"<h3>{html.escape(block['text']['text'])}</h3>"
        case "divider":
            return "<hr>"
        case "context":
            return f'<p class="ctx">{"".join(_plain(e) for e in block["elements"])}</p>'
        case "actions":
            return "<div>" + "".join(_control(e) for e in block["elements"]) + "</div>"
        case "rich_text":
            return "".join(_rich(e) for e in block["elements"])
        case "section":
            return f"<p>{_plain(block['text'])}</p>"
    raise ValueError(f"a block that nothing draws: {block['type']}")


def _plain(element: Mapping[str, Any]) -> str:
    return html.escape(str(element["text"]))


def _control(element: Mapping[str, Any]) -> str:
    text = element.get("text") or element["placeholder"]
    more = " ▾" if element["type"] == "static_select" else ""
    return f'<span class="b {element.get("style", "")}">{_plain(text)}{more}</span>'


def _rich(element: Mapping[str, Any]) -> str:
    tag = {
        "rich_text_section": "p",
        "rich_text_quote": "blockquote",
        "rich_text_preformatted": "pre",
        "rich_text_list": "ol",
    }[element["type"]]
    inner = "".join(_inline(part) for part in element["elements"])
    return f"<{tag}>{inner}</{tag}>"


def _inline(part: Mapping[str, Any]) -> str:
    match part["type"]:
        case "rich_text_section":
            return f"<li>{''.join(_inline(each) for each in part['elements'])}</li>"
        case "user":
            return '<span class="at">@Camille Roy</span>'
        case "link":
            return f'<a href="#">{html.escape(part["text"])}</a>'
    text = html.escape(part["text"]).replace("\n", "<br>")
    style = part.get("style", {})
    text = f"<b>{text}</b>" if style.get("bold") else text
    return f"<i>{text}</i>" if style.get("italic") else text


async def pages() -> dict[str, str]:
    """`situation-channel` → HTML."""
    drawer = Drawer(within=30.0)
    drawn = {}
    for name, situation in SITUATIONS.items():
        view = situation()
        for channel in CHANNELS:
            picture = await drawer.draw(view, language="fr") if channel == "email" else None
            drawn[f"{name}-{channel}"] = page(message(view, channel, picture=picture), channel)
    await drawer.close()
    return drawn


WEEKS = {"quiet": quiet, "good-news": good_news, "crisis": crisis}


async def weeks() -> dict[str, str]:
    """`week-channel` → HTML: the e-mail with its charts, and Slack's summary."""
    painter, drawn = Painter(), {}
    for name, invented in WEEKS.items():
        content = digest_content(invented(), language="fr", excerpt="masked")
        charts = await painter.paint(invented(), language="fr")
        sources = {chart: _data(png) for chart, png in charts.items()}
        brief = "".join(block_html(block) for block in blocks(content.summary()))
        drawn[f"{name}-email"] = as_html(content, language="fr", sources=sources)
        drawn[f"{name}-slack"] = _phone(f'<div class="slack">{brief}</div>')
    await painter.close()
    return drawn


def _data(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def shoot(folder: Path, drawn: Mapping[str, str]) -> Sequence[Path]:
    """Each page as a PNG, by a browser without a window."""
    made = []
    for name, text in drawn.items():
        height = 300 if name.endswith("short") else 2600
        made.append(shot(folder, name, text, size=(WIDTH, height)))
    return made


def shoot_week(folder: Path, name: str, text: str) -> Sequence[Path]:
    """Broad and narrow, light and dark, and as the PDF that a printer is sent."""
    tall = {"phone": (WIDTH, 6400), "desk": (DESK, 5600)}
    made = [shot(folder, f"{name}-{screen}", text, size=size) for screen, size in tall.items()]
    dark = text.replace("@media (prefers-color-scheme:dark)", "@media screen")
    made += [
        shot(folder, f"{name}-{screen}-dark", dark, size=size) for screen, size in tall.items()
    ]
    source, paper = folder / f"{name}-desk.html", folder / f"{name}-paper.pdf"
    _browse(f"--print-to-pdf={paper}", "--no-pdf-header-footer", source.as_uri())
    return [*made, paper]


def shot(folder: Path, name: str, text: str, *, size: tuple[int, int]) -> Path:
    """A frame gives a width that no window is narrow enough for."""
    folder.mkdir(parents=True, exist_ok=True)
    source, target = folder / f"{name}.html", folder / f"{name}.png"
    source.write_text(text, encoding="utf-8")
    frame = folder / f"{name}-frame.html"
    wide, high = size
    frame.write_text(
        f'<!DOCTYPE html><body style="margin:0"><iframe src="{source.name}" width="{wide}"'
        f' height="{high}" style="border:0;display:block"></iframe>',
        encoding="utf-8",
    )
    _browse(f"--window-size={max(wide, 500)},{high}", f"--screenshot={target}", frame.as_uri())
    frame.unlink()
    return target


def _browse(*options: str) -> None:
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    subprocess.run([*command, *options], check=True, capture_output=True, timeout=60)


def visible(page: str) -> str:
    """The words of a page, for tests."""
    return html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "var/pictures")
    told = asyncio.run(weeks())
    brief = {name: text for name, text in told.items() if name.endswith("slack")}
    made = [*shoot(folder, asyncio.run(pages()) | brief)]
    for name in WEEKS:
        made += shoot_week(folder, name, told[f"{name}-email"])
    for path in made:
        print(path)


if __name__ == "__main__":
    main()
