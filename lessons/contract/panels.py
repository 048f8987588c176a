"""Panels: what a lesson shows, as plain data. The faces draw them; a lesson makes them afresh at every position.

Every panel has a stable id and a priority (the higher stays longer when the terminal is small). Panels that share an
`Axis` stand in the same columns: one column is one timestep, in all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.device import HostArray
from lessons.contract.card import Lead


@dataclass(frozen=True)
class Axis:
    """Shared columns. `focus` is the column that must stay in sight; `wide` the number cells a column should hold.

    `own` are other columns that the step is about: they stay in sight too, beside those around the focus.
    """

    labels: tuple[str, ...]
    focus: int = 0
    wide: int = 2
    close: bool = False
    """Columns as narrow as their numbers."""
    own: tuple[int, ...] = ()


@dataclass(frozen=True)
class Label:
    """Words or one formatted number in a place."""

    text: str
    written: bool = False
    read: bool = False
    role: str = ""


@dataclass(frozen=True)
class Bar:
    """A number and its share of the longest bar, 0 to 1."""

    value: float
    share: float
    written: bool = False
    read: bool = False


@dataclass(frozen=True)
class Block:
    """Numbers of one symbol, shown in one place. `values` is (rows, cols) as shown; None where not yet known.

    Without a symbol they are of nothing that the step in view holds, and their cells cannot be pointed at.

    `lie` says how the shown cell (r, c) is indexed: "matrix" (r, c), "transposed" (c, r), "row" (c,), "column" (r,),
    "slice": (c, fixed), "line": (fixed, c), "at": (fixed,). Shown as a picture, row by row, are a vector, "square";
    column `fixed` of a matrix, "slice_square"; and every `step`-th entry of row `fixed`, "fold".
    """

    symbol: str
    values: HostArray | None
    shape: tuple[int, int]
    lie: str = "matrix"
    fixed: int = 0
    step: int = 1
    title: str = ""
    rows: tuple[str, ...] = ()
    cols: tuple[str, ...] = ()
    written: bool = False
    read: bool = False
    only: int | None = None
    """The one column that was read, where only one was."""
    row: int | None = None
    """The one row that was read or written, where only one was."""

    def index(self, r: int, c: int) -> tuple[int, ...]:
        """The index in the symbol of the shown cell."""
        fixed, flat = self.fixed, r * self.shape[1] + c
        lies: Mapping[str, tuple[int, ...]] = {
            "matrix": (r, c), "transposed": (c, r), "row": (c,), "column": (r,), "slice": (c, fixed),
            "line": (fixed, c), "at": (fixed,),
            "square": (flat,), "slice_square": (flat, fixed), "fold": (fixed, flat * self.step),
        }  # fmt: skip
        return lies[self.lie]

    def cell(self, index: tuple[int, ...]) -> tuple[int, int] | None:
        """The cell (r, c) that shows an entry of the symbol, None where this block does not show it."""
        i, j = (*index, 0, 0)[:2]
        folded = divmod(j // self.step if self.lie == "fold" else i, max(self.shape[1], 1))
        cells = {"matrix": (i, j), "transposed": (j, i), "column": (i, 0), "line": (0, j), "at": (0, 0)}
        r, c = {**cells, **dict.fromkeys(("square", "slice_square", "fold"), folded)}.get(self.lie, (0, i))
        inside = 0 <= r < self.shape[0] and 0 <= c < self.shape[1]
        return (r, c) if inside and self.index(r, c) == (*index, 0, 0)[: len(self.index(r, c))] else None


Item = Label | Bar | Block


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What all panels have."""

    id: str
    priority: int = 5
    title: str = ""

    def blocks(self) -> list[Block]:
        """The blocks of numbers in it: their cells can be pointed at, explained and looked at through a lens."""
        return []

    def symbols(self) -> set[str]:
        """The symbols whose cells can be pointed at in it."""
        return {block.symbol for block in self.blocks()}

    def parts(self) -> list[Panel]:
        """The panels that it is made of, if it is."""
        return []


@dataclass(frozen=True)
class Row:
    """One line of blocks: a label, items by column, and what stands after the last column.

    A row to `spare` is left out where room is scarce.
    """

    label: str
    items: Mapping[int, Item]
    tail: str = ""
    mark: bool = False
    rule: bool = False
    spare: bool = False


