"""Trees: every node over its children, or, where that is too large, a line for each node."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len

from lessons.contract.panels import Branch, Tree
from tui.canvas.canvas import Canvas, fit
from tui.draw.pen import Pen, draw

TALL = 3
"""Lines from a node to its children."""
SPACE = 3
"""Columns between two leaves at least."""


class Shape:
    """How the nodes of a tree hang together: children of each, roots, depths, and the leaves from left to right."""

    def __init__(self, panel: Tree) -> None:
        self.nodes = {node.id: node for node in panel.nodes}
        self.children: dict[str, list[str]] = {id: [] for id in self.nodes}
        self.roots = [node.id for node in panel.nodes if node.parent not in self.nodes]
        for node in panel.nodes:
            if node.parent in self.nodes:
                self.children[node.parent].append(node.id)
        self.depth: dict[str, int] = {}
        self.order: list[str] = []
        waiting = [(root, 0) for root in reversed(self.roots)]
        while waiting:
            id, depth = waiting.pop()
            self.depth[id] = depth
            self.order.append(id)
            waiting += [(child, depth + 1) for child in reversed(self.children[id])]
        self.deepest = max(self.depth.values(), default=0)

    def leaves(self) -> list[str]:
        return [id for id in self.order if not self.children[id]]

    def hangs(self, id: str) -> bool:
        """Whether a node is shown on a parent that is shown."""
        parent = self.nodes.get(self.nodes[id].parent)
        return parent is not None and parent.shown

    def line(self, id: str) -> int:
        """The line of a node from the top; a leaf that hangs on nothing yet stands on the lowest."""
        loose = not self.children[id] and self.roots != [id] and not self.hangs(id)
        return TALL * (self.deepest if loose else self.depth[id])

    def columns(self) -> dict[str, int]:
        """The middle of every node: leaves side by side, each in the room it needs, others between their children."""
        found: dict[str, int] = {}
        x = 0
        for leaf in self.leaves():
            node = self.nodes[leaf]
            wide = max(cell_len(self.said(leaf)), cell_len(node.value), 2 * cell_len(node.edge) + 1) + SPACE
            found[leaf] = x + wide // 2
            x += wide
        for id in sorted(self.nodes, key=lambda id: -self.depth[id]):
            if self.children[id]:
                ends = [found[child] for child in self.children[id]]
                found[id] = (ends[0] + ends[-1]) // 2
        return found

    def said(self, id: str) -> str:
        """The words of a node: a leaf at the end of the path in brackets, one at work with a mark."""
        node = self.nodes[id]
        text = f"[{node.text}]" if node.path and not self.children[id] else node.text
        return f"►{text}" if node.written else text


@draw.register
def draw_tree(panel: Tree, width: int, pen: Pen) -> Canvas:
    """From the top down where it fits, else line by line, those that the step is about in sight."""
    canvas = pen.canvas(width)
    top = 1 if panel.title else 0
    if panel.title:
        canvas.put(1, 0, fit(panel.title, width - 10), "label")
    shape = Shape(panel)
    room = pen.fill or (pen.height * 2 // 3 if not pen.tight else pen.height // 2)
    placed = _fitting(shape, width - 2) if TALL * shape.deepest + 1 <= room else None
    if placed is not None:
        for id in shape.order:
            if shape.nodes[id].shown:
                _node(canvas, top, shape, id, placed)
    else:
        _listed(canvas, top, shape, width, max(4, room if not pen.tight else 6))
    return canvas


def _fitting(shape: Shape, width: int) -> dict[str, int] | None:
    """The columns of the nodes, None where some of their words would leave the width or meet."""
    columns = shape.columns()
    spans: dict[int, list[tuple[int, int]]] = {}
    for id, x in columns.items():
        left = x - cell_len(shape.said(id)) // 2
        spans.setdefault(shape.depth[id], []).append((left, left + cell_len(shape.said(id))))
    low = min((left for each in spans.values() for left, _ in each), default=0)
    high = max((right for each in spans.values() for _, right in each), default=0)
    meet = any(
        one[1] >= other[0]
        for each in spans.values()
        for one, other in zip(sorted(each), sorted(each)[1:], strict=False)
    )
    return None if meet or high - min(low, 0) > width else {id: x - min(low, 0) for id, x in columns.items()}


def _node(canvas: Canvas, top: int, shape: Shape, id: str, columns: Mapping[str, int]) -> None:
    """A node's words, and the lines to its children, each with what stands at it."""
    node, x, y = shape.nodes[id], 1 + columns[id], top + shape.line(id)
    said = shape.said(id)
    canvas.put(max(0, x - cell_len(said) // 2), y, said, _ink(node, bool(shape.children[id])))
    below = [child for child in shape.children[id] if shape.nodes[child].shown]
    for child in sorted(below, key=lambda child: shape.nodes[child].path):
        other, there = shape.nodes[child], 1 + columns[child]
        thick = node.path and other.path
        line, corner = ("━", "┏┳┓") if thick else ("─", "┌┬┐")
        ink = "forward" if thick else "dim"
        low, high = sorted((x, there))
        canvas.fill(low, y + 1, high - low + 1, line, ink)
        canvas.put(there, y + 1, corner[(there > x) - (there < x) + 1], ink)
        right = there + 2 if there <= x else there - 1 - cell_len(other.edge)
        canvas.put(max(0, right), y + 1, other.edge, "head" if thick else "dim")
        if other.value:
            canvas.put(max(0, there - cell_len(other.value) // 2), y + 2, other.value, ink)
        else:
            canvas.put(there, y + 2, "┃" if thick else "│", ink)
    if below:
        canvas.put(x, y + 1, "┻" if node.path else "┴", "dim")


def _ink(node: Branch, inner: bool) -> str:
    return "written" if node.written else "label" if inner else "head" if node.path else ""


def _listed(canvas: Canvas, top: int, shape: Shape, width: int, room: int) -> None:
    """A line for each node that is shown, children under their parents; what is left out is counted at the edge."""
    shown = [id for id in shape.order if shape.nodes[id].shown]
    lit = max((i for i, id in enumerate(shown) if shape.nodes[id].written), default=None)
    if lit is None:
        lit = max((i for i, id in enumerate(shown) if shape.nodes[id].path), default=0)
    first = max(0, min(lit - room // 2, len(shown) - room))
    for y, id in enumerate(shown[first : first + room], top):
        node = shape.nodes[id]
        branch = _branch(shape, id)
        x = canvas.put(1, y, branch, "forward" if node.path else "dim")
        x = canvas.put(x, y, f"{node.edge} " if node.edge and shape.hangs(id) else "", "head" if node.path else "dim")
        x = canvas.put(x, y, fit(shape.said(id), width - x - 1), _ink(node, bool(shape.children[id])))
        if node.value:
            canvas.put(x + 2, y, fit(node.value, width - x - 3), "dim")
    canvas.right(width - 1, top, f"▲ {first}" if first else "", "key")
    below = len(shown) - first - room
    canvas.right(width - 1, canvas.height - 1, f"▼ {below}" if below > 0 else "", "key")


def _branch(shape: Shape, id: str) -> str:
    """The lines before a node: ├─ or └─, and │ where an ancestor has more children; none before one that hangs on
    nothing yet.
    """
    found, first = "", True
    while shape.hangs(id):
        parent = shape.nodes[id].parent
        last = shape.children[parent][-1] == id
        found = (("└─ " if last else "├─ ") if first else "   " if last else "│  ") + found
        id, first = parent, False
    return found
