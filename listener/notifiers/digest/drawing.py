"""Draws a digest's charts as small PNGs: a process of its own, since matplotlib is slow and weighs.

`python -m listener.notifiers.digest.drawing` answers each JSON line `{"days": {…}, "themes": {…}}`, as
charts.py writes them, with `{"png": {"days": base64, …}}`. Every word comes in the request. Colours:
Okabe and Ito's, told apart by every kind of eye; sizes: legible where a phone shows it 340 points wide.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from io import BytesIO
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

# matplotlib keeps a list of the fonts it finds, where it is allowed to write: here, and not for long.
with TemporaryDirectory(prefix="listener-fonts-", ignore_cleanup_errors=True) as _place:
    os.environ["MPLCONFIGDIR"] = _place
    from matplotlib import rcParams
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import withStroke
    from matplotlib.textpath import TextPath

WIDTH = 1120  # pixels: twice what a desktop shows
MARGIN = 32
TEXT, LINE = 37, 52  # pixels: 11 points on that phone
INK, SOFT, GROUND, GRID = "#1d2329", "#59636e", "#fbfcfd", "#d5dbe1"
NEGATIVE, NEUTRAL, POSITIVE, UNSCORED = "#d55e00", "#8b98a6", "#009e73", "#cbd3da"
TONES = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE, "unscored": UNSCORED}
USUAL, OTHERS = "#cfe6f5", "#56b4e9"
DASH = (0, (2.2, 1.3))
COLOURS = 32

rcParams["font.family"] = ["DejaVu Sans"]
rcParams["text.parse_math"] = False  # a "$" is a dollar


class Sheet:
    """A ground to draw on, in pixels from its lower left corner."""

    def __init__(self, height: int) -> None:
        # A point is a pixel here: sizes of text are those of the picture.
        self._figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72, facecolor=GROUND)
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self._axes.set_xlim(0, WIDTH)
        self._axes.set_ylim(0, height)
        self._height = height

    def bar(self, left: float, low: float, wide: float, high: float, colour: str) -> None:
        self._axes.add_patch(Rectangle((left, low), wide, high, facecolor=colour, lw=0))

    def line(self, ends: tuple[float, float, float, float], *, colour: str, wide: float) -> None:
        self._axes.plot(ends[::2], ends[1::2], color=colour, lw=wide, solid_capstyle="butt")

    def dashes(self, left: float, right: float, y: float) -> None:
        wide = 5 if right - left > 2 * MARGIN else 3
        ends = (left, y, right, y)
        self.line(ends, colour=GROUND, wide=wide + 3)  # told from whatever it crosses
        self._axes.plot(ends[::2], ends[1::2], color=INK, lw=wide, ls=DASH, dash_capstyle="butt")

    def text(self, x: float, y: float, text: str, *, colour: str = INK, bold: bool = False) -> None:
        """Centred on x, as far as the margins allow; y is its baseline."""
        weight = "bold" if bold else "normal"
        half = width_of(text, weight) / 2
        centre = min(max(x, MARGIN + half), WIDTH - MARGIN - half)
        halo = [withStroke(linewidth=8, foreground=GROUND)]
        self._axes.text(
            centre,
            y,
            text,
            color=colour,
            size=TEXT,
            weight=weight,
            ha="center",
            va="baseline",
            path_effects=halo,
        )

    def legend(self, entries: Sequence[tuple[str, str]]) -> float:
        """Marks and their words from the upper left on; gives the y below them.

        A mark is a colour, or "dashes" or "line".
        """
        left, y = float(MARGIN), self._height - 22.0 - TEXT
        for mark, word in entries:
            taken = 44 + width_of(word)
            if left > MARGIN and left + taken > WIDTH - MARGIN:
                left, y = float(MARGIN), y - LINE
            self._mark(mark, left, y)
            self.text(left + 44 + width_of(word) / 2, y, word)
            left += taken + 40
        return y - 20

    def _mark(self, mark: str, left: float, y: float) -> None:
        match mark:
            case "dashes":
                self.bar(left, y - 5, 32, 36, USUAL)
                self.dashes(left, left + 32, y + 13)
            case "line":
                self.line((left + 16, y - 5, left + 16, y + 31), colour=INK, wide=7)
            case colour:
                self.bar(left, y - 2, 30, 30, colour)

    def png(self) -> bytes:
        drawn = BytesIO()
        self._figure.savefig(drawn, format="raw")
        image = Image.frombytes("RGBA", (WIDTH, self._height), drawn.getvalue()).convert("RGB")
        # Few colours in a palette: a third of the size.
        small = image.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        out = BytesIO()
        small.save(out, format="PNG", optimize=True)
        return out.getvalue()


@cache
def width_of(text: str, weight: str = "normal") -> float:
    """Pixels."""
    if not text.strip():
        return 0.0
    font = FontProperties(family="DejaVu Sans", weight=weight)
    return float(TextPath((0, 0), text, size=TEXT, prop=font).get_extents().width)


def days(request: Mapping[str, Any]) -> bytes:
    """Stacked bars by day; what is usual is a pale area behind them, its middle a dashed line."""
    bars, words = request["bars"], request["legend"]
    sheet = Sheet(660)
    unscored = any(bar["parts"][3] for bar in bars)
    entries = [(TONES[kind], words[kind]) for kind in TONES if kind != "unscored" or unscored]
    if any(bar["usual"] for bar in bars):
        entries.append(("dashes", words["usual"]))
    top = sheet.legend(entries) - LINE
    floor, step = 2 * LINE + 26.0, (WIDTH - 2 * MARGIN) / len(bars)
    highest = max(1.0, *(sum(bar["parts"]) for bar in bars))
    highest = max(highest, *(bar["usual"][2] for bar in bars if bar["usual"]), 1.0)
    scale = (top - floor) / highest
    for place, bar in enumerate(bars):
        left = MARGIN + place * step
        if bar["usual"]:
            low, middle, high = (value * scale for value in bar["usual"])
            sheet.bar(left, floor + low, step, high - low, USUAL)
        _stack(sheet, left + 0.14 * step, floor, 0.72 * step, [n * scale for n in bar["parts"]])
        if bar["usual"]:
            sheet.dashes(left, left + step, floor + middle)
    sheet.line((MARGIN, floor, WIDTH - MARGIN, floor), colour=SOFT, wide=2)
    _figures(sheet, bars, floor, step, scale)
    for place, bar in enumerate(bars):
        for line, word in enumerate(bar["label"]):
            sheet.text(
                MARGIN + (place + 0.5) * step, floor - (line + 1) * LINE + 6, word, colour=SOFT
            )
    return sheet.png()


def _stack(sheet: Sheet, left: float, floor: float, wide: float, parts: Sequence[float]) -> None:
    for high, colour in zip(parts, TONES.values(), strict=True):
        # A hair between colours, for eyes that tell few of them apart.
        sheet.bar(left, floor, wide, high - 2 if high > 8 else high, colour)
        floor += high


def _figures(
    sheet: Sheet, bars: Sequence[Mapping[str, Any]], floor: float, step: float, scale: float
) -> None:
    """Every day's where there is room, else the highest one's."""
    totals = [sum(bar["parts"]) for bar in bars]
    peak = totals.index(max(totals))
    room = all(width_of(bar["figure"], "bold") < step - 8 for bar in bars)
    for place, bar in enumerate(bars):
        if not room and place != peak:
            continue
        y = floor + totals[place] * scale + 12
        line = floor + bar["usual"][1] * scale if bar["usual"] else 0.0
        # Over the dashed line where that would strike it.
        y = line + 12 if y - 6 < line < y + TEXT else y
        sheet.text(MARGIN + (place + 0.5) * step, y, bar["figure"], bold=place == peak)


def themes(request: Mapping[str, Any]) -> bytes:
    """A name and a bar below it for each: the negative part, the others, before as a thin line."""
    rows, words = request["rows"], request["legend"]
    known = any(row["before"] is not None for row in rows)
    entries = [(NEGATIVE, words["negative"]), (OTHERS, words["others"])]
    entries += [("line", words["before"])] if known else []
    high = TEXT + 66
    sheet = Sheet(LINE + 56 + len(rows) * high)
    top = sheet.legend(entries) - 10
    longest = max(1.0, *(row["count"] for row in rows), *(row["before"] or 0 for row in rows))
    for place, row in enumerate(rows):
        _theme(sheet, row, top - place * high, (WIDTH - 2 * MARGIN - 8) / longest)
    return sheet.png()


def _theme(sheet: Sheet, row: Mapping[str, Any], top: float, scale: float) -> None:
    """`top`: where its name's line begins."""
    name, figure, low = row["name"], row["figure"], top - TEXT - 46
    end = MARGIN + width_of(name)
    sheet.text((MARGIN + end) / 2, top - TEXT, name)
    sheet.text(end + 18 + width_of(figure, "bold") / 2, top - TEXT, figure, bold=True)
    negative, count = row["negative"] * scale, row["count"] * scale
    sheet.bar(MARGIN, low, negative, 30, NEGATIVE)
    sheet.bar(MARGIN + negative, low, count - negative, 30, OTHERS)
    if row["before"] is not None:
        x = MARGIN + row["before"] * scale
        sheet.line((x, low - 6, x, low + 36), colour=GROUND, wide=11)
        sheet.line((x, low - 6, x, low + 36), colour=INK, wide=7)


CHARTS = {"days": days, "themes": themes}


def main() -> None:
    for line in sys.stdin:
        try:
            request = json.loads(line)
            drawn = {name: CHARTS[name](found) for name, found in request.items()}
            said: dict[str, Any] = {
                "png": {name: base64.b64encode(png).decode() for name, png in drawn.items()}
            }
        except Exception as error:
            said = {"error": type(error).__name__}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
