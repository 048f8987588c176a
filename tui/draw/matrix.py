"""Matrices: numbers in cells if they fit, glyphs if not, alone or in the columns of an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rich.cells import cell_len

from engine.device import HostArray
from lessons.contract.panels import Bar, Block, Heat, Item, Label, Lens, Matrix, Row
from lessons.explaining.figures import counts, five
from lessons.explaining.numbering import shift
from tui.canvas.canvas import Canvas, fit
from tui.draw.pen import LABEL, Columns, Pen, bracket, columns, draw, glyph, level, number, say_hidden

MOST_ROWS = 6


def digits_fit(shape: tuple[int, int], width: int) -> bool:
    """Whether a block can be shown in digits, six columns a cell."""
    rows, cols = shape
    return cols * 6 + (3 if rows > 1 else 0) <= width and rows <= MOST_ROWS


def block_size(block: Block, width: int, pen: Pen) -> tuple[int, int]:
    """(width, height) that a block takes of the width it is given."""
    rows, cols = block.shape
    if digits_fit(block.shape, width):
        return cols * 6 + (3 if rows > 1 else 0), rows
    if rows == 1 and cols > 1:
        return min(cols, width - 2) + 2, 1
    return min(cols, width - 2) + 2, min(rows, pen.rows)


def draw_block(canvas: Canvas, x: int, y: int, block: Block, width: int, pen: Pen) -> None:
    """A block at (x, y): in brackets where it has more than one row."""
    if digits_fit(block.shape, width):
        _digits(canvas, x, y, block, pen)
    else:
        _glyphs(canvas, x, y, block, width, pen)


def _digits(canvas: Canvas, x: int, y: int, block: Block, pen: Pen) -> None:
    rows, cols = block.shape
    inside = x + (1 if rows > 1 else 0)
    values = block.values
    most = float(np.nanmax(np.abs(values))) if values is not None and np.isfinite(values).any() else 0.0
    for r in range(rows):
        if rows > 1:
            left, right = ("┌", "┐") if r == 0 else ("└", "┘") if r == rows - 1 else ("│", "│")
            canvas.put(x, y + r, left, "frame")
            canvas.put(inside + cols * 6 + 1, y + r, right, "frame")
        for c in range(cols):
            value = None if values is None else float(values[r, c])
            _cell(canvas, inside + 6 * c, y + r, block, (r, c), value, most, pen)
    for r in range(rows):  # after all cells, for a gutter is shared with the neighbour
        for c in range(cols):
            if pen.cursor == (block.symbol, block.index(r, c)):
                bracket(canvas, inside + 6 * c, y + r)


def _cell(
    canvas: Canvas, x: int, y: int, block: Block, at: tuple[int, int], value: float | None, most: float, pen: Pen
) -> None:
    alone = block.shape == (1, 1) and value is not None and np.isfinite(value)  # with nothing to be compared with
    ink = "dim" if value is None else "" if alone else level(value, most)
    meant = block.row in (None, at[0])
    written, read = block.written and meant, block.read and meant and block.only in (None, at[1])
    mark = "►" if written else "•" if read else " "
    if written:
        ink += "+written"
    elif read:
        ink += "+read"
    chosen = pen.cursor == (block.symbol, block.index(*at))
    value = None if value is None else value + shift(block.symbol)
    number(canvas, x, y, value, ink + ("+cursor" if chosen else ""), mark, counts(block.symbol))
    if block.symbol:
        canvas.hit(x, y, 6, 1, "cell", block.symbol, block.index(*at))


def blocks_of(values: HostArray, rows: int, cols: int) -> HostArray:
    """A matrix reduced to rows × cols, each entry the one of largest magnitude in its part."""
    r_edges = np.linspace(0, values.shape[0], rows + 1).astype(int)
    c_edges = np.linspace(0, values.shape[1], cols + 1).astype(int)
    found = np.full((rows, cols), np.nan)
    for r in range(rows):
        for c in range(cols):
            part = values[r_edges[r] : r_edges[r + 1], c_edges[c] : c_edges[c + 1]].ravel()
            known = part[~np.isnan(part)]
            if known.size:
                found[r, c] = known[np.argmax(np.abs(known))]
    return found


def _glyphs(canvas: Canvas, x: int, y: int, block: Block, width: int, pen: Pen) -> None:
    shown_width, rows = block_size(block, width, pen)
    cols = shown_width - 2
    mark = "►" if block.written else "•" if block.read else " "
    canvas.put(x, y, mark, "written" if block.written else "")
    if block.values is None:
        canvas.put(x + 2, y, "·", "dim")
        canvas.hit(x, y, shown_width, rows, "cell", block.symbol, block.index(0, 0))
        return
    reduced = blocks_of(block.values, rows, cols)
    most = float(np.nanmax(np.abs(reduced))) if np.isfinite(reduced).any() else 0.0
    scale_r, scale_c = block.shape[0] / rows, block.shape[1] / cols
    for r in range(rows):
        for c in range(cols):
            value = float(reduced[r, c])
            at = block.index(int(r * scale_r), int(c * scale_c))
            ink = level(value, most) if not np.isnan(value) else "dim"
            if (
                pen.cursor is not None
                and pen.cursor[0] == block.symbol
                and _inside(block, pen.cursor[1], r, c, scale_r, scale_c)
            ):
                ink += "+cursor"
            canvas.put(x + 1 + c, y + r, glyph(value, most), ink)
            canvas.hit(x + 1 + c, y + r, 1, 1, "cell", block.symbol, at)


def _inside(block: Block, index: tuple[int, ...], r: int, c: int, scale_r: float, scale_c: float) -> bool:
    """Whether the cursor's entry is in the part that glyph (r, c) stands for."""
    cell = block.cell(index)
    if cell is None:
        return False
    row, col = cell
    return int(r * scale_r) <= row < int((r + 1) * scale_r) and int(c * scale_c) <= col < int((c + 1) * scale_c)