@dataclass(frozen=True, kw_only=True)
class Matrix(Panel):
    """Numbers: on an axis, each item in its column; without one, items side by side.

    Of many rows of one kind `least` must be in sight where room is scarce: those around the row that is marked, or that
    was written. 0: all must.
    """

    rows: Sequence[Row]
    axis: Axis | None = None
    tail: str = ""
    least: int = 0

    def blocks(self) -> list[Block]:
        return [item for row in self.rows for item in row.items.values() if isinstance(item, Block)]


@dataclass(frozen=True, kw_only=True)
class Heat(Panel):
    """A matrix too large for digits: one glyph a cell or block, and the exact cells around the cursor beside it."""

    block: Block
    focus: tuple[int, int] = (0, 0)

    def blocks(self) -> list[Block]:
        return [self.block]


@dataclass(frozen=True, kw_only=True)
class Lens(Panel):
    """The exact cells of a block around `focus`, where the stage itself has no room for digits."""

    block: Block
    focus: tuple[int, int] = (0, 0)

    def blocks(self) -> list[Block]:
        return [self.block]


@dataclass(frozen=True)
class Node:
    """A thing of a graph at (row, column): words, and perhaps numbers under them. Column −1 stands before the first."""

    id: str
    row: str
    column: int
    text: str
    block: Block | None = None
    written: bool = False
    read: bool = False


@dataclass(frozen=True)
class Edge:
    """From one node to another; `way` is "forward", "backward" or "" (no flow yet), `live` if this step used it."""

    start: str
    end: str
    label: str
    way: str = "forward"
    live: bool = False


@dataclass(frozen=True, kw_only=True)
class Graph(Panel):
    """Nodes and edges. Layout "time": rows by name from the top, columns on the axis."""

    layout: str
    rows: Mapping[str, str]
    nodes: Sequence[Node]
    edges: Sequence[Edge]
    axis: Axis

    def blocks(self) -> list[Block]:
        return [node.block for node in self.nodes if node.block is not None and node.block.symbol]


@dataclass(frozen=True, kw_only=True)
class Laws(Panel):
    """The laws at work, side by side as far as they have room; at the right of the first line what is counted.

    `now` is the one that the last step went by, if it is among them.
    """

    laws: Sequence[str]
    right: str = ""
    now: str = ""


@dataclass(frozen=True, kw_only=True)
class Product(Panel):
    """Equations of the lecture, each a left side and the factors of the right one; `lit` are those computed here.

    `lit` has (equation, factor), from 0.
    """

    equations: Sequence[tuple[str, Sequence[str]]]
    lit: frozenset[tuple[int, int]] = frozenset()
    right: str = ""


