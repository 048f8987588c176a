"""Panels made of words: formulas, tables, strips of letters, notes."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from lessons.contract.panels import Formula, Laws, Note, Picture, Product, Strip, Table
from lessons.explaining.figures import folded
from tui.canvas.canvas import Canvas, fit, wrap
from tui.draw.pen import Pen, columns, draw

GAP = "   "
"""What stands between two laws in one line."""


@draw.register
def draw_formula(panel: Formula, width: int, pen: Pen) -> Canvas:
    """Lines of formula."""
    return _formulas(panel.lines, width, width - 2, pen)


@draw.register
def draw_laws(panel: Laws, width: int, pen: Pen) -> Canvas:
    """Laws in as many lines as they take, long sums folded; at the right what is counted.

    A bare pen has one line, of whole laws, that of the step among them.
    """
    room = width - 2 - (cell_len(panel.right) + 2 if panel.right else 0)
    shown = in_a_line(panel, room) if pen.bare else panel.laws
    lines: list[str] = []
    for law in shown:
        if lines and cell_len(lines[-1] + GAP + law) <= room:
            lines[-1] += GAP + law
        elif cell_len(law) <= room:
            lines.append(law)
        else:
            name, equals, said = law.partition(" = ")
            lines += folded(name + equals, said, room)
    missed = len(shown) < len(panel.laws)
    if missed and cell_len(lines[-1]) + 2 <= room:
        lines[-1] = f"{lines[-1]} …"
    canvas = _formulas(lines, width, room, pen)
    y = next((y for y, line in enumerate(lines) if panel.now and panel.now in line), None)
    if y is not None and len(shown) > 1:  # of several laws the one that the step went by is marked
        now = panel.now.replace("·", "*") if pen.ascii_only else panel.now
        x = cell_len(lines[y].partition(panel.now)[0])
        canvas.put(x, y, "►", "written")
        canvas.put(x + 1, y, fit(now, room - x), "key")
    canvas.lacks += [panel.id] if missed else []
    if panel.right:
        canvas.right(width - 1, 0, panel.right, "head")
    return canvas


def in_a_line(panel: Laws, room: int) -> list[str]:
    """Laws that have room in a line, with … after them where some have none: that of the step, then the first ones."""
    if cell_len(GAP.join(panel.laws)) <= room:
        return list(panel.laws)
    kept = [panel.now] if panel.now in panel.laws else list(panel.laws[:1])
    for law in panel.laws:
        if law not in kept and cell_len(GAP.join([*kept, law])) + 2 <= room:
            kept.append(law)
    return [law for law in panel.laws if law in kept]


def _formulas(lines: Sequence[str], width: int, room: int, pen: Pen) -> Canvas:
    canvas = pen.canvas(width)
    for y, line in enumerate(lines):
        shown = line.replace("·", "*") if pen.ascii_only else line  # a full stop is a decimal point already
        canvas.put(1, y, fit(shown, room), "law")
    return canvas


@draw.register
def draw_product(panel: Product, width: int, pen: Pen) -> Canvas:
    """Equations, one a line or side by side; the factors that are computed here are marked and bright."""
    canvas = pen.canvas(width)
    whole = [left + " = " + " · ".join(factors) for left, factors in panel.equations]
    room = width - 2 - (cell_len(panel.right) + 2 if panel.right else 0)
    apart = cell_len((GAP + " ").join(whole)) > room
    x = y = 0
    for n, (left, factors) in enumerate(panel.equations):
        if n and apart:
            x, y = 0, y + 1
        canvas.put(x + 1, y, left + " =", "law")
        x += cell_len(left) + 3
        for i, factor in enumerate(factors):
            lit = (n, i) in panel.lit
            canvas.put(x, y, ("►" if lit else " ") + factor, "written" if lit else "law")
            x += cell_len(factor) + 1
            if i < len(factors) - 1:
                canvas.put(x, y, "*" if pen.ascii_only else "·", "dim")
                x += 1
        x += len(GAP)
    if panel.right:
        canvas.right(width - 1, 0, panel.right, "head")
    return canvas


@draw.register
def draw_note(panel: Note, width: int, pen: Pen) -> Canvas:
    """Words on the stage."""
    canvas = pen.canvas(width)
    ink = {"warn": "warn", "proof": "right", "verdict": "head"}.get(panel.level, "")
    for y, line in enumerate(wrap(panel.text, width - 3)):
        canvas.put(1, y, line, ink)
    return canvas


@draw.register
def draw_picture(panel: Picture, width: int, pen: Pen) -> Canvas:
    """A drawing in characters."""
    canvas = pen.canvas(width)
    if panel.title:
        canvas.put(1, 0, fit(panel.title, width - 2), "label")
    for y, x, text, role in panel.marks:
        row = y + bool(panel.title)
        if x + 2 >= width:  # what is beyond the edge is missed
            canvas.put(width - 2, row, "…", "dim")
        else:
            canvas.put(x + 1, row, fit(text, width - x - 2), role)
    return canvas


@draw.register
def draw_table(panel: Table, width: int, pen: Pen) -> Canvas:
    """Heads and rows; the first column left, all others right. The row that is lit stays in sight."""
    canvas = pen.canvas(width)
    most = 6 if pen.tight else 14
    hidden = max(0, (panel.lit or 0) + 1 - most)
    rows = panel.rows[hidden : hidden + most]
    below = len(panel.rows) - hidden - len(rows)
    wide = [max(cell_len(line[i]) for line in (panel.heads, *panel.rows)) for i in range(len(panel.heads))]
    marks = f"▲ {hidden}" if hidden else "", f"▼ {below}" if below else ""
    room = width - 1 - max(cell_len(mark) + 2 if mark else 0 for mark in marks)
    whole, between = sum(wide) + 2, len(wide) - 1
    # columns move together before words are cut
    gap = next((gap for gap in (3, 2) if whole + gap * between <= room), 1)
    beyond = whole + gap * between - room
    wide[0] = max(6, wide[0] - max(0, beyond))  # words are cut, not numbers
    for y, line in enumerate((panel.heads, *rows)):
        x = 2
        lit = panel.lit is not None and y - 1 + hidden == panel.lit and y > 0
        if lit:
            canvas.put(1, y, "►", "written")
        for i, text in enumerate(line):
            lead = panel.leads.get((y - 1 + hidden, i)) if y else None
            ink = "label" if y == 0 else "key" if lead is not None else "written" if lit else ""
            if lead is not None:
                canvas.hit(x, y, wide[i], 1, "lead", lead)
            if i == 0:
                canvas.put(x, y, fit(text, wide[0]), ink)
            else:
                canvas.right(x + wide[i], y, text, ink)
            x += wide[i] + gap
    for y, mark in zip((0, len(rows)), marks, strict=True):
        canvas.right(width - 2, y, mark, "key")
    if panel.bracket is not None:
        _bracket(canvas, panel.bracket, hidden, len(rows), x)
    return canvas


def _bracket(canvas: Canvas, rows: tuple[int, int], hidden: int, seen: int, x: int) -> None:
    """◄─┐ │ ──┘ from one row to a later one, as far as they are in sight."""
    first, last = (row - hidden + 1 for row in rows)
    for y in range(max(1, first), min(seen, last) + 1):
        sign = "◄─┐" if y == first else "──┘" if y == last else "  │"
        canvas.put(x, y, sign, "right")


@draw.register
def draw_strip(panel: Strip, width: int, pen: Pen) -> Canvas:
    """All tokens in a line, the columns in sight framed; where they are too many, those around the frame."""
    canvas = pen.canvas(width)
    place = columns(panel.axis, width, pen)
    room = width - place.label - 4
    start = 0
    total = sum(cell_len(token) for token in panel.tokens)
    if total > room:
        start = max(0, min(panel.axis.focus - room // 4, len(panel.tokens) - 1))
    canvas.put(1, 0, f"T={len(panel.tokens)}", "label")
    x = place.label
    if start:
        canvas.put(x - 1, 0, "…", "dim")
    for i in range(start, len(panel.tokens)):
        token = panel.tokens[i]
        if x + cell_len(token) + 3 > width:
            canvas.put(x, 0, "…", "dim")
            break
        inside = i in place.shown
        if inside and i - 1 not in place.shown:
            x = canvas.put(x, 0, "[", "key")
        ink = "head+cursor" if i == panel.axis.focus else "head" if inside else "dim"
        x = canvas.put(x, 0, token, ink)
        if inside and i + 1 not in place.shown:
            x = canvas.put(x, 0, "]", "key")
    return canvas
