"""A stave: notes on five lines, as long as they last, in as many lines of bars as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from rich.cells import cell_len

from lessons.contract.panels import Measure, Stave, Sung
from tui.canvas.canvas import Canvas, fit
from tui.draw.pen import Pen, draw

LINES = range(2, 11, 2)
"""The letters above middle C of the five lines: E, G, B, d, f."""
WIDE, NARROW = 3, 2
"""Columns of an eighth, where there is room for eight bars of six in two lines, and where not."""
SYSTEMS = 2
"""Lines of bars at most, where the stave is not looked at alone."""
SIGNS = {"right": "✓", "wrong": "✗", "": " "}


class Placed(NamedTuple):
    """A bar, its number, and the column of its first note."""

    bar: Measure
    number: int
    x: int


class Rows(NamedTuple):
    """Which line of a system shows what: the letters above middle C from the top, then what stands below."""

    top: int
    bottom: int
    half: bool
    numbered: bool
    letters: bool

    @property
    def high(self) -> int:
        """Lines of the stave itself."""
        return (self.top - self.bottom) // (2 if self.half else 1) + 1

    @property
    def lines(self) -> int:
        """Lines of all: the letters, numbered notation in four or, where room is short, one, and what is said."""
        return self.high + self.letters + 1 + (0 if not self.numbered else 1 if self.half else 4)

    def line(self, step: int) -> int:
        """The line of a pitch; half a line higher or lower where two share one."""
        return (self.top - step) // 2 if self.half else self.top - step


@draw.register
def draw_stave(panel: Stave, width: int, pen: Pen) -> Canvas:
    """The title, then lines of bars: those around the bar in focus."""
    canvas = pen.canvas(width)
    canvas.put(1, 0, fit(panel.title, width - 12), "label")
    rows = _rows(panel, pen)
    most = max(1, (pen.fill - 1) // rows.lines) if pen.fill else 1 if pen.tight else SYSTEMS
    most = max(1, min(most, (max(pen.height, 20) - 6) // rows.lines))
    columns = WIDE if len(_systems(panel.bars, width, WIDE)) <= most else NARROW
    first = 0
    while True:  # as many bars before the one in focus as there is room for
        shown = _systems(panel.bars[first:], width, columns, first)[:most]
        if first >= panel.focus or not panel.bars or shown[-1][-1].number >= panel.focus:
            break
        first += 1
    before, after = first, len(panel.bars) - 1 - (shown[-1][-1].number if shown[-1] else -1)
    if before + after:
        said = " ".join([f"◄ {before}"] * bool(before) + [f"{after} ►"] * bool(after))
        canvas.right(width - 1, 0, said, "key")
    for n, system in enumerate(shown):
        _system(canvas, 1 + n * rows.lines, system, columns, rows, pen)
    return canvas


def _rows(panel: Stave, pen: Pen) -> Rows:
    """Two pitches a line where room is short; the range of all bars, so that the stave does not jump."""
    steps = [note.step for bar in panel.bars for note in bar.notes if note.step is not None]
    half, letters = pen.tight, not (pen.bare and panel.numbered)  # numbers say the same
    top, bottom = max([LINES[-1], *(min(s, 17) for s in steps)]), min([LINES[0], *(max(s, -5) for s in steps)])
    return Rows(top + (top % 2 if half else 0), bottom - (bottom % 2 if half else 0), half, panel.numbered, letters)


def _systems(bars: Sequence[Measure], width: int, columns: int, first: int = 0) -> list[list[Placed]]:
    """As many bars in a line as fit; one that is wider than the line has it for itself."""
    systems: list[list[Placed]] = []
    x = width
    for number, bar in enumerate(bars, first):
        wide = _wide(bar, columns)
        if x + wide > width - 1 or not systems:
            systems.append([])
            x = 2
        systems[-1].append(Placed(bar, number, x))
        x += wide
    return systems or [[]]


def _wide(bar: Measure, columns: int) -> int:
    """Columns of a bar with its bar line: of what it has room for, of its notes, of what is said."""
    long = max([bar.length, *(note.start + note.length for note in bar.notes)])
    return max(ceil(long * columns), cell_len(bar.said) + 3) + 2


def _system(canvas: Canvas, y: int, system: Sequence[Placed], columns: int, rows: Rows, pen: Pen) -> None:
    """One line of bars."""
    last = system[-1] if system else None
    end = last.x + _wide(last.bar, columns) - 2 if last else canvas.width - 2
    for step in LINES:
        canvas.fill(1, y + rows.line(step), min(end, canvas.width - 1) - 1, "─", "rule")
    canvas.put(1, y + rows.lines - 1, " ")
    for bar, _, x in system:
        line = min(x + _wide(bar, columns) - 2, canvas.width - 1)
        for row in range(rows.line(LINES[-1]), rows.line(LINES[0]) + 1):
            canvas.put(line, y + row, "│", "label")
        free = 0
        for note in bar.notes:
            free = _note(canvas, x, y, note, columns, rows, pen, free)
        sign = SIGNS[bar.state] + ("*" if bar.new else "")
        said = fit(f"{sign} {bar.said}".strip(), max(0, line - x))
        canvas.put(x, y + rows.lines - 1, said, bar.state or "dim")


def _note(canvas: Canvas, x: int, y: int, note: Sung, columns: int, rows: Rows, pen: Pen, free: int) -> int:
    """A note: its head where it begins, a bar as long as it lasts, its letters below. The column after its letters."""
    at, wide = x + round(note.start * columns), max(1, round(note.length * columns) - 1)
    if at >= canvas.width - 1:
        return free
    wide = min(wide, canvas.width - 1 - at)
    pointed = bool(note.symbol) and pen.cursor == (note.symbol, note.index)
    ink = "warn" if note.wrong else "written" if note.written else "forward"
    if pointed:
        ink = f"{ink}+cursor"
    row = rows.line(max(rows.bottom, min(rows.top, note.step if note.step is not None else LINES[2])))
    odd = rows.half and note.step is not None and (rows.top - note.step) % 2 == 1
    head = "◉" if pointed else "z" if note.step is None else "◒" if odd else "●"
    if wide > 1 and note.step is not None:
        canvas.fill(at, y + row, wide, "▄" if odd else "━", ink)
    canvas.put(at, y + row, head, ink)
    if note.sign and at > 0:
        canvas.put(at - 1, y + row, note.sign, ink)
    below = y + rows.high
    if at >= free and rows.letters:
        said = fit(note.text, max(1, wide if wide > 1 else cell_len(note.text)))
        free = canvas.put(at, below, said, ink if note.wrong or pointed else "dim") + 1
    if rows.numbered:
        _number(canvas, at, below + rows.letters, note, columns, rows.half, ink)
    if note.symbol:
        canvas.hit(at, y + row, wide, 1, "cell", note.symbol, note.index)
    return free


def _number(canvas: Canvas, x: int, y: int, note: Sung, columns: int, short: bool, ink: str) -> None:
    """Numbered notation: dots over and under for octaves, a line under what is shorter than a quarter, – for more.

    Where room is short, one line: ' and , are the octaves.
    """
    line, wide = y if short else y + 1, max(1, round(note.length * columns) - 1)
    end = canvas.put(x, line, note.number, ink)
    if short and note.octave:
        end = canvas.put(end, line, "'" if note.octave > 0 else ",", ink)
    for n in range(1, ceil(note.length / 2)):
        if note.length - 2 * n >= 2:
            end = canvas.put(x + 2 * columns * n, line, "–", ink)
        else:
            end = canvas.put(end, line, "·", ink)
    if short:
        return
    if note.length < 2:
        canvas.fill(x, y + 2, wide, "═" if note.length < 1 else "─", "dim")
    if note.octave:
        canvas.put(x, y if note.octave > 0 else y + 3, ":" if abs(note.octave) > 1 else "·", ink)