@draw.register
def draw_matrix(panel: Matrix, width: int, pen: Pen) -> Canvas:
    """Rows of items: in the columns of the axis, or side by side."""
    canvas = pen.canvas(width)
    y = 0
    place = columns(panel.axis, width, pen) if panel.axis else None
    if panel.title:
        title = fit(panel.title, width - 2)
        end = canvas.put(1, 0, title + " ", "label")
        last = min(width - 2, place.edges[-1] + place.width + 10) if place else width - 2
        rule = last - cell_len(panel.tail) - 8 if panel.tail else width - 1
        canvas.fill(end, 0, rule - end, "╌", "rule")
        canvas.right(last, 0, panel.tail, "label")
        y = 1
    if panel.least and 0 < pen.most < len(panel.rows):
        panel = replace(panel, rows=around_work(panel.rows, pen.most))
    for row in panel.rows:
        if row.spare and pen.bare:
            canvas.lacks.append(row.label)
            continue
        if row.rule and place:
            canvas.fill(place.edges[0], y, place.width * len(place.edges) - 2, "─", "rule")
            y += 1
        y += _row(canvas, y, row, place, width, pen)
    if place is not None:
        say_hidden(canvas, place)
    return canvas


def around_work(rows: Sequence[Row], most: int) -> list[Row]:
    """So many rows around the one at work; the first and the last say how many are above and below them."""
    marked = [i for i, row in enumerate(rows) if row.mark]
    written = [i for i, row in enumerate(rows) if any(item.written for item in row.items.values())]
    first = max(0, min([*marked, *written, 0][0] - most // 2, len(rows) - most))
    found, below = list(rows[first : first + most]), len(rows) - first - most
    for i, said in ((0, f"▲ {first}" if first else ""), (-1, f"▼ {below}" if below else "")):
        found[i] = replace(found[i], tail=f"{found[i].tail}  {said}".strip())
    return found


def _row(canvas: Canvas, y: int, row: Row, place: Columns | None, width: int, pen: Pen) -> int:
    """One row at line y; how many lines it took."""
    if place is None:
        return _flow(canvas, y, row, width, pen)
    if row.mark:
        canvas.put(0, y, "►", "written")
    for i, label in enumerate(row.label.split("\n")):
        canvas.put(1, y + i, fit(label, place.label - 1), "written" if row.mark else "label")
    height = 1
    for column, item in row.items.items():
        edge = place.edge(column)
        if isinstance(item, Block):
            height = max(height, block_size(item, place.room, pen)[1])
        elif isinstance(item, Label) and edge is not None:
            height = max(height, len(in_words(item.text, place.room - 1, pen)))
            if pen.bare and cell_len(item.text) > place.room - 1 and row.label not in canvas.lacks:
                canvas.lacks.append(row.label)
        if edge is not None:
            _item(canvas, edge, y, item, place.room, pen)
    if row.tail:
        canvas.right(min(width - 2, place.edges[-1] + place.width + 10), y, row.tail, "label")
    shrunk = any(isinstance(i, Block) and i.shape[0] > height > 1 and not _fits(i, place) for i in row.items.values())
    if shrunk and "\n" not in row.label:
        canvas.put(1, y + 1, "‖max‖", "dim")  # a glyph stands for several entries, by the largest
    return height


def _fits(block: Block, place: Columns) -> bool:
    return digits_fit(block.shape, place.room)


def in_words(text: str, width: int, pen: Pen) -> list[str]:
    """What stands in a column, in lines of whole words; a bare pen has one line, and … for words that are missed."""
    lines = [""]
    for word in text.split(" ") if cell_len(text) > width else ():
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(joined) <= width or not lines[-1]:
            lines[-1] = fit(joined, width)
        else:
            lines.append(fit(word, width))
    if len(lines) > 1 and pen.bare:
        spaced = f"{lines[0]} …"
        return [spaced if cell_len(spaced) <= width else fit(lines[0] + "…", width)]
    return lines if lines != [""] else [text]


def _item(canvas: Canvas, x: int, y: int, item: Item, width: int, pen: Pen) -> None:
    match item:
        case Block():
            draw_block(canvas, x, y, item, width, pen)
        case Bar():
            canvas.put(x + 1, y, "►" if item.written else " ", "written")
            end = canvas.put(x + 2, y, f"{five(item.value):<5}")
            bar = item.share * (width - 8) if np.isfinite(item.share) else 0.0
            canvas.put(end, y, "█" * int(bar) + ("▌" if bar - int(bar) >= 0.5 else ""), "backward")
        case Label():
            ink = (item.role or "") + ("+written" if item.written else "+read" if item.read else "")
            canvas.put(x + 1, y, "►" if item.written else "•" if item.read else " ", "written" if item.written else "")
            if item.written:
                canvas.hit(x + 1, y, cell_len(item.text) + 1, 1, "mark")
            for line, text in enumerate(in_words(item.text, width - 1, pen)):
                canvas.put(x + 2, y + line, text, ink)


def _flow(canvas: Canvas, y: int, row: Row, width: int, pen: Pen) -> int:
    """Items side by side, each block under its title; those that have no room go on below.

    A bare pen has one line of them: blocks are in glyphs rather than that another is left out.
    """
    items = list(row.items.values())
    x = first = LABEL if row.label else 1
    gap = 2 if sum(_at_ease(item) + 2 for item in items) <= width - x else 1
    titled = any(isinstance(item, Block) and item.title for item in items)
    start, top, height = y, y + (1 if titled else 0), 1
    for i, label in enumerate(row.label.split("\n") if row.label else ()):
        canvas.put(1, top + i, fit(label, LABEL - 1), "label")
    blocks = [item for item in items if isinstance(item, Block)]
    share = max(8, (width - x) // max(1, len(blocks)) - 2)
    for n, item in enumerate(items):
        if isinstance(item, Block):
            below = digits_fit(item.shape, width - first) and not digits_fit(item.shape, width - x)
            if x > first and (below or x + _wide(item, share, width - x, pen) > width) and not pen.bare:
                x, y = first, top + height
                top, height = y + (1 if titled else 0), 1
            others = sum(_wide(each, share, 0, pen) + gap for each in items[n + 1 :] if isinstance(each, Block))
            free = width - x - others if pen.bare else width - x  # in one line all of them must have room
            room = free if digits_fit(item.shape, free) else share
            w, h = block_size(item, room, pen)
            if x + _wide(item, share, free, pen) > width:
                canvas.lacks.append(item.title or item.symbol)
                continue
            if digits_fit(item.shape, width - first) and not digits_fit(item.shape, room):
                canvas.lacks.append(
                    item.title or item.symbol
                )  # its digits, which a line of its own would have room for
            long = _long_title(item)
            if item.title:
                canvas.put(x + 2 - long, y, item.title, "label")
                for c, name in enumerate(item.cols if digits_fit(item.shape, room) else ()):
                    canvas.put(x + 4 + 6 * c + min(2, len(item.title) - 1), y, name, "dim")
            draw_block(canvas, x, top, item, room, pen)
            if item.rows and digits_fit(item.shape, room):
                for r, name in enumerate(item.rows):
                    canvas.put(x + w, top + r, name, "dim")
                w += 2
            height = max(height, h)
            x += max(w, cell_len(item.title) if not item.cols else 0) + gap
        elif isinstance(item, Label):
            if x > first and x + cell_len(item.text) + 1 > width and not pen.bare:
                x, top = first, top + height
                height = 1
            _item(canvas, x - 1, top, item, width - x, pen)
            x += cell_len(item.text) + 4
    canvas.put(x, top, row.tail, "label")
    return top + height - start


def _at_ease(item: Item) -> int:
    """Columns of an item in digits and in words."""
    if isinstance(item, Block):
        rows, cols = item.shape
        return max(cols * 6 + (3 if rows > 1 else 0), cell_len(item.title) if not item.cols else 0)
    return cell_len(item.text) + 2 if isinstance(item, Label) else 0


def _long_title(block: Block) -> bool:
    """Whether both the name of a block and that of its first column need room."""
    return len(block.title) > 2 and bool(block.cols)


def _wide(block: Block, share: int, room: int, pen: Pen) -> int:
    """Columns that a block takes with its title, of `room`; of its share where its digits do not fit there."""
    w, _ = block_size(block, room if digits_fit(block.shape, room) else share, pen)
    return max(w, 2 - _long_title(block) + cell_len(block.title))


@draw.register
def draw_heat(panel: Heat, width: int, pen: Pen) -> Canvas:
    """An overview of glyphs, and beside it the exact cells around the focus."""
    canvas = pen.canvas(width)
    values = panel.block.values
    canvas.put(1, 0, fit(panel.title, width - 2), "label")
    if values is None:
        return canvas
    pointed = panel.block.cell(pen.cursor[1]) if pen.cursor and pen.cursor[0] == panel.block.symbol else None
    panel = replace(panel, focus=pointed or panel.focus)
    rows, cols = min(values.shape[0], 5 if pen.bare else 6 if pen.tight else 10), min(values.shape[1], 40)
    reduced = blocks_of(values, rows, cols)
    most = float(np.nanmax(np.abs(reduced))) if np.isfinite(reduced).any() else 0.0
    scale_r, scale_c = values.shape[0] / rows, values.shape[1] / cols
    for r in range(rows):
        for c in range(cols):
            value = float(reduced[r, c])
            outside = c * scale_c > (r + 1) * scale_r
            here = int(panel.focus[0] / scale_r) == r and int(panel.focus[1] / scale_c) == c
            ink = ("" if np.isnan(value) else level(value, most)) + ("+cursor" if here else "")
            canvas.put(1 + c, 1 + r, " " if outside and np.isnan(value) else glyph(value, most), ink)
            if not (outside and np.isnan(value)):
                at = panel.block.index(int(r * scale_r), int(c * scale_c))
                canvas.hit(1 + c, 1 + r, 1, 1, "cell", panel.block.symbol, at)
    _lens(canvas, cols + 4, 1, panel, values, width)
    return canvas


@draw.register
def draw_lens(panel: Lens, width: int, pen: Pen) -> Canvas:
    """The exact cells of one symbol around the focus."""
    canvas = pen.canvas(width)
    canvas.put(1, 0, fit(panel.title, LABEL + 6), "label")
    if panel.block.values is not None:
        _lens(canvas, LABEL, 0, panel, panel.block.values, width)
    return canvas


def _lens(canvas: Canvas, x: int, y: int, panel: Heat | Lens, values: HostArray, width: int) -> None:
    """The exact cells around the focus, with the numbers of their rows and columns, from 1 as in a formula."""
    seen = max(0, min(6, (width - x - 5) // 6, values.shape[1]))
    r0 = max(0, min(panel.focus[0] - 1, values.shape[0] - 4))
    c0 = max(0, min(panel.focus[1] - seen // 2, values.shape[1] - seen))
    most = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 0.0
    for c in range(seen):
        canvas.put(x + 6 + 6 * c, y, str(c0 + c + 1), "dim")
    for r in range(min(4, values.shape[0])):
        canvas.put(x, y + 1 + r, str(r0 + r + 1), "dim")
        for c in range(seen):
            value = float(values[r0 + r, c0 + c])
            at = (r0 + r, c0 + c)
            known = None if np.isnan(value) else value
            if isinstance(panel, Heat) and c0 + c > r0 + r and known is None:
                continue
            number(canvas, x + 4 + 6 * c, y + 1 + r, known, level(value, most) if known is not None else "dim")
            canvas.hit(x + 4 + 6 * c, y + 1 + r, 6, 1, "cell", panel.block.symbol, panel.block.index(*at))
            if at == panel.focus:
                bracket(canvas, x + 4 + 6 * c, y + 1 + r)
