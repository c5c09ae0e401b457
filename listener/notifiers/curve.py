"""Draws mentions by ten minutes as a small PNG: a process of its own, since Pillow blocks and weighs.

`python -m listener.notifiers.curve` answers each JSON line `{"bars": [[label, count, figure], …], "usual": 1.6,
"count_label": "…", "usual_label": "…"}` with `{"png": base64}`. Colours: Okabe and Ito's, told apart by
every kind of eye; sizes: legible where a phone shows it 340 points wide.
"""

from __future__ import annotations

import base64
import json
import sys
import unicodedata
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1080, 520
LEFT, RIGHT, TOP, BOTTOM = 24, 24, 128, 74
TEXT = 38  # pixels: 12 points on that phone
INK, SOFT, BAR, LAST, USUAL = "#1d2329", "#59636e", "#7fb2d9", "#0072b2", "#d55e00"
WIDEST = 150  # pixels of a bar
COLOURS = 24
LABELS = 4  # hours below the bars, at most


def draw(request: dict[str, Any]) -> bytes:
    """The PNG, at most some ten kilobytes."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    Plot(ImageDraw.Draw(image), request).draw()
    out = BytesIO()
    # Few colours in a palette: a third of the size.
    small = image.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    small.save(out, format="PNG", optimize=True)
    return out.getvalue()


class Plot:
    """Bars with their figures, the usual level as a dashed line, hours below."""

    def __init__(self, pen: ImageDraw.ImageDraw, request: dict[str, Any]) -> None:
        self._pen = pen
        self._bars = [(str(label), float(count), str(n)) for label, count, n in request["bars"]]
        usual = request.get("usual")
        self._usual = None if usual is None else float(usual)
        self._words = (str(request["count_label"]), str(request.get("usual_label", "")))
        self._font = ImageFont.load_default(TEXT)
        counts = [count for _, count, _ in self._bars]
        highest = max(*counts, self._usual or 0.0, 1.0)
        self._scale = (HEIGHT - TOP - BOTTOM) / highest
        self._step = (WIDTH - LEFT - RIGHT) / len(self._bars)

    def draw(self) -> None:
        self._legend()
        shown = self._shown()
        for place, (_label, count, figure) in enumerate(self._bars):
            self._bar(place, count, figure if place in shown else "")
        self._hours()
        if self._usual is not None:
            self._dashes(self._y(self._usual))

    def _y(self, count: float) -> float:
        return HEIGHT - BOTTOM - count * self._scale

    def _bar(self, place: int, count: float, figure: str) -> None:
        centre = LEFT + (place + 0.5) * self._step
        half = min(self._step * 0.38, WIDEST / 2)
        # An empty stretch is a hair's breadth high: seen, and not taken for a hole.
        top = min(self._y(count), HEIGHT - BOTTOM - 3)
        colour = LAST if place == len(self._bars) - 1 else BAR
        self._pen.rectangle((centre - half, top, centre + half, HEIGHT - BOTTOM), fill=colour)
        self._text(centre, self._above(top) - 6, figure, "mb", INK)

    def _above(self, top: float) -> float:
        """Where a figure stands: over its bar, and over the usual level where that would strike it."""
        if self._usual is None:
            return top
        line = self._y(self._usual)
        return line if line - 6 < top < line + TEXT + 10 else top

    def _shown(self) -> set[int]:
        """Every figure where there is room, else those of the last and the highest."""
        if self._step >= 84:
            return set(range(len(self._bars)))
        counts = [count for _, count, _ in self._bars]
        return {len(counts) - 1, counts.index(max(counts))}

    def _hours(self) -> None:
        every = -(-len(self._bars) // LABELS)
        for place in range(len(self._bars) - 1, -1, -every):
            centre = LEFT + (place + 0.5) * self._step
            half = self._pen.textlength(self._bars[place][0], font=self._font) / 2
            centre = min(max(centre, LEFT + half), WIDTH - RIGHT - half)
            self._text(centre, HEIGHT - BOTTOM + 14, self._bars[place][0], "mt", SOFT)

    def _dashes(self, y: float) -> None:
        for left in range(LEFT, WIDTH - RIGHT, 28):
            right = min(left + 17, WIDTH - RIGHT)
            self._pen.line((left, y, right, y), fill=USUAL, width=5)

    def _legend(self) -> None:
        count_label, usual_label = self._words
        self._pen.rectangle((LEFT, 14, LEFT + 30, 44), fill=LAST)
        self._text(LEFT + 44, 29, count_label, "lm", INK)
        if self._usual is None:
            return
        for left in (LEFT, LEFT + 18):
            self._pen.line((left, 78, left + 12, 78), fill=USUAL, width=5)
        self._text(LEFT + 44, 78, usual_label, "lm", INK)

    def _text(self, x: float, y: float, text: str, anchor: str, colour: str) -> None:
        self._pen.text((x, y), _spelt(text), font=self._font, fill=colour, anchor=anchor)


def _spelt(text: str) -> str:
    """The font that Pillow brings knows no accents and no unbreakable space."""
    plain = "".join(" " if char.isspace() else char for char in text.replace("’", "'"))
    return "".join(char for char in unicodedata.normalize("NFKD", plain) if char.isascii())


def main() -> None:
    for line in sys.stdin:
        try:
            said = {"png": base64.b64encode(draw(json.loads(line))).decode()}
        except Exception as error:
            said = {"error": type(error).__name__}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