@dataclass(frozen=True, kw_only=True)
class Formula(Panel):
    """Lines of formula. `short` is the same in fewer, for want of room."""

    lines: Sequence[str]
    short: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Table(Panel):
    """Rows of cells under heads; numbers are right-aligned. The row `lit` is marked as written.

    `bracket` joins two rows at the right: the state after the second is that after the first. A cell (row, column) in
    `leads` opens what it leads to where it is clicked.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    lit: int | None = None
    bracket: tuple[int, int] | None = None
    leads: Mapping[tuple[int, int], Lead] = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """One line of a curve: a name shown at its end, y at x = first, first + 1, … or at `at`; solid or dotted."""

    name: str
    y: Sequence[float] | HostArray
    first: int = 0
    dotted: bool = False
    at: HostArray | None = None


@dataclass(frozen=True, kw_only=True)
class Curve(Panel):
    """Lines over a count. `marks` are (x, sign, words) under the axis; `notes` stand beside the picture.

    The axes reach at least to `reach` and `least_top`, or end at `top`. `ends` puts its last number beside the name of
    each line.
    """

    series: Sequence[Series]
    marks: Sequence[tuple[int, str, str]] = ()
    notes: Sequence[str] = ()
    reach: int = 0
    least_top: float = 1.0
    top: float = 0.0
    ends: bool = True


@dataclass(frozen=True)
class Line:
    """One line of a plot, through (x, y), with its name at its end."""

    name: str
    x: Sequence[float] | HostArray
    y: Sequence[float] | HostArray
    dotted: bool = False


@dataclass(frozen=True, kw_only=True)
class Plot(Panel):
    """Functions of a number, on fixed axes `x` and `y` (least, largest); `points` are (x, y, sign).

    What leaves the axes is cut off. With `log`, y is shown by its logarithm.
    """

    lines: Sequence[Line]
    x: tuple[float, float]
    y: tuple[float, float]
    points: Sequence[tuple[float, float, str]] = ()
    log: bool = False
    notes: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Picture(Panel):
    """A drawing in characters: `marks` are (line, column, text, role); where it does not fit it is cut."""

    marks: Sequence[tuple[int, int, str, str]]


@dataclass(frozen=True)
class Dot:
    """A point of a field: where it is, whether it wants + (●) or − (○), and whether it is the one in focus.

    `sign` is drawn instead of ● or ○; of several points in a cell one with a sign of its own is seen.
    """

    x: float
    y: float
    wants: bool
    lit: bool = False
    sign: str = ""


@dataclass(frozen=True, kw_only=True)
class Field(Panel):
    """What a net says over the plane: `values` (rows, cols) from the top left, beside `most`; and points over it.

    With `halves` a line has two rows of values: half blocks where there is colour, their mean as a glyph where not.
    Beside others, `caption` stands under it.
    """

    values: HostArray | None
    x: tuple[float, float]
    y: tuple[float, float]
    dots: Sequence[Dot] = ()
    most: float = 1.0
    written: bool = False
    halves: bool = False
    caption: str = ""


@dataclass(frozen=True, kw_only=True)
class Multiples(Panel):
    """Small fields side by side on common axes, an arrow from each to the next where they follow one another.

    Where not all have room, the last are shown; with `shrink` all are, and smaller.
    """

    fields: Sequence[Field]
    arrows: bool = False
    shrink: bool = False


@dataclass(frozen=True)
class Unit:
    """One unit of a net: the cell that the cursor finds there, its name, its own field (two rows of values a line).

    `chosen` is the one that is looked at; `weight` is that of the edge from this unit to the chosen one, if there is
    one, and `heaviest` the largest of those.
    """

    symbol: str
    index: tuple[int, ...]
    name: str
    field: HostArray
    most: float = 1.0
    chosen: bool = False
    weight: float | None = None
    heaviest: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Network(Panel):
    """A net from left to right: each layer a column of units with their fields; the chosen unit's field large beside.

    `wires` are the weights between the layers, (units of the next, units of this): an edge is drawn for each, those
    into the chosen unit over the others; without them, the chosen unit's stand at the units that they come from.
    `weights` are the chosen unit's, as numbers that can be edited, under `caption`.
    """

    columns: Sequence[tuple[str, Sequence[Unit]]]
    field: Field
    notes: Sequence[str] = ()
    caption: str = ""
    weights: Sequence[Block] = ()
    wires: Sequence[HostArray] = ()

    def blocks(self) -> list[Block]:
        return list(self.weights)

    def symbols(self) -> set[str]:
        return super().symbols() | {unit.symbol for _, units in self.columns for unit in units}


@dataclass(frozen=True)
class Layer:
    """A layer of a net: its name, how many units it has, and what they answer, NaN where not known yet.

    The units `lit`, by number from 0, are those at work.
    """

    head: str
    size: int
    answers: HostArray | None = None
    lit: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Wires:
    """The weights from one layer to the next, (units of the next, units of this); None while they are not known.

    The edges into the units `lit` are those at work.
    """

    values: HostArray | None
    lit: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Net(Panel):
    """A net from left to right: the units with what they answer, and an edge for every weight between two layers."""

    layers: Sequence[Layer]
    wires: Sequence[Wires]


@dataclass(frozen=True)
class Tile:
    """A small picture: a symbol's numbers, each as a square; its name over it, a caption under it.

    `window` is a rectangle of it that is framed: (first row, first column, rows, columns). Cells outside the picture
    belong to its padding.
    """

    block: Block
    name: str = ""
    caption: str = ""
    lit: bool = False
    window: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Tiles(Panel):
    """Small pictures side by side in one scale, from −`most` to `most`; 0 stands for the largest size among them.

    Those that are `large` take two columns and a line for each number where there is room, else half of either.
    """

    tiles: Sequence[Tile]
    most: float = 0.0
    large: bool = False

    def blocks(self) -> list[Block]:
        return [tile.block for tile in self.tiles]


@dataclass(frozen=True)
class Branch:
    """A node of a tree: its words, which node it hangs on, what stands at that line and beside its end.

    Those on the `path` are drawn thick; one that is not `shown` only keeps its place.
    """

    id: str
    text: str
    parent: str = ""
    edge: str = ""
    value: str = ""
    path: bool = False
    written: bool = False
    shown: bool = True


@dataclass(frozen=True, kw_only=True)
class Tree(Panel):
    """A tree, or several: every node over its children, which stand in the order in which they are given.

    Where it is too wide or too high, a line for each node, its children under it.
    """

    nodes: Sequence[Branch]


@dataclass(frozen=True)
class Milestone:
    """What happened in a year; `state` is "past", "now" or "coming"."""

    year: int
    name: str
    state: str = "coming"


@dataclass(frozen=True, kw_only=True)
class TimeAxis(Panel):
    """Years from left to right, milestones over them, and under them spans of (first year, last year, name)."""

    years: tuple[int, int]
    milestones: Sequence[Milestone]
    spans: Sequence[tuple[int, int, str]] = ()


@dataclass(frozen=True)
class Sung:
    """A note on a stave: where in its bar it begins and how long it lasts, in eighths; how many letters above middle C.

    `step` None is a rest. `sign` stands before it, `text` is what it was read from, `number` its degree in numbered
    notation, `octave` the octave of that. `symbol` and `index` are the cell that wrote it; `wrong` the note with which
    its bar becomes too long.
    """

    start: float
    length: float
    step: int | None
    sign: str = ""
    text: str = ""
    number: str = "0"
    octave: int = 0
    symbol: str = ""
    index: tuple[int, ...] = ()
    written: bool = False
    wrong: bool = False


@dataclass(frozen=True)
class Measure:
    """A bar of a stave: its notes, how many eighths it has room for, and what is said under it.

    `state` is "right", "wrong", or "" where there is nothing to judge; `new` is marked.
    """

    notes: Sequence[Sung]
    length: float
    said: str = ""
    state: str = ""
    new: bool = False


@dataclass(frozen=True, kw_only=True)
class Stave(Panel):
    """Bars on five lines, each note with its length; under them letters and what is said of each bar.

    With `numbered`, numbered notation stands under them. Measure `focus` stays in sight. `abc` is the tune as a file in
    ABC: where it is not empty, the tune can be saved and heard.
    """

    bars: Sequence[Measure]
    numbered: bool = False
    focus: int = 0
    abc: str = ""

    def symbols(self) -> set[str]:
        return {note.symbol for bar in self.bars for note in bar.notes if note.symbol}


@dataclass(frozen=True, kw_only=True)
class Strip(Panel):
    """A line of tokens, one glyph each, with a frame around those in sight."""

    tokens: Sequence[str]
    axis: Axis


@dataclass(frozen=True, kw_only=True)
class Cloud(Panel):
    """Words or letters in a plane: (x, y, text, role). Where two would overlap, the one that comes first is drawn.

    Where `every` one is wanted, the other stands a line higher or lower, if that is free.

    It is `lines` high where there is room, and what its letters mean stands under it.
    """

    points: Sequence[tuple[float, float, str, str]]
    lines: int = 14
    legend: str = ""
    every: bool = False


@dataclass(frozen=True, kw_only=True)
class Beside(Panel):
    """Stacks of panels side by side; `shares` say how wide they are, evenly where there are none."""

    stacks: Sequence[Sequence[Panel]]
    shares: Sequence[float] = ()

    def blocks(self) -> list[Block]:
        return [block for panel in self.parts() for block in panel.blocks()]

    def symbols(self) -> set[str]:
        return {symbol for panel in self.parts() for symbol in panel.symbols()}

    def parts(self) -> list[Panel]:
        return [panel for stack in self.stacks for panel in stack]


@dataclass(frozen=True, kw_only=True)
class Note(Panel):
    """Words on the stage: level is say, proof, verdict or warn."""

    text: str
    level: str = "say"


Stage = list[Panel]
"""The panels of one position, from the top."""


@dataclass(frozen=True)
class Told:
    """The text of one position."""

    heading: str
    paragraphs: Sequence[str]
