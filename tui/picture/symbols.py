"""The table of symbols: those of this stage with what they are, then the letters of the whole course."""

from __future__ import annotations

from lessons.explaining.glossary import meaning
from lessons.explaining.table import entries
from lessons.explaining.typeset import name
from tui.canvas.canvas import Canvas, boxed
from tui.picture.boxes import Desk, Scrolled, Styled
from tui.picture.legend import Legend, hung

WIDTH = 84
"""Columns at most: longer lines are hard to read."""


class Symbols(Scrolled):
    """The page docs/notation.md, the symbols of this stage first. ↑↓ scroll it."""

    keys = (("↑↓", "more"), ("esc", "leave"))

    def __init__(self, legend: Legend) -> None:
        self.legend = legend

    def draw(self, desk: Desk, width: int, height: int) -> Canvas:
        width = min(width, WIDTH)
        seen = self.seen(self._lines(desk, width - 4), height)
        return boxed(desk.words("drawer.symbols"), seen, width, desk.ascii_only)

    def _lines(self, desk: Desk, width: int) -> Styled:
        words, lines = desk.words, list[tuple[str, str]]()
        here = {name(symbol): meaning(desk.text, words, symbol) for symbol in self.legend.symbols}
        if any(here.values()):
            lines = [(words("drawer.symbols_here"), "label")]
            for symbol, said in here.items():
                lines += [(line, "") for line in hung(f"{symbol:<10} {said}", width, 11) if said]
            lines.append(("", ""))
        lines.append((words("drawer.symbols_course"), "label"))
        for entry in entries():
            told = entry.zh if words.lang == "zh" else entry.en
            rest = " · ".join(part for part in (entry.shape, entry.first, entry.other) if part)
            lines += [(line, "") for line in hung(f"{entry.symbol:<6} {told}", width, 7)]
            lines += [(line, "dim") for line in hung(f"{'':<6} {rest}", width, 7)]
        return lines
