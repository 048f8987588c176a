"""Panels of every kind: each is drawn, and every cell of each can be pointed at, is shown and has a lens."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from lessons.contract import panels
from lessons.contract.panels import (
    Axis,
    Beside,
    Block,
    Field,
    Graph,
    Heat,
    Lens,
    Line,
    Matrix,
    Network,
    Node,
    Panel,
    Row,
    Series,
    Unit,
)
from tui.draw import Pen, draw
from tui.picture.lens import lens

LIES = [
    ("matrix", (3, 4), 0),
    ("row", (1, 4), 0),
    ("column", (3, 1), 0),
    ("slice", (1, 4), 2),
    ("line", (1, 4), 2),
    ("at", (1, 1), 2),
]


def block(symbol: str, shape: tuple[int, int] = (3, 4), lie: str = "matrix", fixed: int = 0) -> Block:
    return Block(symbol, np.arange(1.0, 1 + np.prod(shape)).reshape(shape), shape, lie, fixed)


AXIS = Axis(("0", "1"))
FIELD = Field(id="f", values=np.ones((4, 6)), x=(0, 1), y=(0, 1))
UNIT = Unit("h1", (1, 0), "2", np.ones((4, 4)), chosen=True)
SUNG = [
    panels.Sung(0, 2, 4, "", "G2", "1", 0, "pick[3]", (0,)),
    panels.Sung(2, 1, 9, "#", "^c", "#4", 0, "pick[5]", (0,)),
    panels.Sung(3, 3, None, "", "z3", "0", 0, "pick[7]", (0,)),
    panels.Sung(6, 1, 14, "", "c'", "4", 1, "pick[9]", (0,), wrong=True),
]
KINDS: list[Panel] = [
    Matrix(id="flow", rows=[Row("", {0: block("A"), 1: block("b", (1, 2), "row")})]),
    Matrix(id="timed", axis=AXIS, rows=[Row("", {0: block("A", (2, 2)), 1: block("h[1]", (1, 40), "row")})]),
    Heat(id="heat", block=block("W", (30, 30))),
    Lens(id="lens", block=block("W", (30, 30)), focus=(10, 10)),
    Graph(
        id="graph", layout="time", rows={"s": "state"}, edges=[], axis=AXIS,
        nodes=[
            Node("s0", "s", 0, "s", block("s[0]", (2, 1), "column")),
            Node("x1", "s", 1, "x", Block("x[1]", None, (1, 1), "row")),
        ],
    ),
    Network(id="net", columns=[("in", [UNIT])], field=FIELD, weights=[block("W1", (1, 4), "line", 2)]),
    panels.Net(
        id="edges", layers=[panels.Layer("x", 2), panels.Layer("o", 1)], wires=[panels.Wires(np.array([[1.0, -0.2]]))],
    ),
    Beside(
        id="beside",
        stacks=[
            [Heat(id="h", block=block("W", (9, 9)))],
            [Matrix(id="m", rows=[Row("", {0: block("b", (1, 2), "row")})])],
        ],
    ),
    FIELD,
    panels.Multiples(id="m", fields=[FIELD]),
    panels.Laws(id="law", laws=["y = x"]),
    panels.Formula(id="formula", lines=["y = x"]),
    panels.Table(id="table", heads=["a"], rows=[["1"]]),
    panels.Curve(id="curve", series=[Series("A", [1.0, 0.5])]),
    panels.Plot(id="plot", lines=[Line("f", [0.0, 1.0], [0.0, 1.0])], x=(0, 1), y=(0, 1)),
    panels.Picture(id="picture", marks=[(0, 0, "x", "")]),
    panels.Strip(id="strip", tokens="ab", axis=AXIS),
    panels.Cloud(id="cloud", points=[(0.0, 0.0, "a", "")]),
    panels.Note(id="note", text="words"),
    panels.Product(id="product", equations=[("∂E/∂V", ["∂E/∂ŷ", "∂ŷ/∂V"])], lit=frozenset({(0, 1)}), right="E = 1"),
    panels.Tiles(
        id="tiles", tiles=[panels.Tile(block("W", (5, 4)), "1"), panels.Tile(block("k", (3, 3)), window=(0, 1, 2, 2))]
    ),
    panels.Tiles(id="large", tiles=[panels.Tile(block("K", (3, 3)))], large=True),
    panels.Stave(id="stave", numbered=True, bars=[panels.Measure(SUNG, 6, "7 > 6", "wrong", True)]),
    panels.Tree(id="tree", nodes=[panels.Branch("r", "root"), panels.Branch("a", "leaf", "r", "0", ".5")]),
    panels.TimeAxis(id="years", years=(1949, 2014), milestones=[panels.Milestone(1958, "perceptron", "now")]),
]  # fmt: skip
each = pytest.mark.parametrize("panel", KINDS, ids=lambda panel: f"{type(panel).__name__}-{panel.id}")


def kinds(of: type[Panel] = Panel) -> Iterator[type[Panel]]:
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_all_kinds_are_here() -> None:
    assert {type(panel) for panel in KINDS} == set(kinds())


@pytest.mark.parametrize(("lie", "shape", "fixed"), LIES)
def test_a_cell_and_its_index_go_both_ways(lie: str, shape: tuple[int, int], fixed: int) -> None:
    made = block("W", shape, lie, fixed)
    indices = set()
    for r in range(shape[0]):
        for c in range(shape[1]):
            assert made.cell(made.index(r, c)) == (r, c)
            indices.add(made.index(r, c))
    assert len(indices) == shape[0] * shape[1]
    assert made.cell((40, 40)) is None
    if lie in ("slice", "line", "at"):
        assert made.cell((fixed + 1, fixed + 1)) is None


@each
def test_what_a_panel_holds_can_be_pointed_at(panel: Panel) -> None:
    hits = [hit for hit in draw(panel, 100, Pen()).hits if hit.target[0] == "cell"]
    assert {hit.target[1] for hit in hits} == panel.symbols()
    blocks = panel.blocks()
    assert {made.symbol for made in blocks} <= panel.symbols()
    for hit in hits:
        symbol, index = hit.target[1:]
        holders = [made for made in blocks if made.symbol == symbol]
        assert not holders or any(made.cell(index) is not None for made in holders)


@each
def test_the_cell_pointed_at_is_marked(panel: Panel) -> None:
    """Two cells pointed at make two pictures; the lens alone stands around its cell already."""
    cells = {hit.target[1:] for hit in draw(panel, 100, Pen()).hits if hit.target[0] == "cell"}
    drawn = [draw(panel, 100, Pen(cursor=cell)) for cell in cells if not isinstance(panel, Lens)]
    seen = {(canvas.text(), str(canvas.inks)) for canvas in drawn}
    assert len(seen) == len(drawn)
    if len(drawn) == 1:
        assert seen != {(draw(panel, 100, Pen()).text(), str(draw(panel, 100, Pen()).inks))}


@each
def test_every_block_has_a_lens_around_each_of_its_cells(panel: Panel) -> None:
    for made in panel.blocks():
        if made.values is None:
            continue
        for cell in ((0, 0), (made.shape[0] - 1, made.shape[1] - 1)):
            drawn = draw(lens(made, made.index(*cell)), 60, Pen())
            assert ("cell", made.symbol, made.index(*cell)) in [hit.target for hit in drawn.hits]


@pytest.mark.parametrize("value", [3.5, -0.2, 0.0])
def test_a_number_alone_is_not_shaded_for_there_is_none_to_compare_it_with(value: float) -> None:
    def inks(values: list[list[float]]) -> set[str]:
        block = Block("E", np.array(values), np.array(values).shape)
        canvas = draw(Matrix(id="alone", rows=[Row("", {0: block})]), 40, Pen())
        return {ink for line in canvas.inks for ink in line}

    assert not [ink for ink in inks([[value]]) if ink.startswith(("pos", "neg"))]
    assert [ink for ink in inks([[value, 1.5]]) if ink.startswith("pos")]


@pytest.mark.parametrize("kind", [Heat, Lens])
def test_the_cells_around_the_focus_are_numbered_as_a_formula_numbers_them(kind: type[Heat] | type[Lens]) -> None:
    """W₁₁ is row 1 and column 1."""
    first = draw(kind(id="h", block=block("W", (30, 30)), focus=(0, 0)), 100, Pen()).text().splitlines()
    heads = next(line for line in first if line.split()[-6:] == ["1", "2", "3", "4", "5", "6"])
    assert "0" not in heads.split()
    assert any(line.split("[")[0].split()[-1:] == ["1"] for line in first if "[" in line)


def test_names_of_columns_are_written_out_where_there_is_room_for_all() -> None:
    names = ("linear", "sigmoid", "tanh")
    row = Row("", {n: panels.Label(name) for n, name in enumerate(names)})
    drawn = [draw(Matrix(id="m", axis=Axis(names, 0, 1, close=True), rows=[row]), w, Pen()).text() for w in (64, 30)]
    assert all(name in drawn[0] for name in names)
    assert "sigmoid" not in drawn[1]
    assert "tanh" in drawn[1]


def test_the_ends_of_a_narrow_axis_do_not_touch() -> None:
    for width in range(14, 60):
        plot = panels.Plot(id="plot", lines=[], x=(1949, 2014), y=(0, 100))
        foot = draw(plot, width, Pen()).text().splitlines()[-1].split()
        assert foot in (["1949"], ["1949", "2014"]), width


def test_columns_of_a_table_move_together_before_words_are_cut() -> None:
    table = panels.Table(id="t", heads=("name", "right"), rows=[("a net with a name", "1.00"), ("another", ".5")])
    whole = 2 + len("a net with a name") + 1 + len("right") + 1
    assert "a net with a name" in draw(table, whole, Pen()).text()
    assert "a net with a na…" in draw(table, whole - 1, Pen()).text()


@pytest.mark.parametrize("kind", [panels.Plot, panels.Curve])
def test_the_names_of_lines_have_the_room_that_they_need(kind: type[panels.Plot] | type[panels.Curve]) -> None:
    x, names = np.arange(3.0), ("−ln p(v|h)", "linear 1.5 8e8")
    if kind is panels.Plot:
        panel: Panel = panels.Plot(id="p", x=(0, 2), y=(0, 2), lines=[Line(name, x, x) for name in names])
    else:
        panel = panels.Curve(id="c", title="", series=[Series(names[0], x), Series("−ln p", x)], ends=True)
        names = (f"{names[0]} 2.00", "−ln p 2.00")
    drawn = draw(panel, 80, Pen()).text()
    assert all(name in drawn for name in names)
    assert max(map(len, drawn.splitlines())) <= 80
