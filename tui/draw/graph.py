"""The unrolled graph: one column a timestep, what travels along the rows, and what feeds each cell down the columns."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from lessons.contract.panels import Edge, Graph, Node
from tui.canvas.canvas import Canvas, fit
from tui.draw.matrix import block_size, draw_block
from tui.draw.pen import Columns, Pen, columns, draw, say_hidden

HEADS = {"forward": ("─", "→"), "backward": ("═", "⇐"), "": (" ", " ")}


@draw.register
def draw_graph(panel: Graph, width: int, pen: Pen) -> Canvas:
    """Rows of nodes from the top; edges along a row are drawn between its nodes, edges down a column between rows."""
    canvas = pen.canvas(width)
    place = columns(panel.axis, width, pen)
    joined = {end for edge in panel.edges for end in (edge.start, edge.end)}
    y = 0
    if not pen.tight:
        for column, label in enumerate(panel.axis.labels):
            edge = place.edge(column)
            if edge is not None:
                canvas.put(edge + 2, 0, label, "dim")
        y = 1
    needed = {node.row for node in panel.nodes if node.block is not None or node.id in joined}
    names = [row for row in panel.rows if row in needed or not pen.bare]
    canvas.lacks += [said for row, said in panel.rows.items() if row not in names]
    where = {node.id: node for node in panel.nodes}
    along = {where[e.start].row for e in panel.edges if where[e.start].row == where[e.end].row}
    at = dict[str, int]()
    for i, row in enumerate(names):
        at[row] = y
        nodes = [node for node in panel.nodes if node.row == row]
        y = _row(
            canvas,
            y,
            panel,
            row,
            nodes,
            [e for e in panel.edges if where[e.start].row == where[e.end].row == row],
            place,
            pen,
            where,
        )
        ends = {row, *names[i + 1 : i + 2]}
        between = [e for e in panel.edges if len(ends) == 2 and {where[e.start].row, where[e.end].row} == ends]
        if between and pen.tight:
            beside, line = (row, at[row]) if row not in along else (names[i + 1], y)
            _behind(canvas, line, between, beside, where, place)
        elif between:
            _vertical(canvas, y, between, where, place)
            y += 1
    say_hidden(canvas, place)
    return canvas


def _row(
    canvas: Canvas,
    y: int,
    panel: Graph,
    row: str,
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    place: Columns,
    pen: Pen,
    where: dict[str, Node],
) -> int:
    canvas.put(1, y, fit(panel.rows[row], 7), "label")
    for node in nodes:
        x = place.label - 6 if node.column < 0 else place.edge(node.column)
        if x is None:
            continue
        if node.column < 0 and place.first > 0:
            continue
        mark = "►" if node.written else "•" if node.read else " "
        canvas.put(x + 1, y, mark, "written" if node.written else "")
        text = fit(node.text, place.width - 3)
        ink = (
            "written"
            if node.written
            else "read"
            if node.read
            else "head"
            if node.block and node.block.shape[1] > 1
            else ""
        )
        chosen = node.block is not None and node.block.values is None and pen.cursor == (node.block.symbol, (0,))
        canvas.put(x + 2, y, text, ink + ("+cursor" if chosen else ""))
        if chosen:
            canvas.put(x + 1, y, "[", "key")
            canvas.put(x + 2 + cell_len(text), y, "]", "key")
        if node.block is not None and node.block.values is None:
            canvas.hit(x + 1, y, max(2, cell_len(text) + 1), 1, "cell", node.block.symbol, (0,))
    for edge in edges:
        _along(canvas, y, edge, where, place)
    return y + 1 + _values(canvas, y + 1, nodes, place, pen)


def _values(canvas: Canvas, y: int, nodes: Sequence[Node], place: Columns, pen: Pen) -> int:
    """The numbers under the nodes of a row; how many lines they take."""
    height = 0
    for node in nodes:
        block = node.block
        if block is None or (block.values is None and block.shape == (1, 1)):
            continue
        room = place.room
        x = place.edge(node.column)
        if node.column < 0:
            room = place.label
            x = place.label - 6 * block.shape[1] if 6 * block.shape[1] <= place.label else 1
            x = None if place.first > 0 else x
        if x is None:
            continue
        height = max(height, block_size(block, room, pen)[1])
        draw_block(canvas, x, y, block, room, pen)
    return height


def _along(canvas: Canvas, y: int, edge: Edge, where: dict[str, Node], place: Columns) -> None:
    """An edge from one column to the next, its name in its middle."""
    first, second = where[edge.start], where[edge.end]
    x0 = place.label - 6 if first.column < 0 and place.first == 0 else place.edge(first.column)
    x1 = place.edge(second.column)
    if x1 is None:
        if x0 is not None and edge.way:
            canvas.put(x0 + 6, y, "…", "dim")
        return
    if x0 is None:
        if edge.way:
            canvas.put(x1 - 2, y, "…", "dim")
        return
    left, right = x0 + 2 + cell_len(first.text) + (1 if first.column >= 0 else 0), x1 + 1
    body, head = HEADS[edge.way]
    ink = edge.way + ("+written" if edge.live else "")
    if edge.live:
        body = "━"
    canvas.fill(left, y, right - left, body, ink)
    if edge.way == "backward":
        canvas.put(left, y, head, ink)
    elif edge.way:
        canvas.put(right - 1, y, head, ink)
    if edge.label and edge.way and right - left > 4:
        canvas.put((left + right) // 2, y, edge.label, ink)


def _vertical(canvas: Canvas, y: int, edges: Sequence[Edge], where: dict[str, Node], place: Columns) -> None:
    for edge in edges:
        x = place.edge(where[edge.start].column)
        if x is not None:
            canvas.put(x + 2, y, *_arrow(edge))


def _arrow(edge: Edge) -> tuple[str, str]:
    """An edge down a column, as it is written, and its ink."""
    sign = {"forward": "↑", "backward": "⇓", "": "·"}[edge.way]
    return sign + (edge.label if edge.way else ""), (edge.way or "dim") + ("+written" if edge.live else "")


def _behind(canvas: Canvas, y: int, edges: Sequence[Edge], row: str, where: dict[str, Node], place: Columns) -> None:
    """Where no line is between two rows: their edges behind the words of one of them, which stands at line y."""
    for edge in edges:
        node = next(each for each in (where[edge.start], where[edge.end]) if each.row == row)
        x, (arrow, ink) = place.edge(node.column), _arrow(edge)
        if x is None or not edge.way:
            continue
        end = x + 3 + cell_len(fit(node.text, place.width - 3))
        if end + cell_len(arrow) < x + place.width:
            canvas.put(end, y, arrow, ink)
        elif arrow not in canvas.lacks:
            canvas.lacks.append(arrow)
